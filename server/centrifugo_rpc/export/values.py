"""Makes JSON of schemas, and finds what no document can hold: what is no JSON."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, cast

from pydantic_core import to_jsonable_python

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .yamltext import Json

Path = tuple[str, ...]


def unwritable(value: Json, path: Path = ()) -> Iterator[tuple[Path, object]]:
    """List what cannot be written: NaN, infinity, and half of a character."""
    match value:
        case str() if not _is_text(value):
            yield path, value
        case float() if not math.isfinite(value):
            yield path, value
        case str():
            return
        case dict():
            for key, item in value.items():
                yield from unwritable(key, path)
                yield from unwritable(item, (*path, key))
        case list():
            for number, item in enumerate(value):
                yield from unwritable(item, (*path, str(number)))
        case _:
            return


def written(value: Any) -> Any:  # noqa: ANN401 -- any JSON
    """Return a schema as JSON: users put what they like into titles and extras.

    A title of django-ninja is a text that Django translates when it is shown.
    """
    if isinstance(value, dict):
        members = cast("dict[object, object]", value)
        return {_name(key): written(item) for key, item in members.items()}
    if isinstance(value, list | tuple):
        return [written(item) for item in cast("list[Any]", value)]
    if isinstance(value, str | int | float | None):
        return value
    return to_jsonable_python(value, fallback=str)


def _name(key: object) -> str:
    return key if isinstance(key, str) else str(written(key))


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
