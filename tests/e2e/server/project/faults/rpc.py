"""One handler for each way in which a worker can fail, and one for permissions."""

import asyncio

from centrifugo_rpc import Conn, ParseError, websocket_rpc
from django.contrib.auth.models import User


@websocket_rpc("faults.crash")
async def crash(_: Conn) -> None:
    """Raise what callers must not see."""
    message = "the password is swordfish"
    raise RuntimeError(message)


@websocket_rpc("faults.parse")
async def parse(_: Conn) -> None:
    """Refuse a text, as any handler may that reads one."""
    raise ParseError


@websocket_rpc("faults.hold", timeout=0.5)
async def hold(_: Conn) -> None:
    """Outlast the deadline."""
    await asyncio.Event().wait()


@websocket_rpc("faults.flood")
async def flood(_: Conn) -> str:
    """Return more than may be sent."""
    return "x" * 100_000


@websocket_rpc("faults.wait", timeout=300)
async def wait(conn: Conn) -> None:
    """Outlast the worker, which tells whoever is about to end it."""
    print(f"waiting: {conn.user}", flush=True)  # noqa: T201
    await asyncio.Event().wait()


@websocket_rpc("faults.promote")
async def promote(conn: Conn) -> None:
    """Make the caller a member of the staff."""
    await User.objects.acreate(pk=int(conn.user), username=conn.user, is_staff=True)
