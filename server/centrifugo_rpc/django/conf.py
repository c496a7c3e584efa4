"""Settings of a Django project: the dict ``CENTRIFUGO_RPC``.

Its keys are the environment's names without ``RPC_WORKER_``, and come before the
environment; ``centrifugo_rpc.settings`` explains them. The ones below are Django's own.
"""

import difflib
import math
import os
from dataclasses import dataclass, fields
from pathlib import Path
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
    """How long the tokens of ``connection_token`` are valid."""

    def __post_init__(self) -> None:
        """Refuse what cannot work."""
        if not (math.isfinite(self.token_ttl_s) and self.token_ttl_s > 0):
            message = f"{NAME}['TOKEN_TTL_S'] must be a number above 0"
            raise ImproperlyConfigured(message)


def django_settings() -> DjangoSettings:
    """Return the Django app's own settings."""
    texts = _given(DjangoSettings)
    ttl = texts.pop("token_ttl_s", DjangoSettings.token_ttl_s)
    try:
        ttl_s = float(ttl)
    except ValueError as error:
        message = f"{NAME}['TOKEN_TTL_S'] must be a number, not {ttl!r}"
        raise ImproperlyConfigured(message) from error
    return DjangoSettings(**texts, token_ttl_s=ttl_s)


def worker_settings() -> Settings:
    """Return the worker's settings."""
    given = {PREFIX + name.upper(): text for name, text in _given(Settings).items()}
    try:
        return Settings.from_env({**os.environ, **given})
    except SettingsError as error:
        raise ImproperlyConfigured(str(error)) from error


def check_one_store(own: DjangoSettings, ours: Settings) -> None:
    """Refuse two places for the same replies."""
    if own.dedupe_cache and ours.store:
        message = f"{NAME}['DEDUPE_CACHE'] and {PREFIX}STORE are both set: set one"
        raise ImproperlyConfigured(message)


def _given(kind: type[Settings | DjangoSettings]) -> dict[str, str]:
    """Return what the project gives for one kind of settings, as text.

    None is what ``os.environ.get`` returns for a variable that is not set, so it
    counts as absent: written as text, it would be a secret that everybody knows.
    """
    own = {one.name for one in fields(kind)}
    given: dict[str, str] = {}
    for name, one in _values().items():
        if name not in own or one is None:
            continue
        value = os.fspath(one) if isinstance(one, Path) else one
        wants_bool = kind.__dataclass_fields__[name].type is bool
        if isinstance(value, bool) is not wants_bool or not isinstance(
            value, str | int | float
        ):
            wanted = "True or False" if wants_bool else "a text or a number"
            message = f"{NAME}[{name.upper()!r}] must be {wanted}"
            raise ImproperlyConfigured(message)
        given[name] = str(value)
    return given


def _values() -> dict[str, object]:
    """Return the project's dict by field names; refuse anything that is not a dict."""
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
