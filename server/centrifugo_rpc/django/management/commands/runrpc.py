"""``manage.py runrpc``: the worker for development."""

import logging
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from centrifugo_rpc import logs
from centrifugo_rpc.django.conf import worker_settings
from centrifugo_rpc.router import MessageRouter
from centrifugo_rpc.serve import add_options, serve_last, with_options
from centrifugo_rpc.settings import SettingsError


class Command(BaseCommand):
    """Answer requests, in one process."""

    help = (
        "Connect to Centrifugo and answer the requests of all clients, for "
        "development: it must be the only worker. In production Centrifugo's proxies "
        "call the views of centrifugo_rpc.django.urls."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what may differ between two runs."""
        add_options(parser)

    def handle(self, *_: object, **options: Any) -> None:  # noqa: ANN401 -- Django's
        """Serve until SIGTERM or SIGINT."""
        try:
            settings = with_options(worker_settings(), options)
        except (ImproperlyConfigured, SettingsError) as error:
            raise CommandError(str(error), returncode=2) from error
        router = MessageRouter.default
        if not router.registry.handlers:
            message = (
                "there are no handlers: decorate them with @websocket_rpc in rpc.py "
                "or handlers.py of an installed app"
            )
            raise CommandError(message)
        # A project that sets up the root logger keeps what it has.
        if not logging.getLogger().handlers:
            logs.configure(settings.log_level, settings.log_format)
        code = serve_last(router, settings)
        if code:
            sys.exit(code)
