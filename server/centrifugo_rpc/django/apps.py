"""The app: finds the handlers of the installed apps."""

from django.apps import AppConfig
from django.core import checks
from django.utils.module_loading import autodiscover_modules

from centrifugo_rpc.router import MessageRouter

from .calls import CallThread, in_thread_of_call
from .checks import check_settings
from .conf import django_settings
from .runtime import EventPublisher

HANDLER_MODULES = ("rpc", "handlers")


class CentrifugoRPCConfig(AppConfig):
    """``centrifugo_rpc.django`` in ``INSTALLED_APPS``."""

    name = "centrifugo_rpc.django"
    label = "centrifugo_rpc"
    verbose_name = "Centrifugo RPC"

    def ready(self) -> None:
        """Import ``rpc.py`` and ``handlers.py`` of every installed app."""
        router = MessageRouter.default
        router.surroundings = CallThread
        router.in_thread = in_thread_of_call
        router.publisher = EventPublisher()
        checks.register(check_settings, "centrifugo_rpc")
        autodiscover_modules(*HANDLER_MODULES)
        router.check()
        own = django_settings()
        router.title = own.title or router.title
        router.version = own.version or router.version
