"""Defaults in the exported documents, above all those that JSON cannot hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from centrifugo_rpc.target import TargetError

if TYPE_CHECKING:
    from userapp import UserApp

HEAD = """\
import math
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple
from centrifugo_rpc import MessageRouter
from pydantic import BaseModel, ConfigDict, Field
router = MessageRouter()
"""
LINES = HEAD.count("\n")


@pytest.mark.parametrize(
    ("declared", "shown"),
    [
        ("float = math.inf", "inf"),
        ("float = -math.inf", "-inf"),
        ("float = Field(default=math.nan)", "nan"),
        ("list[float] = [1.0, math.nan]", "[1.0, nan]"),
        ("dict[str, float] = {'a': math.inf}", "{'a': inf}"),
        ("Any = (math.inf,)", "(inf,)"),
        ("bytes = b'\\xff'", "b'\\xff'"),
        ("str = 'half of \\ud83d'", "half of \\ud83d"),
        ("Any = object", "<class 'object'>"),
        ("complex | Any = Unwritable()", "something unwritable"),
    ],
)
@pytest.mark.parametrize("direction", ["params", "result"])
def test_a_default_that_json_cannot_hold_is_left_out(
    user_app: UserApp, declared: str, shown: str, direction: str
) -> None:
    parts = {"params": "params: Window) -> None", "result": ") -> Window"}
    exported = user_app.export(f"""{HEAD}
class Unwritable:
    def __str__(self): return "something unwritable"
class Window(BaseModel):
    name: str = "all"
    high: {declared}
