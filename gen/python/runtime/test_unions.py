"""Which variant of a union a value becomes."""

import datetime as dt
import decimal
import json
from enum import Enum
from typing import Annotated, Any, ClassVar, Literal

import pytest
from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypeAliasType

from . import _models
from ._models import Model, Unions, UnknownString, UnknownValue

INTEGER = {"types": ["integer"]}
STRING = {"types": ["string"]}


def maybe(kind: str) -> dict[str, Any]:
    return {"types": [kind], "nullable": True}


def constant(value: object) -> dict[str, Any]:
    return {"types": ["string"], "enum": [value]}


def shapes(*listed: dict[str, Any]) -> dict[str, Any]:
    return {"variants": [{"shape": s, "is": i} for i, s in enumerate(listed)]}


def tagged(*tags: str, declared: bool = True) -> dict[str, Any]:
    variants = [
        {"tags": [tag], "shape": {"ref": tag.title()}, "is": i}
        for i, tag in enumerate(tags)
    ]
    return {"tag": "kind", "declared": declared, "variants": variants}


UNIONS = Unions(
    {
        "Figure": tagged("circle", "square"),
        "Strict": tagged("circle", "square"),
        "Implied": tagged("circle", "square", declared=False),
        "Scalars": shapes(
            {"types": ["string"], "format": "date"},
            {"types": ["string"], "format": "decimal"},
            {"types": ["string"], "format": "base64"},
            INTEGER,
            {"types": ["integer", "fraction"]},
            STRING,
            {"types": ["boolean"]},
        ),
        "Lists": shapes(
            {"types": ["array"], "items": STRING},
            {"types": ["array"], "items": INTEGER},
            {"types": ["array"], "prefix_items": [STRING, INTEGER], "min_items": 2},
            {"types": ["array"], "items": {"ref": "A"}},
            {"types": ["array"], "items": {"ref": "B"}},
            {"types": ["object"], "additional": INTEGER},
            {"types": ["object"], "additional": STRING},
        ),
        "Optional": shapes({"ref": "A"}, {"ref": "B"}),
        "Limited": shapes(
            {"types": ["string"], "pattern": "^a"},
            {"types": ["string"], "min_length": 3},
            {"types": ["integer"], "maximum": 10},
            {"types": ["integer", "fraction"], "exclusive_minimum": 10},
        ),
        "Outer": {
            "variants": [
                {"shape": {"ref": "Inner"}, "of": tagged("circle", "square")},
                {"shape": {"ref": "A"}, "is": 2},
            ]
        },
        "After": {
            "variants": [
                {"shape": {"ref": "A"}, "is": 0},
                {"shape": {"ref": "Inner"}, "of": "Figure", "at": 1},
            ]
        },
        "Around": {
            "variants": [
                {"shape": {"ref": "Inner"}, "of": "Figure", "at": [2, 0]},
                {"shape": {"ref": "A"}, "is": 1},
            ]
        },
        "Nested": shapes(
            {"types": ["array"], "items": {"ref": "Nested"}},
            {"types": ["array"], "items": {"ref": "Nested"}, "min_items": 1},
            INTEGER,
        ),
        "Enums": shapes({"types": ["string"], "enum": ["red", "green"]}, INTEGER),
        "Word": shapes(INTEGER, STRING),
        "Parts": shapes(
            {
                "types": ["array"],
                "items": {
                    "types": ["integer", "string"],
                    "any_of": [INTEGER, STRING],
                    "open": True,
                },
            },
            {"types": ["array"], "items": {"ref": "A"}},
        ),
        "Keys": shapes(
            {
                "types": ["object"],
                "property_names": {"types": ["string"], "enum": ["a", "b"]},
                "additional": INTEGER,
            },
            {"types": ["object"], "additional": INTEGER},
        ),
        "Wide": shapes({**INTEGER, "wide": True}, {"types": ["integer", "fraction"]}),
        "Bytes": shapes(
            {"types": ["string"], "format": "base64"},
            {"types": ["string"], "format": "base64url"},
        ),
        "Mixed": shapes({"types": ["string", "integer"], "enum": ["1", 1, True]}),
    },
    {
        "A": {"types": ["object"], "properties": {"v": maybe("integer")}},
        "B": {"types": ["object"], "properties": {"v": maybe("string")}},
        "Circle": {
            "types": ["object"],
            "properties": {"kind": constant("circle"), "r": INTEGER},
        },
        "Square": {
            "types": ["object"],
            "properties": {"kind": constant("square"), "r": STRING},
        },
        "Inner": {
            "types": ["object"],
            "any_of": [{"ref": "Circle"}, {"ref": "Square"}],
        },
        "Nested": {
            "types": ["array", "integer"],
            "any_of": [
                {"types": ["array"], "items": {"ref": "Nested"}},
                {"types": ["array"], "items": {"ref": "Nested"}, "min_items": 1},
                INTEGER,
            ],
        },
    },
    {
        "date": (r"\d{4}-\d\d-\d\d", True),
        "decimal": (r"-?\d+(?:\.\d+)?", True),
        "base64": (r"(?:[A-Za-z0-9+/]{4})*", False),
        "base64url": (r"(?:[A-Za-z0-9_-]{4})*", False),
    },
)


