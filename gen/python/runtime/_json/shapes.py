"""How well a JSON value fits a type: what tells the variants of unions apart.

A shape says what the values of a type look like, in the words of JSON Schema:

    ref             the name of the shape that is meant
    types           JSON types; "fraction" is a number that is not an integer
    nullable, nan   null is taken as well; where it means NaN it does not quite fit
    any_of          the value is one of these
    enum            the known values
    open            other values than those of any_of, enum or closed do not quite fit,
                    but are taken
    format, pattern, minimum, maximum, exclusive_minimum, exclusive_maximum, min_length,
                    max_length: a value beyond them does not quite fit
    prefix_items, min_items, items, more: the items of an array; ``more`` allows others
    wide            integers of more than 64 bits fit, too
    properties, required, property_names, additional, closed: the members of an object
"""

import re
from enum import Enum
from typing import Any, TypeAlias, cast

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from .unknown import UnknownValue

Shape: TypeAlias = dict[str, Any]
Score: TypeAlias = tuple[int, int, int, int]
"""Compared in this order: misfits (negative: fewer are better), constants that have
their only value, declared members that are there, and details: known values, formats,
integers that are called so."""

_NONE: Score = (0, 0, 0, 0)
_MISFIT: Score = (-1, 0, 0, 0)
_CONSTANT: Score = (0, 1, 0, 0)
_MEMBER: Score = (0, 0, 1, 0)
_DETAIL: Score = (0, 0, 0, 1)

Memo: TypeAlias = dict[tuple[int, int], Score | None]
"""Scores of containers by their identities and those of shapes."""

_LIMIT = 2**63
JSON_CLASSES: tuple[Any, ...] = (dict, list, tuple, str, bool, int, float, type(None))


def is_json(value: object) -> bool:
    """Tell whether a value is as JSON is read, and no instance of a class."""
    return type(value) in JSON_CLASSES


class Shapes:
    """The shapes of a package by name, and what is known of formats."""

    def __init__(
        self, shapes: dict[str, Shape], formats: dict[str, tuple[str, bool]]
    ) -> None:
        """Keep the shapes; a format has a pattern, and may refuse what does not fit."""
        self._shapes = shapes
        self._formats = formats

    def best(
        self, shapes: list[Shape], value: object, memo: Memo | None = None
    ) -> int | None:
        """Return the place of the shape that fits best, the first of equals.

        What is in ``memo`` was rated before, for a value that this one is part of.
        """
        memo = {} if memo is None else memo
        place, most = None, _NONE
        for i, shape in enumerate(shapes):
            score = self.rate(shape, value, memo)
            if score is not None and (place is None or score > most):
                place, most = i, score
        return place

    def rate(self, shape: Shape, value: object, memo: Memo) -> Score | None:
        """Return how well a value fits; None if the type does not take it."""
        name, shape = self._resolved(shape)
        if isinstance(value, BaseModel) and not isinstance(value, UnknownValue):
            return self._rate_instance(name, shape, value, memo)
        plain = _plain(value)
        if not _is_container(plain):
            return self._rate_value(shape, plain, memo)
        # Each container is rated once by each shape, however often shapes overlap. All is
        # done here, since the stack has no room for many calls at each level of a value.
        key = (id(value), id(shape))
        if key in memo:
            return memo[key]
        score: Score | None = None
        kind = _kind_of(plain)
        if "any_of" in shape:
            for part in shape["any_of"]:
                rated = self.rate(part, value, memo)
                if rated is not None and (score is None or rated > score):
                    score = rated
            if score is None and shape.get("open") and kind in shape["types"]:
                score = _MISFIT
        elif kind not in shape.get("types", ()):
            score = None
        elif isinstance(plain, dict):
            score = self._rate_object(shape, cast("dict[str, object]", plain), memo)
        else:
            score = self._rate_array(shape, cast("list[object]", plain), memo)
        memo[key] = score
        return score

    def _resolved(self, shape: Shape) -> tuple[str | None, Shape]:
        """Return the shape that is meant, and its name."""
        name = shape.get("ref")
        while "ref" in shape:
            name, shape = shape["ref"], self._shapes[shape["ref"]]
        return name, shape

    def _rate_instance(
        self, name: str | None, shape: Shape, value: BaseModel, memo: Memo
    ) -> Score | None:
        """Rate an instance of a model by its class: it is never an unknown value."""
        if "any_of" in shape:
            return self._rate_any_of(shape, value, memo)
        classes = [c.__name__ for c in type(value).__mro__]
        return _CONSTANT if name in classes else None

    def _rate_value(self, shape: Shape, value: object, memo: Memo) -> Score | None:
        """Rate a scalar."""
        kind = _kind_of(value)
        known = kind in shape.get("types", ())
        if value is None and (known or shape.get("nullable")):
            return _NONE
        if value is None and shape.get("nan"):
            return _MISFIT
        if "any_of" in shape:
            best = self._rate_any_of(shape, value, memo)
            is_open = shape.get("open") and kind in shape["types"]
            return _MISFIT if best is None and is_open else best
        if not known:
            return None
        if "enum" in shape:
            return _rate_enum(shape, value)
        return self._rate_scalar(shape, value, kind)

    def _rate_any_of(self, shape: Shape, value: object, memo: Memo) -> Score | None:
        scores = (self.rate(part, value, memo) for part in shape["any_of"])
        return max((score for score in scores if score is not None), default=None)

    def _rate_scalar(self, shape: Shape, value: object, kind: str) -> Score | None:
        score = _NONE
        if kind == "integer" and "fraction" not in shape["types"]:
            score = _DETAIL if shape.get("wide") or _has_64_bits(value) else _MISFIT
        if isinstance(value, str) and "format" in shape:
            pattern, parsed = self._formats[shape["format"]]
            if re.fullmatch(pattern, value):
                score = _DETAIL
            elif parsed:
                return None
            else:
                score = _MISFIT
        if _exceeds(shape, value):
            score = _plus(score, _MISFIT)
        return score

    def _rate_array(
        self, shape: Shape, value: list[object], memo: Memo
    ) -> Score | None:
        prefix: list[Shape] = shape.get("prefix_items", [])
        if len(value) < shape.get("min_items", 0):
            return None
        score = _MISFIT if _outside(len(value), shape) else _NONE
        for i, item in enumerate(value):
            part = prefix[i] if i < len(prefix) else shape.get("items")
            rated: Score | None = _NONE
            if part is not None:
                rated = self.rate(part, item, memo)
            elif shape.get("more"):
                rated = _MISFIT
            elif shape["types"] == ["array"]:  # of any value, items are not declared
                rated = None
            if rated is None:
                return None
            score = _plus(score, rated)
        return score

    def _rate_object(
        self, shape: Shape, value: dict[str, object], memo: Memo
    ) -> Score | None:
        properties: dict[str, Shape] = shape.get("properties", {})
        score = _MISFIT if _outside(len(value), shape) else _NONE
        if any(name not in value for name in shape.get("required", ())):
            return None
        for name, member in value.items():
            if name in properties:
                rated = self.rate(properties[name], member, memo)
                rated = None if rated is None else _plus(rated, _MEMBER)
            else:
                rated = self._rate_undeclared(shape, name, member, memo)
            if rated is None:
                return None
            score = _plus(score, rated)
        return score

    def _rate_undeclared(
        self, shape: Shape, name: str, member: object, memo: Memo
    ) -> Score | None:
        """Rate a member that the type does not declare."""
        if shape.get("closed"):
            return _MISFIT if shape.get("open") else None
        score = _NONE
        for part, value in (("property_names", name), ("additional", member)):
            if part in shape:
                rated = self.rate(shape[part], value, memo)
                if rated is None:
                    return None
                score = _plus(score, rated)
        return score


