"""Tokens for the users of a Django project."""

from collections.abc import Sequence
from typing import Protocol

from django.core.exceptions import ImproperlyConfigured

from centrifugo_rpc import endpoints, tokens
from centrifugo_rpc.settings import SettingsError

from .conf import django_settings, worker_settings


class User(Protocol):
    """A user of ``django.contrib.auth``, or of its kind."""

    @property
    def pk(self) -> object:
        """The id."""
        ...


def user_id(user: User | str) -> str:
    """Return a user's id for Centrifugo; ``ValueError`` if it has none or cannot have one."""
    name = user if isinstance(user, str) else str(user.pk or "")
    return tokens.user_id(name)


def connection_token(
    user: User | str,
    *,
    ttl_s: float | None = None,
    channels: Sequence[str] | None = None,
    info: object = None,
) -> str:
    """Return a token with which a user connects to Centrifugo.

    It subscribes the user to ``channels``: to the reply channel, if nothing else is
    said, unless each connection has a reply channel of its own. Handlers see ``info``,
    which is JSON, as ``conn.info``.
    """
    name, settings = user_id(user), worker_settings()
    ttl_s = django_settings().token_ttl_s if ttl_s is None else ttl_s
    try:
        return endpoints.connection_token(
            settings, name, channels=channels, ttl_s=ttl_s, info=info
        )
    except SettingsError as error:
        raise ImproperlyConfigured(str(error)) from error


def subscription_token(
    user: User | str, channel: str, *, ttl_s: float | None = None
) -> str:
    """Return a token with which a user may subscribe to a channel.

    Ask first whether this user may: the view ``subscription_token`` does.
    """
    ttl_s = django_settings().token_ttl_s if ttl_s is None else ttl_s
    try:
        return tokens.subscription_token(
            worker_settings(), user_id(user), channel, ttl_s=ttl_s
        )
    except SettingsError as error:
        raise ImproperlyConfigured(str(error)) from error
