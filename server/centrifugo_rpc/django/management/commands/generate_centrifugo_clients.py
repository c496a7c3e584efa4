"""``manage.py generate_centrifugo_clients``: typed clients for the installed handlers."""

import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from centrifugo_rpc.django.conf import django_settings, worker_settings
from centrifugo_rpc.django.wsgen import WsgenError, find_wsgen
from centrifugo_rpc.export import MANIFEST, write
from centrifugo_rpc.export.command import documents
from centrifugo_rpc.router import MessageRouter
from centrifugo_rpc.target import TargetError
from centrifugo_rpc.typeinfo import RegistrationError

LANGUAGES = ("python", "typescript", "go")
WRONG_SETTINGS = 2
INVALID = 3


class Command(BaseCommand):
    """Export the handlers' documents and run wsgen on them."""

    help = (
        "Generate typed clients of the RPC methods in rpc.py and handlers.py of the "
        "installed apps. The exit code is that of wsgen: 0 done, 1 edited files, "
        "2 wrong usage, 3 invalid documents."
    )
    # It needs neither a database nor the secrets of a running site.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
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

    def handle(self, *_: object, **options: Any) -> None:  # noqa: ANN401 -- Django's
        """Generate; exits with wsgen's code if that is not 0."""
        try:
            own, settings = django_settings(), worker_settings()
            wsgen = find_wsgen(own.wsgen)
            files = documents(MessageRouter.default, settings)
        except WsgenError as error:
            raise CommandError(str(error)) from error
        except ImproperlyConfigured as error:
            raise CommandError(str(error), returncode=WRONG_SETTINGS) from error
        except (TargetError, RegistrationError) as error:
            raise CommandError(str(error), returncode=INVALID) from error
        flags = ("all", *LANGUAGES, "force")
        passed = [f"--{one}" for one in flags if options[one]]
        if options["output"]:
            passed += ["--output", str(options["output"])]
        if options["config"]:
            passed += ["--config", str(options["config"])]
        if options["documents"]:
            code = _run(wsgen, files, options["documents"], passed)
        else:
            with tempfile.TemporaryDirectory(prefix="centrifugo-rpc-") as folder:
                code = _run(wsgen, files, Path(folder), passed)
            if code:
                self.stderr.write("The documents are gone; --documents DIR keeps them.")
        if code:
            sys.exit(code)


def _run(wsgen: str, files: dict[str, str], folder: Path, passed: list[str]) -> int:
    """Write the documents and run wsgen, which prints for itself."""
    try:
        for name, text in files.items():
            write(folder / name, text)
    except OSError as error:
        raise CommandError(str(error)) from error
    command = [wsgen, "--asyncapi", str(folder / MANIFEST), *passed]
    sys.stdout.flush()
    return subprocess.run(command, check=False).returncode  # noqa: S603 -- checked