def _plus(a: Score, b: Score) -> Score:
    return (a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3])


def _rate_enum(shape: Shape, value: object) -> Score | None:
    known: list[object] = shape["enum"]
    if scalar_key(value) in map(scalar_key, known):
        return _CONSTANT if len(known) == 1 else _DETAIL
    return _MISFIT if shape.get("open") else None


def _plain(value: object) -> object:
    """Return a value as JSON has it; members of objects and items stay as they are."""
    if is_json(value) or _is_container(value):
        return value
    if isinstance(value, Enum):
        return _plain(value.value)
    if isinstance(value, UnknownValue):
        return _plain(value.root)
    for kind in (str, int, float):
        if isinstance(value, kind):
            return kind(value)
    if isinstance(value, bytes):
        return "AAAA"  # any text that is Base64
    return to_jsonable_python(value, fallback=str)


def _is_container(value: object) -> bool:
    return isinstance(value, dict | list | tuple)


def _kind_of(value: object) -> str:
    """Return the JSON type of a plain value."""
    if isinstance(value, float):
        return "integer" if value.is_integer() else "fraction"
    return next(name for kind, name in _KINDS if isinstance(value, kind))


def _has_64_bits(value: object) -> bool:
    """Tell whether an integer is one that all clients can hold."""
    return -_LIMIT <= cast("float", value) < _LIMIT


_KINDS: list[tuple[type, str]] = [
    (str, "string"),
    (dict, "object"),
    (list, "array"),
    (bool, "boolean"),
    (int, "integer"),
    (type(None), "null"),
    (tuple, "array"),
]


def scalar_key(value: object) -> tuple[str, object]:
    """Return what scalars are compared by, as JSON Schema does: 1.0 is 1, not true."""
    value = _plain(value)
    if isinstance(value, bool):
        return ("boolean", value)
    if isinstance(value, int | float):
        return ("number", value)
    return ("string" if isinstance(value, str) else "other", value)


def _exceeds(shape: Shape, value: object) -> bool:
    """Tell whether a scalar is outside of the limits of its type."""
    if isinstance(value, str):
        pattern = shape.get("pattern")
        return _outside(len(value), shape) or (
            pattern is not None and not re.search(pattern, value, re.ASCII)
        )
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    low, high = shape.get("minimum"), shape.get("maximum")
    above, below = shape.get("exclusive_minimum"), shape.get("exclusive_maximum")
    return (
        (low is not None and value < low)
        or (high is not None and value > high)
        or (above is not None and value <= above)
        or (below is not None and value >= below)
    )


def _outside(length: int, shape: Shape) -> bool:
    least, most = shape.get("min_length"), shape.get("max_length")
    return (least is not None and length < least) or (
        most is not None and length > most
    )
