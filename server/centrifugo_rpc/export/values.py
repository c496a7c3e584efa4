"""Finds what no document can hold: numbers and texts that are no JSON."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

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


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
