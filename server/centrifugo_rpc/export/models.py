"""The JSON Schema of everything that travels, as Pydantic writes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from pydantic import TypeAdapter
from pydantic.errors import PydanticUndefinedAnnotation, PydanticUserError

from centrifugo_rpc.blame import user_line

from .observed import Observed, Place
from .spec import Api, Key, Root, roots
from .values import written
from .writer import SchemaWriter

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic.json_schema import JsonSchemaMode
    from pydantic_core import CoreSchema

    from centrifugo_rpc.typeinfo import Source

    from .tracing import JsonObject
    from .yamltext import Json


class SchemaError(Exception):
    """A type has no JSON Schema."""

    def __init__(self, place: Place, problem: str, line: Source | None = None) -> None:
        """Say where it is, what is wrong, and which line of the user's has failed."""
        super().__init__(problem)
        self.place = place
        self.line = line


@dataclass(frozen=True)
class Exported:
    """Schemas of the roots, which refer to ``models.json``, and that file's value."""

    roots: Mapping[Key, Json]
    models: JsonObject
    observed: Observed


class _Inputs(list["tuple[Key, JsonSchemaMode, CoreSchema]"]):
    """What Pydantic takes one by one, more than once; the writer is told each time."""

    def __init__(self, found: list[Root], writer: SchemaWriter) -> None:
        super().__init__(map(_input, found))
        self.found = found
        self.writer = writer

    def __iter__(self) -> Iterator[tuple[Key, JsonSchemaMode, CoreSchema]]:
        for root, item in zip(self.found, super().__iter__(), strict=True):
            self.writer.begin(root)
            yield item


def export_models(api: Api) -> Exported:
    """Write the schemas of an API: params as they are read, the rest as it is sent."""
    observed = Observed()
    writer = SchemaWriter(observed)
    found = roots(api)
    observed.sent_roots += [root for root in found if root.sent]
    inputs = _Inputs(found, writer)
    try:
        schemas, definitions = writer.generate_definitions(inputs)
    except PydanticUserError as error:
        place = writer.place_of(error)
        raise SchemaError(place, error.message, user_line(error)) from error
    except Exception as error:
        problem = f"{type(error).__name__}: {error}"
        raise SchemaError(writer.place_of(error), problem, user_line(error)) from error
    return Exported(
        {key: outward(written(schema)) for (key, _), schema in schemas.items()},
        {"x-required": "always-sent", "$defs": written(definitions)},
        observed,
    )


def outward(value: Json) -> Json:
    """Point references to ``$defs`` at ``models.json``."""
    if isinstance(value, list):
        return [outward(item) for item in value]
    if not isinstance(value, dict):
        return value
    changed = {key: outward(item) for key, item in value.items()}
    if "$ref" in changed:
        changed["$ref"] = _moved(changed["$ref"])
    discriminator = changed.get("discriminator")
    if isinstance(discriminator, dict) and "mapping" in discriminator:
        mapping = cast("JsonObject", discriminator["mapping"])
        moved = {tag: _moved(ref) for tag, ref in mapping.items()}
        changed["discriminator"] = {**discriminator, "mapping": moved}
    return changed


def _moved(ref: Json) -> Json:
    if isinstance(ref, str) and ref.startswith("#/$defs/"):
        return f"models.json{ref}"
    return ref


def _input(root: Root) -> tuple[Key, JsonSchemaMode, CoreSchema]:
    try:
        adapter = TypeAdapter[Any](root.type)
        adapter.rebuild()
    except (PydanticUserError, PydanticUndefinedAnnotation) as error:
        raise SchemaError(Place(root), error.message) from error
    mode: JsonSchemaMode = "serialization" if root.sent else "validation"
    return root.key, mode, adapter.core_schema
