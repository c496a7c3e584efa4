"""``required`` of a result names exactly what every dump of it carries."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Annotated, Any, Generic, Literal, TypeVar

import pytest
from centrifugo_rpc.events import make_event
from centrifugo_rpc.export.models import export_models
from centrifugo_rpc.export.spec import Api, Method
from centrifugo_rpc.typeinfo import Source
from pydantic import (
    MISSING,
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    RootModel,
    SerializeAsAny,
    computed_field,
    field_serializer,
    model_serializer,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic.dataclasses import dataclass
from typing_extensions import NotRequired, Required, TypeAliasType, TypedDict

if TYPE_CHECKING:
    from userapp import UserApp

Item = TypeVar("Item")


def is_zero(value: object) -> bool:
    return value == 0


class Plain(BaseModel):
    id: int
    count: int = 0
    tags: list[str] = Field(default_factory=list)
    note: str | None = None
    kind: Literal["plain"] = "plain"
    secret: str = Field(default="", exclude=True)


class Aliased(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel)

    first_name: str = ""
    last_name: str = Field(default="", alias="family")
    age_now: int = Field(default=0, validation_alias="age", serialization_alias="old")

    @computed_field
    def full_name(self) -> str:
        return self.first_name + self.last_name


class Bill(BaseModel):
    id: int
    discount: int = Field(default=0, exclude_if=is_zero)
    total: int = Field(exclude_if=is_zero)

    @computed_field(exclude_if=lambda value: not value)
    def flags(self) -> list[str]:
        return ["big"] if self.discount else []

    @computed_field
    def twice(self) -> int:
        return 2 * self.discount


Maybe = TypeAliasType("Maybe", "int | MISSING")


class Sparse(BaseModel):
    id: int = 0
    default: int | MISSING = MISSING
    required: str | MISSING | None
    other: Annotated[int | MISSING, AfterValidator(lambda value: value)] = 1
    alias: Maybe = 1
    again: Maybe = 2

    @computed_field
    def computed(self) -> int | MISSING:
        return MISSING if self.id else 5


@dataclass
class Data:
    id: int
    seed: dataclasses.InitVar[int]
    count: int = 0
    hint: dataclasses.InitVar[int] = 3
    bonus: int = Field(default=0, exclude_if=is_zero)
    made: list[int] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Standard:
    id: int
    seed: dataclasses.InitVar[int]
    count: int = 0
    made: list[int] = dataclasses.field(default_factory=list, init=False)


class Loose(TypedDict, total=False):
    id: Required[int]
    count: int


class Strict(TypedDict):
    id: int
    count: NotRequired[int]
    bonus: Annotated[int, Field(exclude_if=is_zero)]
    filled: Annotated[int, Field(default=3)]


class WithoutNone(BaseModel):
    """A base of the kind that many projects have."""

    @model_serializer(mode="wrap")
    def write(self, handler: Any):  # type: ignore[no-untyped-def]  # noqa: ANN201 -- as users write it
        return {key: value for key, value in handler(self).items() if value is not None}


class Dropping(WithoutNone):
    id: int | None
    count: int | None = None

    @model_validator(mode="after")
    def check(self) -> Dropping:
        return self

    @computed_field
    def twice(self) -> int | None:
        return self.count


@dataclass
class DroppingData:
    id: int | None
    count: int | None = None

    @model_serializer(mode="wrap")
    def write(self, handler: Any):  # type: ignore[no-untyped-def]  # noqa: ANN201 -- the same
        return {key: value for key, value in handler(self).items() if value is not None}


class Described(BaseModel):
    id: int
    count: int = 0

    @model_serializer
    def write(self) -> Loose:
        return {"id": self.id, "count": 1} if self.count else {"id": self.id}


class Opaque(BaseModel):
    id: int = 0

    @model_serializer
    def write(self) -> dict[str, int]:
        return {"id": self.id} if self.id else {}


class Overridden(BaseModel):
    """Says what its schema looks like, which changes nothing of what is sent."""

    model_config = ConfigDict(json_schema_mode_override="validation")

    id: int = 0
    secret: str = Field(exclude=True)


class Written(BaseModel):
    """Serializers of fields change values, they leave nothing out."""

    count: int | None = None
    items: SerializeAsAny[Plain] | None = None

    @field_serializer("count", when_used="unless-none")
    def write(self, value: int) -> str:
        return str(value)


class Page(BaseModel, Generic[Item]):
    items: list[Item] = []
    total: int = 0


class Root(RootModel[Plain]):
    pass


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")

    id: int = 0


class Tree(BaseModel):
    children: list[Tree] = []
    parent: Tree | None = None


RESULTS: list[tuple[Any, list[Any]]] = [
    (Plain, [Plain(id=1)]),
    (Aliased, [Aliased()]),
    (Bill, [Bill(id=1, total=0), Bill(id=1, discount=9, total=1)]),
    (
        Sparse,
        [
            Sparse(id=1, required=MISSING, other=MISSING, alias=MISSING, again=MISSING),
            Sparse(default=1, required=None),
        ],
    ),
    (Data, [Data(1, 2), Data(1, 2, bonus=3)]),
    (Standard, [Standard(1, 2)]),
    (Loose, [{"id": 1}, {"id": 1, "count": 2}]),
    (
        Strict,
        [
            {"id": 1, "bonus": 0},
            {"id": 1, "bonus": 1, "count": 2, "filled": 3},
        ],
    ),
    (Dropping, [Dropping(id=None, count=1), Dropping(id=1)]),
    (DroppingData, [DroppingData(id=None, count=1), DroppingData(id=1)]),
    (Described, [Described(id=1), Described(id=1, count=1)]),
    (Opaque, [Opaque(id=1), Opaque()]),
    (Overridden, [Overridden(secret="x")]),
    (Written, [Written(), Written(count=1, items=Plain(id=1))]),
    (Page[int], [Page[int]()]),
    (Root, [Root(Plain(id=1))]),
    (Open, [Open(), Open(more=1)]),  # type: ignore[call-arg]  # what extra="allow" is for
    (Tree, [Tree()]),
]


def exported(**types: Any) -> dict[str, Any]:
    """Export one method, and return its models."""
    return export_models(Api("a", "1", [Method("a", **types)])).models


def resolved(models: dict[str, Any], name: str) -> dict[str, Any]:
    definition: dict[str, Any] = models["$defs"][name]
    while "$ref" in definition:
        definition = models["$defs"][definition["$ref"].removeprefix("#/$defs/")]
    return definition


@pytest.mark.parametrize(("kind", "values"), RESULTS, ids=lambda one: str(one)[:40])
def test_required_is_what_every_dump_carries(kind: Any, values: list[Any]) -> None:
    event = make_event("a", "a", kind, "", Source("", 0))
    dumped = [json.loads(event.encode(value)).keys() for value in values]
    always = set.intersection(*map(set, dumped))

    root = export_models(Api("a", "1", [Method("a", result=kind)]))
    reference: Any = root.roots["a", "result"]
    written = resolved(root.models, reference["$ref"].rpartition("/")[2])
    assert sorted(written.get("required", [])) == sorted(always)
    if written.get("additionalProperties") is None:
        assert set(written["properties"]) == set.union(*map(set, dumped))


def test_what_is_nested_is_exact_as_well() -> None:
    class Holder(TypedDict):
        page: Page[Plain]
        data: Annotated[Data | Standard, Field(description="either")]
        root: Root
        maybe: Bill | None

    models = exported(result=list[Holder])
    required = {
        name: sorted(one.get("required", [])) for name, one in models["$defs"].items()
    }
    assert required == {
        "Bill": ["id", "twice"],
        "Data": ["count", "id", "made"],
        "Holder": ["data", "maybe", "page", "root"],
        "Page_Plain_": ["items", "total"],
        "Plain": ["count", "id", "kind", "note", "tags"],
        "Root": [],
        "Standard": ["count", "id", "made"],
    }


def test_params_require_what_has_no_default() -> None:
    models = exported(params=Plain)
    assert models["$defs"]["Plain"]["required"] == ["id"]
    models = exported(params=Overridden)
    assert models["$defs"]["Overridden"]["required"] == ["secret"]
    models = exported(params=Data)
    assert models["$defs"]["Data"]["required"] == ["id", "seed"]
    models = exported(params=Dropping)
    assert models["$defs"]["Dropping"]["required"] == ["id"]


def test_a_model_of_both_ways_has_a_version_for_each() -> None:
    models = exported(params=Plain, result=Plain)
    assert models["$defs"]["Plain-Input"]["required"] == ["id"]
    assert "count" in models["$defs"]["Plain-Output"]["required"]


def test_the_document_says_that_required_is_exact() -> None:
    models = exported(params=Plain)
    assert next(iter(models.items())) == ("x-required", "always-sent")


def test_a_serializer_that_may_drop_members_is_warned_about(
    user_app: UserApp,
) -> None:
    exported = user_app.export("""
