"""What a generated models.py begins with: wsgen copies the sections it needs."""

import base64
import functools
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import (
    Annotated,
    Any,
    ClassVar,
    Literal,
    TypeAlias,
    cast,
    get_args,
    get_origin,
)

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    PlainSerializer,
    RootModel,
    SerializerFunctionWrapHandler,
    TypeAdapter,
    model_serializer,
)
from pydantic_core import CoreSchema, core_schema
from typing_extensions import Unpack


# wsgen: section model
class _Model(BaseModel):
    """Base of the types that are JSON objects.

    A dump holds the names of the wire and leaves out optional members that were
    neither set nor changed, so that the server can tell absent from null. Members
    without a declaration are kept: see ``model_extra``.
    """

    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
        protected_namespaces=(),
        serialize_by_alias=True,
    )

    _not_null: ClassVar[frozenset[str]] = frozenset()
    """Optional attributes whose ``None`` means absent: null is no value of theirs."""
    _left_out: ClassVar[frozenset[str]] = frozenset()
    """Constants that are left out like other defaults; else constants are sent."""

    @model_serializer(mode="wrap")
    def _dump(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        dumped: dict[str, Any] = handler(self)
        members = _members(type(self), self._left_out)
        given = self.model_fields_set
        for name, wire, default in members.optional:
            value = getattr(self, name)
            unset = value is None if name in self._not_null else name not in given
            if unset and value == default:
                dumped.pop(wire if wire in dumped else name, None)
        if members.renamed.keys() & dumped.keys():  # Pydantic before 2.11
            extra = self.model_extra or {}
            return {
                key if key in extra else members.renamed.get(key, key): value
                for key, value in dumped.items()
            }
        return dumped


@dataclass
class _Members:
    """What a dump needs to know about the fields of a model."""

    optional: list[tuple[str, str, Any]]
    """Attribute, wire name and default of those that may be left out."""
    renamed: dict[str, str]
    """Wire names by attribute, where they differ."""


@functools.cache
def _members(model: type[_Model], left_out: frozenset[str]) -> _Members:
    members = _Members([], {})
    for name, info in model.model_fields.items():
        wire = name if info.serialization_alias is None else info.serialization_alias
        if wire != name:
            members.renamed[name] = wire
        if not info.is_required():
            default = info.get_default(call_default_factory=True)
            if name in left_out or not _is_constant(info.annotation, default):
                members.optional.append((name, wire, default))
    return members


def _is_constant(annotation: Any, default: object) -> bool:  # noqa: ANN401
    """Tell whether the default is the only known value, as for tags of unions."""
    parts = get_args(annotation)
    if type(None) in parts:
        return False
    if isinstance(default, Enum):
        return len(type(default)) == 1
    if get_origin(annotation) is Literal:
        return parts == (default,)
    return bool(parts) and _is_constant(parts[0], default)


# wsgen: section made
def _made(kind: Callable[[], Any], value: object) -> Callable[[], Any]:
    """Return a function that makes a default anew from its JSON value."""
    return lambda: TypeAdapter(kind()).validate_python(value)


# wsgen: section open
_KnownFirst = Field(union_mode="left_to_right")
"""Makes a value a member of its enum where the enum knows it."""


# wsgen: section float
_Float = Annotated[
    float, BeforeValidator(lambda value: float("nan") if value is None else value)
]
"""A number; JSON has no NaN, so it travels as null."""


# wsgen: section base64
def _from_base64(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = value.translate({ord("-"): "+", ord("_"): "/"})
    return base64.b64decode(text + "=" * (-len(text) % 4))


# wsgen: section base64-standard
_Base64 = Annotated[
    bytes,
    BeforeValidator(_from_base64),
    PlainSerializer(lambda value: base64.b64encode(value).decode(), when_used="json"),
]
"""Bytes that travel as Base64 text."""


# wsgen: section base64-url
_Base64URL = Annotated[
    bytes,
    BeforeValidator(_from_base64),
    PlainSerializer(
        lambda value: base64.urlsafe_b64encode(value).decode(), when_used="json"
    ),
]
"""Bytes that travel as URL-safe Base64 text."""


# wsgen: section longer
class _Longer:
    """Lets a tuple have further items, of the type ``rest``."""

    def __init__(self, rest: Any) -> None:  # noqa: ANN401
        """Take any number of items of this type behind the declared ones."""
        self.rest = rest

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Build a tuple of any length."""
        parts = [
            part
            for part in get_args(source)
            if getattr(part, "__origin__", None) is not Unpack
        ]
        items = [handler.generate_schema(part) for part in [*parts, self.rest]]
        return core_schema.tuple_schema(items, variadic_item_index=len(parts))


# wsgen: section unknown
class UnknownValue(RootModel[Any]):
    """Something that only a newer server knows; ``root`` is its JSON value."""


# wsgen: section unions
class _OneOf:
    """Chooses the variant of a union by looking at the value."""

    def __init__(self, variants: list[Any]) -> None:
        """Choose among the variants, which may be unions themselves."""
        self.variants = variants

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        variants = list(self.variants)
        if UnknownValue in get_args(source):
            variants.append(UnknownValue)
        return core_schema.tagged_union_schema(
            {str(i): handler.generate_schema(v) for i, v in enumerate(variants)},
            discriminator=self._choose,
        )

    def _choose(self, value: object) -> str:
        index = self.index_of(value)
        return str(len(self.variants) if index is None else index)

    def index_of(self, value: object) -> int | None:
        """Return the variant's place; of none where no variant is meant."""
        for i, variant in enumerate(self.variants):
            if isinstance(value, _classes(variant)):
                return i
        return None


def _classes(variant: Any) -> tuple[type, ...]:  # noqa: ANN401
    """Return the models that a variant, perhaps a union itself, is made of."""
    if isinstance(variant, type):
        return (variant,) if issubclass(variant, _Model) else ()
    return tuple(c for a in get_args(variant) for c in _classes(a))


# wsgen: section by-tag
class _ByTag(_OneOf):
    """Tells the variants of a union apart by the value of one member."""

    def __init__(self, member: str, variants: dict[Any, Any]) -> None:
        """Look up the member's value in ``variants``."""
        super().__init__(list(variants.values()))
        self.member = member
        self.places = {tag: i for i, tag in enumerate(variants)}

    def index_of(self, value: object) -> int | None:
        """Return the variant's place; of none where no variant is meant."""
        if isinstance(value, dict):
            tag = cast("dict[object, object]", value).get(self.member)
            return self.places.get(tag) if isinstance(tag, str | int) else None
        return super().index_of(value)


# wsgen: section by-shape
_Object: TypeAlias = "dict[str, object]"
_Array: TypeAlias = "list[object]"


@dataclass
class _Shape:
    """What the JSON values of a variant look like."""

    variant: Any
    kind: str
    """A JSON type, or a format of strings."""
    required: dict[str, str | list[Any]] = field(
        default_factory=dict[str, "str | list[Any]"]
    )
    """Members that are always there: their JSON types, or their only values."""
    optional: set[str] = field(default_factory=set[str])
    values: list[Any] | None = None
    """The only values; None: any."""
    items: str = "any"
    """JSON types of an array's items."""
    length: tuple[int, int | None] = (0, None)
    """Least and most items of an array."""

    def rank(self, value: object) -> int:
        """Return how well a JSON value fits; 0: not at all."""
        kind = _kind_of(value)
        if kind == "object":
            return (kind == self.kind) * self._rank_object(cast("_Object", value))
        if kind == "array":
            return int(kind == self.kind and self._holds(cast("_Array", value)))
        if self.values is not None:
            return 3 * any(type(v) is type(value) and v == value for v in self.values)
        if isinstance(value, str) and self.kind in _FORMATS:
            return 2 * self._parses(value)
        if self.kind == kind:
            return 2 if kind == "integer" else 1
        return int(kind == "integer" and self.kind == "number")

    def _holds(self, value: _Array) -> bool:
        least, most = self.length
        fits = least <= len(value) and (most is None or len(value) <= most)
        return fits and all(_fits(item, self.items) for item in value)

    def _rank_object(self, value: _Object) -> int:
        for name, types in self.required.items():
            if name not in value or not _fits(value[name], types):
                return 0
        return 1 + sum(name in self.required or name in self.optional for name in value)

    def _parses(self, text: str) -> bool:
        if not re.match(_FORMATS[self.kind], text):
            return False
        try:
            TypeAdapter(self.variant).validate_python(text)
        except ValueError:
            return False
        return True


class _ByShape(_OneOf):
    """Tells the variants of a union apart by what their JSON looks like."""

    def __init__(self, *shapes: _Shape) -> None:
        """Choose the shape that fits best, the first of equals."""
        super().__init__([shape.variant for shape in shapes])
        self.shapes = shapes

    def index_of(self, value: object) -> int | None:
        """Return the variant's place; of none where no variant is meant."""
        if _kind_of(value) is None:
            return self._place_of_instance(value)
        ranks = [shape.rank(value) for shape in self.shapes]
        return ranks.index(max(ranks)) if any(ranks) else None

    def _place_of_instance(self, value: object) -> int | None:
        for i, shape in enumerate(self.shapes):
            if type(value) in _leaves(shape.variant):
                return i
        return super().index_of(value)


def _leaves(variant: object) -> list[object]:
    """Return the types that a variant, perhaps a union itself, is made of."""
    if get_origin(variant) is Annotated:
        return _leaves(get_args(variant)[0])
    parts = () if isinstance(variant, type) else get_args(variant)
    return [leaf for part in parts for leaf in _leaves(part)] or [variant]


_KINDS: dict[type, str] = {
    dict: "object",
    list: "array",
    tuple: "array",
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    type(None): "null",
}

_FORMATS = {
    "date-time": r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d",
    "date": r"\d{4}-\d\d-\d\d$",
    "time": r"\d\d:\d\d",
    "duration": r"[-+]?P",
    "uuid": r"[0-9A-Fa-f]{8}-",
    "decimal": r"[-+]?\.?\d",
    "uri": r"[A-Za-z][A-Za-z0-9+.-]*:",
    "email": r"[^@\s]+@[^@\s]+$",
    "base64": r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
    "base64url": r"[A-Za-z0-9_-]*={0,2}$",
    "ip": r"[0-9A-Fa-f:.]+(?:/\d+)?$",
}
"""How strings of a format begin, as Pydantic alone would take numbers for dates."""


def _kind_of(value: object) -> str | None:
    """Return the JSON type of a value, None where it is no JSON."""
    return _KINDS.get(type(value))


def _fits(value: object, types: str | list[Any]) -> bool:
    """Tell whether a member's value is of the types, or one of the values."""
    if isinstance(types, list):
        return any(type(v) is type(value) and v == value for v in types)
    if isinstance(value, Enum):
        value = value.value
    kind = _kind_of(value) or ("object" if isinstance(value, _Model) else "string")
    allowed = types.split(" | ")
    return (
        kind in allowed
        or (kind == "integer" and "number" in allowed)
        or "any" in allowed
    )
