"""The base of all models: what is dumped, and what JSON must hold."""

import functools
import math
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar, cast

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

from .absent import left_out, members_of
from .dumps import quick_dump, quick_serializer
from .exact import exact_fields


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
        schema = exact_fields(quick_dump(handler(source), cls._not_null))
        if schema["type"] != "model" or not (cls._not_null or cls._required):
            return schema
        inner = cast("dict[str, Any]", schema)
        ref = inner.pop("ref", None)  # by which the model refers to itself
        return core_schema.with_info_after_validator_function(
            cls._checked, schema, ref=ref
        )

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

    if not TYPE_CHECKING:

        def model_dump(self, **options: Any) -> dict[str, Any]:  # noqa: ANN401
            """Dump the model, as that of ``BaseModel`` does."""
            if quick := quick_serializer(type(self), options):
                return quick.to_python(self, **options)
            return super().model_dump(**options)

        def model_dump_json(self, **options: Any) -> str:  # noqa: ANN401
            """Dump the model as JSON, as that of ``BaseModel`` does."""
            if quick := quick_serializer(type(self), options):
                return quick.to_json(self, **options).decode()
            return super().model_dump_json(**options)

    @model_serializer(mode="wrap")
    def _dump(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        dumped: dict[str, Any] = handler(self)
        wire = members_of(type(self)).wire
        for name in left_out(self):
            key = wire.get(name, name)
            dumped.pop(key if key in dumped else name, None)
        if wire.keys() & dumped.keys():  # Pydantic before 2.11
            extra = self.model_extra or {}
            return {
                key if key in extra else wire.get(key, key): value
                for key, value in dumped.items()
            }
        return dumped


def lost_members(model: type[BaseModel], names: Iterable[str]) -> set[str]:
    """Return the names of members that a model would drop in silence."""
    if model.model_config.get("extra", "ignore") != "ignore":
        return set()
    known: set[str] = set()
    for name, field in model.model_fields.items():
        aliases = (name, field.alias, field.validation_alias, field.serialization_alias)
        known |= {alias for alias in aliases if isinstance(alias, str)}
    return set(names) - known


def default_of(kind: Callable[[], Any], *, json: object) -> Callable[[], Any]:
    """Return a function that makes a default anew from its JSON value."""
    text = to_json(json)

    @functools.cache
    def adapter() -> TypeAdapter[Any]:
        return TypeAdapter(kind())

    return lambda: adapter().validate_json(text)
