"""Reads type hints the way that a decorator sees them, and says what a type is."""

from __future__ import annotations

import asyncio
import inspect
import os
import sys
import typing
import warnings
from collections.abc import Mapping
from functools import partial
from types import FrameType, SimpleNamespace
from typing import Any, NamedTuple

from pydantic import PydanticUserError, TypeAdapter

Scope = Mapping[str, Any]
"""Local names at the place where something is registered."""


class RPCWarning(UserWarning):
    """Something that works, but not as well as it should."""


class RegistrationError(TypeError):
    """Something that cannot be served as it is registered."""


class Source(NamedTuple):
    """A place in a Python file."""

    file: str
    line: int

    def __str__(self) -> str:
        """Show it as ``file:line``, below the current folder without the folder."""
        return f"{_short(self.file)}:{self.line}"

    def warn(self, message: str) -> None:
        """Show a warning for this place."""
        warnings.warn_explicit(message, RPCWarning, self.file, self.line)


def _short(file: str) -> str:
    folder = os.getcwd() + os.sep  # noqa: PTH109 -- compared as text
    return file.removeprefix(folder)


def plain_function(function: Any) -> Any:  # noqa: ANN401
    """Return what decorators, partials and methods have inside."""
    function = inspect.unwrap(function)
    while isinstance(function, partial):
        function = function.func
    return getattr(function, "__func__", function)


def is_async(function: object) -> bool:
    """Whether calling it returns a coroutine; wrappers may have been marked as such."""
    if sys.version_info < (3, 12):
        return asyncio.iscoroutinefunction(function)
    return inspect.iscoroutinefunction(function)


def source_of(thing: Any) -> Source:  # noqa: ANN401
    """Return where a function or a class is defined."""
    thing = plain_function(thing)
    code = getattr(thing, "__code__", None)
    if code is not None:
        return Source(code.co_filename, code.co_firstlineno)
    try:
        file = inspect.getsourcefile(thing) or "?"
        return Source(file, inspect.getsourcelines(thing)[1])
    except (TypeError, OSError):
        return Source(getattr(thing, "__module__", "?"), 0)


def caller_scope(frame: FrameType | None) -> dict[str, Any]:
    """Return the local names of a frame and of those around it in its module.

    Classes and functions inside of a function are found in no other way.
    """
    if frame is None:
        return {}
    names: dict[str, Any] = {}
    module = frame.f_globals
    while frame is not None and frame.f_globals is module:
        if frame.f_locals is not module:
            names = {**frame.f_locals, **names}
        frame = frame.f_back
    return names


def annotations_of(thing: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return annotations as they are written, unresolved ones as text."""
    if sys.version_info >= (3, 14):
        import annotationlib  # noqa: PLC0415 -- new in 3.14

        form = annotationlib.Format.FORWARDREF
        return annotationlib.get_annotations(thing, format=form)
    return inspect.get_annotations(thing)


def resolve(annotation: object, namespace: Scope, scope: Scope) -> Any:  # noqa: ANN401
    """Evaluate one annotation; raise ``NameError`` if a name is not known yet."""
    holder = SimpleNamespace(__annotations__={"it": annotation})
    return typing.get_type_hints(
        holder, dict(namespace), dict(scope), include_extras=True
    )["it"]


def kind_of(adapter: TypeAdapter[Any], *, items: bool = False) -> set[str]:
    """Return what the JSON of a type may come from, as names of core schemas.

    ``{"model"}`` for a model, ``{"int", "none"}`` for ``int | None``; empty for a
    type with names that are not defined yet. With ``items``, those of the items of
    lists and of the values of dicts are there as well.
    """
    try:
        schema = dict(adapter.core_schema)
    except PydanticUserError:
        return set()
    return kinds_of(schema, {}, items=items)


def kinds_of(
    schema: Any,  # noqa: ANN401 -- a core schema
    definitions: Mapping[str, Any],
    *,
    items: bool = False,
) -> set[str]:
    """Return the same of a core schema; ``definitions`` are what it may refer to."""
    todo: list[Any] = [schema]
    kinds: set[str] = set()
    seen: set[str] = set()
    while todo:
        match todo.pop():
            case {"type": "definitions", "schema": inner, "definitions": found}:
                definitions = {**definitions, **{item["ref"]: item for item in found}}
                todo.append(inner)
            case {"type": "definition-ref", "schema_ref": ref}:
                if ref in definitions and ref not in seen:  # once is enough
                    seen.add(ref)
                    todo.append(definitions[ref])
            case schema:
                parts = _inner(schema)
                if parts is None:
                    kinds.add(schema["type"])
                    parts = _items(schema) if items else []
                todo += parts
    return kinds


def _items(schema: Any) -> list[Any]:  # noqa: ANN401
    """Return the schemas of what a collection holds."""
    match schema:
        case {"type": "tuple", "items_schema": held}:
            return [*held]
        case {"items_schema": held} | {"values_schema": held}:
            return [held]
        case _:
            return []


_LEAVES = {
    *("model", "dataclass", "typed-dict", "call"),
    *("list", "set", "frozenset", "tuple", "dict", "generator"),
}


def _inner(schema: Any) -> list[Any] | None:  # noqa: ANN401, PLR0911
    """Return the schemas that a schema is made of; None if it stands for itself."""
    match schema:
        case {"type": "nullable", "schema": inner}:
            return [{"type": "none"}, inner]
        case {"type": "missing-sentinel", "schema": inner}:
            return [{"type": "missing-sentinel"}, inner]
        case {"choices": choices}:  # of a union, with or without tags
            items: Any = choices.values() if hasattr(choices, "values") else choices
            return [item[0] if isinstance(item, tuple) else item for item in items]
        case {"type": "model", "root_model": True, "schema": inner}:
            return [inner]
        case {"type": "model-fields", "fields": {"root": {"schema": inner}}}:
            return [inner]
        case {"type": leaf} if leaf in _LEAVES:
            return None
        case {"steps": [first, *_]}:
            return [first]
        case {"json_schema": inner} | {"lax_schema": inner} | {"schema": inner}:
            return [inner]
        case _:
            return None
