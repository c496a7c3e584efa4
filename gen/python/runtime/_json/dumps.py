"""How models are dumped: by Pydantic itself, as far as it can leave out members."""

import functools
from collections.abc import Callable, Iterable
from typing import Any, cast

import pydantic_core
from pydantic import BaseModel, SerializationInfo
from pydantic_core import (
    CoreSchema,
    PydanticSerializationUnexpectedValue,
    SchemaSerializer,
    core_schema,
)

from .absent import left_out

_MISSING: Any = getattr(pydantic_core, "MISSING", None)
_CAN_LEAVE_OUT = "serialization_exclude_if" in core_schema.ModelField.__annotations__
"""Since Pydantic 2.12 a field can be left out by its value."""

_CAN_MASK = "_use_prebuilt" in (SchemaSerializer.__text_signature__ or "")
"""Since Pydantic 2.13 a field is left out that holds ``MISSING``, in unions, too."""

_BASE = __name__.replace("dumps", "base")


def quick_dump(schema: CoreSchema, not_null: frozenset[str]) -> CoreSchema:
    """Return the schema of a model that dumps itself without ``Model._dump``, if it can.

    What that function returns is looked at once more, at every level. Where the value
    alone tells whether a member is left out, Pydantic needs no function. Else ``_masked``
    hides what is left out from Pydantic.
    """
    model = cast("dict[str, Any]", schema)
    inner: dict[str, Any] = model.get("schema", {})
    dump: object = model.get("serialization", {}).get("function")
    ours = getattr(dump, "__module__", None) == _BASE
    if not (_CAN_LEAVE_OUT and ours and inner.get("type") == "model-fields"):
        return schema
    fields: dict[str, dict[str, Any]] = inner["fields"]
    if inner.get("computed_fields") or any(map(_has_function, fields.values())):
        return schema  # these must see the model as it is
    native = {key: part for key, part in model.items() if key != "serialization"}
    optional = [name for name, field in fields.items() if _is_optional(field)]
    if all(name in not_null and _is_none_by_default(fields[name]) for name in optional):
        changed = {
            name: {**fields[name], "serialization_exclude_if": _is_none}
            for name in optional
        }
        inner = {**inner, "fields": {**fields, **changed}}
        return cast("CoreSchema", {**native, "schema": inner})
    if not _CAN_MASK:
        return schema
    return cast("CoreSchema", {**model, "serialization": _by_function(native)})


def _by_function(native: dict[str, Any]) -> core_schema.SerSchema:
    """Dump a model in its own way, once ``_masked`` has hidden what is left out.

    A function that wraps, since Pydantic would call another one twice.
    """
    unnamed = {key: part for key, part in native.items() if key != "ref"}
    return core_schema.wrap_serializer_function_ser_schema(
        _masked_or_filtered,
        info_arg=True,
        schema=core_schema.any_schema(),
        return_schema=cast("CoreSchema", unnamed),
    )


def _has_function(node: dict[str, Any]) -> bool:
    """Tell whether a user's function dumps a field."""
    if node.get("serialization", {}).get("is_field_serializer"):
        return True
    return "schema" in node and _has_function(node["schema"])


def _is_optional(field: dict[str, Any]) -> bool:
    """Tell whether a field has a default and is no constant, which is always dumped."""
    node = field["schema"]
    if node["type"] != "default":
        return False
    kind = node["schema"]
    known: list[object] = kind["expected"] if kind["type"] == "literal" else []
    return known != [node.get("default")]


def _is_none_by_default(field: dict[str, Any]) -> bool:
    return field["schema"].get("default", ...) is None


def _is_none(value: object) -> bool:
    return value is None


def _masked(value: Any) -> object:  # noqa: ANN401
    """Return a model without the members that a dump leaves out."""
    if not hasattr(value, "_not_null"):
        return value  # of another variant of a union, which Pydantic tries next
    absent = left_out(value)
    return _copy(value, absent, value.__pydantic_extra__) if absent else value


def _copy(
    model: BaseModel, absent: Iterable[str], extra: dict[str, Any] | None
) -> BaseModel:
    """Return a copy that Pydantic dumps without some members, and with others."""
    kind = model.__class__
    copy = kind.__new__(kind)
    members = model.__dict__.copy()
    for name in absent:
        members[name] = _MISSING
    _set(copy, "__dict__", members)
    _set(copy, "__pydantic_extra__", extra)
    _set(copy, "__pydantic_fields_set__", model.__pydantic_fields_set__)
    return copy


_set = object.__setattr__


