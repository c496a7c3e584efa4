"""Pydantic's schema writer, which also knows where in the user's code it is."""

from __future__ import annotations

from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaWarningKind

from .observed import Note, Observed, Place

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from pydantic_core import core_schema

    from .spec import Root

JsonObject = dict[str, Any]


class TracingWriter(GenerateJsonSchema):
    """Writes what Pydantic writes, and notes problems with the place they are at."""

    def __init__(self, observed: Observed) -> None:
        """Add notes to ``observed``."""
        super().__init__()
        self.observed = observed
        self.place: Place
        self._names: dict[int, str] = {}
        self._errors: list[tuple[Exception, Place]] = []

    def begin(self, root: Root) -> None:
        """Say what the next schema is for."""
        self.place = Place(root)

    def place_of(self, error: Exception) -> Place:
        """Return where the writer was when it met the error that has ended it."""
        return next((place for one, place in self._errors if one is error), self.place)

    def note_class(self, text: str) -> None:
        """Note something about the class whose schema is written."""
        with self._at(self.place.owner):
            self.note(text)

    def note(self, text: str) -> None:
        """Note something about the class and the field whose schema is written."""
        _, owner, member = self.place
        name = ".".join(
            part for part in (getattr(owner, "__name__", ""), member) if part
        )
        # One line that every terminal can show, whatever a user's object says of itself.
        line = " ".join(f"{name}: {text}".removeprefix(": ").split())
        readable = line.encode("utf-8", "backslashreplace").decode()
        self.observed.notes.append(Note(self.place, readable))

    def emit_warning(self, kind: JsonSchemaWarningKind, detail: str) -> None:
        """Note what Pydantic would only warn about, without a place."""
        if self.render_warning_message(kind, detail) is not None:
            self.note(detail)

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonObject:
        """Write a model."""
        with self._at(schema["cls"]):
            return super().model_schema(schema)

    def model_fields_schema(self, schema: core_schema.ModelFieldsSchema) -> JsonObject:
        """Write the members of a model."""
        self._name(schema["fields"].items(), schema.get("computed_fields", []))
        return super().model_fields_schema(schema)

    def model_field_schema(self, schema: core_schema.ModelField) -> JsonObject:
        """Write a member of a model."""
        with self._at_member(schema):
            return super().model_field_schema(schema)

    def dataclass_schema(self, schema: core_schema.DataclassSchema) -> JsonObject:
        """Write a dataclass."""
        with self._at(schema["cls"]):
            return super().dataclass_schema(schema)

    def dataclass_args_schema(
        self, schema: core_schema.DataclassArgsSchema
    ) -> JsonObject:
        """Write the members of a dataclass."""
        fields = [(field["name"], field) for field in schema["fields"]]
        self._name(fields, schema.get("computed_fields", []))
        return super().dataclass_args_schema(schema)

    def dataclass_field_schema(self, schema: core_schema.DataclassField) -> JsonObject:
        """Write a member of a dataclass."""
        with self._at_member(schema):
            return super().dataclass_field_schema(schema)

    def typed_dict_schema(self, schema: core_schema.TypedDictSchema) -> JsonObject:
        """Write a typed dict."""
        self._name(schema["fields"].items(), schema.get("computed_fields", []))
        with self._at(schema.get("cls")):
            return super().typed_dict_schema(schema)

    def typed_dict_field_schema(self, schema: core_schema.TypedDictField) -> JsonObject:
        """Write a member of a typed dict."""
        with self._at_member(schema):
            return super().typed_dict_field_schema(schema)

    def computed_field_schema(self, schema: core_schema.ComputedField) -> JsonObject:
        """Write a member that is computed."""
        with self._at_member(schema):
            return super().computed_field_schema(schema)

    def named_tuple_schema(self, schema: core_schema.NamedTupleSchema) -> JsonObject:
        """Write a named tuple."""
        with self._at(schema["cls"]):
            return super().named_tuple_schema(schema)

    def enum_schema(self, schema: core_schema.EnumSchema) -> JsonObject:
        """Write an enum."""
        with self._at(schema["cls"]):
            return super().enum_schema(schema)

    def _name(
        self,
        fields: Iterable[tuple[str, Any]],
        computed: Iterable[core_schema.ComputedField],
    ) -> None:
        """Remember the names of fields: their own schemas do not hold them."""
        self._names.update((id(field), name) for name, field in fields)
        self._names.update((id(field), field["property_name"]) for field in computed)

    def _at_member(self, schema: object) -> AbstractContextManager[None]:
        return self._at(self.place.owner, self._names.get(id(schema), ""))

    @contextmanager
    def _at(self, owner: type | None, member: str = "") -> Generator[None, None, None]:
        before = self.place
        self.place = Place(before.root, owner, member)
        if owner is not None:
            self.observed.owners.setdefault(owner, before.root)
        try:
            yield
        except Exception as error:
            if all(one is not error for one, _ in self._errors):
                self._errors.append((error, self.place))
            raise
        finally:
            self.place = before
