"""The worker as an ASGI application, and beside it one that answers a constant."""  # noqa: INP001 - a program

import importlib
from collections.abc import Awaitable, Callable
from typing import Any

from centrifugo_rpc import MessageRouter
from centrifugo_rpc.asgi import create_app

importlib.import_module("echo")  # which registers the handler
_worker = create_app(MessageRouter.default)
_BODY = b'{"result":{}}'
_HEADERS = [
    (b"content-type", b"application/json"),
    (b"content-length", str(len(_BODY)).encode()),
]


async def application(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[Any]],
    send: Callable[[Any], Awaitable[None]],
) -> None:
    """Serve both."""
    if scope["type"] != "http" or scope["path"] != "/constant":
        await _worker(scope, receive, send)
        return
    while (await receive()).get("more_body", False):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": _BODY})