def _masked_or_filtered(value: object, _: object, info: SerializationInfo) -> object:
    """Return a model without the members that a dump leaves out.

    Pydantic forgets ``include`` and ``exclude`` where a function dumps a model: ``_dump``
    respects them. What it has dumped are further members then, which stay as they are.
    """
    if info.include is None and info.exclude is None:
        return _masked(value)
    if not hasattr(value, "_not_null"):
        return value
    model = cast("BaseModel", value)
    options = {name: getattr(info, name) for name in _OPTIONS if hasattr(info, name)}
    dumped = _filtering_serializer(type(model)).to_python(model, **options)
    return _copy(model, model.__dict__, dumped)


_OPTIONS = (
    "mode",
    "include",
    "exclude",
    "context",
    "by_alias",
    "exclude_unset",
    "exclude_defaults",
    "exclude_none",
    "exclude_computed_fields",
    "round_trip",
    "serialize_as_any",
    "polymorphic_serialization",
)


def quick_serializer(
    model: type[BaseModel], options: dict[str, Any]
) -> SchemaSerializer | None:
    """Return what dumps a model, and those in it, if it is to be dumped as a whole.

    Its functions need not look at the options, which takes longer than all else they do.
    """
    if _CAN_MASK and model.__pydantic_complete__ and options.keys() <= _QUICK:
        return _quick_serializer(model)
    return None


_QUICK = {"mode", "by_alias", "round_trip", "indent", "exclude_none", "warnings"}


@functools.cache
def _quick_serializer(model: type[BaseModel]) -> SchemaSerializer:
    return _serializer(model, _quick_dump)


def _quick_dump(model: dict[str, Any]) -> object:
    """Dump the members of a model as those of a mapping, which needs no copy of it."""
    fields: dict[str, dict[str, Any]] = model["schema"]["fields"]
    config: dict[str, Any] = model.get("config", {})
    if any("serialization_alias" in field for field in fields.values()) or any(
        key.startswith("ser_json_") for key in config
    ):
        return core_schema.plain_serializer_function_ser_schema(
            _masked, return_schema=cast("CoreSchema", model)
        )
    kind: type[BaseModel] = model["cls"]

    def members(value: Any) -> dict[str, Any]:  # noqa: ANN401
        if not isinstance(value, kind):
            message = f"Expected {kind.__name__}"
            raise PydanticSerializationUnexpectedValue(message)
        members = vars(value)
        absent, extra = left_out(value), value.__pydantic_extra__
        if value.__class__ is not kind:
            members = {n: member for n, member in members.items() if n in fields}
        if absent:
            members = members.copy()
            for name in absent:
                members.pop(name, None)
        return {**members, **extra} if extra else members

    mapping: dict[str, Any] = {
        **model["schema"],
        "type": "typed-dict",
        "fields": {
            name: {**field, "type": "typed-dict-field", "required": False}
            for name, field in fields.items()
        },
        "extra_behavior": config.get("extra_fields_behavior", "ignore"),
    }
    return core_schema.plain_serializer_function_ser_schema(
        members, return_schema=cast("CoreSchema", mapping)
    )


@functools.cache
def _filtering_serializer(model: type[BaseModel]) -> SchemaSerializer:
    """Return what dumps a model, and those in it, by ``Model._dump``."""
    dump = core_schema.wrap_serializer_function_ser_schema(cast("Any", model)._dump)  # noqa: SLF001
    return _serializer(model, lambda _: dump)


def _serializer(
    model: type[BaseModel], change: Callable[[dict[str, Any]], object]
) -> SchemaSerializer:
    schema = cast("Any", _changed(model.__pydantic_core_schema__, change))
    return SchemaSerializer(schema, _use_prebuilt=False)


def _changed(node: object, change: Callable[[dict[str, Any]], object]) -> object:
    """Return a schema with other functions where models have ``_masked_or_filtered``."""
    if isinstance(node, list):
        return [_changed(part, change) for part in cast("list[object]", node)]
    if isinstance(node, tuple):
        return tuple(
            _changed(part, change) for part in cast("tuple[object, ...]", node)
        )
    if not isinstance(node, dict):
        return node
    schema = cast("dict[str, Any]", node)
    dump: dict[str, Any] = schema.get("serialization", {})
    if dump.get("function") is _masked_or_filtered:
        model = cast("dict[str, Any]", _changed(dump["return_schema"], change))
        ref = {"ref": schema["ref"]} if "ref" in schema else {}
        return {**model, **ref, "serialization": change(model)}
    return {
        key: part if key in _VALUES else _changed(part, change)
        for key, part in schema.items()
    }


_VALUES = {"config", "metadata", "default", "expected"}
"""Keys of a schema of which the values are no schemas."""
