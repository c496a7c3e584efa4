"""Writes the JSON Schema of types as Pydantic does, with what clients need beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic.json_schema import GenerateJsonSchema

if TYPE_CHECKING:
    from pydantic_core import core_schema

    from .observed import Observed

JsonObject = dict[str, Any]


class SchemaWriter(GenerateJsonSchema):
    """Pydantic's own writer, plus the member names of enums."""

    observed: Observed

    def enum_schema(self, schema: core_schema.EnumSchema) -> JsonObject:
        """Add ``x-enum-varnames``, in the order of ``enum``."""
        # Another name of a member comes as the same member once more.
        members = {member.name: member for member in schema["members"]}
        written = super().enum_schema({**schema, "members": list(members.values())})
        return written | {"x-enum-varnames": list(members)}

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> JsonObject:
        """Say of the text of a Decimal that it is one: Pydantic does not."""
        written = super().decimal_schema(schema)
        for text in (written, *written.get("anyOf", ())):
            if text.get("type") == "string":
                text["format"] = "decimal"
        return written

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonObject:
        """Note the model."""
        sent = self.mode == "serialization"
        models = self.observed.sent if sent else self.observed.received
        models[schema["cls"]] = None
        written = super().model_schema(schema)
        if not sent and "properties" in written:
            self.observed.read[schema["cls"]] = set(written["properties"])
        return written

    def dataclass_schema(self, schema: core_schema.DataclassSchema) -> JsonObject:
        """Note a dataclass that is sent."""
        if self.mode == "serialization":
            self.observed.sent_structs[schema["cls"]] = None
        return super().dataclass_schema(schema)

    def typed_dict_schema(self, schema: core_schema.TypedDictSchema) -> JsonObject:
        """Note a typed dict that is sent."""
        if self.mode == "serialization" and "cls" in schema:
            self.observed.sent_structs[schema["cls"]] = None
        return super().typed_dict_schema(schema)

    def ser_schema(
        self,
        schema: core_schema.SerSchema
        | core_schema.IncExSeqSerSchema
        | core_schema.IncExDictSerSchema,
    ) -> JsonObject | None:
        """Note serializers of users that do not say what they return."""
        if schema["type"] in {"function-plain", "function-wrap"}:
            function: Any = schema.get("function")
            module = getattr(function, "__module__", None) or ""
            typed = schema.get("return_schema") is not None
            if not typed and not module.startswith("pydantic"):
                self.observed.serializers[function] = None
        return super().ser_schema(schema)
