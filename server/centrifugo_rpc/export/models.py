"""The JSON Schema of everything that travels, as Pydantic writes it."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter
from pydantic.errors import PydanticUndefinedAnnotation, PydanticUserError
from pydantic.json_schema import JsonSchemaMode, PydanticJsonSchemaWarning

from .observed import Observed
from .spec import Api, Key, Root, roots
from .writer import JsonObject, SchemaWriter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .yamltext import Json


class SchemaError(Exception):
    """A type has no JSON Schema."""

    def __init__(self, root: Root, problem: str) -> None:
        """Say which root it is, and what Pydantic says."""
        super().__init__(problem)
        self.root = root


@dataclass(frozen=True)
class Exported:
    """Schemas of the roots, which refer to ``models.json``, and that file's value."""

    roots: Mapping[Key, Json]
    models: JsonObject
    observed: Observed


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
