"""Errors of the user's modules are shown at the user's own line."""

from __future__ import annotations

import re
import sys
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest
from centrifugo_rpc.target import TargetError, load_function, load_router

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a folder in which modules are found, as in ``python -m``."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(folder)
    known = set(sys.modules)
    yield folder
    for name in set(sys.modules) - known:
        del sys.modules[name]


@pytest.fixture
def installed(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of installed libraries, inside of the project as often."""
    folder = project / ".venv" / "lib" / "python3" / "site-packages"
    folder.mkdir(parents=True)
    monkeypatch.syspath_prepend(folder)
    return folder


def write(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(dedent(text), encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            """
            import threading
            from pydantic import BaseModel

            class Basket(BaseModel):
                id: int
                lock: threading.Lock
            """,
            "shop_app.py:5: PydanticSchemaGenerationError: Unable to generate",
        ),
        (
            """
            from pydantic import BaseModel, Field

            class Basket(BaseModel):
                items: list[int] = Field(default=[], default_factory=list)
            """,
            "shop_app.py:5: TypeError: cannot specify both default and default_factory",
        ),
        (
            """
            import re
            SKU = re.compile("([A-Z]")
            """,
            r"shop_app.py:3: (error|PatternError): missing \), unterminated subpattern",
        ),
        (
            """
            from dataclasses import dataclass
            from functools import cached_property

            @dataclass
            class Good:
                id: int

            Good()
            """,
            r"shop_app.py:9: TypeError: .*missing 1 required positional argument: 'id'",
        ),
        (
            """
            import ast
            ast.parse("x = (")
            """,
            "shop_app.py:3: SyntaxError: ",
        ),
        (
            """
            from unittest.mock import Mock
            price = Mock(side_effect=lambda: 1 / 0)
            price()
            """,
            "shop_app.py:3: ZeroDivisionError: division by zero",
        ),
    ],
)
def test_an_error_in_a_library_is_shown_where_it_was_called(
    project: Path, text: str, message: str
) -> None:
    write(project, "shop_app.py", text)
    with pytest.raises(TargetError) as caught:
        load_router(["shop_app"])
    assert re.match(message, str(caught.value)), caught.value


@pytest.mark.parametrize(
    ("library", "message"),
    [
        ("raise RuntimeError('no settings')", "RuntimeError: no settings"),
        ("import shop_missing", "ModuleNotFoundError: No module named 'shop_missing'"),
        ("x = (", "SyntaxError: "),
    ],
)
def test_a_library_that_cannot_be_imported_is_shown_where_it_is_imported(
    project: Path, installed: Path, library: str, message: str
) -> None:
    write(installed, "shop_library.py", library)
    write(project, "shop_models.py", "\n\nimport shop_library\n")
    write(project, "shop_app.py", "\nimport shop_models\n")
    with pytest.raises(TargetError) as caught:
        load_function("shop_app:call")
    assert str(caught.value).startswith(f"shop_models.py:3: {message}")


def test_a_library_without_metadata_beside_it_is_one_by_its_folder(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`pip install --target` makes such folders; they are called anything."""
    vendored = tmp_path / "vendored"
    write(vendored, "shop_library.py", "def fail():\n    raise RuntimeError('no')\n")
    (vendored / "shop_library-1.0.dist-info").mkdir()
    monkeypatch.syspath_prepend(vendored)
    write(project, "shop_app.py", "import shop_library\nshop_library.fail()\n")
    with pytest.raises(TargetError, match=r"^shop_app\.py:2: RuntimeError: no$"):
        load_router(["shop_app"])


def test_a_project_that_is_installed_itself_is_still_the_users(
    installed: Path,
) -> None:
    write(installed, "shop/__init__.py", "")
    write(installed, "shop/handlers.py", "\nimport shop.models\n")
    write(installed, "shop/models.py", "\n\nimport re\nre.compile('(')\n")
    with pytest.raises(TargetError, match=r"site-packages.shop.models\.py:4: "):
        load_router(["shop.handlers"])


def test_a_syntax_error_is_shown_in_the_file_that_has_it(project: Path) -> None:
    write(project, "shop_models.py", "\n\nx = (\n")
    write(project, "shop_app.py", "import shop_models\n")
    with pytest.raises(TargetError, match=r"^shop_models\.py:3: SyntaxError: "):
        load_router(["shop_app"])
