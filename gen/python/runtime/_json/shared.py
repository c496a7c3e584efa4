"""Models of other packages, which a client uses instead of models of its own."""

from collections.abc import Mapping
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal, Union, cast, get_args, get_origin

from pydantic import BaseModel, GetCoreSchemaHandler, SerializationInfo, ValidationInfo
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, core_schema

from .base import lost_members


def check_shared(*kinds: object) -> None:
    """Refuse classes that are no Pydantic models and no enums."""
    for kind in kinds:
        if not _can_be_shared(kind):
            name = getattr(kind, "__qualname__", repr(kind))
            module = getattr(kind, "__module__", "?")
            message = (
                f"{module}.{name} is not a Pydantic model: a client can only share "
                "models that datamodel-code-generator writes, or your own ones"
            )
            raise TypeError(message)


def _can_be_shared(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, (BaseModel, Enum))


class Shared:
    """Marks a model of another package, which reads JSON in its own way.

    Its JSON holds what was set, what differs from its default, and constants, as
    that of generated models does. A mapping must not have other members.
    """

    def __get_pydantic_core_schema__(
        self, source: type[BaseModel], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Add the checks and the way to write it."""

        def check(value: object, info: ValidationInfo) -> None:
            if info.mode == "json" or not isinstance(value, Mapping):
                return
            members = cast("Mapping[str, object]", value)
            if lost := lost_members(source, members):
                names = ", ".join(map(repr, sorted(lost)))
                message = f"{source.__name__} has no members {names}"
                raise ValueError(message)

        def checked(value: object, info: ValidationInfo) -> object:
            check(value, info)
            return value

        return core_schema.with_info_before_validator_function(
            checked,
            handler(source),
            serialization=core_schema.plain_serializer_function_ser_schema(
                _dump, info_arg=True
            ),
        )


SHARED = Shared()


def _dump(model: BaseModel, info: SerializationInfo) -> object:
    sent = model.model_copy(deep=True)
    _note_changes(sent)
    mode = info.mode
    return sent.model_dump(
        mode=mode, by_alias=True, exclude_unset=True, round_trip=True
    )


def _note_changes(value: object) -> None:
    """Count fields as set that are constants or differ from their default."""
    if isinstance(value, BaseModel):
        given = value.__pydantic_fields_set__
        for name, field in type(value).model_fields.items():
            member: object = getattr(value, name)
            if name not in given and (
                _is_constant(field) or _is_changed(field, member)
            ):
                given.add(name)
            _note_changes(member)
        _note_changes(value.model_extra)
    elif isinstance(value, Mapping):
        for member in cast("Mapping[object, object]", value).values():
            _note_changes(member)
    elif isinstance(value, (list, tuple)):
        for item in cast("list[object]", value):
            _note_changes(item)


def _is_changed(field: FieldInfo, value: object) -> bool:
    try:
        default: object = field.get_default(call_default_factory=True)
    except (TypeError, ValueError):
        return True  # it depends on other fields
    return value != default


def _is_constant(field: FieldInfo) -> bool:
    """Tell whether the default is the only known value."""
    kinds: tuple[Any, ...] = (field.annotation,)
    if get_origin(field.annotation) in {Union, UnionType}:
        kinds = get_args(field.annotation)
    known = [kind for kind in kinds if kind is not NoneType]
    if len(known) == 1 and get_origin(known[0]) is Literal:
        return get_args(known[0]) == (field.default,)
    return isinstance(field.default, Enum) and len(type(field.default)) == 1
