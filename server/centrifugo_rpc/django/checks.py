"""System checks: what is wrong before the first request comes."""

from django.conf import settings
from django.core import mail
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 -- Django's
from django.core.exceptions import ImproperlyConfigured
from django.urls import NoReverseMatch, reverse

from centrifugo_rpc.settings import Settings, SettingsError

from .conf import check_one_store, django_settings, worker_settings

_NOT_SHARED = (".LocMemCache", ".FileBasedCache", ".DummyCache")


def check_settings(**_: object) -> list[CheckMessage]:
    """Look at the settings, and whether the proxies have their secret."""
    try:
        own, ours = django_settings(), worker_settings()
        check_one_store(own, ours)
    except ImproperlyConfigured as error:
        return [Error(str(error), id="centrifugo_rpc.E001")]
    found = _check_cache(own.dedupe_cache)
    if _serves_proxies():
        found += _check_secret(ours)
    return found


def _check_secret(ours: Settings) -> list[CheckMessage]:
    try:
        ours.require_proxy_secret()
    except SettingsError as error:
        # Development with runrpc needs no proxies; they refuse everything without a secret.
        # Django's test runner, which gives mail an outbox, turns DEBUG off.
        if settings.DEBUG or hasattr(mail, "outbox"):
            return [Warning(str(error), id="centrifugo_rpc.W001")]
        return [Error(str(error), id="centrifugo_rpc.E002")]
    return []


def _check_cache(alias: str) -> list[CheckMessage]:
    if not alias:
        return []
    what = f"CENTRIFUGO_RPC['DEDUPE_CACHE'] is {alias!r}"
    if alias not in settings.CACHES:
        return [Error(f"{what}: CACHES has no such cache", id="centrifugo_rpc.E003")]
    if str(settings.CACHES[alias].get("BACKEND")).endswith(_NOT_SHARED):
        text = f"{what}: processes cannot claim requests in a cache of its kind"
        hint = "Name one that they share, such as Redis; for one process, leave it out."
        return [Warning(text, hint=hint, id="centrifugo_rpc.W002")]
    return []


def _serves_proxies() -> bool:
    # A project that only runs workers need not have URLs.
    if not hasattr(settings, "ROOT_URLCONF"):
        return False
    try:
        reverse("centrifugo_rpc:publish")
    except NoReverseMatch:
        return False
    return True
