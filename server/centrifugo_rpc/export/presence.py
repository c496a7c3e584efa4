"""Says in ``required`` which members a result always carries.

Workers dump results with all that is in them, so a default does not make a member
optional, but ``exclude_if``, ``MISSING`` and serializers of whole classes do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from centrifugo_rpc.typeinfo import kinds_of

from .observed import Observed, Place
from .tracing import JsonObject, TracingWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pydantic.json_schema import JsonSchemaMode
    from pydantic_core import core_schema


class PresenceWriter(TracingWriter):
    """Writes ``required``: of params as Pydantic does, of the rest what is always sent."""

    def __init__(self, observed: Observed) -> None:
        """Add notes to ``observed``."""
        super().__init__(observed)
        self._by_ref: dict[str, Any] = {}

    @property
    def mode(self) -> JsonSchemaMode:
        """Whether values are read or sent, whatever a class says about its schema."""
        return self._mode

    def definitions_schema(self, schema: core_schema.DefinitionsSchema) -> JsonObject:
        """Remember what references lead to."""
        self._by_ref |= {
            item["ref"]: item for item in schema["definitions"] if "ref" in item
        }
        return super().definitions_schema(schema)

    def field_is_present(self, field: Any) -> bool:  # noqa: ANN401 -- of any kind
        """Leave what only the constructor takes out of results."""
        sent = self.mode == "serialization"
        return not (sent and field.get("init_only")) and super().field_is_present(field)

    def field_is_required(
        self,
        field: core_schema.ModelField
        | core_schema.DataclassField
        | core_schema.TypedDictField,
        total: bool,  # noqa: FBT001 -- as Pydantic declares it
    ) -> bool:
        """Tell whether params must have a member, or results always have it."""
        if self.mode == "validation":
            return super().field_is_required(field, total)
        if field["type"] == "typed-dict-field" and not field.get("required", total):
            return False
        return self._always(field, field["schema"])

    def model_fields_schema(self, schema: core_schema.ModelFieldsSchema) -> JsonObject:
        """Look at the computed members, too."""
        written = super().model_fields_schema(schema)
        return self._checked(written, schema.get("computed_fields", ()))

    def dataclass_args_schema(
        self, schema: core_schema.DataclassArgsSchema
    ) -> JsonObject:
        """Look at the computed members, too."""
        written = super().dataclass_args_schema(schema)
        return self._checked(written, schema.get("computed_fields", ()))

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonObject:
        """Look at the serializer of the whole model, too."""
        return self._doubted(super().model_schema(schema), schema)

    def dataclass_schema(self, schema: core_schema.DataclassSchema) -> JsonObject:
        """Look at the serializer of the whole dataclass, too."""
        return self._doubted(super().dataclass_schema(schema), schema)

    def _always(self, field: Any, schema: object) -> bool:  # noqa: ANN401 -- the same
        if field.get("serialization_exclude_if") is not None:
            return False
        return "missing-sentinel" not in kinds_of(schema, self._by_ref)

    def _checked(
        self, written: JsonObject, computed: Iterable[core_schema.ComputedField]
    ) -> JsonObject:
        doubtful = {
            field.get("alias", field["property_name"])
            for field in computed
            if not self._always(field, field["return_schema"])
        }
        return _without(written, doubtful) if doubtful else written

    def _doubted(self, written: JsonObject, schema: Any) -> JsonObject:  # noqa: ANN401
        """Promise nothing if a function may leave out any member."""
        function = undescribed(schema.get("serialization", {}))
        if self.mode == "validation" or function is None:
            return written
        place = Place(self.place.root, schema["cls"])
        self.observed.class_serializers.setdefault(function, place)
        return _without(written, written.get("required", ()))


def undescribed(serialization: Any) -> Callable[..., Any] | None:  # noqa: ANN401
    """Return the function of a user's serializer that does not say what it returns."""
    match serialization:
        case {"type": "function-plain" | "function-wrap", "function": function}:
            module: str = getattr(function, "__module__", None) or ""
            told = serialization.get("return_schema") is not None
            return None if told or module.partition(".")[0] == "pydantic" else function
        case _:
            return None


def _without(written: JsonObject, members: Iterable[str]) -> JsonObject:
    """Take members out of ``required``."""
    required = [name for name in written.pop("required", ()) if name not in members]
    return written | {"required": required} if required else written
