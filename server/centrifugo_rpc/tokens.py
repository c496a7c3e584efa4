"""Signs Centrifugo connection tokens (JWT, HS256) without a dependency."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Sequence

from .settings import Settings


def connection_token(
    settings: Settings,
    user: str,
    *,
    channels: Sequence[str] = (),
    ttl_s: float = 3600,
    info: object = None,
) -> str:
    """Return a token for a user, who is subscribed to ``channels`` by the server.

    Handlers see ``info``, which is JSON, as ``conn.info``. It stands in two claims:
    subscribers get Centrifugo's ``info``, and its proxies pass on ``meta``.
    """
    settings.require("token_secret", "it signs connection tokens")
    claims: dict[str, object] = {"sub": user, "exp": int(time.time() + ttl_s)}
    optional = {"channels": list(channels) or None, "info": info, "meta": info}
    claims |= {name: value for name, value in optional.items() if value is not None}
    if settings.token_audience:
        claims["aud"] = settings.token_audience
    if settings.token_issuer:
        claims["iss"] = settings.token_issuer
    signed = _encode({"alg": "HS256", "typ": "JWT"}) + b"." + _encode(claims)
    digest = hmac.digest(settings.token_secret.encode(), signed, hashlib.sha256)
    return (signed + b"." + _base64(digest)).decode()


def _encode(part: dict[str, object]) -> bytes:
    return _base64(json.dumps(part, separators=(",", ":")).encode())


def _base64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
