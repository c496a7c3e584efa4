"""``manage.py generate_centrifugo_clients``: typed clients for the installed handlers."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from centrifugo_rpc.django.conf import django_settings, worker_settings
from centrifugo_rpc.export.command import INVALID, documents
from centrifugo_rpc.router import MessageRouter
from centrifugo_rpc.target import TargetError, require_registered
from centrifugo_rpc.typeinfo import RegistrationError
from centrifugo_rpc.wsgen import WsgenError, add_arguments, find_wsgen, generate

WRONG_SETTINGS = 2
_SETTING = "CENTRIFUGO_RPC['WSGEN']"
_HOW_TO_NAME = 'CENTRIFUGO_RPC = {"WSGEN": "/path/to/wsgen"}'


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
        add_arguments(parser)

    def handle(self, *_: object, **options: Any) -> None:  # noqa: ANN401 -- Django's
        """Generate; exits with wsgen's code if that is not 0."""
        try:
            own, settings = django_settings(), worker_settings()
            wsgen = find_wsgen(own.wsgen, _SETTING, _HOW_TO_NAME)
            require_registered(
                MessageRouter.default,
                "no handlers: write them in rpc.py or handlers.py of an app in "
                "INSTALLED_APPS",
            )
            files = documents(MessageRouter.default, settings)
        except WsgenError as error:
            raise CommandError(str(error)) from error
        except ImproperlyConfigured as error:
            raise CommandError(str(error), returncode=WRONG_SETTINGS) from error
        except (TargetError, RegistrationError) as error:
            raise CommandError(str(error), returncode=INVALID) from error
        try:
            code = generate(wsgen, files, options)
        except OSError as error:
            raise CommandError(str(error)) from error
        if code:
            sys.exit(code)
