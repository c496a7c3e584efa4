"""The base of all models: what is dumped, and what JSON must hold."""

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from types import UnionType
from typing import Any, ClassVar, Literal, Union, get_args, get_origin

from pydantic import (
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    SerializerFunctionWrapHandler,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    model_serializer,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema, to_json
from typing_extensions import LiteralString, Self

from .exact import exact_fields
from .unknown import UnknownInteger, UnknownNumber, UnknownString


class Model(BaseModel):
    """Base of the types that are JSON objects.

    A dump holds the names of the wire and leaves out optional members that were
    neither set nor changed, so that the server can tell absent from null; constants
    are always in it. Members without a declaration are kept: see ``model_extra``.
    """

    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
        protected_namespaces=(),
        serialize_by_alias=True,
    )

    _not_null: ClassVar[frozenset[str]] = frozenset()
    """Optional attributes whose ``None`` means absent: they cannot be null in JSON."""
    _nan: ClassVar[frozenset[str]] = frozenset()
    """Those of them that are numbers, of which null in JSON is NaN."""
    _required: ClassVar[frozenset[str]] = frozenset()
    """Constants that JSON must hold, though nobody needs to set them in Python."""

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:  # noqa: ANN401
        """Let further members that have a type be where Pydantic looks for them.

        The default by which type checkers know that ``__init__`` has no such parameter
        would hide their place, and dumps of unions would find a field too many.
        """
        if "__pydantic_extra__" in vars(cls):
            del cls.__pydantic_extra__

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[BaseModel], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Read JSON exactly: Pydantic alone takes "5" for a number."""
        schema = exact_fields(handler(source))
        if schema["type"] != "model" or not (cls._not_null or cls._required):
            return schema
        return core_schema.with_info_after_validator_function(cls._checked, schema)

    @classmethod
    def _checked(cls, model: Self, info: ValidationInfo) -> Self:
        """Check what fields cannot: in Python, values may leave constants out."""
        if info.mode != "json":
            return model
        given = model.model_fields_set
        for name in cls._required - given:
            raise cls._problem(name, "missing", "The constant is missing")
        for name in cls._not_null & given:
            if getattr(model, name) is not None:
                continue
            if name in cls._nan:
                setattr(model, name, math.nan)
            else:
                raise cls._problem(name, "null", "The member cannot be null")
        return model

    @classmethod
    def _problem(
        cls, name: str, kind: LiteralString, message: LiteralString
    ) -> ValidationError:
        """Return an error that is at a member."""
        wire = cls.model_fields[name].serialization_alias or name
        error = PydanticCustomError(kind, message)
        return ValidationError.from_exception_data(
            cls.__name__, [{"type": error, "loc": (wire,), "input": None}]
        )

    @model_serializer(mode="wrap")
    def _dump(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        dumped: dict[str, Any] = handler(self)
        members = _members(type(self))
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

    optional: list[tuple[str, str, object]]
    """Attribute, wire name and default of those that may be left out."""
    renamed: dict[str, str]
    """Wire names by attribute, where they differ."""


@functools.cache
def _members(model: type[Model]) -> _Members:
    members = _Members([], {})
    for name, info in model.model_fields.items():
        wire = name if info.serialization_alias is None else info.serialization_alias
        if wire != name:
            members.renamed[name] = wire
        if info.is_required():
            continue
        try:
            default: object = info.get_default(call_default_factory=True)
        except ValidationError:
            default = object()  # no value equals a default that does not fit its type
        if not _is_constant(info.annotation, default):
            members.optional.append((name, wire, default))
    return members


def _is_constant(annotation: Any, default: object) -> bool:  # noqa: ANN401
    """Tell whether the default is the only known value: such members are constants."""
    is_union = get_origin(annotation) in {Union, UnionType}
    parts: tuple[Any, ...] = get_args(annotation) if is_union else (annotation,)
    known = [part for part in parts if part not in _UNKNOWN]
    if len(known) != 1:
        return False
    if isinstance(default, Enum):
        return len(type(default)) == 1
    return get_origin(known[0]) is Literal and get_args(known[0]) == (default,)


_UNKNOWN = (UnknownString, UnknownInteger, UnknownNumber)


def default_of(kind: Callable[[], Any], *, json: object) -> Callable[[], Any]:
    """Return a function that makes a default anew from its JSON value."""
    text = to_json(json)

    @functools.cache
    def adapter() -> TypeAdapter[Any]:
        return TypeAdapter(kind())

    return lambda: adapter().validate_json(text)
