"""Centrifugo's tokens: JWT, signed here (HS256), or given by a callback."""

import asyncio
import base64
import hashlib
import hmac
import inspect
import json
import time
from collections.abc import Awaitable, Callable, Sequence

from .settings import Settings
from .wire import Caller, Rejected, check_caller

TokenCallback = Callable[[], "str | Awaitable[str]"]
"""Returns a new connection token. A function that is not async runs in a thread, so it may block."""

_PATIENCE_S = 30.0


class TokenError(Exception):
    """A callback did not return a token; the message says why."""


def user_id(name: str) -> str:
    """Return a user's id; ``ValueError`` if Centrifugo cannot have a user with it."""
    try:
        return check_caller(Caller(user=name)).user
    except Rejected as error:
        raise ValueError(str(error)) from error


def reply_channels(settings: Settings, user: str) -> list[str]:
    """Return the user's reply channel; none if each connection has one of its own."""
    reply = settings.reply_channel
    return [] if "{nonce}" in reply else [reply.replace("{user_id}", user)]


def connection_token(
    settings: Settings,
    user: str,
    *,
    channels: Sequence[str] = (),
    ttl_s: float = 3600,
    info: object = None,
) -> str:
    """Return a token for a user, who is subscribed to ``channels`` by the server.

    Handlers see ``info``, which is JSON, as ``conn.info``. The token holds it in two claims:
    subscribers get Centrifugo's ``info``, and its proxies pass on ``meta``.
    """
    claims: dict[str, object] = {"sub": user, "exp": int(time.time() + ttl_s)}
    optional = {"channels": list(channels) or None, "info": info, "meta": info}
    claims |= {name: value for name, value in optional.items() if value is not None}
    return _sign(settings, claims)


def subscription_token(
    settings: Settings, user: str, channel: str, *, ttl_s: float = 3600
) -> str:
    """Return a token with which a user may subscribe to a channel.

    It says nothing about permissions: ask first, as ``MessageRouter.may_subscribe``
    does. ``ttl_s`` is how long a subscription may begin with it; whoever has subscribed
    stays so until the connection ends.
    """
    claims: dict[str, object] = {
        "sub": user,
        "channel": channel,
        "exp": int(time.time() + ttl_s),
        "expire_at": 0,  # of the subscription: never
    }
    return _sign(settings, claims)


def _sign(settings: Settings, claims: dict[str, object]) -> str:
    settings.require("token_secret", "it signs the tokens of clients")
    if settings.token_audience:
        claims["aud"] = settings.token_audience
    if settings.token_issuer:
        claims["iss"] = settings.token_issuer
    signed = _encode({"alg": "HS256", "typ": "JWT"}) + b"." + _encode(claims)
    digest = hmac.digest(settings.token_secret.encode(), signed, hashlib.sha256)
    return (signed + b"." + _base64(digest)).decode()


async def ask_for_token(callback: TokenCallback) -> str:
    """Return what a callback returns; ``TokenError`` if that is not a token."""
    name = getattr(callback, "__qualname__", repr(callback))
    try:
        token = await asyncio.wait_for(_call(callback), _PATIENCE_S)
    except Exception as error:
        message = f"the token callback {name} failed: {error!r}"
        raise TokenError(message) from error
    if not isinstance(token, str) or not token:
        kind = "an empty text" if token == "" else type(token).__name__
        message = f"the token callback {name} returned {kind}, not a token"
        raise TokenError(message)
    return token


async def _call(callback: TokenCallback) -> object:
    if inspect.iscoroutinefunction(callback):
        return await callback()
    result = await asyncio.to_thread(callback)
    return await result if inspect.isawaitable(result) else result


def channels_of(token: str) -> set[str] | None:
    """Return the server-side channels that a token names; None if it cannot be read."""
    try:
        text = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return {*claims.get("channels", ()), *claims.get("subs", ())}
    except (ValueError, LookupError, TypeError, AttributeError):
        return None


def _encode(part: dict[str, object]) -> bytes:
    return _base64(json.dumps(part, separators=(",", ":")).encode())


def _base64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
