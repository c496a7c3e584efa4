"""Handlers with a database, found as ``rpc.py``."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from asgiref.sync import sync_to_async
from centrifugo_rpc import Conn, centrifugo_channel, websocket_rpc
from django.db import connection, models
from django.db.backends.signals import connection_created
from django.db.models import Func, Value
from pydantic import BaseModel

from .models import Thing

GUESTS = 20
# For hangs only.
meeting = threading.Barrier(GUESTS, timeout=30)
release = threading.Event()
opened: list[threading.Thread] = []


def _meet() -> int:
    meeting.wait()
    return 1


def _wait() -> int:
    release.wait(30)
    return 1


def _add_functions(connection: object, **_: object) -> None:
    opened.append(threading.current_thread())
    if connection.vendor != "sqlite":  # type: ignore[attr-defined]
        return
    raw = connection.connection  # type: ignore[attr-defined]
    raw.create_function("MEET", 0, _meet)
    raw.create_function("WAIT", 0, _wait)


connection_created.connect(_add_functions)


class Name(BaseModel):
    name: str


@websocket_rpc("wait.caller", timeout=60, on_disconnect="cancel")
async def wait_for_caller(_: Conn) -> None:
    """Wait until the caller has gone, and say so."""
    print("started", flush=True)  # noqa: T201 -- the test reads it
    try:
        await asyncio.Event().wait()
    finally:
        print("cancelled", flush=True)  # noqa: T201 -- the same


class Lock(BaseModel):
    number: int


@websocket_rpc("things.add", idempotent=True)
async def add(_: Conn, params: Name) -> int:
    """Add a thing; the result tells how many of that name there are."""
    await Thing.objects.acreate(name=params.name)
    return await Thing.objects.filter(name=params.name).acount()


@websocket_rpc("things.add_in_thread")
def add_in_thread(_: Conn, params: Name) -> int:
    """Do the same without async."""
    Thing.objects.create(name=params.name)
    return Thing.objects.filter(name=params.name).count()


@websocket_rpc("things.names")
def names(_: Conn) -> Iterator[str]:
    """Yield the name of each thing, and leave one behind at the end."""
    try:
        for thing in Thing.objects.order_by("pk"):
            yield thing.name
    finally:
        Thing.objects.create(name="cleaned up")


@websocket_rpc("things.names_async")
async def names_async(_: Conn) -> AsyncIterator[str]:
    """Do the same in an async generator."""
    try:
        async for thing in Thing.objects.order_by("pk"):
            yield thing.name
    finally:
        await Thing.objects.acreate(name="cleaned up")


@websocket_rpc("things.count")
async def count(_: Conn) -> int:
    """Count all things."""
    return await Thing.objects.acount()


async def _call(function: str, *arguments: int) -> None:
    field: models.TextField[str, str] = models.TextField()
    value: Func = Func(*map(Value, arguments), function=function, output_field=field)
    await Thing.objects.annotate(value=value).afirst()


@websocket_rpc("things.meet")
async def meet(_: Conn) -> None:
    """Run a query that ends once GUESTS of them run."""
    await _call("MEET")


@websocket_rpc("things.lock", timeout=60)
async def lock(_: Conn, params: Lock) -> None:
    """Run a query that ends once nobody else holds a lock of PostgreSQL."""
    await _call("pg_advisory_xact_lock_shared", params.number)


@websocket_rpc("things.wait", timeout=0.5)
async def wait(_: Conn) -> None:
    """Run a query that ends long after the deadline."""
    await _call("WAIT")


@websocket_rpc("things.hold", timeout=60)
async def hold(_: Conn, params: Name) -> int:
    """Say that it runs, wait for a line in a FIFO, and only then count."""
    print("started", flush=True)  # noqa: T201 -- the test reads it
    await asyncio.to_thread(Path(params.name).read_text)
    return await Thing.objects.acount()


@websocket_rpc("things.cut")
async def cut(_: Conn) -> int:
    """Lose the connection to the database in the middle of a call."""

    def lose() -> None:
        connection.ensure_connection()
        connection.connection.close()

    await sync_to_async(lose)()
    return await Thing.objects.acount()


async def is_named(user: str, name: str) -> bool:
    """Whether a thing has the user's name."""
    return user == name and await Thing.objects.filter(name=name).aexists()


@centrifugo_channel("named:{name}", name="thing.named", permission=is_named)
class Named(BaseModel):
    """A thing has a name now."""

    name: str
