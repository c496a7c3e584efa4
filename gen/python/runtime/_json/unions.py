"""Unions: which variant a value belongs to."""

from contextvars import ContextVar
from types import UnionType
from typing import Annotated, Any, TypeAlias, Union, cast, get_args, get_origin

from pydantic import (
    BaseModel,
    GetCoreSchemaHandler,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
)
from pydantic_core import CoreSchema, core_schema

from .exact import exact
from .shapes import JSON_CLASSES, Memo, Shapes, is_json, scalar_key
from .unknown import UnknownValue


class Unions:
    """What is known of the unions of a package, and of the shapes of their variants.

    A choice is the way to the variant of a value, as a dict:

        tag        the member whose value selects a variant
        declared   whether a value without a known tag fits no variant
        variants   each with its ``tags``, its ``shape``, and the place of its type among
                   the union's types (``is``); for one that is a union itself either a
                   choice (``of``), or the name of its union (``of``) and the places of
                   that union's types (``at``), a list or the first of consecutive ones
    """

    def __init__(
        self,
        choices: dict[str, dict[str, Any]],
        shapes: dict[str, dict[str, Any]],
        formats: dict[str, tuple[str, bool]],
    ) -> None:
        """Keep the data; it is looked at when the first value comes."""
        self.choices = choices
        self.shapes = Shapes(shapes, formats)
        self._known: dict[str, _Choice] = {}

    def choice(self, name: str) -> "_Choice":
        """Return the choice of a union."""
        if name not in self._known:
            self._known[name] = _Choice(self.choices[name], self)
        return self._known[name]

    def one_of(self, name: str, *types: Any) -> "OneOf":  # noqa: ANN401
        """Return what makes a union of these types."""
        return OneOf(self, name, types)


_memo: ContextVar[Memo | None] = ContextVar("_memo", default=None)
"""What was rated of the value in JSON that is being read."""


def _once(
    value: object, handler: ValidatorFunctionWrapHandler, info: ValidationInfo
) -> object:
    """Read a union, and those within it, from the same objects.

    What is rated of it is rated once then, and JSON becomes objects once.
    """
    if info.mode != "json" or _memo.get() is not None:
        return handler(value)
    token = _memo.set({})
    try:
        return handler(value)
    finally:
        _memo.reset(token)


class OneOf:
    """Chooses the variant of a union by looking at the value."""

    def __init__(self, unions: Unions, name: str, types: tuple[Any, ...]) -> None:
        """Choose among the types as the union's choice says."""
        self._name = name
        self._types = types
        self._choice = unions.choice(name)
        self._classes = [_classes(t) for t in types]
        self._labels = _labels(types)

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Build a union whose variant is chosen by ``_place_of``."""
        types = list(self._types)
        types += [t for t in get_args(source) if _is_unknown(t)]
        schemas = [exact(handler.generate_schema(t)) for t in types]
        schema: CoreSchema = core_schema.tagged_union_schema(
            dict(zip(self._labels, schemas, strict=False)),
            discriminator=self._label_of,
            custom_error_type="no_variant",
            custom_error_message=f"Input fits no variant of {self._name}",
        )
        schema = core_schema.with_info_wrap_validator_function(_once, schema)
        if type(None) in get_args(source):
            schema = core_schema.nullable_schema(schema)
        return schema

    def _label_of(self, value: object) -> str:
        """Return the label of the value's type; the last one is the unknown one's."""
        place = self._place_of(value)
        return self._labels[-1 if place is None else place]

    def _place_of(self, value: object) -> int | None:
        if isinstance(value, UnknownValue):
            return None
        if not is_json(value):
            for i, classes in enumerate(self._classes):
                if type(value) in classes:
                    return i
            for i, classes in enumerate(self._classes):
                if isinstance(value, BaseModel) and isinstance(value, classes):
                    return i
        try:
            return self._choice.place_of(value, _memo.get())
        except RecursionError:
            return None


class _Choice:
    """A choice, and the variants by the tags that select them."""

    def __init__(self, data: dict[str, Any], unions: Unions) -> None:
        self._tag: str | None = data.get("tag")
        self._declared: bool = data.get("declared", False)
        self._shapes = unions.shapes
        self._wanted = [variant.get("shape") for variant in data["variants"]]
        self._ways = [_way(variant, unions) for variant in data["variants"]]
        self._by_tag = {
            scalar_key(tag): way
            for variant, way in zip(data["variants"], self._ways, strict=True)
            for tag in variant.get("tags", ())
        }

    def place_of(self, value: object, memo: Memo | None = None) -> int | None:
        """Return the place of the value's type; None for none."""
        way = self._selected(value)
        if way is None and not self._declared:
            best = self._shapes.best(self._wanted, value, memo)
            way = None if best is None else self._ways[best]
        return way if way is None or isinstance(way, int) else way.place_of(value, memo)

    def _selected(self, value: object) -> "_Way | None":
        """Return what the tag of an object selects."""
        if self._tag is None or not isinstance(value, dict):
            return None
        members = cast("dict[str, object]", value)
        if self._tag not in members:
            return None
        tag = members[self._tag]
        is_scalar = not isinstance(tag, dict | list | tuple)
        return self._by_tag.get(scalar_key(tag)) if is_scalar else None


class _Elsewhere:
    """The choice of another union, whose types have other places here."""

    def __init__(self, choice: _Choice, at: int | list[int]) -> None:
        self._choice = choice
        self._at = at

    def place_of(self, value: object, memo: Memo | None = None) -> int | None:
        """Return the place of the value's type; None for none."""
        place = self._choice.place_of(value, memo)
        if place is None:
            return None
        return self._at + place if isinstance(self._at, int) else self._at[place]


_Way: TypeAlias = _Choice | _Elsewhere | int


def _way(variant: dict[str, Any], unions: Unions) -> _Way:
    """Return where the data of a variant leads."""
    if "is" in variant:
        return cast("int", variant["is"])
    if "at" in variant:
        return _Elsewhere(unions.choice(variant["of"]), variant["at"])
    return _Choice(variant["of"], unions)


def _is_unknown(kind: object) -> bool:
    return _is_class(kind) and issubclass(cast("type", kind), UnknownValue)


def _is_class(kind: object) -> bool:
    """Tell a class from list[int], which Python 3.10 takes for one."""
    return isinstance(kind, type) and get_origin(kind) is None


def _labels(types: tuple[Any, ...]) -> list[str]:
    """Return what errors call the types, each by another name."""
    labels: dict[str, None] = {}
    for kind in types:
        label: str = kind.__name__ if _is_class(kind) else str(kind)
        labels[f"{label} {len(labels)}" if label in labels else label] = None
    return [*labels, "unknown"]


def _classes(kind: object) -> tuple[type, ...]:
    """Return the classes whose instances belong to a type, whatever they hold.

    Those of JSON values are not among them.
    """
    if get_origin(kind) in {Annotated, Union, UnionType}:
        return tuple(c for part in get_args(kind) for c in _classes(part))
    has_class = _is_class(kind) and kind not in JSON_CLASSES
    return (cast("type", kind),) if has_class else ()
