"""The worker that the tests start, kill and start again; see ../README.md."""  # noqa: INP001 -- a script

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from centrifugo_rpc import Conn, MessageRouter, RPCError
from centrifugo_rpc.asgi import create_app
from centrifugo_rpc.settings import Settings
from centrifugo_rpc.subscriber import Subscriber
from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Iterator

router = MessageRouter()
# A process that is killed has written its runs.
runs = os.open(os.environ["RUNS"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)


class Echo(BaseModel):
    """A call: its number, and what the handler has to do as JSON of an ``Order``."""

    n: int
    text: str = "{}"


class Order(BaseModel):
    """What a handler has to do."""

    wait_ms: float = 0
    """Before a call is answered."""
    holds: bool = False
    """Waits until it is cancelled."""
    count: int = 0
    """How many items a stream has, at intervals of ``wait_ms``."""
    fails: bool = False
    """The stream ends with the declared error."""


class Ask(BaseModel):
    """Which call is asked about."""

    n: int


class State(BaseModel):
    """How far a call has come."""

    begun: bool = False
    made: int = 0
    """Items that the handler has yielded, or is about to."""
    end: str = ""
    """``finished``, or the name of the exception that has ended the handler."""


states: dict[int, State] = {}


@contextmanager
def running(conn: Conn, n: int) -> "Iterator[State]":
    """Write a run down, and note how it ends."""
    os.write(runs, f"{os.getpid()} {conn.correlation_id} {n}\n".encode())
    state = states[n] = State(begun=True)
    try:
        yield state
        state.end = "finished"
    except BaseException as error:
        state.end = type(error).__name__
        raise
    finally:
        asyncio.get_running_loop().call_later(30, states.pop, n, None)


async def answer(conn: Conn, params: Echo) -> Echo:
    """Return the params after a while."""
    order = Order.model_validate_json(params.text)
    with running(conn, params.n):
        await asyncio.sleep(order.wait_ms / 1000)
        if order.holds:
            await asyncio.Event().wait()
        return params


async def produce(conn: Conn, params: Echo) -> AsyncIterator[Echo]:
    """Yield items that are counted from 1, and hold the number of the call."""
    order = Order.model_validate_json(params.text)
    with running(conn, params.n) as state:
        for i in range(1, order.count + 1):
            await asyncio.sleep(order.wait_ms / 1000)
            state.made = i
            yield Echo(n=i, text=str(params.n))
        if order.fails:
            raise RPCError(404, "no such item", {"item_id": str(params.n)})


router.rpc("test.echo", timeout=60)(answer)
router.rpc("test.repeat", timeout=60, idempotent=True)(answer)
router.rpc("test.items")(produce)
router.rpc("test.items_again", idempotent=True)(produce)


@router.rpc("test.json")
async def ask(_: Conn, params: Ask) -> State:
    """Tell how far a call has come."""
    return states.get(params.n, State())


async def subscribe() -> None:
    """Take requests from the requests channel until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    subscriber = Subscriber(router, Settings.from_env(os.environ))
    work = asyncio.ensure_future(subscriber.run(stop))
    await subscriber.connected.wait()
    ready()
    await work


def serve() -> None:
    """Answer Centrifugo's publish proxy until SIGTERM."""
    import uvicorn  # noqa: PLC0415 -- subscribers do not need it

    app: Any = create_app(router, Settings.from_env(os.environ))
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=3)
    address = ("127.0.0.1", int(os.environ["PORT"]))
    with socket.create_server(address, reuse_port=False) as listener:
        ready()
        uvicorn.Server(config).run(sockets=[listener])


def ready() -> None:
    """Say that requests are taken, or wait."""
    print("ready", flush=True)  # noqa: T201 -- the test waits for it


if __name__ == "__main__":
    if os.environ["DOOR"] == "subscriber":
        asyncio.run(subscribe())
    else:
        serve()
