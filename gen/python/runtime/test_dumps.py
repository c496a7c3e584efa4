"""Dumps leave out what was neither set nor changed, however they are asked for."""

import json
import warnings
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel, Field, RootModel, TypeAdapter

from ._models import Model


class Leaf(Model):
    """Members that may be absent, null, or have another default."""

    id: int
    note: str | None = None
    limit: int = 10
    tags: list[str] = Field(default=[])
    at: datetime | None = None


class Renamed(Model):
    """A member whose name is none in Python, and one that cannot be null."""

    _not_null: ClassVar[frozenset[str]] = frozenset({"since"})

    max_size: int | None = Field(
        default=None, validation_alias="max-size", serialization_alias="max-size"
    )
    since: datetime | None = None


class Tree(Model):
    """Models within models."""

    leaf: Leaf
    either: Renamed | Leaf | None = None
    by_name: dict[str, Renamed] | None = None
    child: "Tree | None" = None


class Foreign(BaseModel):
    """A model of another package."""

    tree: Tree


WHEN = datetime(2026, 1, 2, tzinfo=timezone.utc)


def tree() -> Tree:
    """Return a tree with what is set, unset, null and undeclared."""
    leaf = Leaf(id=1, note=None, limit=10, new={"a": 1})
    leaf.tags.append("late")
    either = Renamed(max_size=None, since=None, **{"max_size?": 3})
    child = Tree(leaf=Leaf(id=2, at=WHEN), by_name={"a": Renamed(max_size=4)})
    return Tree(leaf=leaf, either=either, child=child)


DUMPED = {
    "leaf": {"id": 1, "note": None, "limit": 10, "tags": ["late"], "new": {"a": 1}},
    "either": {"max-size": None, "max_size?": 3},
    "child": {
        "leaf": {"id": 2, "at": "2026-01-02T00:00:00Z"},
        "by_name": {"a": {"max-size": 4}},
    },
}

Dump = Callable[..., Any]


def _foreign(value: Tree, **options: Any) -> Any:  # noqa: ANN401
    for name in ("include", "exclude"):
        if name in options:
            options[name] = {"tree": options[name]}
    return Foreign(tree=value).model_dump(mode="json", by_alias=True, **options)["tree"]


def _root(value: Tree, **options: Any) -> Any:  # noqa: ANN401
    return RootModel[Tree](value).model_dump(mode="json", by_alias=True, **options)


DUMPS: dict[str, Dump] = {
    "python": lambda value, **options: value.model_dump(mode="json", **options),
    "json": lambda value, **options: json.loads(value.model_dump_json(**options)),
    "adapter": lambda value, **options: json.loads(
        TypeAdapter(Tree).dump_json(value, by_alias=True, **options)
    ),
    "foreign": _foreign,
    "root": _root,
}


@pytest.fixture(params=DUMPS)
def dump(request: pytest.FixtureRequest) -> Dump:
    """Return a way to dump a tree."""
    return DUMPS[request.param]


def test_what_was_not_set_is_left_out(dump: Dump) -> None:
    """Null, further members and changes in place are kept."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert dump(tree()) == DUMPED
        again = Tree.model_validate_json(json.dumps(DUMPED))
        assert dump(again) == DUMPED


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (
            {"exclude": {"leaf": {"note", "new"}, "either": True, "child": True}},
            {"leaf": {"id": 1, "limit": 10, "tags": ["late"]}},
        ),
        (
            {"include": {"child": {"by_name": {"a"}, "leaf": {"id"}}}},
            {"child": {"leaf": {"id": 2}, "by_name": {"a": {"max-size": 4}}}},
        ),
        (
            {"exclude_none": True, "include": {"leaf", "either"}},
            {
                "leaf": {k: v for k, v in DUMPED["leaf"].items() if v is not None},
                "either": {"max_size?": 3},
            },
        ),
    ],
)
def test_filters_reach_every_level(
    dump: Dump, options: dict[str, Any], expected: object
) -> None:
    """What is excluded is in no dump, whatever dumps the model around it."""
    assert dump(tree(), **options) == expected


def test_unset_members_are_left_out_on_request(dump: Dump) -> None:
    """A list that was changed in place was not set."""
    leaf = {k: v for k, v in DUMPED["leaf"].items() if k != "tags"}
    assert dump(tree(), exclude_unset=True)["leaf"] == leaf


class Wide(Leaf):
    """A leaf with more members."""

    secret: str | None = None


def test_a_model_in_place_of_its_base_dumps_the_base(dump: Dump) -> None:
    """What only the subclass declares is no member of the base."""
    value = Tree(leaf=Wide(id=1, note="n", secret="s"))
    assert dump(value) == {"leaf": {"id": 1, "note": "n"}}


def test_values_in_python_keep_their_types() -> None:
    """Only JSON is made of text."""
    assert tree().model_dump()["child"]["leaf"] == {"id": 2, "at": WHEN}
    assert tree() == tree()
