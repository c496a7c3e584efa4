"""Writes the documents that clients are generated from."""

from __future__ import annotations

import difflib
import json
from typing import TYPE_CHECKING

from . import yamltext
from .manifest import document
from .models import Exported, export_models

if TYPE_CHECKING:
    from pathlib import Path

    from .spec import Api

MANIFEST = "api.yaml"
MODELS = "models.json"


def export(api: Api) -> tuple[dict[str, str], Exported]:
    """Return the text of each file, and what it was made of."""
    exported = export_models(api)
    files = {
        MODELS: json_text(exported.models),
        MANIFEST: yamltext.dump(document(api, exported.roots)),
    }
    return files, exported


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
