"""Our worker, as the runner of the worker's cases starts it; see README.md."""  # noqa: INP001 -- a script

import asyncio
import json
import os
import signal
import socket
import sys
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator
from queue import SimpleQueue
from typing import Any

from centrifugo_rpc import Conn, MessageRouter, RPCError, logs
from centrifugo_rpc.asgi import create_app
from centrifugo_rpc.settings import Settings
from centrifugo_rpc.subscribe import SubscribeDoor
from centrifugo_rpc.subscribe_http import serve_subscriptions
from centrifugo_rpc.subscriber import Subscriber
from pydantic import BaseModel

router = MessageRouter()
runs: Counter[str] = Counter()
gates: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
cleaned: defaultdict[str, SimpleQueue[None]] = defaultdict(SimpleQueue)
started: defaultdict[str, SimpleQueue[None]] = defaultdict(SimpleQueue)


class Text(BaseModel):
    """Params that may be left out, and of any size."""

    text: str = ""
    n: int = 0


class Size(BaseModel):
    """How large a result is to be."""

    bytes: int


class Failure(BaseModel):
    """An error of the application."""

    code: int
    message: str
    data: Any = None


@router.rpc("test.echo")
async def echo(conn: Conn, params: Text) -> Text:
    """Return the params."""
    runs[conn.user] += 1
    return params


@router.rpc("test.runs")
async def count(conn: Conn) -> int:
    """Return how often the caller's requests have run."""
    return runs[conn.user]


@router.rpc("test.none")
async def none(_: Conn) -> None:
    """Return nothing."""


@router.rpc("test.who")
async def who(conn: Conn) -> dict[str, Any]:
    """Return what is known of the caller."""
    return {"user": conn.user, "meta": dict(conn.meta)}


@router.rpc("test.note", no_wait=True)
async def note(conn: Conn, params: Text) -> None:
    """Count a notification."""
    del params
    runs[conn.user] += 1


@router.rpc("test.fail")
async def fail(_: Conn, params: Failure) -> None:
    """Fail as told."""
    raise RPCError(params.code, params.message, params.data)


@router.rpc("test.crash")
async def crash(_: Conn) -> None:
    """Fail by itself."""
    message = "the password is xyzzy"
    raise ValueError(message)


@router.rpc("test.exit")
async def leave(_: Conn) -> None:
    """Try to end the process."""
    sys.exit(3)


@router.rpc("test.large")
async def large(_: Conn, params: Size) -> str:
    """Return a long text."""
    return "x" * params.bytes


@router.rpc("test.nan")
async def nan(_: Conn) -> float:
    """Return what is not a JSON number."""
    return float("nan")


@router.rpc("test.denied", permission=lambda _: False)
async def denied(conn: Conn, params: Failure) -> None:
    """Count a run that must not be."""
    del params
    runs[conn.user] += 1


@router.rpc("test.hold", timeout=60)
async def hold(conn: Conn) -> str:
    """Wait until the same user has called ``test.release``."""
    runs[conn.user] += 1
    await gates[conn.user].wait()
    return "released"


@router.rpc("test.release")
async def release(conn: Conn) -> None:
    """Let the user's calls of ``test.hold`` end; those that come later, too."""
    gates[conn.user].set()  # native calls may overtake each other


@router.rpc("test.brief", timeout=0.05)
async def brief(conn: Conn) -> None:
    """Take longer than its deadline."""
    runs[conn.user] += 1
    await asyncio.Event().wait()


@router.rpc("test.count")
async def count_up(conn: Conn, params: Text) -> AsyncIterator[int]:
    """Yield the numbers from 1 to ``n``."""
    runs[conn.user] += 1
    try:
        for number in range(1, params.n + 1):
            yield number
    finally:
        cleaned[conn.user].put(None)


@router.rpc("test.count_in_thread")
def count_in_thread(_: Conn, params: Text) -> Iterator[int]:
    """Yield the same, from a generator that is not async."""
    yield from range(1, params.n + 1)


