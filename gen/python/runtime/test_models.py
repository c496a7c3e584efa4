"""How models decode, keep and dump values."""

import datetime as dt
import json
import math
from enum import Enum
from typing import Annotated, Any, ClassVar, Literal

import pytest
from pydantic import Field, TypeAdapter, ValidationError

from .models import (
    UnknownValue,
    _Base64,
    _Base64URL,
    _ByShape,
    _ByTag,
    _Float,
    _KnownFirst,
    _Longer,
    _made,
    _Model,
    _Shape,
)


class Color(str, Enum):
    RED = "red"
    GREEN = "green"


class Circle(_Model):
    kind: Literal["circle"] = "circle"
    radius: _Float


class Square(_Model):
    kind: Literal["square"] = "square"
    side: int = 1


Figure = Annotated[
    Circle | Square | UnknownValue, _ByTag("kind", {"circle": Circle, "square": Square})
]
Strict = Annotated[
    Circle | Square, _ByTag("kind", {"circle": Circle, "square": Square})
]


class Point(_Model):
    x: int
    y: int
    label: str | None = None


class Named(_Model):
    label: str


class Share(_Model):
    part: _Float


Place = Annotated[
    Point
    | Named
    | Share
    | list[int]
    | list[Point]
    | dt.date
    | int
    | float
    | str
    | UnknownValue,
    _ByShape(
        _Shape(Point, "object", {"x": "integer", "y": "integer"}, {"label"}),
        _Shape(Named, "object", {"label": "string"}),
        _Shape(Share, "object", {"part": "number | null"}),
        _Shape(list[int], "array", items="integer"),
        _Shape(list[Point], "array", items="object"),
        _Shape(dt.date, "date"),
        _Shape(int, "integer"),
        _Shape(float, "number"),
        _Shape(str, "string"),
    ),
]


class Everything(_Model):
    figure: Figure | None = None
    place: Place | None = None
    color: Annotated[Color | str, _KnownFirst] = Color.RED
    sender: str = Field(default="", validation_alias="from", serialization_alias="from")
    items: list[int] = Field(default_factory=list[int])
    point: Point = Field(default_factory=_made(lambda: Point, {"x": 1, "y": 2}))
    limit: int | None = None
    data: _Base64 = b""
    url_data: _Base64URL = b""
    pair: Annotated[tuple[int, str], _Longer(Any)] | None = None

    _not_null: ClassVar[frozenset[str]] = frozenset({"limit"})


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"figure": None, "color": "blue", "from": "me", "more": {"a": [1, 2.5, None]}},
        {"figure": {"kind": "circle", "radius": None}},
        {"figure": {"kind": "square"}},
        {"figure": {"kind": "drawing", "strokes": [[1, 2]]}},
        {"figure": {"no": "kind"}},
        {"figure": {"kind": []}},
        {"data": "AP/+", "url_data": "AP_-", "pair": [1, "a", {"new": True}]},
        *(
            {"place": p}
            for p in (
                {"x": 1, "y": 2, "label": "a"},
                {"label": "a"},
                {"part": None},
                {"z": 1},
            )
        ),
        *(
            {"place": p}
            for p in ([], [1], [{"x": 1, "y": 2}], ["a"], 1, 1.0, "a", True)
        ),
        {"place": "2025-01-01"},
    ],
)
def test_values_come_back_equal(value: object) -> None:
    decoded = Everything.model_validate_json(json.dumps(value))
    assert json.loads(decoded.model_dump_json()) == value
    assert json.loads(decoded.model_dump_json(by_alias=True)) == value


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ({"x": 1, "y": 2, "label": "a"}, Point),
        ({"label": "a"}, Named),
        ({"part": 1}, Share),
        ({"part": "1"}, UnknownValue),
        ({"x": "1", "y": 2}, UnknownValue),
        ([{"x": 1, "y": 2}], list),
        ("2025-01-01", dt.date),
        ("20250101", str),
        (1, int),
        (1.5, float),
        (True, UnknownValue),
    ],
)
def test_shapes(value: object, kind: type) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(Place)
    decoded = adapter.validate_json(json.dumps(value))
    assert type(decoded) is kind
    assert adapter.validate_python(decoded) == decoded


def test_null_of_a_number_is_nan() -> None:
    place = Everything.model_validate_json('{"place": {"part": null}}').place
    assert isinstance(place, Share)
    assert math.isnan(place.part)


def test_known_values_become_members() -> None:
    assert Everything.model_validate_json('{"color": "red"}').color is Color.RED


def test_only_what_was_set_or_changed_is_dumped() -> None:
    everything = Everything(figure=Square(), limit=None)
    assert everything.model_dump() == {"figure": {"kind": "square"}}
    everything.items.append(1)
    everything.point.x = 5
    assert everything.model_dump() == {
        "figure": {"kind": "square"},
        "items": [1],
        "point": {"x": 5, "y": 2},
    }
    everything.figure = None
    assert everything.model_dump()["figure"] is None


def test_strict_union_refuses_unknown_tags() -> None:
    with pytest.raises(ValidationError):
        TypeAdapter[Any](Strict).validate_json('{"kind": "drawing"}')
