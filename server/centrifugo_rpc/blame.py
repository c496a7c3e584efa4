"""Tells the user's files from those of libraries, and finds the line of an error."""

from __future__ import annotations

import sysconfig
import traceback
from pathlib import Path

from .typeinfo import Source

_PACKAGE = Path(__file__).parent
_PYTHON = {Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")}
_INSTALLED = {"site-packages", "dist-packages"}


def is_library(file: str) -> bool:
    """Whether a file is Python's, our own, or one that a package manager installed."""
    path = Path(file)
    folders = set(path.parents)
    if not path.is_file() or folders & {_PACKAGE, *_PYTHON}:  # "<string>" is not a file
        return True
    return bool(_INSTALLED & set(path.parts)) or any(map(_has_metadata, folders))


def _has_metadata(folder: Path) -> bool:
    """Whether ``pip install --target`` has filled a folder."""
    return any(folder.glob("*.dist-info"))


def user_line(error: BaseException, package: str = "") -> Source | None:
    """Return the last line of a traceback that is the user's, if there is one.

    A package that the user has named is the user's, wherever it is installed.
    """
    if isinstance(error, SyntaxError) and error.filename:
        place = Source(error.filename, error.lineno or 0)
        if not is_library(place.file):
            return place
    found: Source | None = None
    for frame, line in traceback.walk_tb(error.__traceback__):
        file = frame.f_code.co_filename
        module: str = frame.f_globals.get("__name__", "")
        named = bool(package) and module.partition(".")[0] == package
        if (named and Path(file).is_file()) or not is_library(file):
            found = Source(file, line)
    return found