from centrifugo_rpc import MessageRouter
from pydantic import BaseModel, model_serializer

router = MessageRouter()

class Base(BaseModel):
    @model_serializer(mode="wrap")
    def write(self, handler):
        return {k: v for k, v in handler(self).items() if v is not None}

class Task(Base):
    id: int

@router.rpc("a")
async def a(conn, params: Task) -> Task: ...
""")
    assert exported.warnings == [
        (
            "app.py:7: warning: serializer Base.write does not say what it returns: the "
            "document shows the type of its input, and no member as always sent; "
            "annotate its return type"
        )
    ]


def test_a_librarys_serializer_is_shown_at_the_users_class(user_app: UserApp) -> None:
    library = user_app.folder / "site-packages" / "sparse_library.py"
    library.parent.mkdir()
    library.write_text(
        "from pydantic import BaseModel, model_serializer\n"
        "class Base(BaseModel):\n"
        "    @model_serializer(mode='wrap')\n"
        "    def write(self, handler): return handler(self)\n",
        encoding="utf-8",
    )
    exported = user_app.export(f"""
import sys; sys.path.append({str(library.parent)!r})
from centrifugo_rpc import MessageRouter
from sparse_library import Base

router = MessageRouter()

class Task(Base):
    id: int

@router.rpc("a")
async def a(conn) -> Task: ...
""")
    [warning] = exported.warnings
    assert warning.startswith("app.py:7: warning: serializer Base.write does not say")
    assert "required" not in exported.model("Task")