@router.rpc("test.held_stream")
async def held_stream(conn: Conn) -> AsyncIterator[int]:
    """Yield 1, and 2 once the same user has called ``test.release``."""
    runs[conn.user] += 1
    try:
        yield 1
        await gates[conn.user].wait()
        yield 2
    finally:
        cleaned[conn.user].put(None)


@router.rpc("test.late_stream")
async def late_stream(conn: Conn) -> AsyncIterator[int]:
    """Yield 1 once the same user has called ``test.release``."""
    await gates[conn.user].wait()
    yield 1


@router.rpc("test.brief_stream", timeout=0.05)
async def brief_stream(_: Conn) -> AsyncIterator[int]:
    """Yield 1, and take longer than its deadline for the next."""
    yield 1
    await asyncio.Event().wait()


@router.rpc("test.failing_stream")
async def failing_stream(_: Conn, params: Failure) -> AsyncIterator[int]:
    """Yield 1 and fail as told; by itself with the code 0."""
    yield 1
    if params.code:
        raise RPCError(params.code, params.message, params.data)
    message = "the password is xyzzy"
    raise ValueError(message)


@router.rpc("test.large_stream")
async def large_stream(conn: Conn, params: Size) -> AsyncIterator[str]:
    """Yield a short text, a long one, and a short one."""
    try:
        for size in (1, params.bytes, 1):
            yield "x" * size
    finally:
        cleaned[conn.user].put(None)


@router.rpc("test.wrong_stream")
async def wrong_stream(_: Conn) -> AsyncIterator[int]:
    """Yield 1, and what is not of the type of its items."""
    yield 1
    yield "a-secret-value"  # type: ignore[misc]


@router.rpc("test.denied_stream", permission=lambda _: False)
async def denied_stream(conn: Conn) -> AsyncIterator[int]:
    """Count a run that must not be."""
    runs[conn.user] += 1
    yield 1


@router.rpc("test.stubborn_stream")
async def stubborn_stream(_: Conn) -> AsyncIterator[int]:
    """Yield 1, and 2 also when cancelled."""
    yield 1
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        yield 2


@router.rpc("test.wait", timeout=60)
async def wait(conn: Conn) -> None:
    """Wait until it is cancelled."""
    runs[conn.user] += 1
    try:
        await asyncio.Event().wait()
    finally:
        cleaned[conn.user].put(None)


@router.rpc("test.wait_in_thread", timeout=60)
def wait_in_thread(conn: Conn) -> None:
    """Wait, in a thread, until it is cancelled."""
    while not conn.cancelled:
        time.sleep(0.001)
    cleaned[conn.user].put(None)


@router.rpc("test.wait_for_caller", timeout=60, on_disconnect="cancel")
async def wait_for_caller(conn: Conn) -> None:
    """Wait until it is cancelled, which it is when its caller has gone."""
    runs[conn.user] += 1
    started[conn.user].put(None)
    try:
        await asyncio.Event().wait()
    finally:
        cleaned[conn.user].put(None)


@router.rpc("test.hold_for_caller", timeout=60, on_disconnect="cancel")
async def hold_for_caller(conn: Conn) -> str:
    """Wait like ``test.hold``, but not when the caller has gone."""
    await gates[conn.user].wait()
    return "released"


@router.rpc("test.stream_for_caller", on_disconnect="cancel")
async def stream_for_caller(conn: Conn) -> AsyncIterator[int]:
    """Yield 1, and wait until it is cancelled, as when the caller has gone."""
    yield 1
    try:
        await asyncio.Event().wait()
    finally:
        cleaned[conn.user].put(None)


@router.rpc("test.started")
def wait_for_start(conn: Conn) -> str:
    """Wait for the start of one of the caller's ``test.wait_for_caller``."""
    started[conn.user].get(timeout=10)
    return "started"


@router.rpc("test.cleaned")
def wait_for_cleaned(conn: Conn) -> str:
    """Wait for the clean-up of one of the caller's handlers."""
    cleaned[conn.user].get(timeout=10)
    return "cleaned up"


