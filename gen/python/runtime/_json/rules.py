"""What params must be beyond their types: the keywords that Pydantic does not know."""

import re
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any, ClassVar, NamedTuple, TypeGuard, cast

from pydantic import BaseModel, GetCoreSchemaHandler, ValidationError
from pydantic_core import (
    CoreSchema,
    InitErrorDetails,
    PydanticCustomError,
    core_schema,
    from_json,
)
from typing_extensions import Self

from .base import Model

Rule = dict[str, Any]
Place = tuple[str | int, ...]


class Problem(NamedTuple):
    """One thing that is wrong with a value."""

    place: Place
    kind: str
    message: str


Problems = Iterator[Problem]


class CheckedModel(Model):
    """Base of params that have a rule with the name of their class."""

    _rules: ClassVar["Rules"]

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[BaseModel], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Check what will be sent, once all members have their types."""
        schema = super().__get_pydantic_core_schema__(source, handler)
        ref = schema.get("ref")
        if ref is None:
            return core_schema.no_info_after_validator_function(cls._obey, schema)
        whole = core_schema.definition_reference_schema(ref)
        return core_schema.definitions_schema(
            core_schema.no_info_after_validator_function(cls._obey, whole), [schema]
        )

    @classmethod
    def _obey(cls, model: Self) -> Self:
        names = [base.__name__ for base in cls.__mro__]
        name = next((name for name in names if name in cls._rules.rules), None)
        if name is None:
            return model
        sent = from_json(model.model_dump_json())
        details: list[InitErrorDetails] = [
            {
                "type": PydanticCustomError(
                    cast("Any", problem.kind), "Value {what}", {"what": problem.message}
                ),
                "loc": problem.place,
                "input": None,
            }
            for problem in cls._rules.problems(name, sent)
        ]
        if details:
            raise ValidationError.from_exception_data(cls.__name__, details)
        return model


class Rules:
    """Rules by their names; their members are called after JSON Schema's keywords."""

    def __init__(self, rules: dict[str, Rule]) -> None:
        """Keep the rules, which wsgen has written."""
        self.rules = rules
        self._patterns: dict[str, re.Pattern[str] | None] = {}

    def problems(self, name: str, value: object) -> list[Problem]:
        """Return all that is wrong with a JSON value."""
        return list(self._check(self.rules[name], value, ()))

    def _fits(self, rule: Rule, value: object) -> bool:
        return next(self._check(rule, value, ()), None) is None

    def _check(self, rule: Rule, value: object, at: Place) -> Problems:
        if value is None and rule.get("null"):
            return
        if rule.get("never"):
            yield Problem(at, "never", "is not allowed")
            return
        types = rule.get("type")
        if types is not None and not any(_has_type(value, name) for name in types):
            words = [*types, "null"] if rule.get("null") else types
            yield Problem(at, "type", f"must be of the type {' or '.join(words)}")
            return
        if "enum" in rule and not any(_same(known, value) for known in rule["enum"]):
            yield Problem(at, "const", rule["only"])
        if isinstance(value, str):
            yield from self._check_text(rule, value, at)
        elif _is_array(value):
            yield from self._check_array(rule, value, at)
        elif _is_object(value):
            yield from self._check_object(rule, value, at)
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            yield from _check_number(rule, value, at)
        yield from self._check_parts(rule, value, at)

    def _matches(self, pattern: str, text: str) -> bool:
        if pattern not in self._patterns:
            try:
                self._patterns[pattern] = re.compile(pattern, re.ASCII)
            except re.error:
                self._patterns[pattern] = None  # another engine's: nothing is refused
        compiled = self._patterns[pattern]
        return compiled is None or compiled.search(text) is not None

    def _check_text(self, rule: Rule, value: str, at: Place) -> Problems:
        yield from _check_size(rule, len(value), ("Length", "character"), at)
        for pattern in rule.get("patterns", ()):
            if not self._matches(pattern["pattern"], value):
                yield Problem(at, "format", pattern["message"])

    def _check_array(self, rule: Rule, items: list[Any], at: Place) -> Problems:
        yield from _check_size(rule, len(items), ("Items", "item"), at)
        if rule.get("uniqueItems") and len({_canonical(i) for i in items}) < len(items):
            yield Problem(at, "limit", "must have no item twice")
        first = rule.get("prefixItems", [])
        for i, item in enumerate(items):
            part = first[i] if i < len(first) else rule.get("items")
            if part is not None:
                yield from self._check(part, item, (*at, i))
        if "contains" in rule:
            fit = sum(self._fits(rule["contains"], item) for item in items)
            limits = {"minContains": 1, **rule}
            yield from _check_size(limits, fit, ("Contains", "item of a kind"), at)

    def _check_object(self, rule: Rule, members: dict[str, Any], at: Place) -> Problems:
        yield from _check_size(rule, len(members), ("Properties", "member"), at)
        for name in rule.get("required", ()):
            if name not in members:
                yield Problem((*at, name), "missing", "is missing")
        for name, others in rule.get("dependentRequired", {}).items():
            for other in others:
                if name in members and other not in members:
                    yield Problem((*at, other), "missing", f"is missing beside {name}")
        for name, part in rule.get("dependentSchemas", {}).items():
            if name in members:
                yield from self._check(part, members, at)
        for name, value in members.items():
            yield from self._check_member(rule, name, value, (*at, name))

    def _check_member(
        self,
        rule: Rule,
        name: str,
        value: object,
        at: Place,
    ) -> Problems:
        if "propertyNames" in rule:
            yield from self._check(rule["propertyNames"], name, at)
        parts = [part for pattern, part in self._patterned(rule, name) if pattern]
        if name in rule.get("properties", {}):
            parts.append(rule["properties"][name])
        if not parts and "additionalProperties" in rule:
            parts.append(rule["additionalProperties"])
        for part in parts:
            yield from self._check(part, value, at)

    def _patterned(self, rule: Rule, name: str) -> Iterator[tuple[bool, Rule]]:
        for pattern, part in rule.get("patternProperties", {}).items():
            yield self._matches(pattern, name), part

    def _check_parts(self, rule: Rule, value: object, at: Place) -> Problems:
        if "ref" in rule:
            yield from self._check(self.rules[rule["ref"]], value, at)
        for part in rule.get("allOf", ()):
            yield from self._check(part, value, at)
        if "anyOf" in rule:
            yield from self._check_alternatives(rule, rule["anyOf"], value, at)
        if "oneOf" in rule:
            fit = sum(self._fits(part, value) for part in rule["oneOf"])
            if fit > 1:
                yield Problem(at, "union", "fits several of the alternatives")
            elif fit == 0:
                yield from self._check_alternatives(rule, rule["oneOf"], value, at)
        if "not" in rule and self._fits(rule["not"], value):
            yield Problem(at, "never", "is not allowed")
        if "if" in rule:
            then = "then" if self._fits(rule["if"], value) else "else"
            yield from self._check(rule.get(then, {}), value, at)
        if "unevaluatedItems" in rule or "unevaluatedProperties" in rule:
            yield from self._check_rest(rule, value, at)

    def _check_alternatives(
        self, rule: Rule, parts: list[Rule], value: object, at: Place
    ) -> Problems:
        """Say what is wrong with the only alternative that can be meant, or that none is."""
        tag: str = rule.get("tag", "")
        if not (_is_object(value) and isinstance(value.get(tag), str)):
            tag = ""
        meant: list[list[Problem]] = []
        for part in parts:
            problems = list(self._check(part, value, ()))
            if not problems:
                return
            if not any(_tells_apart(problem, tag) for problem in problems):
                meant.append(problems)
        if len(meant) == 1:
            for place, kind, message in meant[0]:
                yield Problem((*at, *place), kind, message)
        elif tag:
            yield Problem((*at, tag), "const", "selects none of the alternatives")
        else:
            yield Problem(at, "union", "fits none of the alternatives")

    def _check_rest(self, rule: Rule, value: object, at: Place) -> Problems:
        """Check the members and items that no other rule describes."""
        ignored = ("unevaluatedItems", "unevaluatedProperties")
        own = {key: part for key, part in rule.items() if key not in ignored}
        seen: set[str | int] = set()
        self._mark(own, value, seen)
        parts: Iterable[tuple[str | int, Any]] = ()
        keyword = ""
        if _is_object(value):
            keyword, parts = ignored[1], value.items()
        elif _is_array(value):
            keyword, parts = ignored[0], enumerate(value)
        for key, part in parts:
            if key not in seen and keyword in rule:
                yield from self._check(rule[keyword], part, (*at, key))

    def _mark(self, rule: Rule, value: object, seen: set[str | int]) -> None:
        """Note the members and items that a rule describes, which the value fits."""
        if _is_object(value):
            self._mark_members(rule, value, seen)
        elif _is_array(value):
            self._mark_items(rule, value, seen)
        if "ref" in rule:
            self._mark_if(self.rules[rule["ref"]], value, seen)
        for keyword in ("allOf", "anyOf", "oneOf"):
            for part in rule.get(keyword, ()):
                self._mark_if(part, value, seen)
        if "if" in rule:
            then = "then" if self._mark_if(rule["if"], value, seen) else "else"
            self._mark_if(rule.get(then, {}), value, seen)

    def _mark_members(
        self, rule: Rule, members: dict[str, Any], seen: set[str | int]
    ) -> None:
        for name in members:
            if (
                "additionalProperties" in rule
                or "unevaluatedProperties" in rule
                or name in rule.get("properties", {})
                or any(found for found, _ in self._patterned(rule, name))
            ):
                seen.add(name)
        for name, part in rule.get("dependentSchemas", {}).items():
            if name in members:
                self._mark_if(part, members, seen)

    def _mark_items(self, rule: Rule, items: list[Any], seen: set[str | int]) -> None:
        first = len(rule.get("prefixItems", ()))
        for i, item in enumerate(items):
            if (
                i < first
                or "items" in rule
                or "unevaluatedItems" in rule
                or ("contains" in rule and self._fits(rule["contains"], item))
            ):
                seen.add(i)

    def _mark_if(self, rule: Rule, value: object, seen: set[str | int]) -> bool:
        fits = self._fits(rule, value)
        if fits:
            self._mark(rule, value, seen)
        return fits


