"""``manage.py centrifugo_token``: a connection token for trying things out."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from centrifugo_rpc.django.tokens import connection_token


class Command(BaseCommand):
    """Print a token."""

    help = "Print a connection token of a user, as the token view gives it."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the user."""
        parser.add_argument("user", help="the user's id")
        parser.add_argument("--ttl", type=float, metavar="SECONDS")

    def handle(self, *_: object, **options: Any) -> None:  # noqa: ANN401 -- Django's
        """Print it."""
        try:
            self.stdout.write(connection_token(options["user"], ttl_s=options["ttl"]))
        except ImproperlyConfigured as error:
            raise CommandError(str(error), returncode=2) from error
        except ValueError as error:
            raise CommandError(str(error)) from error
