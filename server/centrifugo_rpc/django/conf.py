"""Settings of a Django project: the dict ``CENTRIFUGO_RPC``.

Its keys are the environment's names without ``CENTRIFUGO_RPC_``, and come before the
environment; ``centrifugo_rpc.settings`` explains them. The ones below are Django's own.
"""

import difflib
import os
from dataclasses import dataclass, fields
from typing import cast

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from centrifugo_rpc.settings import PREFIX, Settings, SettingsError

NAME = "CENTRIFUGO_RPC"


@dataclass(frozen=True)
class DjangoSettings:
    """What only the Django app needs to know."""

    title: str = ""
    """Title of the exported API."""
    version: str = ""
    """Its version."""
    wsgen: str = ""
    """Path of the ``wsgen`` command; found in the environment if it is empty."""
    dedupe_cache: str = ""
    """Name of the cache in which workers share replies for retries."""
    token_ttl_s: float = 3600.0
    """How long the tokens of ``connection_token`` are good."""


def django_settings() -> DjangoSettings:
    """Return the Django app's own settings."""
    own = {one.name for one in fields(DjangoSettings)}
    values = _values()
    return DjangoSettings(
        **{name: value for name, value in values.items() if name in own}  # type: ignore[arg-type]  # as the project gives them
    )


def worker_settings() -> Settings:
    """Return the worker's settings."""
    known = {one.name for one in fields(Settings)}
    given = {
        PREFIX + name.upper(): str(value)
        for name, value in _values().items()
        if name in known
    }
    try:
        return Settings.from_env({**os.environ, **given})
    except SettingsError as error:
        raise ImproperlyConfigured(str(error)) from error


def _values() -> dict[str, object]:
    """Return the project's dict by field names; refuse what is none."""
    value: object = getattr(settings, NAME, {})
    if not isinstance(value, dict):
        message = f"{NAME} must be a dict"
        raise ImproperlyConfigured(message)
    given = cast("dict[object, object]", value)
    known = [
        one.name.upper() for kind in (Settings, DjangoSettings) for one in fields(kind)
    ]
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(str(name), known, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            message = f"{NAME} has an unknown key {name!r}{hint}"
            raise ImproperlyConfigured(message)
    return {str(name).lower(): one for name, one in given.items()}
