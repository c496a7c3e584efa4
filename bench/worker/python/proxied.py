"""The worker behind Centrifugo's proxies that is measured, and an answer that costs nothing.

``application`` is the worker; ``constant`` answers every native call with the same bytes.
"""  # noqa: INP001 - a program

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from centrifugo_rpc import Conn, MessageRouter
from centrifugo_rpc.asgi import create_app
from echo import echo

_ANSWER = b'{"result":{"data":{"result":{"text":"hello"}}}}'


async def hold(_: Conn) -> None:
    """Never answer."""
    await asyncio.Event().wait()


async def constant(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    """Read the request, and answer it with what is always the same."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body", False):
        pass
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(_ANSWER)).encode()),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": _ANSWER})


router = MessageRouter()
router.add("echo", echo)
router.add("hold", hold, timeout=600)
application = create_app(router)
