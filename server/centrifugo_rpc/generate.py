"""``python -m centrifugo_rpc generate``: handlers to clients in one step."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from .export.command import INVALID, add_targets, documents_of
from .settings import SettingsError
from .target import TargetError
from .typeinfo import RegistrationError
from .wsgen import WsgenError, add_arguments, find_wsgen, generate

if TYPE_CHECKING:
    import argparse

FAILED = 1


def add_parser(
    # argparse has no public name for it.
    commands: argparse._SubParsersAction[argparse.ArgumentParser],  # pyright: ignore[reportPrivateUsage]
) -> None:
    """Add the command to a command line."""
    parser = commands.add_parser(
        "generate",
        help="export the documents and run wsgen on them",
        description="Generate typed clients of the handlers in these modules: export "
        "the documents, as the command export does, and run wsgen on them. The exit "
        "code is that of wsgen: 0 done, 1 edited files, 2 wrong usage, 3 invalid "
        "documents.",
    )
    add_targets(parser)
    add_arguments(parser)
    parser.add_argument(
        "--wsgen",
        metavar="FILE",
        help="the wsgen command (default: beside Python, or on the PATH)",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Generate; the result is the exit code."""
    try:
        wsgen = find_wsgen(arguments.wsgen or "", "--wsgen", "--wsgen /path/to/wsgen")
        return generate(wsgen, documents_of(arguments), vars(arguments))
    except (WsgenError, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        return FAILED
    except (TargetError, RegistrationError, SettingsError) as error:
        sys.stderr.write(f"error: {error}\n")
        return INVALID