async def may_read(user: str, owner: str, number: int) -> bool:
    """Open a document to its owner."""
    return user == owner and number > 0


async def in_lobby(_: str, room: str, seat: str) -> bool:
    """Open the seats of the lobby to all, except for one."""
    return room == "lobby" and seat != "staff"


async def nobody(_: str, **__: str) -> bool:
    """Refuse all."""
    return False


async def broken(_: str, text: str) -> bool:
    """Fail by itself."""
    raise ValueError(text)


async def endless(_: str, text: str) -> bool:
    """Never decide."""
    await asyncio.Event().wait()
    return bool(text)


async def leaving(_: str, text: str) -> bool:
    """Try to end the process."""
    sys.exit(len(text))


router.add_event("test.news", "news", int)
router.add_event("test.inbox", "inbox:#{user_id}", int)
router.add_event("test.doc", "docs:{owner}/{number}", int, permission=may_read)
router.add_event("test.seat", "rooms:{room}.{seat}", int, permission=in_lobby)
router.add_event("test.open", "mixed:{text}", int, access="public")
router.add_event("test.closed", "mixed:closed-{text}", int, permission=nobody)
router.add_event("test.broken", "broken:{text}", int, permission=broken)
router.add_event("test.endless", "endless:{text}", int, permission=endless)
router.add_event("test.leaving", "leaving:{text}", int, permission=leaving)
router.add_event("test.undecided", "undecided:{text}", int)


def main() -> None:
    """Serve one front door until SIGTERM."""
    given = os.environ
    logs.configure("debug", "text")
    values = {
        "RPC_WORKER_API_URL": given["API_URL"],
        "RPC_WORKER_API_KEY": given["API_KEY"],
        "RPC_WORKER_PROXY_SECRET": given["PROXY_SECRET"],
        "RPC_WORKER_WS_URL": given["WS_URL"],
        "RPC_WORKER_TOKEN_SECRET": given["TOKEN_SECRET"],
    }
    for name, value in json.loads(given["SETTINGS"]).items():
        values[f"RPC_WORKER_{name}"] = str(value)
    settings = Settings.from_env(values)
    if given["DOOR"] == "subscriber":
        asyncio.run(subscribe(settings))
    else:
        serve(settings)


async def subscribe(settings: Settings) -> None:
    """Take requests from the requests channel."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    subscriber = Subscriber(router, settings)
    door = SubscribeDoor(router, settings, subscriber.metrics)
    address = f"127.0.0.1:{given_port()}"
    server = await serve_subscriptions(address, door, settings.proxy_secret)
    running = asyncio.ensure_future(subscriber.run(stop))
    await subscriber.connected.wait()
    print("ready", flush=True)  # noqa: T201 -- the runner waits for it
    await running
    server.close()


def serve(settings: Settings) -> None:
    """Answer Centrifugo's proxies."""
    import uvicorn  # noqa: PLC0415 -- subscribers do not need it

    # Each has all doors, and answers by the same means: one of them each is enough.
    in_fastapi = os.environ["DOOR"] == "rpc"
    app = fastapi_app(settings) if in_fastapi else create_app(router, settings)
    config = uvicorn.Config(app, log_config=None)
    # asyncio turns off Nagle's algorithm only where the protocol is named.
    with socket.socket(
        socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP
    ) as listener:
        listener.bind(("127.0.0.1", int(given_port())))
        listener.listen(128)
        print("ready", flush=True)  # noqa: T201
        uvicorn.Server(config).run(sockets=[listener])


def fastapi_app(settings: Settings) -> Any:  # noqa: ANN401 -- types need FastAPI
    """Answer them from the router of a FastAPI application."""
    from centrifugo_rpc.fastapi import CentrifugoRPC  # noqa: PLC0415 -- an extra
    from fastapi import FastAPI  # noqa: PLC0415 -- the same

    app = FastAPI()
    app.include_router(CentrifugoRPC(app, router, settings=settings).router)
    return app


def given_port() -> str:
    """Return the port that the runner posts to."""
    return os.environ["PORT"]


if __name__ == "__main__":
    main()
