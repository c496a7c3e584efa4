"""The command line: ``python -m centrifugo_rpc``."""

from __future__ import annotations

import argparse
import sys

from . import generate, serve
from .export import command as export_command


def main(arguments: list[str] | None = None) -> int:
    """Run a command; the result is the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m centrifugo_rpc",
        description="Export the documents of an API, generate its clients, or serve it.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    export_command.add_parser(commands)
    generate.add_parser(commands)
    serve.add_parser(commands)
    parsed = parser.parse_args(arguments)
    code: int = parsed.run(parsed)
    return code


if __name__ == "__main__":
    sys.exit(main())
