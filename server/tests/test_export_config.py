"""Configuration that changes what is sent changes what the document says."""

from __future__ import annotations

import base64
import datetime as dt
import json
import math
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import pytest
from centrifugo_rpc import Conn, MessageRouter
from centrifugo_rpc.export.models import export_models
from centrifugo_rpc.export.spec import Api, Method
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    Secret,
    WithJsonSchema,
    create_model,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from userapp import UserApp

CONN = Conn("7", method="a")
WORDS = {"type": "string", "enum": ["NaN", "Infinity", "-Infinity"]}
NUMBER = {"type": "number"}


def model(config: dict[str, Any], **fields: Any) -> Any:
    every: Any = {name: (hint, ...) for name, hint in fields.items()}
    settings: Any = config
    return create_model("Made", __config__=settings, **every)


def members(direction: str, kind: Any) -> dict[str, Any]:
    """Return the schemas of a model's members, without their titles."""
    exported = export_models(Api("a", "1", [Method("a", **{direction: kind})]))
    properties = exported.models["$defs"]["Made"]["properties"]
    return {
        name: {key: part for key, part in schema.items() if key != "title"}
        for name, schema in properties.items()
    }


async def sent(kind: Any, **values: Any) -> Any:
    """Return what a worker sends."""
    router = MessageRouter()

    async def handler(_: Conn) -> Any:
        return kind(**values)

    handler.__annotations__["return"] = kind
    router.add("a", handler)
    return json.loads(await router.handle(CONN, b""))


async def test_infinity_as_strings_is_a_union_in_results() -> None:
    @dataclass
    class Inner:
        depth: float

    kind = model(
        {"ser_json_inf_nan": "strings"},
        value=float,
        limited=Annotated[float, Field(ge=0)],
        maybe=float | None,
        several=list[float],
        finite=FiniteFloat,
        whole=int,
        inner=Inner,
    )
    assert members("result", kind) == {
        "value": {"anyOf": [NUMBER, WORDS]},
        "limited": {"anyOf": [{"type": "number", "minimum": 0}, WORDS]},
        "maybe": {"anyOf": [NUMBER, WORDS, {"type": "null"}]},
        "several": {"type": "array", "items": {"anyOf": [NUMBER, WORDS]}},
        "finite": NUMBER,
        "whole": {"type": "integer"},
        "inner": {"$ref": "#/$defs/Inner"},
    }
    assert members("params", kind)["value"] == NUMBER
    values = {
        "value": math.inf,
        "limited": -math.inf,
        "maybe": math.nan,
        "several": [1.5, math.inf],
        "finite": 1.0,
        "whole": 1,
        "inner": Inner(math.nan),
    }
    assert await sent(kind, **(values | {"limited": 1})) == values | {
        "value": "Infinity",
        "limited": 1.0,
        "maybe": "NaN",
        "several": [1.5, "Infinity"],
        "inner": {"depth": "NaN"},
    }


@pytest.mark.parametrize("style", ["null", "constants"])
async def test_infinity_is_null_else(style: str) -> None:
    kind = model({"ser_json_inf_nan": style}, value=float, several=list[Any])
    assert members("result", kind)["value"] == NUMBER
    values = {"value": -math.inf, "several": [math.nan, "NaN", 10**30, 0.1, 1e30, {}]}
    assert await sent(kind, **values) == {
        "value": None,
        "several": [None, "NaN", 10**30, 0.1, 1e30, {}],
    }


def test_constants_that_are_no_json_are_warned_about_once(user_app: UserApp) -> None:
    exported = user_app.export("""
from centrifugo_rpc import MessageRouter
from pydantic import BaseModel, ConfigDict, FiniteFloat

router = MessageRouter()

class Finite(BaseModel):
    model_config = ConfigDict(ser_json_inf_nan="constants")
    low: FiniteFloat

class Loose(BaseModel):
    model_config = ConfigDict(ser_json_inf_nan="constants")
    low: float
    high: float
    finite: Finite

@router.rpc("a")
async def a(conn, params: Loose) -> Loose: ...
""")
    assert exported.warnings == [
        (
            "app.py:10: warning: Loose: ser_json_inf_nan is 'constants', but infinity and "
            "NaN are no JSON: they are sent as null"
        )
    ]


