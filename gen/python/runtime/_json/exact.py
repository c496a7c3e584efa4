"""Reading JSON exactly: no value of one JSON type becomes one of another.

Pydantic reads "5" as the number 5, 1 as true and "1700000000" as a time, and writes
back what it made of them. What is set in Python is left to Pydantic and type checkers.
"""

from collections.abc import Iterable
from decimal import Decimal
from enum import Enum, IntFlag
from typing import Annotated, Any, cast

from pydantic import GetCoreSchemaHandler, TypeAdapter
from pydantic_core import CoreSchema, PydanticKnownError, core_schema


def exact_adapter(kind: Any) -> TypeAdapter[Any]:  # noqa: ANN401
    """Return an adapter for a type that need not be a model."""
    return TypeAdapter(cast("Any", Annotated)[kind, _Exact()])


class _Exact:
    """Marks a type whose JSON is read exactly."""

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return exact(handler(source))


def exact_fields(schema: CoreSchema) -> CoreSchema:
    """Return the schema of a model, whose fields read JSON exactly."""
    model = cast("dict[str, Any]", schema)
    fields = model.get("schema", {})
    if model["type"] != "model" or fields.get("type") != "model-fields":
        return schema
    changed = {
        name: {**field, "schema": exact(field["schema"])}
        for name, field in fields["fields"].items()
    }
    extra = fields.get("extras_schema")
    fields = {**fields, "fields": changed}
    if extra is not None:
        fields["extras_schema"] = exact(extra)
    return cast("CoreSchema", {**model, "schema": fields})


def exact(schema: CoreSchema) -> CoreSchema:
    """Return a schema that reads JSON exactly. Models are left as they are."""
    node = cast("dict[str, Any]", schema)
    kind = node["type"]
    if kind in _STRICT:
        return _in_json({**node, **_STRICT[kind]}, node)
    if kind == "int":
        return _in_json(_integer(node), node)
    if kind in _TEXTS:
        text = core_schema.str_schema(strict=True, pattern=_TEXTS[kind])
        return _in_json(core_schema.chain_schema([text, schema]), node)
    if kind == "lax-or-strict":  # addresses, for which Pydantic takes numbers as well
        strict = _in_json(node["strict_schema"], node)
        return cast("CoreSchema", {**strict, "serialization": node["serialization"]})
    if kind == "literal":
        return _in_json(_known(node["expected"], schema), node)
    for key in ("schema", "items_schema", "keys_schema", "values_schema", "choices"):
        part = node.get(key)
        if part is None or kind not in _CONTAINERS:
            continue
        node = {**node, key: _exact_part(part)}
    return cast("CoreSchema", node)


_STRICT = {
    "bool": {"strict": True},
    "float": {"strict": True, "allow_inf_nan": False},  # 1e400 is infinite
}
_NO_NUMBER = r"\d[^\d.]"
"""Found in every text of a date, a time or a duration, and in no number."""
_TEXTS = {
    "datetime": _NO_NUMBER,
    "date": _NO_NUMBER,
    "time": _NO_NUMBER,
    "timedelta": _NO_NUMBER,
    "decimal": None,  # a number is read as a float first, and loses digits
}
_CONTAINERS = {
    "default",
    "definitions",
    "nullable",
    "list",
    "dict",
    "tuple",
    "union",
    "function-before",
    "function-after",
}


def _exact_part(part: object) -> object:
    if isinstance(part, list):
        return list(map(_exact_part, cast("list[object]", part)))
    if isinstance(part, tuple):  # a choice of a union, and its label
        choice, label = cast("tuple[CoreSchema, object]", part)
        return exact(choice), label
    return exact(cast("CoreSchema", part))


def _in_json(schema: object, python: object) -> CoreSchema:
    return core_schema.json_or_python_schema(
        json_schema=cast("CoreSchema", schema), python_schema=cast("CoreSchema", python)
    )


def _integer(node: dict[str, Any]) -> CoreSchema:
    """Return a schema that takes integers, and 1.0: some languages write them so."""
    whole = core_schema.no_info_after_validator_function(
        _whole, core_schema.float_schema(strict=True)
    )
    integer = cast("CoreSchema", {**node, "strict": True})
    limited = core_schema.chain_schema([whole, integer])
    return core_schema.union_schema(
        [integer, limited],
        mode="left_to_right",
        custom_error_type="int_type",
        serialization=core_schema.simple_ser_schema("int"),
    )


def _whole(value: float) -> int:
    if not value.is_integer():
        raise PydanticKnownError("int_type")  # noqa: EM101
    return int(Decimal(repr(value)))  # int(1e23) is another integer than 1e23


def _known(values: Iterable[object], schema: CoreSchema) -> CoreSchema:
    """Return a schema of known values that tells 1 from "1" and from true."""
    known = list(values)
    if all(isinstance(value, str) for value in known):
        return schema  # Pydantic takes only strings for those

    def check(value: object) -> object:
        for v in known:
            if v == value and _is_number(v) == _is_number(value):
                return v
        expected = ", ".join(map(repr, known))
        raise PydanticKnownError("literal_error", {"expected": expected})  # noqa: EM101

    return core_schema.no_info_before_validator_function(check, schema)


class _ExactEnum(Enum):
    """An enum that is read from its own values only."""

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[Enum], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Take the numbers themselves, and 1.0 for 1."""
        schema = handler(source)
        return _in_json(_known([v.value for v in source], schema), schema)


class IntegerEnum(int, _ExactEnum):
    """Base of enums of integers."""


class NumberEnum(float, _ExactEnum):
    """Base of enums of numbers."""


class Flags(IntFlag):
    """Base of integers that combine named constants; other bits are kept."""

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[Enum], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Take any integer."""
        return core_schema.no_info_after_validator_function(
            cls,
            core_schema.int_schema(),
            serialization=core_schema.plain_serializer_function_ser_schema(int),
        )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
