"""Writes the JSON Schema of types as Pydantic does, with what clients need beside it."""

from __future__ import annotations

from enum import Flag
from typing import TYPE_CHECKING, Any

from pydantic import PydanticUserError, Secret, TypeAdapter
from pydantic_core import PydanticSerializationError, SchemaValidator

from .naming import NamingWriter
from .presence import undescribed
from .values import unwritable

if TYPE_CHECKING:
    from pydantic_core import core_schema

    from .tracing import JsonObject


class SchemaWriter(NamingWriter):
    """Writes formats and names that Pydantic leaves out."""

    def enum_schema(self, schema: core_schema.EnumSchema) -> JsonObject:
        """Add ``x-enum-varnames``, in the order of ``enum``, or ``x-enum-flags``."""
        # Another name of a member comes as the same member once more.
        members = {member.name: member for member in schema["members"]}
        written = super().enum_schema({**schema, "members": list(members.values())})
        if issubclass(schema["cls"], Flag):
            return _flags(schema["cls"], written, members)
        return written | {"x-enum-varnames": list(members)}

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonObject:
        """Say that a dict whose keys have a pattern has no other keys."""
        written = super().dict_schema(schema)
        if "patternProperties" in written:
            written["additionalProperties"] = False
        return written

    def sort(self, value: JsonObject, parent_key: str | None = None) -> JsonObject:
        """Sort the constants of flags by value, all else by name as Pydantic does."""
        written = super().sort(value, parent_key)
        for definition in written.values():
            if flags := definition.get("x-enum-flags"):
                ordered = sorted(flags.items(), key=lambda item: item[1])
                definition["x-enum-flags"] = dict(ordered)
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
        """Describe what secrets are sent as, and note what serializers do not say."""
        if schema.get("function") is _serialize_secret:
            return {"type": "string", "format": "password", "writeOnly": True}
        function = undescribed(schema)
        if function is not None:
            self.observed.serializers.setdefault(function, self.place)
        return super().ser_schema(schema)

    def handle_ref_overrides(self, json_schema: JsonObject) -> JsonObject:
        """Keep a member's default, even if its type has the same one."""
        written = super().handle_ref_overrides(json_schema)
        if "default" in json_schema:
            written = {**written, "default": json_schema["default"]}
        return written

    def get_default_value(self, schema: core_schema.WithDefaultSchema) -> Any:  # noqa: ANN401
        """Return a default as the class that validates it has it: 5 for ``"5"``."""
        default = super().get_default_value(schema)
        checked = schema.get("validate_default", self._setting("validate_default"))
        if not checked or "default" not in schema:
            return default
        try:
            return SchemaValidator(schema["schema"]).validate_python(default)
        except Exception:  # noqa: BLE001 -- a function of the user's, or a reference
            return default

    def encode_default(self, dft: object) -> Any:  # noqa: ANN401 -- any JSON
        """Return a default as JSON; Pydantic leaves out what this refuses."""
        try:
            value = _adapter(type(dft), self.default_config()).dump_python(
                dft, by_alias=True, mode="json"
            )
        except Exception as error:
            raise PydanticSerializationError(str(error)) from error
        for _, item in unwritable(value):
            message = f"{item!r} is no JSON"
            raise PydanticSerializationError(message)
        return value


_secret: Any = TypeAdapter(Secret[int]).core_schema
_serialize_secret = _secret["serialization"]["function"]
"""Writes stars for a secret of any type; Pydantic describes the type itself."""


def _flags(cls: type, written: JsonObject, members: dict[str, Any]) -> JsonObject:
    """Name the constants of an integer: its combinations are values as well."""
    del written["enum"]
    values = {name: member.value for name, member in members.items()}
    # Python 3.10 inverts an IntFlag to a negative number.
    least = {} if issubclass(cls, int) else {"minimum": 0}
    return written | {"type": "integer"} | least | {"x-enum-flags": values}


def _adapter(kind: type[Any], config: Any) -> TypeAdapter[Any]:  # noqa: ANN401
    """Return what writes values of a class."""
    try:
        return TypeAdapter[Any](kind, config=config)
    except PydanticUserError:  # a class with a configuration of its own, or no schema
        return TypeAdapter[Any](Any, config=config)