TIMES = {
    "day": dt.date(2025, 1, 2),
    "clock": dt.time(1, 2, 3),
    "at": dt.datetime(2025, 1, 2, tzinfo=dt.timezone.utc),
    "took": dt.timedelta(days=1.5),
}


@pytest.mark.parametrize(
    ("config", "numbers"),
    [
        ({}, set[str]()),
        ({"ser_json_timedelta": "float"}, {"took"}),
        ({"ser_json_temporal": "seconds"}, set(TIMES)),
        ({"ser_json_temporal": "milliseconds"}, set(TIMES)),
        ({"ser_json_temporal": "iso8601", "ser_json_timedelta": "float"}, set[str]()),
    ],
)
async def test_times_are_numbers_where_they_are_sent_so(
    config: dict[str, Any], numbers: set[str]
) -> None:
    kind = model(config, **{name: type(value) for name, value in TIMES.items()})
    result = members("result", kind)
    assert {name for name, schema in result.items() if schema == NUMBER} == numbers
    values = await sent(kind, **TIMES)
    assert {name for name, it in values.items() if isinstance(it, float)} == numbers
    # Params are read in both ways.
    assert {schema["type"] for schema in members("params", kind).values()} == {"string"}


BINARY = {"type": "string", "format": "binary"}
BASE64 = {"type": "string", "format": "base64url"}
HEX = {"type": "string", "pattern": "^([0-9a-fA-F]{2})*$"}


@pytest.mark.parametrize(
    ("config", "params", "result"),
    [
        ({}, BINARY, BINARY),
        ({"ser_json_bytes": "base64"}, BINARY, BASE64),
        ({"val_json_bytes": "base64"}, BASE64, BINARY),
        ({"ser_json_bytes": "base64", "val_json_bytes": "base64"}, BASE64, BASE64),
        ({"ser_json_bytes": "hex"}, BINARY, HEX),
        ({"ser_json_bytes": "hex", "val_json_bytes": "hex"}, HEX, HEX),
    ],
)
async def test_bytes_are_described_as_they_travel(
    config: dict[str, Any], params: object, result: object
) -> None:
    kind = model(config, data=bytes)
    assert members("params", kind) == {"data": params}
    assert members("result", kind) == {"data": result}

    text = (await sent(kind, data=b"ab?"))["data"]
    decoders: dict[Any, Callable[[str], bytes]] = {
        "base64url": base64.urlsafe_b64decode,
        "binary": str.encode,
        None: bytes.fromhex,
    }
    decode = decoders[members("result", kind)["data"].get("format")]
    assert decode(text) == b"ab?"


def test_lengths_of_hexadecimal_text_are_those_of_the_text() -> None:
    config = {"ser_json_bytes": "hex", "val_json_bytes": "hex"}
    kind = model(config, data=Annotated[bytes, Field(min_length=2, max_length=3)])
    expected = HEX | {"minLength": 4, "maxLength": 6}
    assert members("params", kind) == members("result", kind) == {"data": expected}


def test_bytes_that_are_read_in_another_way_than_sent(user_app: UserApp) -> None:
    exported = user_app.export("""
from centrifugo_rpc import MessageRouter
from pydantic import BaseModel, ConfigDict

router = MessageRouter()

class Blob(BaseModel):
    model_config = ConfigDict(ser_json_bytes="base64")
    data: bytes = b"ab?"
    odd: bytes = b"\\xff"

@router.rpc("a")
async def a(conn, params: Blob) -> Blob: ...
""")
    said = "is read as utf8 but sent as base64: set val_json_bytes as well"
    assert exported.warnings == [
        f"app.py:8: warning: Blob.data: {said}",
        (
            "app.py:9: warning: Blob.odd: Default value b'\\xff' is not JSON "
            "serializable; excluding default from JSON schema"
        ),
        f"app.py:9: warning: Blob.odd: {said}",
    ]
    assert exported.member("Blob-Input", "data")["default"] == "ab?"
    assert exported.member("Blob-Output", "data")["default"] == "YWI_"
    assert exported.member("Blob-Output", "odd")["default"] == "_w=="
    assert "default" not in exported.member("Blob-Input", "odd")