@router.rpc("a")
async def a(conn, {parts[direction]}: ...
""")
    assert exported.member("Window", "name")["default"] == "all"
    assert "default" not in exported.member("Window", "high")
    assert exported.warnings == [
        (
            f"app.py:{LINES + 6}: warning: Window.high: Default value {shown} is not JSON "
            "serializable; excluding default from JSON schema"
        )
    ]


def test_such_defaults_are_found_in_all_that_has_members(user_app: UserApp) -> None:
    exported = user_app.export(f"""{HEAD}
class Inner(BaseModel):
    model_config = ConfigDict(ser_json_inf_nan="strings")
    depth: float = 1.0

@dataclass
class Data:
    first: int = 1
    depth: float = math.inf

class Pair(NamedTuple):
    name: str
    depth: float = math.inf

class Nested(BaseModel):
    inner: Inner = Inner(depth=math.inf)
    data: list[Data]
    pair: Pair

@router.rpc("a")
async def a(conn, params: Nested) -> None: ...
""")
    text = "is not JSON serializable; excluding default from JSON schema"
    assert "inf" not in str(exported.models)
    assert [line.partition(" Default")[0] for line in exported.warnings] == [
        f"app.py:{LINES + 9}: warning: Data.depth:",
        f"app.py:{LINES + 11}: warning: Pair:",
        f"app.py:{LINES + 16}: warning: Nested.inner:",
    ]
    assert all(line.endswith(text) for line in exported.warnings)


def test_a_default_of_a_librarys_class_is_shown_in_the_users(
    user_app: UserApp,
) -> None:
    library = user_app.folder / "site-packages" / "range_library.py"
    library.parent.mkdir()
    library.write_text(
        "from pydantic import BaseModel\n\n\n\n\n\n\n\n\n\n\n\n\n\n"
        "class Range(BaseModel):\n    high: float = float('inf')\n",
        encoding="utf-8",
    )
    exported = user_app.export(f"""{HEAD}
import sys; sys.path.append({str(library.parent)!r})
from range_library import Range

class Window(Range):
    name: str = "all"

@router.rpc("a")
async def a(conn, params: Window) -> None: ...

@router.rpc("b")
async def b(conn) -> Range: ...
""")
    assert [line.partition(" Default")[0] for line in exported.warnings] == [
        f"app.py:{LINES + 5}: warning: Window.high:",
        f"app.py:{LINES + 11}: warning: Range.high:",
    ]


def test_null_stays_a_default_whatever_the_type_says(user_app: UserApp) -> None:
    exported = user_app.export(f"""{HEAD}
from pydantic import RootModel
from pydantic.json_schema import SkipJsonSchema

class Number(RootModel[int | None]):
    root: int | None = None

class Clip(BaseModel):
    pause: float | SkipJsonSchema[None] = None
    tags: list[str] | SkipJsonSchema[None] = Field(None)
    message: str = None
    maybe: str | None = None
    again: "Clip" = None
    number: Number = None

@dataclass
class Data:
    message: str = None
    clip: Clip | SkipJsonSchema[None] = None

class Both(BaseModel):
    clip: Clip
    data: Data

@router.rpc("a")
async def a(conn, params: Both) -> Both: ...
""")
    checked = 0
    for name, model in exported.models["$defs"].items():
        if name.partition("-")[0] not in {"Clip", "Data"}:
            continue
        for member in model["properties"].values():
            assert member["default"] is None
            checked += 1
    assert checked in {8, 16}  # in one version of the models, or in two
    assert exported.member("Clip-Input" if checked == 16 else "Clip", "message") == {
        "type": "string",
        "title": "Message",
        "default": None,
    }


def test_a_type_without_a_schema_is_shown_where_it_is_used(user_app: UserApp) -> None:
    with pytest.raises(TargetError) as caught:
        user_app.export(f"""{HEAD}
from collections.abc import Callable
class Params(BaseModel):
    name: str
    when: list[Callable[[], int]]
@router.rpc("a")
async def a(conn, params: Params) -> None: ...
""")
    assert f".py:{LINES + 5}: a: the params has no JSON Schema: Cannot gen" in str(
        caught.value
    )


def test_an_error_of_the_users_own_schema_code_is_shown_at_its_line(
    user_app: UserApp,
) -> None:
    with pytest.raises(TargetError) as caught:
        user_app.export(f"""{HEAD}
def extra(schema):
    del schema["missing"]

class Params(BaseModel):
    model_config = ConfigDict(json_schema_extra=extra)
    name: str

@router.rpc("a")
async def a(conn, params: Params) -> None: ...
""")
    problem = f".py:{LINES + 3}: a: the params has no JSON Schema: KeyError: 'missing'"
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("@dataclass\nclass Data:\n    name: Annotated[str, BROKEN]", 3),
        ("class Data(Enum):\n    MOST = math.inf", 1),
        (
            (
                "T = TypeVar('T')\nclass Page(BaseModel, Generic[T]):\n"
                "    items: list[T]\n    name: Annotated[str, BROKEN]\nData = Page[int]"
            ),
            4,
        ),
        ("class Data(TypedDict):\n    name: Annotated[str, BROKEN]", 2),
    ],
)
def test_a_value_that_stops_the_export_is_shown_where_it_is_declared(
    user_app: UserApp, code: str, line: int
) -> None:
    with pytest.raises(TargetError) as caught:
        user_app.export(f"""{HEAD}
from enum import Enum
from typing import Generic, TypeVar
from typing_extensions import TypedDict
BROKEN = Field(description="\\ud83d")
{code}
@router.rpc("a")
async def a(conn) -> list[Data]: ...
""")
    assert f".py:{LINES + 5 + line}: $defs/" in str(caught.value)


def test_a_default_that_is_validated_is_shown_as_it_is_then(user_app: UserApp) -> None:
    exported = user_app.export(f"""{HEAD}
class Window(BaseModel):
    model_config = ConfigDict(validate_default=True)
    number: int = "5"
    wrong: int = "five"
    other: "list[Window]" = []
    plain: int = Field(default=3, validate_default=False)
@router.rpc("a")
async def a(conn, params: Window) -> Window: ...
""")
    shown = [
        exported.member("Window-Input", name).get("default")
        for name in ("number", "wrong", "other", "plain")
    ]
    assert shown == [5, "five", [], 3]
