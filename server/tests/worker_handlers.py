"""Handlers of the workers that the tests start as processes."""

import asyncio
import contextlib
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from centrifugo_rpc import Conn, MessageRouter, RPCError, websocket_rpc
from centrifugo_rpc.asgi import ProxyApp, create_app
from centrifugo_rpc.store import MemoryStore, Store
from processes import VALUE
from pydantic import BaseModel

_pool = ThreadPoolExecutor(1)


class Echo(BaseModel):
    text: str


class Served(BaseModel):
    text: str
    user: str
    pid: int
    value: str = VALUE


class Full(RPCError):
    code = 409
    message = "full"


@websocket_rpc("echo", idempotent=True)
async def echo(conn: Conn, params: Echo) -> Served:
    """Return what came, and who answered."""
    return Served(text=params.text, user=conn.user, pid=os.getpid())


@websocket_rpc("hold", timeout=60)
async def hold(_: Conn, params: Echo) -> str:
    """Say that it runs, then wait for a line in the FIFO that the params name."""
    print("started", flush=True)  # noqa: T201 -- the test reads it
    return await asyncio.to_thread(Path(params.text).read_text)


@websocket_rpc("wait", timeout=60, on_disconnect="cancel")
async def wait(_: Conn) -> None:
    """Wait until the caller has gone, and say so."""
    print("started", flush=True)  # noqa: T201 -- the test reads it
    try:
        await asyncio.Event().wait()
    finally:
        print("cancelled", flush=True)  # noqa: T201 -- the same


@websocket_rpc("pool", timeout=60)
async def pool(_: Conn) -> None:
    """Wait for ever, in a thread of a pool that is not the loop's own."""
    waiting = _pool.submit(threading.Event().wait)
    print("started", flush=True)  # noqa: T201 -- the test reads it
    await asyncio.wrap_future(waiting)


@websocket_rpc("stubborn", timeout=60)
async def stubborn(_: Conn) -> None:
    """Never end, not even when cancelled."""
    print("started", flush=True)  # noqa: T201 -- the test reads it
    while True:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()


@websocket_rpc("quit")
async def leave(_: Conn) -> None:
    """End the process, as a library may try to."""
    sys.exit(3)


@websocket_rpc("hang", timeout=0.05)
async def hang(_: Conn) -> None:
    """Never end."""
    await asyncio.Event().wait()


@websocket_rpc("fail", errors=(Full,))
async def fail(_: Conn, params: Echo) -> None:
    """Fail as told."""
    if params.text == "full":
        raise Full
    message = "the password is xyzzy"
    raise ValueError(message)


@websocket_rpc("wrong")
async def wrong(_: Conn) -> int:
    """Return what is not of the result's type."""
    return VALUE  # type: ignore[return-value]


@websocket_rpc("large")
async def large(_: Conn) -> str:
    """Return more than a message may hold."""
    return "x" * 10**6


async def may_read(user: str, order_id: int) -> bool:
    """Orders below ten are those of user 456."""
    return user == "456" and order_id < 10  # noqa: PLR2004


_add_event = MessageRouter.default.add_event
_add_event("order.changed", "orders:{order_id}", Echo, permission=may_read)
_add_event("mail.came", "inbox:#{user_id}", Echo)
_add_event("shop.opened", "shop:opened", Echo)
_add_event("shop.sold", "shop:sold.{order_id}", Echo, permission=may_read)
_add_event("shop.visited", "shop:visits#{user_id}", Echo)


class FileStore(MemoryStore):
    """A store that processes share: a file for each claim, one for each reply."""

    def __init__(self, folder: Path) -> None:
        super().__init__(0)
        self._folder = folder

    async def begin(self, key: str, lease_s: float) -> bytes | None:
        del lease_s
        path = self._folder / key.encode().hex()
        try:
            path.open("xb").close()
        except FileExistsError:
            return path.read_bytes()
        return None

    async def finish(self, key: str, reply: bytes, keep_s: float) -> None:
        del keep_s
        (self._folder / key.encode().hex()).write_bytes(reply)


def application() -> ProxyApp:
    """Make the ASGI application, as ``uvicorn --factory`` calls it."""
    folder = os.environ.get("TEST_DEDUPE_FOLDER")
    store: Store | None = FileStore(Path(folder)) if folder else None
    return create_app(MessageRouter.default, store=store)
