"""How models decode, keep and dump values."""

import json
import math
from enum import Enum
from typing import Annotated, Any, ClassVar, Literal

import pytest
from pydantic import Field, TypeAdapter, ValidationError

from . import _models
from ._json import dumps
from ._models import Model, UnknownInteger, UnknownString


class Color(str, Enum):
    RED = "red"
    GREEN = "green"


class Level(_models.IntegerEnum):
    LOW = 1
    HIGH = 2


class Point(Model):
    x: int
    y: int


class Everything(Model):
    color: _models.Open[Color] = Color.RED
    level: _models.OpenInteger[Level] = Level.LOW
    size: _models.Open[Literal["s", "m"]] = "s"
    sender: str = Field(default="", validation_alias="from", serialization_alias="from")
    items: list[int] = Field(default=[])
    counts: dict[_models.Open[Color], int] = Field(default={})
    point: Point = Field(
        default_factory=_models.default_of(lambda: Point, json={"x": 1, "y": 2})
    )
    limit: int | None = None
    note: str | None = None
    part: _models.Float = 0.5
    pair: Annotated[tuple[int, str], _models.FurtherItems(Any)] | None = None

    _not_null: ClassVar[frozenset[str]] = frozenset({"limit"})


class Mail(Model):
    via: Literal["mail"] = "mail"
    urgent: Literal[True] | None = None

    _required: ClassVar[frozenset[str]] = frozenset({"via"})
    _not_null: ClassVar[frozenset[str]] = frozenset({"urgent"})


class Versioned(Model):
    version: _models.Open[Literal["1"]] = "1"
    kind: Color = Color.GREEN
    arm: Literal["x"] | Literal["y"] = "x"  # noqa: PYI030 - a union of constants


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"color": "blue", "from": "me", "more": {"a": [1, 2.5, None]}},
        {"color": "red", "level": 2, "size": "m", "counts": {"red": 1, "blue": 2}},
        {"level": 7, "size": "xl", "note": None, "limit": 2**70},
        {"part": None, "pair": [1, "a", {"new": True}]},
        {"point": {"x": 1, "y": 2, "z": 3}, "__proto__": {"x": 1}},
    ],
)
def test_values_come_back_equal(value: object) -> None:
    decoded = Everything.model_validate_json(json.dumps(value))
    assert json.loads(decoded.model_dump_json()) == value
    assert json.loads(decoded.model_dump_json(by_alias=True)) == value
    assert Everything.model_validate(json.loads(json.dumps(value))) == decoded or (
        "part" in decoded.model_fields_set  # NaN is not equal to itself
    )


def test_known_values_are_members_and_others_are_marked() -> None:
    known = Everything.model_validate_json('{"color": "red", "level": 1, "size": "m"}')
    assert known.color is Color.RED
    assert known.level is Level.LOW
    assert type(known.size) is str
    newer = Everything.model_validate_json('{"color": "blue", "level": 9, "size": "l"}')
    assert type(newer.color) is UnknownString
    assert type(newer.level) is UnknownInteger
    assert isinstance(newer.size, UnknownString)
    assert {newer.color: newer.level} == {"blue": 9}
    assert json.dumps([newer.color, newer.level]) == '["blue", 9]'
    again = Everything(color=newer.color, level=newer.level, size=newer.size)
    assert again.model_dump(mode="json") == {"color": "blue", "level": 9, "size": "l"}


def test_null_of_a_number_is_nan() -> None:
    assert math.isnan(Everything.model_validate_json('{"part": null}').part)


def test_null_of_an_optional_number_is_nan() -> None:
    class Share(Model):
        part: _models.Float | None = None

        _not_null: ClassVar[frozenset[str]] = frozenset({"part"})
        _nan: ClassVar[frozenset[str]] = frozenset({"part"})

    share = Share.model_validate_json('{"part": null}')
    assert share.part is not None
    assert math.isnan(share.part)
    assert share.model_dump_json() == '{"part":null}'
    assert Share(part=None).model_dump_json() == "{}"


def test_further_members_of_a_type_are_dumped_inside_of_a_union() -> None:
    class Counts(Model):
        name: str

        __pydantic_extra__: dict[str, int] = Field(init=False)  # pyright: ignore[reportIncompatibleVariableOverride]

    adapter = TypeAdapter[Any](dict[str, Counts] | list[int])
    text = b'{"a":{"name":"x","n":1}}'
    decoded = adapter.validate_json(text)
    assert decoded["a"].model_extra == {"n": 1}
    assert adapter.dump_json(decoded) == text
    with pytest.raises(ValidationError):
        Counts.model_validate_json('{"name":"x","n":"1"}')


def test_only_what_was_set_or_changed_is_dumped() -> None:
    everything = Everything(limit=None, note=None)
    assert everything.model_dump() == {"note": None}
    everything.items.append(1)
    everything.point.x = 5
    assert everything.model_dump() == {
        "note": None,
        "items": [1],
        "point": {"x": 5, "y": 2},
    }


def test_constants_are_always_dumped_but_never_invented() -> None:
    assert Mail().model_dump() == {"via": "mail"}
    assert Mail(urgent=True).model_dump() == {"via": "mail", "urgent": True}
    assert Versioned().model_dump() == {"version": "1"}
    assert TypeAdapter(list[Mail]).dump_json([Mail()]) == b'[{"via":"mail"}]'


def test_required_constants_must_come_from_the_server() -> None:
    assert Mail.model_validate_json('{"via": "mail"}').urgent is None
    with pytest.raises(ValidationError, match=r"via\s+The constant is missing"):
        TypeAdapter(list[Mail]).validate_json("[{}]")
    with pytest.raises(ValidationError):
        Mail.model_validate_json('{"via": "sms"}')


def test_null_is_taken_only_where_it_is_allowed() -> None:
    with pytest.raises(ValidationError, match=r"urgent\s+The member cannot be null"):
        Mail.model_validate_json('{"via": "mail", "urgent": null}')
    with pytest.raises(ValidationError, match=r"limit\s+The member cannot be null"):
        Everything.model_validate_json('{"limit": null}')


def test_default_that_does_not_fit_breaks_no_dump() -> None:
    class Odd(Model):
        n: int = Field(default_factory=_models.default_of(lambda: int, json=[]))

    assert Odd(n=3).model_dump() == {"n": 3}


def test_models_have_a_json_schema() -> None:
    schema = Everything.model_json_schema()
    assert schema["properties"]["items"]["type"] == "array"


@pytest.mark.skipif(not dumps._CAN_LEAVE_OUT, reason="Pydantic 2.12 can do it")
def test_models_are_dumped_by_pydantic_alone_where_values_decide() -> None:
    class Plain(Model):
        kind: Literal["plain"] = "plain"
        name: str
        limit: int | None = None

        _not_null: ClassVar[frozenset[str]] = frozenset({"limit"})

    assert "function-wrap" not in str(Plain.__pydantic_core_schema__)
    plain = Plain(name="a", limit=None)
    assert plain.model_dump() == {"kind": "plain", "name": "a"}
    plain.limit = 1
    assert plain.model_dump() == {"kind": "plain", "name": "a", "limit": 1}
    assert Plain.model_validate({"name": "a", "x": 1}).model_dump() == {
        "kind": "plain",
        "name": "a",
        "x": 1,
    }
