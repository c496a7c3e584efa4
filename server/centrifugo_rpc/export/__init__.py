"""Writes the documents that clients are generated from."""

from __future__ import annotations

import difflib
import json
from typing import TYPE_CHECKING

from . import yamltext
from .manifest import document
from .models import Exported, export_models
from .values import unwritable

if TYPE_CHECKING:
    from pathlib import Path

    from .observed import Observed
    from .spec import Api

MANIFEST = "api.yaml"
MODELS = "models.json"


def export(api: Api) -> tuple[dict[str, str], Exported]:
    """Return the text of each file, and what it was made of."""
    exported = export_models(api)
    manifest = document(api, exported.roots)
    for path, value in unwritable([exported.models, manifest]):
        raise ValueProblem(path[1:], value, exported.observed)
    files = {MODELS: json_text(exported.models), MANIFEST: yamltext.dump(manifest)}
    return files, exported


class ValueProblem(Exception):
    """A document cannot hold a value."""

    def __init__(
        self, path: tuple[str, ...], value: object, observed: Observed
    ) -> None:
        """Say where it would be, and what it is."""
        what = f"{'/'.join(path)} is {repr(value)[:100]}"
        super().__init__(f"{what}, which cannot be written as JSON")
        self.path = path
        self.observed = observed


def json_text(value: object) -> str:
    """Write JSON as it is committed."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def write(path: Path, text: str) -> bool:
    """Write a file if that changes it, and tell whether it does."""
    if read(path) == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    return True


def diff(path: Path, text: str, name: str) -> str:
    """Return a unified diff from a file to a text; empty if they are equal."""
    lines = difflib.unified_diff(
        read(path).splitlines(keepends=True),
        text.splitlines(keepends=True),
        f"{name} (committed)",
        f"{name} (exported)",
    )
    return "".join(lines)


def read(path: Path) -> str:
    """Read a file as it is, line ends included; empty if there is none."""
    if not path.exists():
        return ""
    return path.read_bytes().decode("utf-8", errors="replace")
