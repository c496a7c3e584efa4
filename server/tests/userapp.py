"""A user's module that is exported in the test's own process."""

from __future__ import annotations

import itertools
import json
import sys
from dataclasses import dataclass
from textwrap import dedent
from typing import TYPE_CHECKING, Any

from centrifugo_rpc.export.command import documents
from centrifugo_rpc.settings import Settings
from centrifugo_rpc.target import load_router

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    import pytest

_count = itertools.count()


@dataclass(frozen=True)
class Exported:
    """What became of the module."""

    name: str
    module: ModuleType
    models: dict[str, Any]
    warnings: list[str]
    """Lines of standard error, with the name of the module's file as ``app.py``."""

    def model(self, name: str) -> dict[str, Any]:
        definition: dict[str, Any] = self.models["$defs"][name]
        return definition

    def member(self, model: str, name: str) -> dict[str, Any]:
        schema: dict[str, Any] = self.model(model)["properties"][name]
        return schema


class UserApp:
    """Writes a module with a ``router`` into a folder, and exports it."""

    def __init__(
        self,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        self.folder = folder
        self.capsys = capsys
        monkeypatch.chdir(folder)
        monkeypatch.syspath_prepend(folder)

    def export(self, text: str) -> Exported:
        # Modules of one name would be the same module to Python.
        name = f"user_app_{next(_count)}"
        path = self.folder / f"{name}.py"
        path.write_text(dedent(text).lstrip("\n"), encoding="utf-8")
        files = documents(load_router([f"{name}:router"]), Settings())
        err = self.capsys.readouterr().err.replace(name, "app")
        return Exported(
            name, sys.modules[name], json.loads(files["models.json"]), err.splitlines()
        )
