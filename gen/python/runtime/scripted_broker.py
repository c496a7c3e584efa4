"""A scripted server that speaks Centrifugo's JSON protocol."""

import asyncio
import base64
import contextlib
import json
from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import BaseModel
from typing_extensions import Self
from websockets import ConnectionClosed
from websockets.asyncio.server import Server, ServerConnection, serve

from ._rpc.api import Event, Method
from ._rpc.connection import RPCClient
from ._rpc.errors import (
    RPCError,
)

Json = dict[str, Any]

PATIENCE_S = 60.0
"""Ends a test that hangs, and decides nothing else."""


class Params(BaseModel):
    """Params of the methods here."""

    text: str = "hello"


class Result(BaseModel):
    """Their result."""

    text: str


class DeniedError(RPCError):
    """A declared error."""

    declared_code = 403
    data_type = Result
    data: Result


ECHO: Method[Result] = Method("echo", Params, Result, errors=(DeniedError,))
VOID: Method[None] = Method("void")
NOTE: Method[None] = Method("note", Params, notify=True)
COUNT: Method[Result] = Method("count", None, Result)
NEWS: Event[Result] = Event("news", Result)


def jwt(sub: str) -> str:
    """Return a token that only looks like one."""
    claims = base64.urlsafe_b64encode(json.dumps({"sub": sub}).encode()).decode()
    return f"header.{claims.rstrip('=')}.signature"


class Broker:
    """A server for one test; ``answer`` says what becomes of a request."""

    def __init__(self) -> None:
        """Answer with the params, and accept every subscription."""
        self.answer: Callable[[Session, Json], Awaitable[None]] = echo
        self.connect_reply: Json = {"client": "c1", "version": "test", "ping": 25}
        self.rejects: tuple[int, str] | None = None
        self.subscribe_error: dict[str, Json] = {}
        self.subscribe_reply: Json = {}
        self.sessions: list[Session] = []
        self.commands: asyncio.Queue[Json] = asyncio.Queue()
        self.frames: list[str] = []
        self.url = ""
        self._server: Server | None = None

    async def __aenter__(self) -> Self:
        """Listen on a free port."""
        self._server = await serve(self._serve, "127.0.0.1", 0)
        port = next(iter(self._server.sockets)).getsockname()[1]
        self.url = f"ws://127.0.0.1:{port}/connection/websocket"
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(self, socket: ServerConnection) -> None:
        session = Session(self, socket)
        self.sessions.append(session)
        with contextlib.suppress(ConnectionClosed):
            async for frame in socket:
                self.frames.append(str(frame))
                for line in str(frame).split("\n"):
                    await session.handle(json.loads(line))

    async def seen(self, kind: str) -> Json:
        """Return the next command of a kind."""
        while True:
            command = await asyncio.wait_for(self.commands.get(), PATIENCE_S)
            if kind in command:
                return command


class Session:
    """One connection."""

    def __init__(self, broker: Broker, socket: ServerConnection) -> None:
        """Take a connection."""
        self.broker = broker
        self.socket = socket

    async def send(self, frame: Json) -> None:
        """Send a frame."""
        await self.socket.send(json.dumps(frame))

    async def reply(self, channel: str, data: Json, **more: object) -> None:
        """Publish into a channel."""
        await self.send({"push": {"channel": channel, "pub": {"data": data, **more}}})

    async def handle(self, command: Json) -> None:
        """Answer a command as the broker's attributes say."""
        broker = self.broker
        broker.commands.put_nowait(command)
        number = command.get("id")
        if "connect" in command and broker.rejects:
            await self.socket.close(*broker.rejects)
        elif "connect" in command:
            await self.send({"id": number, "connect": broker.connect_reply})
        elif "subscribe" in command:
            error = broker.subscribe_error.get(command["subscribe"]["channel"])
            reply = {"error": error} if error else {"subscribe": broker.subscribe_reply}
            await self.send({"id": number, **reply})
        elif "unsubscribe" in command:
            await self.send({"id": number, "unsubscribe": {}})
        elif "refresh" in command:
            await self.send({"id": number, "refresh": {}})
        elif "publish" in command or "rpc" in command:
            await broker.answer(self, command)


async def echo(session: Session, command: Json) -> None:
    """Acknowledge, then answer with the params."""
    await session.send({"id": command["id"], "publish": {}})
    request = command["publish"]["data"]
    if "reply_to" in request:
        body = {
            "correlation_id": request["correlation_id"],
            "result": request["params"],
        }
        await session.reply(request["reply_to"], body)


def fails(error: Json) -> Callable[[Session, Json], Awaitable[None]]:
    """Answer with an error."""

    async def answer(session: Session, command: Json) -> None:
        await session.send({"id": command["id"], "publish": {}})
        request = command["publish"]["data"]
        body = {"correlation_id": request["correlation_id"], "error": error}
        await session.reply(request["reply_to"], body)

    return answer


def refuses(error: Json) -> Callable[[Session, Json], Awaitable[None]]:
    """Refuse the publication."""

    async def answer(session: Session, command: Json) -> None:
        await session.send({"id": command["id"], "error": error})

    return answer


class Source:
    """Streams the numbers from 1 on, never further ahead than the window."""

    def __init__(self, last: int) -> None:
        """End behind a number."""
        self._last = last
        self._streams: dict[str, Json] = {}
        self.acknowledged: list[int] = []
        self.cancelled: asyncio.Queue[str] = asyncio.Queue()

    async def __call__(self, session: Session, command: Json) -> None:
        """Take the request of a stream or a message about one, and echo what is a call."""
        request = command["publish"]["data"]
        if request["method"] == "echo":
            await echo(session, command)
            return
        await session.send({"id": command["id"], "publish": {}})
        number = request["correlation_id"]
        if request["method"] == "rpc.cancel":
            self._streams.pop(number, None)  # it may have ended meanwhile
            self.cancelled.put_nowait(number)
            return
        if request["method"] == "rpc.ack":
            stream, taken = self._streams.get(number), request["params"]["seq"]
            self.acknowledged.append(taken)
        else:
            stream, taken = self._streams.setdefault(number, {**request, "seq": 0}), 0
        if stream is not None:
            await self._go_on(session, stream, taken + stream["window"])

    async def _go_on(self, session: Session, stream: Json, until: int) -> None:
        while stream["seq"] < until and stream["seq"] <= self._last:
            stream["seq"] += 1
            item = {"item": {"text": str(stream["seq"])}}
            await self.say(session, stream, item)

    async def say(self, session: Session, stream: Json, item: Json) -> None:
        """Send an item, or the end."""
        about = {"correlation_id": stream["correlation_id"], "seq": stream["seq"]}
        if stream["seq"] > self._last:
            item = {"result": None}
            del self._streams[stream["correlation_id"]]
        await session.reply(stream["reply_to"], {**about, **item})


async def silent(session: Session, command: Json) -> None:
    """Acknowledge and say nothing more."""
    await session.send({"id": command["id"], "publish": {}})


def client_of(broker: Broker, **options: Any) -> RPCClient:  # noqa: ANN401
    """Return a client of user 456."""
    return RPCClient(broker.url, jwt("456"), **options)


def drained(queue: "asyncio.Queue[Json]") -> list[Json]:
    """Return what is in a queue."""
    items: list[Json] = []
    while not queue.empty():
        items.append(queue.get_nowait())
    return items
