"""``python -m centrifugo_rpc export``."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from centrifugo_rpc.settings import Settings, SettingsError
from centrifugo_rpc.target import TargetError, load_router
from centrifugo_rpc.typeinfo import RegistrationError, RPCWarning, Source

from . import ValueProblem, diff, export, write
from .advice import advice, place_in, place_in_code
from .clashes import clashes
from .describe import describe
from .models import SchemaError

if TYPE_CHECKING:
    import argparse

    from centrifugo_rpc.router import MessageRouter

DRIFT = 1
INVALID = 3


def add_parser(
    # argparse has no public name for it.
    commands: argparse._SubParsersAction[argparse.ArgumentParser],  # pyright: ignore[reportPrivateUsage]
) -> None:
    """Add the command to a command line."""
    parser = commands.add_parser(
        "export",
        help="write api.yaml and models.json",
        description="Write the documents that wsgen generates clients from: api.yaml "
        "(AsyncAPI) and models.json (JSON Schema). The channels are those of the worker: "
        "RPC_WORKER_REQUESTS_CHANNEL and RPC_WORKER_REPLY_CHANNEL, or "
        "rpc.requests and user#{user_id}.",
    )
    add_targets(parser)
    parser.add_argument("-o", "--output", type=Path, default=Path(), metavar="DIR")
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; exit 1 with a diff if a file is not up to date",
    )
    parser.set_defaults(run=run)


def add_targets(parser: argparse.ArgumentParser) -> None:
    """Take what ``documents_of`` reads."""
    parser.add_argument(
        "targets",
        nargs="+",
        metavar="MODULE",
        help="module with handlers, or module:router",
    )
    parser.add_argument("--title", help="title of the API")
    parser.add_argument("--version", help="version of the API")


def run(arguments: argparse.Namespace) -> int:
    """Export; the result is the exit code."""
    try:
        files = documents_of(arguments)
    except (TargetError, RegistrationError, SettingsError) as error:
        sys.stderr.write(f"error: {error}\n")
        return INVALID
    folder: Path = arguments.output
    if arguments.check:
        diffs = [diff(folder / name, text, name) for name, text in files.items()]
        sys.stdout.write("".join(diffs))
        return DRIFT if any(diffs) else 0
    return _write(folder, files)


def documents_of(arguments: argparse.Namespace) -> dict[str, str]:
    """Import the modules of a command line and return the text of each file."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", RPCWarning)
        warnings.showwarning = _show_warning
        router = load_router(arguments.targets)
    router.title = arguments.title or router.title
    router.version = arguments.version or router.version
    return documents(router, Settings.from_env())


def _write(folder: Path, files: dict[str, str]) -> int:
    for name, text in files.items():
        path = folder / name
        try:
            changed = write(path, text)
        except OSError as error:
            sys.stderr.write(f"error: {path}: {error.strerror}\n")
            return DRIFT
        sys.stdout.write(f"{path}: {'written' if changed else 'up to date'}\n")
    return 0


def documents(router: MessageRouter, settings: Settings) -> dict[str, str]:
    """Return the text of each file, and show warnings; ``TargetError`` if it fails."""
    if settings.require_permission:
        router.check_permissions()
    api = describe(
        router, requests=settings.requests_channel, reply=settings.reply_channel
    )
    try:
        files, exported = export(api)
    except SchemaError as error:
        root = error.place.root
        place = error.line or place_in_code(router.registry, error.place)
        message = f"{place}: {root.name}: the {root.role} has no JSON Schema: {error}"
        raise TargetError(message) from error
    except ValueProblem as error:
        place = place_in(router.registry, error.observed, error.path)
        message = f"{place}: {error}"
        raise TargetError(message) from error
    known = router.registry, exported.observed
    found = advice(*known) + clashes(*known)
    for source, text in sorted(found):
        sys.stderr.write(f"{source}: warning: {text}\n")
    return files


def _show_warning(  # noqa: PLR0913, PLR0917 -- the signature of warnings.showwarning
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Show our warnings in the form of the others, and Python's in its own."""
    if issubclass(category, RPCWarning):
        text = f"{Source(filename, lineno)}: warning: {message}\n"
    else:
        text = warnings.formatwarning(message, category, filename, lineno, line)
    (file or sys.stderr).write(text)
