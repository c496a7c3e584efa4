"""What JSON is taken for the types of Python."""

import datetime as dt
import ipaddress
import json
from decimal import Decimal
from typing import Any, ClassVar, Literal

import pytest
from pydantic import ValidationError

from ._json.exact import exact_adapter
from ._models import Flags, IntegerEnum, Model, Open


class Level(IntegerEnum):
    LOW = 1


class Holder(Model):
    whole: int = 0
    real: float = 0
    flag: bool = False
    when: dt.datetime | None = None
    days: list[dt.date] = []  # noqa: RUF012 - Pydantic copies it
    level: Level = Level.LOW
    one: Literal[1] = 1
    yes: Literal[True] = True
    mixed: Literal[1, "1", True] = 1
    took: dict[str, dt.timedelta] = {}  # noqa: RUF012
    host: ipaddress.IPv4Address | None = None
    amount: Decimal | None = None


@pytest.mark.parametrize(
    ("text", "dumped"),
    [
        ('{"whole": 1.0}', '{"whole":1,"level":1,"one":1,"yes":true}'),
        ('{"whole": 1e3}', '{"whole":1000,"level":1,"one":1,"yes":true}'),
        (
            '{"whole": 36893488147419103233}',
            '{"whole":36893488147419103233,"level":1,"one":1,"yes":true}',
        ),
        (
            '{"whole": 1e23}',
            '{"whole":100000000000000000000000,"level":1,"one":1,"yes":true}',
        ),
        ('{"level": 1.0, "one": 1.0}', '{"level":1,"one":1,"yes":true}'),
        ('{"mixed": 1.0}', '{"level":1,"one":1,"yes":true,"mixed":1}'),
        ('{"mixed": true}', '{"level":1,"one":1,"yes":true,"mixed":true}'),
        ('{"mixed": "1"}', '{"level":1,"one":1,"yes":true,"mixed":"1"}'),
        ('{"real": 3}', '{"real":3.0,"level":1,"one":1,"yes":true}'),
        (
            '{"when": "2025-01-01T08:00:00.123000Z"}',
            '{"when":"2025-01-01T08:00:00.123000Z","level":1,"one":1,"yes":true}',
        ),
        (
            '{"took": {"a": "PT5S"}}',
            '{"level":1,"one":1,"yes":true,"took":{"a":"PT5S"}}',
        ),
        (
            '{"host": "10.0.0.1"}',
            '{"level":1,"one":1,"yes":true,"host":"10.0.0.1"}',
        ),
        (
            '{"amount": "0.12345678901234567890"}',
            '{"level":1,"one":1,"yes":true,"amount":"0.12345678901234567890"}',
        ),
    ],
)
def test_taken(text: str, dumped: str) -> None:
    assert Holder.model_validate_json(text).model_dump_json() == dumped


@pytest.mark.parametrize(
    "text",
    [
        '{"whole": "1"}',
        '{"whole": true}',
        '{"whole": 1.5}',
        '{"real": "1.5"}',
        '{"real": true}',
        '{"flag": "yes"}',
        '{"flag": 1}',
        '{"when": 1700000000}',
        '{"when": "1700000000"}',
        '{"days": ["2025-01-01", 20000]}',
        '{"level": "1"}',
        '{"level": true}',
        '{"one": true}',
        '{"yes": 1}',
        '{"took": {"a": 5}}',
        '{"host": 1}',
        '{"host": false}',
        '{"amount": 0.12345678901234567890}',
        '{"amount": 1}',
    ],
)
def test_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        Holder.model_validate_json(text)


def test_python_values_are_left_to_pydantic() -> None:
    holder = Holder.model_validate({"whole": "1", "when": "2025-01-01T08:00:00"})
    assert (holder.whole, holder.when) == (1, dt.datetime(2025, 1, 1, 8))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("kind", "text"),
    [(int, '"1"'), (list[int], '["1"]'), (dict[str, bool], '{"a": 1}')],
)
def test_types_that_are_no_models(kind: Any, text: str) -> None:  # noqa: ANN401
    with pytest.raises(ValidationError):
        exact_adapter(kind).validate_json(text)


def test_result_that_is_an_open_enum() -> None:
    adapter = exact_adapter(Open[Literal["a"]])
    assert adapter.validate_json('"b"') == "b"
    with pytest.raises(ValidationError):
        adapter.validate_json("1")


class Rights(Flags):
    READ = 1
    WRITE = 2


class Member(Model):
    rights: Rights = Rights(0)


@pytest.mark.parametrize("text", ['{"rights":3}', '{"rights":9}', '{"rights":0}'])
def test_flags_keep_all_bits(text: str) -> None:
    member = Member.model_validate_json(text)
    assert isinstance(member.rights, Rights)
    assert member.model_dump_json() == text


def test_flags_of_params() -> None:
    assert Member(rights=Rights.READ | Rights.WRITE).model_dump_json() == '{"rights":3}'
    assert Member.model_validate_json('{"rights": 2.0}').rights is Rights.WRITE
    with pytest.raises(ValueError, match="int"):
        Member.model_validate_json('{"rights":"2"}')


class Tree(Model):
    size: int = 0
    name: str | None = None
    left: "Tree | None" = None
    right: "Tree | None" = None

    _not_null: ClassVar[frozenset[str]] = frozenset({"name", "right"})


WRONG_TREES = [
    ({"left": {"size": "5"}}, ("left", "size")),
    ({"right": {"left": {"size": True}}}, ("right", "left", "size")),
    ({"left": {"name": None}}, ("left", "name")),
    ({"left": {"left": {"right": None}}}, ("left", "left", "right")),
]


@pytest.mark.parametrize(("value", "place"), WRONG_TREES)
def test_a_model_within_itself_is_read_exactly(value: object, place: object) -> None:
    with pytest.raises(ValidationError) as caught:
        Tree.model_validate_json(json.dumps(value))
    assert [problem["loc"] for problem in caught.value.errors()] == [place]
