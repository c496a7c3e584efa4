"""Finds the names that modules give to unions.

``Payment = Annotated[Card | BankTransfer, Field(discriminator="kind")]`` is a name that
Pydantic does not see: to it, every member of that type has a union of its own.
"""

from __future__ import annotations

import sys
import types
import typing
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from pydantic import Discriminator
from pydantic.fields import FieldInfo

if TYPE_CHECKING:
    from collections.abc import Iterator

Key = frozenset[Hashable]
"""What a union is made of; the order does not matter."""


class Named(NamedTuple):
    """A union that a module names."""

    module: str
    name: str
    key: Key
    discriminator: object


class UnionNames:
    """The names of unions in the modules of classes."""

    def __init__(self) -> None:
        """Look into modules when they are asked for."""
        self._known: dict[str, list[Named]] = {}

    def find(
        self, key: Key, discriminator: object, classes: list[type]
    ) -> Named | None:
        """Return the name of a union: in the first of the classes' modules that has one.

        ``Payment = Card | BankTransfer`` is also a name for that union with a
        discriminator, which ``payment: Payment = Field(discriminator="kind")`` adds.
        """
        for one in classes:
            same = [named for named in self._in(one.__module__) if named.key == key]
            for named in same:
                if named.discriminator == discriminator:
                    return named
            for named in same:
                if named.discriminator is None:
                    return named
        return None

    def _in(self, module: str) -> list[Named]:
        if module not in self._known:
            namespace = vars(sys.modules[module]) if module in sys.modules else {}
            self._known[module] = list(_unions(module, dict(namespace)))
        return self._known[module]


def _unions(module: str, namespace: dict[str, Any]) -> Iterator[Named]:
    """List the unions with a class in them that a module names, itself or by import."""
    for name, value in namespace.items():
        if name.startswith("_"):
            continue
        variants, discriminator = _parts(value)
        parts = [_key(variant, namespace) for variant in variants]
        known = [part for part in parts if part is not None]
        if len(known) == len(parts) > 1 and any(isinstance(p, type) for p in known):
            yield Named(module, name, frozenset(known), discriminator)


def _parts(value: object) -> tuple[list[Any], object]:
    """Return the variants of a union, null left aside, and its discriminator."""
    discriminator: object = None
    if typing.get_origin(value) is typing.Annotated:
        value, *metadata = typing.get_args(value)
        for item in metadata:
            if isinstance(item, FieldInfo) and item.discriminator is not None:
                discriminator = item.discriminator
            elif isinstance(item, Discriminator):
                discriminator = item
        if isinstance(discriminator, Discriminator):
            discriminator = discriminator.discriminator
    if typing.get_origin(value) not in {typing.Union, types.UnionType}:
        return [], None
    variants = [one for one in typing.get_args(value) if one is not type(None)]
    return variants, discriminator


def _key(variant: Any, namespace: dict[str, Any]) -> Hashable:  # noqa: ANN401
    """Return what identifies a variant: its class, or the kind of a scalar."""
    if typing.get_origin(variant) is typing.Annotated:  # with a Tag
        variant = typing.get_args(variant)[0]
    if isinstance(variant, typing.ForwardRef):
        variant = namespace.get(variant.__forward_arg__)
    if not isinstance(variant, type):
        return None
    return _SCALARS.get(variant, variant)


_SCALARS: dict[type, str] = {str: "str", int: "int", float: "float", bool: "bool"}


def key_of(choices: list[Any], by_ref: dict[str, Any]) -> tuple[Key, list[type]]:
    """Return what a union of core schemas is made of, and the classes among that.

    Nothing if there is a variant that no key describes.
    """
    keys: list[Hashable] = []
    for choice in choices:
        schema: Any = choice
        if isinstance(choice, tuple):  # with a label
            schema = cast("Any", choice)[0]
        while schema["type"] in _AROUND:
            schema = schema.get("schema") or by_ref.get(schema.get("schema_ref"), {})
            if not schema:
                return frozenset(), []
        if isinstance(schema.get("cls"), type):
            keys.append(schema["cls"])
        elif schema["type"] in _SCALARS.values() and not schema.keys() - _PLAIN:
            keys.append(schema["type"])
        else:
            return frozenset(), []
    return frozenset(keys), [key for key in keys if isinstance(key, type)]


_AROUND = {
    "definition-ref",
    "function-after",
    "function-before",
    "function-wrap",
    "definitions",
}
"""Core schemas that are around that of a class."""
_PLAIN = {"type", "metadata"}
"""What the core schema of a scalar without limits has."""
