"""Keeps the names that modules give to unions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic.json_schema import CoreRef

from .configured import ConfiguredWriter
from .unionnames import Named, UnionNames, key_of

if TYPE_CHECKING:
    from pydantic_core import core_schema

    from .observed import Observed
    from .tracing import JsonObject


class NamingWriter(ConfiguredWriter):
    """Makes a definition of each union that a module names."""

    def __init__(self, observed: Observed) -> None:
        """Add notes to ``observed``."""
        super().__init__(observed)
        self._unions = UnionNames()

    def union_schema(self, schema: core_schema.UnionSchema) -> JsonObject:
        """Write a union, and its name."""
        return self._named(schema, super().union_schema(schema))

    def tagged_union_schema(self, schema: core_schema.TaggedUnionSchema) -> JsonObject:
        """Write a union with a discriminator, and its name."""
        return self._named(schema, super().tagged_union_schema(schema))

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ANN401
        """Leave titles to definitions, as Pydantic does for those that it knows."""
        if schema["type"] in {"union", "tagged-union"}:
            return self._name_of(schema) is None
        return super().field_title_should_be_set(schema)

    def _named(self, schema: Any, written: JsonObject) -> JsonObject:  # noqa: ANN401
        named = self._name_of(schema)
        if named is None:
            return written
        # The same name stands for two unions where a member adds a discriminator.
        is_added = schema.get("discriminator") != named.discriminator
        ref = CoreRef(f"{named.module}.{named.name}:{is_added:d}")
        key, reference = self.get_cache_defs_ref_schema(ref)
        if self.definitions.setdefault(key, written) != written:
            return written  # another type, for the configuration around it
        return reference

    def _name_of(self, schema: Any) -> Named | None:  # noqa: ANN401
        """Return the name of a union that has none in Pydantic."""
        if "ref" in schema:  # of a type statement
            return None
        choices: Any = schema["choices"]
        tagged = schema["type"] == "tagged-union"
        variants = list[Any](choices.values() if tagged else choices)
        key, classes = key_of(variants, self._by_ref)
        if len(key) < 2 or not classes:  # noqa: PLR2004 -- a union
            return None
        owner = self.place.owner
        around = [owner] if owner is not None else []
        return self._unions.find(key, schema.get("discriminator"), [*classes, *around])