def _is_object(value: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def _is_array(value: object) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _tells_apart(problem: Problem, tag: str) -> bool:
    """Tell whether a problem says that another alternative is meant.

    The value has another type, or a member has another constant or is missing. Where a
    member is the tag, it alone says so.
    """
    if len(problem.place) == 1:
        if problem.kind == "const":
            return tag in {"", problem.place[0]}
        return problem.kind == "missing" and not tag
    return not problem.place and problem.kind not in {"limit", "format"}


def _check_size(rule: Rule, size: int, what: tuple[str, str], at: Place) -> Problems:
    keyword, unit = what
    least, most = rule.get(f"min{keyword}"), rule.get(f"max{keyword}")
    if least is not None and size < least:
        yield Problem(at, "limit", f"must have at least {least} {unit}(s)")
    if most is not None and size > most:
        yield Problem(at, "limit", f"must have at most {most} {unit}(s)")


def _check_number(rule: Rule, value: float, at: Place) -> Problems:
    number = Fraction(str(value))
    for keyword, words in _BOUNDS.items():
        bound = rule.get(keyword)
        if bound is None:
            continue
        limit = Fraction(str(bound))
        equal = number == limit and not keyword.startswith("exclusive")
        less = keyword in {"maximum", "exclusiveMaximum"}
        if not equal and not (number < limit if less else number > limit):
            yield Problem(at, "limit", f"must be {words} {bound}")
    step = rule.get("multipleOf")
    if step and (number / Fraction(str(step))).denominator != 1:
        yield Problem(at, "limit", f"must be a multiple of {step}")


_BOUNDS = {
    "minimum": "at least",
    "exclusiveMinimum": "more than",
    "maximum": "at most",
    "exclusiveMaximum": "less than",
}


def _has_type(value: object, name: str) -> bool:
    if value is None or isinstance(value, bool):
        return name == ("null" if value is None else "boolean")
    if isinstance(value, float):
        return name == "number" or (name == "integer" and value.is_integer())
    kinds: dict[type, set[str]] = {
        str: {"string"},
        int: {"integer", "number"},
        list: {"array"},
    }
    return name in kinds.get(type(value), {"object"})


def _same(one: object, other: object) -> bool:
    return _canonical(one) == _canonical(other)


def _canonical(value: object) -> object:
    """Return something to compare by: True is not 1, but 1.0 is."""
    if _is_object(value):
        return ("object", frozenset((k, _canonical(v)) for k, v in value.items()))
    if _is_array(value):
        return ("array", *map(_canonical, value))
    if isinstance(value, (bool, str)) or value is None:
        return (type(value).__name__, value)
    return value