class Circle(Model):
    kind: Literal["circle"] = "circle"
    r: int | None = None


class Square(Model):
    kind: Literal["square"] = "square"
    r: str | None = None


class A(Model):
    v: int | None = None


class B(Model):
    v: str | None = None


class Color(str, Enum):
    RED = "red"
    GREEN = "green"


class UnknownFigure(UnknownValue):
    kind: ClassVar[None] = None


Figure = Annotated[
    Circle | Square | UnknownFigure | None, UNIONS.one_of("Figure", Circle, Square)
]
Strict = Annotated[Circle | Square, UNIONS.one_of("Strict", Circle, Square)]
Implied = Annotated[
    Circle | Square | UnknownFigure, UNIONS.one_of("Implied", Circle, Square)
]
Scalars = Annotated[
    dt.date
    | decimal.Decimal
    | bytes
    | UnknownString
    | int
    | float
    | str
    | bool
    | UnknownValue,
    UNIONS.one_of(
        "Scalars", dt.date, decimal.Decimal, _models.Base64, int, float, str, bool
    ),
]
LISTS = (list[str], list[int], tuple[str, int], list[A], list[B])
DICTS = (dict[str, int], dict[str, str])
Lists = Annotated[
    list[str]
    | list[int]
    | tuple[str, int]
    | list[A]
    | list[B]
    | dict[str, int]
    | dict[str, str]
    | UnknownValue,
    UNIONS.one_of("Lists", *LISTS, *DICTS),
]
Optional = Annotated[A | B | UnknownValue, UNIONS.one_of("Optional", A, B)]
Limited = Annotated[str | int | float, UNIONS.one_of("Limited", str, str, int, float)]
Outer = Annotated[
    Circle | Square | A | UnknownValue, UNIONS.one_of("Outer", Circle, Square, A)
]
After = Annotated[
    A | Circle | Square | UnknownValue, UNIONS.one_of("After", A, Circle, Square)
]
Around = Annotated[
    Square | A | Circle | UnknownValue, UNIONS.one_of("Around", Square, A, Circle)
]
Nested = TypeAliasType(
    "Nested",
    "Annotated[list[Nested] | int | UnknownValue,"
    ' UNIONS.one_of("Nested", list[Nested], list[Nested], int)]',
)
Word = Annotated[int | str | UnknownValue, UNIONS.one_of("Word", int, str)]
Parts = Annotated[
    list[Word] | list[A] | UnknownValue, UNIONS.one_of("Parts", list[Word], list[A])
]
Enums = Annotated[Color | int | UnknownValue, UNIONS.one_of("Enums", Color, int)]
Letter = Literal["a", "b"]
Keys = Annotated[
    dict[Letter, int] | dict[str, int],
    UNIONS.one_of("Keys", dict[Letter, int], dict[str, int]),
]
Wide = Annotated[int | float, UNIONS.one_of("Wide", int, float)]
Bytes = Annotated[
    bytes | UnknownString,
    UNIONS.one_of("Bytes", _models.Base64, _models.Base64URL),
]
Mixed = Annotated[Literal["1", 1, True], UNIONS.one_of("Mixed", Literal["1", 1, True])]


