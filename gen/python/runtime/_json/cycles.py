"""Models that refer to each other in a long cycle."""

import functools
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from pydantic import (
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, SchemaValidator, core_schema
from typing_extensions import Self

from .base import Model

_building: ContextVar[type[BaseModel] | None] = ContextVar("_building", default=None)
"""The model whose validator is being made."""

_value: ContextVar[object] = ContextVar("_value")
"""The value in JSON that a model is about to read."""


class CyclicModel(Model):
    """Base of the models of a long cycle.

    Each has a validator of its own, which is made when it is first used and looks up
    those of its members when it meets them. Pydantic would build the validators of all
    of them inside each other, for each of them again.
    """

    model_config = ConfigDict(defer_build=True)

    @classmethod
    def model_rebuild(cls, **options: Any) -> bool | None:  # noqa: ANN401
        """Make the validator of this model."""
        depth = options.pop("_parent_namespace_depth", 2) + 1
        token = _building.set(cls)
        try:
            return super().model_rebuild(_parent_namespace_depth=depth, **options)
        finally:
            _building.reset(token)

    @classmethod
    def model_construct(
        cls,
        _fields_set: set[str] | None = None,
        **values: Any,  # noqa: ANN401
    ) -> Self:
        """Make a model without checks, and the validator that also writes it."""
        cls.model_rebuild()
        return super().model_construct(_fields_set, **values)

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[BaseModel], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Refer to the validator of the model, unless that is what is being made."""
        if _building.get() is cls:
            return super().__get_pydantic_core_schema__(source, handler)
        return core_schema.with_info_plain_validator_function(cls._read)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Name the model where another one refers to it."""
        if schema["type"] == "function-plain":
            return {"type": "object", "title": cls.__name__}
        return handler(schema)

    @classmethod
    def _read(cls, value: object, info: ValidationInfo) -> Self:
        if isinstance(value, cls):
            return value
        if info.mode != "json":
            return cls.model_validate(value)
        token = _value.set(value)
        try:
            read: Self = _reader(cls)()
        finally:
            _value.reset(token)
        return read


@functools.cache
def _reader(model: type[CyclicModel]) -> Callable[[], Any]:
    """Return what reads ``_value`` into a model.

    Only JSON is read as JSON, so the validator is given some: the value takes its place.
    """
    model.model_rebuild()
    schema = core_schema.no_info_wrap_validator_function(
        _swap, model.__pydantic_core_schema__
    )
    return functools.partial(SchemaValidator(schema).validate_json, "null")


def _swap(_: object, handler: ValidatorFunctionWrapHandler) -> object:
    return handler(_value.get())