async def test_a_decimal_that_may_be_infinite_is_any_text() -> None:
    kind = model(
        {"allow_inf_nan": True},
        loose=Decimal,
        strict=Annotated[Decimal, Field(allow_inf_nan=False)],
    )
    assert members("result", kind) == {
        "loose": {"type": "string"},
        "strict": {"type": "string", "format": "decimal"},
    }
    assert members("params", kind)["loose"] == {"type": "string"}
    values = await sent(kind, loose=Decimal("NaN"), strict=1)
    assert values == {"loose": "NaN", "strict": "1"}


async def test_a_secret_of_any_type_is_sent_as_stars() -> None:
    kind = model({}, birthday=Secret[dt.date])
    assert members("params", kind)["birthday"]["format"] == "date"
    assert members("result", kind)["birthday"] == {
        "type": "string",
        "format": "password",
        "writeOnly": True,
    }
    assert await sent(kind, birthday=dt.date(2000, 1, 1)) == {"birthday": "**********"}


def test_what_users_put_into_schemas_is_written_as_json() -> None:
    """Django's translated texts are objects, which django-ninja uses as titles."""

    class Lazy:
        def __str__(self) -> str:
            return "The name"

    class Made(BaseModel):
        name: Annotated[str, WithJsonSchema({"type": "string", "description": Lazy()})]
        day: int = Field(json_schema_extra={"x-since": dt.date(2000, 1, 1)})  # type: ignore[dict-item]

    assert members("params", Made) == {
        "name": {"type": "string", "description": "The name"},
        "day": {"type": "integer", "x-since": "2000-01-01"},
    }


def test_defaults_of_times_are_what_is_read_and_what_is_sent() -> None:
    class Made(BaseModel):
        model_config = ConfigDict(ser_json_temporal="seconds")

        day: dt.date = dt.date(1970, 1, 2)
        took: dt.timedelta = dt.timedelta(seconds=1)

    shown = {
        direction: [one["default"] for one in members(direction, Made).values()]
        for direction in ("params", "result")
    }
    assert shown == {"params": ["1970-01-02", "PT1S"], "result": [86400.0, 1.0]}


TEXT = {"type": "string", "format": "decimal"}


@pytest.mark.parametrize(
    ("hint", "params", "result"),
    [
        (Decimal, [NUMBER, TEXT], [TEXT]),
        (Annotated[Decimal, Field(max_digits=5)], [NUMBER, TEXT], [TEXT]),
        (Decimal | None, [NUMBER, TEXT, {"type": "null"}], [TEXT, {"type": "null"}]),
        (float | Decimal, [NUMBER, TEXT], [NUMBER, TEXT]),
        (Decimal | float, [NUMBER, TEXT], [TEXT, NUMBER]),
    ],
)
def test_a_number_beside_the_text_of_a_decimal_is_sent_only_if_declared(
    hint: Any, params: object, result: object
) -> None:
    """In params it is how any Decimal may come; in results both are values of a union."""
    kind = model({}, value=hint)
    for direction, expected in (("params", params), ("result", result)):
        written = members(direction, kind)["value"]
        assert written.get("anyOf", [written]) == expected


async def test_a_union_with_a_decimal_is_sent_as_it_came() -> None:
    kind = model({}, value=float | Decimal)
    assert await sent(kind, value=1.5) == {"value": 1.5}
    assert await sent(kind, value=Decimal("1.50")) == {"value": "1.50"}
