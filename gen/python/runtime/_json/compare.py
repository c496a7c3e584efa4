"""Whether models of the back end still are what the documents say.

What a type looks like is a short text: ``string``, ``integer | null``, ``[Address]`` for
a list, ``{integer}`` for a mapping, ``(string, integer)`` for a tuple.
"""

import json
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal, cast

from pydantic import TypeAdapter

Members = dict[str, str]
"""Shapes by name; a name ends with ``?`` where params may leave the member out."""


@dataclass
class Expected:
    """What the documents say of a class: its members or, of an enum, its values."""

    kind: type
    members: Members | list[Any]
    params: bool = False
    results: bool = False

    def differences(self) -> list[str]:
        """Say what differs."""
        called = f"{self.kind.__module__}.{self.kind.__qualname__}"
        if isinstance(self.members, list):
            return _in_values(called, self.kind, self.members)
        found: list[str] = []
        if self.params:
            schema = _Schema(self.kind, "validation")
            found += _in_members(called, self.members, schema, optional=True)
        if self.results:
            schema = _Schema(self.kind, "serialization")
            found += _in_members(called, self.members, schema, optional=False)
        return list(dict.fromkeys(found))


def report(expected: Iterable[Expected]) -> int:
    """Print all differences, and return 1 if there are any."""
    found = [line for one in expected for line in one.differences()]
    for line in found:
        sys.stderr.write(f"{line}\n")
    return 1 if found else 0


def _in_values(called: str, kind: type, values: list[Any]) -> list[str]:
    own = [member.value for member in kind] if issubclass(kind, Enum) else []
    found = [
        f"{called} lacks {v!r}, which the documents have"
        for v in values
        if v not in own
    ]
    found += [
        f"{called} has {v!r}, which the documents lack" for v in own if v not in values
    ]
    return found


def _in_members(
    called: str, members: Members, schema: "_Schema", *, optional: bool
) -> list[str]:
    found: list[str] = []
    wanted = {name.removesuffix("?"): shape for name, shape in members.items()}
    for name, shape in wanted.items():
        if name not in schema.members:
            found.append(f"{called} lacks {name!r}, which the documents have")
            continue
        own = schema.shape_of_member(name)
        if own != shape and not _is_decimal(own, shape):
            found.append(f"{called}.{name} is {own}, but {shape} in the documents")
        if not optional:
            continue
        if name in schema.required and f"{name}?" in members:
            found.append(f"{called}.{name} is required, but not in the documents")
        elif name not in schema.required and name in members:
            found.append(f"{called}.{name} may be left out, but not in the documents")
    found += [
        f"{called} has {name!r}, which the documents lack"
        for name in schema.members
        if name not in wanted
    ]
    return found


def _is_decimal(own: str, shape: str) -> bool:
    """Tell whether shapes differ in how versions of Pydantic describe a Decimal."""
    words = [
        sorted(re.findall(r"[^\s|,(){}\[\]]+", text.replace("decimal", "string")))
        for text in (own.replace("number | ", ""), shape)
    ]
    return "decimal" in shape and words[0] == words[1]


Node = Mapping[str, Any]


class _Schema:
    """The JSON Schema of a class."""

    def __init__(
        self, kind: type, mode: Literal["validation", "serialization"]
    ) -> None:
        whole = TypeAdapter(kind).json_schema(mode=mode)
        self._defs: Mapping[str, Node] = whole.get("$defs", {})
        node: Node = whole.get("allOf", [whole])[0]  # Pydantic before 2.9
        if "$ref" in node:
            node = self._defs[_key(node["$ref"])]
        self.members: Mapping[str, Node] = node.get("properties", {})
        self.required: list[str] = node.get("required", [])
        self._inside: set[str] = set()

    def shape_of_member(self, name: str) -> str:
        node = self.members[name]
        parts = self._parts(node)
        if "default" in node and node["default"] is None:
            parts.add("null")
        return _joined(parts)

    def _shape(self, node: Node | bool) -> str:  # noqa: FBT001
        return "any" if isinstance(node, bool) else _joined(self._parts(node))

    def _parts(self, node: Node) -> set[str]:
        """Return the shapes that a schema allows."""
        if "$ref" in node:
            key = _key(node["$ref"])
            target = self._defs[key]
            if "properties" in target or "enum" in target:
                return {type_name(key)}
            if key in self._inside:
                return {"any"}
            self._inside.add(key)
            parts = self._parts(target)
            self._inside.discard(key)
            return parts
        for keyword in ("anyOf", "oneOf", "allOf"):
            if keyword in node:
                choices = cast("list[Node]", node[keyword])
                return set[str]().union(*map(self._parts, choices))
        if "const" in node or "enum" in node:
            values = node["enum"] if "enum" in node else [node["const"]]
            return {json.dumps(value, ensure_ascii=False) for value in values}
        return {self._one(node)}

    def _one(self, node: Node) -> str:
        """Return the shape of a schema without alternatives."""
        kind = node.get("type")
        if kind == "array":
            return self._array(node)
        if kind == "object" and "properties" not in node:
            return f"{{{self._shape(node.get('additionalProperties', True))}}}"
        if kind == "string" and node.get("format") in _FORMATS:
            return str(node["format"])
        return "any" if kind is None else str(kind)

    def _array(self, node: Node) -> str:
        if "prefixItems" in node:
            return f"({', '.join(map(self._shape, node['prefixItems']))})"
        return f"[{self._shape(node.get('items', True))}]"


_FORMATS = {"date-time", "date", "time", "duration", "uuid"}


def _joined(parts: set[str]) -> str:
    if "any" in parts:
        return "any"
    return " | ".join(sorted(parts))


def _key(ref: str) -> str:
    return ref.rpartition("/")[2].replace("~1", "/").replace("~0", "~")


def type_name(key: str) -> str:
    """Return the name of a type: ``Page_Cat_`` is ``PageCat``, as wsgen has it."""
    bare = key.removesuffix("-Input").removesuffix("-Output")
    words = "".join(c if c.isalnum() else " " for c in bare).split()
    return "".join(word[0].upper() + word[1:] for word in words)
