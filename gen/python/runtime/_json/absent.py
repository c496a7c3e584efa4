"""Which members of a model a dump leaves out."""

import functools
from dataclasses import dataclass
from enum import Enum
from types import UnionType
from typing import Any, Literal, Union, cast, get_args, get_origin

from pydantic import BaseModel, ValidationError

from .unknown import UnknownInteger, UnknownNumber, UnknownString


@dataclass
class Members:
    """What a dump needs to know about the fields of a model."""

    defaults: dict[str, object]
    """Defaults of the attributes that may be left out, unless None means absent."""
    optional: frozenset[str]
    """The names of those."""
    not_null: frozenset[str]
    """Those whose None means absent."""
    wire: dict[str, str]
    """Wire names by attribute, where they differ."""


@functools.cache
def members_of(model: type[BaseModel]) -> Members:
    """Return what is known of the fields of a model."""
    defaults: dict[str, object] = {}
    wire: dict[str, str] = {}
    not_null: frozenset[str] = cast("Any", model)._not_null  # noqa: SLF001
    for name, info in model.model_fields.items():
        alias = info.serialization_alias
        if alias is not None and alias != name:
            wire[name] = alias
        if info.is_required() or name in not_null:
            continue
        try:
            default: object = info.get_default(call_default_factory=True)
        except ValidationError:
            default = object()  # no value equals a default that does not fit its type
        if not _is_constant(info.annotation, default):
            defaults[name] = default
    return Members(defaults, frozenset(defaults), not_null, wire)


def left_out(model: BaseModel) -> list[str]:
    """Return the attributes that were neither set nor changed, which a dump leaves out."""
    members = members_of(model.__class__)
    given = model.__pydantic_fields_set__
    if members.optional <= given and not members.not_null:
        return _NOTHING
    values = model.__dict__
    absent = [name for name in members.not_null if values[name] is None]
    unset, defaults = members.optional - given, members.defaults
    absent += [name for name in unset if values[name] == defaults[name]]
    return absent


_NOTHING: list[str] = []


def _is_constant(annotation: Any, default: object) -> bool:  # noqa: ANN401
    """Tell whether the default is the only known value: such members are constants."""
    is_union = get_origin(annotation) in {Union, UnionType}
    parts: tuple[Any, ...] = get_args(annotation) if is_union else (annotation,)
    known = [part for part in parts if part not in _UNKNOWN]
    if len(known) != 1:
        return False
    if isinstance(default, Enum):
        return len(type(default)) == 1
    return get_origin(known[0]) is Literal and get_args(known[0]) == (default,)


_UNKNOWN = (UnknownString, UnknownInteger, UnknownNumber)
