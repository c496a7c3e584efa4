"""Finds the ``wsgen`` command, and runs it on the documents of this process."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .export import MANIFEST, write

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

LANGUAGES = ("python", "typescript", "go")

_VERSION = re.compile(r"wsgen v?\d+\.\S+( \(.*\))?")
_TIMEOUT_S = 30

_HOW = """\
Build it once, with Go 1.25 or newer, in a checkout of wsgen:
    go build -o wsgen ./cmd/wsgen
and put it on the PATH, or name it: {0}"""


class WsgenError(Exception):
    """wsgen cannot be run; the message says what to do."""


def find_wsgen(named: str, what: str, how_to_name: str) -> str:
    """Return the path of wsgen: the one that is named, else the environment's.

    ``what`` has named it, ``how_to_name`` is what users write to do so.
    """
    how = _HOW.format(how_to_name)
    if named:
        path = shutil.which(named)
        if path is None:
            message = f"{what} is {named!r}: there is no such command"
            raise WsgenError(message)
    else:
        # A wheel installs it beside Python, which need not be on the PATH.
        beside = shutil.which("wsgen", path=sysconfig.get_path("scripts"))
        path = beside or shutil.which("wsgen")
        if path is None:
            message = f"cannot find wsgen, which generates the clients.\n{how}"
            raise WsgenError(message)
    _check(path, how)
    return path


def _check(path: str, how: str) -> None:
    """Refuse another program of that name, such as the one of JAX-WS."""
    try:
        done = subprocess.run(  # noqa: S603 -- it was asked for
            [path, "--version"],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        message = f"{path} cannot be run: {error}"
        raise WsgenError(message) from error
    said = done.stdout.decode(errors="replace").strip()
    if not _VERSION.fullmatch(said):
        first = (said or done.stderr.decode(errors="replace").strip()).partition("\n")[
            0
        ]
        message = (
            f"{path} is another program: its --version says {first[:100]!r}, "
            f"not 'wsgen 1.2.3'.\n{how}"
        )
        raise WsgenError(message)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Take wsgen's names."""
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="DIR",
        help="where the packages go (default: as wsgen.yaml says, or ./opensdk)",
    )
    parser.add_argument(
        "--all", action="store_true", help="every language, as without any"
    )
    for language in LANGUAGES:
        parser.add_argument(f"--{language}", action="store_true")
    parser.add_argument(
        "--documents",
        type=Path,
        metavar="DIR",
        help="keep api.yaml and models.json there",
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="overwrite files that were edited or are not wsgen's",
    )
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="settings of wsgen (default: wsgen.yaml, if there is one)",
    )


def generate(wsgen: str, files: dict[str, str], options: Mapping[str, Any]) -> int:
    """Write the documents and run wsgen, which prints for itself; return its exit code.

    ``OSError`` if the documents cannot be written.
    """
    flags = ("all", *LANGUAGES, "force")
    passed = [f"--{one}" for one in flags if options[one]]
    for name in ("output", "config"):
        if options[name]:
            passed += [f"--{name}", str(options[name])]
    if options["documents"]:
        return _run(wsgen, files, options["documents"], passed)
    with tempfile.TemporaryDirectory(prefix="centrifugo-rpc-") as folder:
        code = _run(wsgen, files, Path(folder), passed)
    if code:
        sys.stderr.write("The documents are gone; --documents DIR keeps them.\n")
    return code


def _run(wsgen: str, files: dict[str, str], folder: Path, passed: list[str]) -> int:
    for name, text in files.items():
        write(folder / name, text)
    command = [wsgen, "--asyncapi", str(folder / MANIFEST), *passed]
    sys.stdout.flush()
    return subprocess.run(command, check=False).returncode  # noqa: S603 -- checked
