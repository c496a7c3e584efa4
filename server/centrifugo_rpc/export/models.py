"""The JSON Schema of everything that travels, as Pydantic writes it."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter
from pydantic.errors import PydanticUndefinedAnnotation, PydanticUserError
from pydantic.json_schema import (
    GenerateJsonSchema,
    JsonSchemaMode,
    PydanticJsonSchemaWarning,
)

from .spec import Api, Key, Root, roots

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic import BaseModel
    from pydantic_core import core_schema

    from .yamltext import Json

JsonObject = dict[str, Any]


class SchemaError(Exception):
    """A type has no JSON Schema."""

    def __init__(self, root: Root, problem: str) -> None:
        """Say which root it is, and what Pydantic says."""
        super().__init__(problem)
        self.root = root


@dataclass
class Observed:
    """What was met while the schemas were written, for the advice."""

    sent: dict[type[BaseModel], None] = field(default_factory=dict[Any, None])
    """Models of results and events."""
    received: dict[type[BaseModel], None] = field(default_factory=dict[Any, None])
    """Models of params."""
    read: dict[type[BaseModel], set[str]] = field(default_factory=dict[Any, set[str]])
    """Members that the document shows of these."""
    sent_structs: dict[type, None] = field(default_factory=dict[Any, None])
    """Dataclasses and typed dicts of results and events."""
    sent_roots: list[Root] = field(default_factory=list[Root])
    """Results, events, and the data of errors."""
    serializers: dict[Callable[..., Any], None] = field(default_factory=dict[Any, None])
    """Serializers that do not say what they return."""
    notes: list[str] = field(default_factory=list[str])
    """Pydantic's own warnings."""


@dataclass(frozen=True)
class Exported:
    """Schemas of the roots, which refer to ``models.json``, and that file's value."""

    roots: Mapping[Key, Json]
    models: JsonObject
    observed: Observed


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


def export_models(api: Api) -> Exported:
    """Write the schemas of an API: params as they are read, the rest as it is sent."""
    observed = Observed()
    # Pydantic makes the writer itself, so the class has to carry the notes.
    writer = type("Writer", (SchemaWriter,), {"observed": observed})
    found = roots(api)
    observed.sent_roots += [root for root in found if root.sent]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", PydanticJsonSchemaWarning)
        inputs = [_input(root) for root in found]
        try:
            schemas, models = TypeAdapter.json_schemas(inputs, schema_generator=writer)
        except PydanticUserError as error:
            raise _blame(found, error) from error
    observed.notes += dict.fromkeys(str(item.message) for item in caught)
    models.setdefault("$defs", {})
    return Exported(
        {key: outward(schema) for (key, _), schema in schemas.items()}, models, observed
    )


def outward(value: Json) -> Json:
    """Point references to ``$defs`` at ``models.json``."""
    if isinstance(value, list):
        return [outward(item) for item in value]
    if not isinstance(value, dict):
        return value
    changed = {key: outward(item) for key, item in value.items()}
    ref = changed.get("$ref")
    if isinstance(ref, str) and ref.startswith("#/$defs/"):
        changed["$ref"] = f"models.json{ref}"
    return changed


def _input(root: Root) -> tuple[Key, JsonSchemaMode, TypeAdapter[Any]]:
    try:
        adapter = TypeAdapter[Any](root.type)
        adapter.rebuild()
    except (PydanticUserError, PydanticUndefinedAnnotation) as error:
        raise SchemaError(root, error.message) from error
    return root.key, "serialization" if root.sent else "validation", adapter


def _blame(found: list[Root], error: PydanticUserError) -> SchemaError:
    """Find the root whose type the error is about."""
    for root in found:
        _, mode, adapter = _input(root)
        try:
            adapter.json_schema(mode=mode)
        except PydanticUserError as again:
            return SchemaError(root, again.message)
    return SchemaError(found[0], error.message)