@pytest.mark.parametrize(
    ("union", "value", "kind"),
    [
        (Figure, {"kind": "circle", "r": 1}, Circle),
        (Figure, {"kind": "square"}, Square),
        (Figure, {"kind": "drawing", "strokes": [[1, 2]]}, UnknownFigure),
        (Figure, {"no": "kind"}, UnknownFigure),
        (Figure, {"kind": []}, UnknownFigure),
        (Figure, "circle", UnknownFigure),
        (Figure, None, type(None)),
        (Implied, {"kind": "square", "r": "1"}, Square),
        (Implied, {"kind": "drawing", "r": "1"}, UnknownFigure),
        (Scalars, "2025-01-01", dt.date),
        ("Scalars", "20250101", decimal.Decimal),
        (Scalars, "1.5", decimal.Decimal),
        (Scalars, "AP/+", bytes),
        (Scalars, "no date", str),
        (Scalars, 1, int),
        (Scalars, 1.0, int),
        (Scalars, 2**70, float),
        (Scalars, 1.5, float),
        (Scalars, True, bool),
        (Scalars, [], UnknownValue),
        (Lists, ["a"], list),
        (Lists, [1], list),
        (Lists, ["a", 1], tuple),
        (Lists, ["a", 1, 2], UnknownValue),
        (Lists, [{"v": 1}], list),
        (Lists, [{"v": "5"}], list),
        (Lists, {"k": "5"}, dict),
        (Lists, {"k": 5}, dict),
        (Lists, {"k": None}, UnknownValue),
        (Optional, {"v": "5"}, B),
        (Optional, {"v": 5}, A),
        (Optional, {}, A),
        (Optional, {"v": []}, UnknownValue),
        (Limited, "abc", str),
        (Limited, 7, int),
        (Limited, 70, float),
        (Outer, {"kind": "square"}, Square),
        (Outer, {"v": 1}, A),
        (After, {"kind": "circle"}, Circle),
        (After, {"kind": "square"}, Square),
        (After, {"v": 1}, A),
        (Around, {"kind": "circle"}, Circle),
        (Around, {"kind": "square"}, Square),
        (Around, {"v": 1}, A),
        (Nested, [[1], [[]]], list),
        (Enums, "red", Color),
        (Enums, "blue", UnknownValue),
        (Enums, 1, int),
        (Keys, {"a": 1, "b": 2}, dict),
        (Keys, {"a": 1, "c": 2}, dict),
        (Wide, 2**70, int),
        (Bytes, "AP/+", bytes),
        (Bytes, "-_-_", bytes),
        (Mixed, 1.0, int),
    ],
)
def test_variants(union: Any, value: object, kind: type) -> None:  # noqa: ANN401
    adapter: TypeAdapter[Any] = TypeAdapter(Scalars if union == "Scalars" else union)
    decoded = adapter.validate_json(json.dumps(value))
    assert isinstance(decoded, kind)
    assert type(decoded) is kind or kind is bytes
    assert json.loads(adapter.dump_json(decoded)) == value
    assert adapter.validate_python(value) == decoded  # JSON that is parsed already
    assert adapter.validate_python(decoded) == decoded  # an instance


def test_implied_tags_may_be_absent() -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(Implied)
    assert adapter.validate_json('{"r": 1}') == Circle(r=1)
    assert adapter.validate_json('{"r": "1"}') == Square(r="1")


def test_items_decide() -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(Lists)
    assert type(adapter.validate_json('[{"v": "5"}]')[0]) is B
    assert type(adapter.validate_json('[{"v": 5}]')[0]) is A
    assert adapter.validate_json('["5"]') == ["5"]


def test_instances_are_told_apart_by_their_class() -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(Optional)
    for value in (A(), B(), B(v="5")):
        assert adapter.validate_python(value) is value
        assert adapter.dump_python(value) == value.model_dump()
    lists: TypeAdapter[Any] = TypeAdapter(Lists)
    assert type(lists.validate_python([B()])[0]) is B
    assert lists.dump_json([B(v="5")]) == b'[{"v":"5"}]'
    assert lists.dump_json([A(v=5)]) == b'[{"v":5}]'

    class Special(B):
        """A subclass that a user has."""

    assert type(adapter.validate_python(Special(v="1"))) is Special


def test_instances_that_are_in_no_open_union() -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(Parts)
    decoded = adapter.validate_json('[{"v":5}]')
    assert type(decoded[0]) is A
    assert adapter.dump_json(decoded) == b'[{"v":5}]'
    assert adapter.validate_python([A(v=5)]) == decoded


def test_strict_unions_refuse_what_they_do_not_know() -> None:
    for text in ('{"kind": "drawing"}', "{}", "1"):
        with pytest.raises(ValidationError, match="fits no variant of Strict"):
            TypeAdapter[Any](Strict).validate_json(text)


def test_only_the_variant_itself_reports_errors() -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter[Any](Figure).validate_json('{"kind": "circle", "r": "x"}')
    assert [error["loc"] for error in caught.value.errors()] == [("Circle", "r")]


def test_ambiguous_recursion_is_linear() -> None:
    depth = 60
    adapter: TypeAdapter[Any] = TypeAdapter(Nested)
    decoded = adapter.validate_json("[" * depth + "1" + "]" * depth)
    assert adapter.dump_json(decoded) == b"[" * depth + b"1" + b"]" * depth
    with pytest.raises(ValidationError):
        adapter.validate_json("[" * 100_000)
