"""The client against a scripted server that speaks Centrifugo's JSON protocol."""

import asyncio
import base64
import contextlib
import json
import logging
import math
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import Any, cast, get_type_hints

import centrifuge
import centrifuge.client
import pytest
from pydantic import BaseModel
from typing_extensions import Self
from websockets import ConnectionClosed
from websockets.asyncio.server import Server, ServerConnection, serve

from . import api
from .api import Event, Method, State, Transport
from .connection import CentrifugoRPCClient
from .errors import (
    CallTimeout,
    ConnectError,
    ConnectionLost,
    InvalidParamsError,
    MethodNotFoundError,
    NotConnected,
    RequestTooLarge,
    RPCError,
)
from .sdk import UnauthorizedError
from .tasks import _Tasks

Json = dict[str, Any]


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
NEWS: Event[Result] = Event("news", Result)


def jwt(sub: str) -> str:
    """Return a token that only looks like one."""
    claims = base64.urlsafe_b64encode(json.dumps({"sub": sub}).encode()).decode()
    return f"header.{claims.rstrip('=')}.signature"


class Broker:
    """A server for one test; ``answer`` says what becomes of a request."""

    def __init__(self) -> None:
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
        self._server = await serve(self._serve, "127.0.0.1", 0)
        port = next(iter(self._server.sockets)).getsockname()[1]
        self.url = f"ws://127.0.0.1:{port}/connection/websocket"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
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
            command = await asyncio.wait_for(self.commands.get(), 5)
            if kind in command:
                return command


class Session:
    """One connection."""

    def __init__(self, broker: Broker, socket: ServerConnection) -> None:
        self.broker = broker
        self.socket = socket

    async def send(self, frame: Json) -> None:
        await self.socket.send(json.dumps(frame))

    async def reply(self, channel: str, data: Json, **more: object) -> None:
        """Publish into a channel."""
        await self.send({"push": {"channel": channel, "pub": {"data": data, **more}}})

    async def handle(self, command: Json) -> None:
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


async def silent(session: Session, command: Json) -> None:
    """Acknowledge and say nothing more."""
    await session.send({"id": command["id"], "publish": {}})


@pytest.fixture
async def broker() -> AsyncIterator[Broker]:
    async with Broker() as running:
        yield running


@pytest.fixture(autouse=True)
async def nothing_left() -> AsyncIterator[None]:
    """No test leaves a task or a logged error behind."""
    problems: list[Json] = []
    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: problems.append(context)
    )
    yield
    assert problems == []


def client_of(broker: Broker, **options: Any) -> CentrifugoRPCClient:  # noqa: ANN401
    return CentrifugoRPCClient(broker.url, jwt("456"), **options)


async def test_call_returns_the_result(broker: Broker) -> None:
    async with client_of(broker) as rpc:
        assert rpc.state == "connected"
        assert await rpc.call(ECHO, Params(text="ä")) == Result(text="ä")
        request = (await broker.seen("publish"))["publish"]
    assert request["channel"] == "rpc.requests"
    assert request["data"]["method"] == "echo"
    assert request["data"]["params"] == {"text": "ä"}
    assert request["data"]["reply_to"] == "user#456"
    assert 9_000 < request["data"]["timeout_ms"] <= 10_000
    assert rpc.state == "disconnected"


async def test_replies_find_their_calls(broker: Broker) -> None:
    held: list[Json] = []

    async def reversed_order(session: Session, command: Json) -> None:
        held.append(command)
        if len(held) == 20:
            for each in reversed(held):
                await echo(session, each)

    broker.answer = reversed_order
    async with client_of(broker) as rpc:
        calls = [rpc.call(ECHO, Params(text=str(i))) for i in range(20)]
        results = await asyncio.gather(*calls)
    assert [r.text for r in results] == [str(i) for i in range(20)]


async def test_absent_and_null_results_are_none(broker: Broker) -> None:
    async with client_of(broker) as rpc:
        assert await rpc.call(VOID) is None


async def test_notify_ends_with_the_acknowledgement(broker: Broker) -> None:
    async with client_of(broker) as rpc:
        assert await rpc.call(NOTE, Params()) is None
        data = (await broker.seen("publish"))["publish"]["data"]
    assert set(data) == {"method", "params"}


async def test_server_side_reply_channel(broker: Broker) -> None:
    broker.connect_reply["subs"] = {"user#456": {}}
    async with client_of(broker) as rpc:
        await rpc.call(ECHO, Params())
    kinds = [next(k for k in c if k != "id") for c in drained(broker.commands)]
    assert "subscribe" not in kinds


async def test_already_subscribed_means_server_side(broker: Broker) -> None:
    broker.subscribe_error["user#456"] = {"code": 105, "message": "already subscribed"}
    async with client_of(broker) as rpc:
        # The server publishes into the channel as for any server-side subscription.
        assert rpc.state == "connected"


@pytest.mark.parametrize("code", [103, 107])
async def test_refused_reply_channel_names_the_remedies(
    broker: Broker, code: int
) -> None:
    broker.subscribe_error["user#456"] = {"code": code, "message": "no"}
    with pytest.raises(ConnectError, match="allow_user_limited_channels") as caught:
        await client_of(broker).connect()
    assert caught.value.code == code
    assert "`channels`" in str(caught.value)


async def test_reply_with_info_is_dropped(broker: Broker) -> None:
    async def forged_first(session: Session, command: Json) -> None:
        request = command["publish"]["data"]
        forged = {"correlation_id": request["correlation_id"], "result": {"text": "no"}}
        info = {"user": "999", "client": "c9"}
        await session.reply(request["reply_to"], forged, info=info)
        await session.reply(request["reply_to"], {"correlation_id": "unknown"})
        await session.reply(request["reply_to"], {"other": 1})
        await echo(session, command)

    broker.answer = forged_first
    async with client_of(broker) as rpc:
        assert await rpc.call(ECHO, Params(text="yes")) == Result(text="yes")


async def test_error_of_centrifugo_without_a_message(broker: Broker) -> None:
    broker.answer = refuses({"code": 103})
    async with client_of(broker) as rpc:
        with pytest.raises(RPCError) as caught:
            await rpc.call(ECHO, Params())
    assert (caught.value.code, caught.value.sent) == (103, False)


async def test_call_that_waits_for_ever(broker: Broker) -> None:
    async with client_of(broker) as rpc:
        result = await rpc.call(ECHO, Params(), timeout_s=math.inf)
        assert result == Result(text="hello")
        data = (await broker.seen("publish"))["publish"]["data"]
    assert "timeout_ms" not in data


async def test_errors_of_the_server(broker: Broker) -> None:
    async with client_of(broker) as rpc:
        issue = {"loc": ["text"], "msg": "too short", "type": "string_too_short"}
        broker.answer = fails({"code": -32602, "message": "bad", "data": [issue]})
        with pytest.raises(InvalidParamsError) as invalid:
            await rpc.call(ECHO, Params())
        assert invalid.value.issues == [issue]
        broker.answer = fails({"code": -32602, "message": "bad", "data": "text"})
        with pytest.raises(InvalidParamsError) as invalid:
            await rpc.call(ECHO, Params())
        assert invalid.value.issues == []
        broker.answer = fails({"code": True, "message": "odd"})
        with pytest.raises(RPCError) as coded:
            await rpc.call(ECHO, Params())
        assert coded.value.code == -32603
        broker.answer = fails({"code": -32601, "message": "what?"})
        with pytest.raises(MethodNotFoundError):
            await rpc.call(ECHO, Params())
        broker.answer = fails({"code": 403, "message": "no", "data": {"text": "why"}})
        with pytest.raises(DeniedError) as denied:
            await rpc.call(ECHO, Params())
        assert denied.value.data == Result(text="why")
        broker.answer = fails({"code": 403, "message": "no", "data": {"odd": 1}})
        with pytest.raises(RPCError) as odd:
            await rpc.call(ECHO, Params())
        assert type(odd.value) is RPCError
        assert (odd.value.data, odd.value.method, odd.value.sent) == (
            {"odd": 1},
            "echo",
            True,
        )


@pytest.mark.parametrize(
    ("code", "temporary", "sent"),
    [(103, False, False), (100, True, True), (429, False, True)],
)
async def test_refused_request(
    broker: Broker, code: int, *, temporary: bool, sent: bool
) -> None:
    error = {"code": code, "message": "no", "temporary": temporary}
    broker.answer = refuses(error)
    async with client_of(broker) as rpc:
        with pytest.raises(RPCError) as caught:
            await rpc.call(ECHO, Params())
    assert (caught.value.code, caught.value.sent) == (code, sent)
    assert len(caught.value.correlation_id) == 32


@pytest.mark.parametrize("text", [1, "\ud800"], ids=["type", "unicode"])
async def test_result_that_does_not_fit(broker: Broker, text: object) -> None:
    async def odd(session: Session, command: Json) -> None:
        request = command["publish"]["data"]
        request["params"] = {"text": text}
        await echo(session, command)

    broker.answer = odd
    async with client_of(broker) as rpc:
        with pytest.raises(RPCError, match="does not fit"):
            await rpc.call(ECHO, Params())


async def test_timeout_and_late_reply(broker: Broker) -> None:
    held: list[Json] = []

    async def hold(session: Session, command: Json) -> None:
        held.append(command)
        await silent(session, command)

    broker.answer = hold
    async with client_of(broker) as rpc:
        with pytest.raises(CallTimeout) as caught:
            await rpc.call(ECHO, Params(), timeout_s=0.05)
        assert isinstance(caught.value, TimeoutError)
        assert caught.value.sent
        await echo(broker.sessions[0], held[0])
        broker.answer = echo
        assert await rpc.call(ECHO, Params(text="next")) == Result(text="next")


async def test_cancelling_a_call(broker: Broker) -> None:
    broker.answer = silent
    async with client_of(broker) as rpc:
        call = asyncio.create_task(rpc.call(ECHO, Params()))
        await broker.seen("publish")
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        broker.answer = echo
        assert await rpc.call(ECHO, Params(text="on")) == Result(text="on")


async def test_request_too_large(broker: Broker) -> None:
    async with client_of(broker, max_frame_bytes=2000) as rpc:
        with pytest.raises(RequestTooLarge) as caught:
            await rpc.call(ECHO, Params(text="x" * 2000))
        assert not caught.value.sent
        assert await rpc.call(ECHO, Params()) == Result(text="hello")


async def test_metadata_of_the_client_and_of_the_call(broker: Broker) -> None:
    async with client_of(broker, meta={"a": "1", "b": "1"}) as rpc:
        await rpc.call(ECHO, Params(), meta={"b": "2"})
        await rpc.call(ECHO, Params())
        for want in ({"a": "1", "b": "2"}, {"a": "1", "b": "1"}):
            data = (await broker.seen("publish"))["publish"]["data"]
            assert data["meta"] == {"api": "", **want}


@pytest.mark.parametrize("text", ["hello", "é" * 50, "\x7f" * 2000])
@pytest.mark.parametrize("transport", ["pubsub", "rpc"])
async def test_size_is_that_of_the_frame(
    broker: Broker, transport: Transport, text: str
) -> None:
    broker.answer = refuses({"code": 103, "message": "permission denied"})
    params = Params(text=text)
    async with client_of(broker, transport=transport) as rpc:
        with pytest.raises(RPCError):
            await rpc.call(ECHO, params)
    kind = "publish" if transport == "pubsub" else "rpc"
    command = await broker.seen(kind)
    longest = len(json.dumps({**command, "id": 2**32 - 1}))
    for limit, error in (longest, RPCError), (longest - 1, RequestTooLarge):
        options = {"transport": transport, "max_frame_bytes": limit}
        async with client_of(broker, **options) as rpc:
            with pytest.raises(error):
                await rpc.call(ECHO, params)


async def test_not_connected(broker: Broker) -> None:
    rpc = client_of(broker)
    with pytest.raises(NotConnected) as caught:
        await rpc.call(ECHO, Params())
    assert not caught.value.sent


async def test_calls_after_a_final_close_say_why(broker: Broker) -> None:
    async with client_of(broker) as rpc:
        ended = asyncio.Event()
        rpc.on_state(lambda _: ended.set())
        await broker.sessions[0].socket.close(3500, "invalid token")
        await ended.wait()
        with pytest.raises(
            NotConnected, match=r"invalid token \(code 3500\)"
        ) as caught:
            await rpc.call(ECHO, Params())
        assert isinstance(caught.value.__cause__, ConnectError)
        assert not caught.value.sent
        with pytest.raises(NotConnected, match="invalid token"):
            await anext(rpc.subscribe(NEWS, "news:1"))
    with pytest.raises(NotConnected, match="call connect") as closed:
        await rpc.call(ECHO, Params())
    assert closed.value.__cause__ is None


async def test_calls_of_one_moment_share_frames_that_fit(broker: Broker) -> None:
    async with client_of(broker, max_frame_bytes=5000) as rpc:
        before = len(broker.frames)
        texts = [str(i) + "é" * 10 for i in range(30)]
        calls = [rpc.call(ECHO, Params(text=text)) for text in texts]
        results = await asyncio.gather(*calls)
        frames = broker.frames[before:]
    assert [r.text for r in results] == texts
    assert len(frames) < 30
    assert max(map(len, frames)) <= 5000


async def test_cut_with_calls_that_share_a_frame(broker: Broker) -> None:
    broker.answer = silent
    async with client_of(broker) as rpc:
        calls = [asyncio.create_task(rpc.call(ECHO, Params())) for _ in range(5)]
        await broker.seen("publish")
        await broker.sessions[0].socket.close(1011)
        lost = await asyncio.gather(*calls, return_exceptions=True)
        broker.answer = echo
        assert await rpc.call(ECHO, Params()) == Result(text="hello")
    assert {type(error) for error in lost} == {ConnectionLost}


async def test_frames_that_wait_for_room_do_not_go_over_the_next_connection(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    published: list[str] = []
    room, waits = asyncio.Event(), asyncio.Event()

    async def note(session: Session, command: Json) -> None:
        published.append(command["publish"]["data"]["params"]["text"])
        await echo(session, command)

    async def slow(_: object) -> None:
        waits.set()
        await room.wait()

    broker.answer = note
    async with client_of(broker, max_frame_bytes=5000) as rpc:
        monkeypatch.setattr(cast("Any", rpc)._session._client._conn, "send", slow)
        calls = [rpc.call(ECHO, Params(text="é" * 300)) for _ in range(5)]
        ended = asyncio.gather(*calls, return_exceptions=True)
        await waits.wait()
        await broker.sessions[0].socket.close(1011)
        assert {type(error) for error in await ended} == {ConnectionLost}
        await rpc.connect()
        room.set()
        for text in "one", "two":  # the second is behind whatever was late
            await rpc.call(ECHO, Params(text=text))
    assert published == ["one", "two"]


async def test_call_of_the_moment_of_a_cut_does_not_run_later(broker: Broker) -> None:
    published: list[tuple[Session, str]] = []

    async def note(session: Session, command: Json) -> None:
        published.append((session, command["publish"]["data"]["params"]["text"]))
        await echo(session, command)

    broker.answer = note
    async with client_of(broker) as rpc:
        call = asyncio.create_task(rpc.call(ECHO, Params(text="lost")))
        sdk = cast("Any", rpc)._session._client
        cut = asyncio.create_task(
            sdk._disconnect(1, "transport closed", reconnect=True)
        )
        with pytest.raises(ConnectionLost):
            await call
        await cut
        for text in "one", "two":
            await rpc.call(ECHO, Params(text=text))
    later = [text for session, text in published if session is broker.sessions[1]]
    assert later == ["one", "two"]


@pytest.mark.parametrize("recoverable", [False, True])
async def test_call_that_finds_no_connection_waits_for_the_next(
    broker: Broker,
    monkeypatch: pytest.MonkeyPatch,
    *,
    recoverable: bool,
) -> None:
    broker.subscribe_reply = {"recoverable": recoverable}
    async with client_of(broker) as rpc:
        with monkeypatch.context() as patch:
            sdk = cast("Any", rpc)._session._client
            patch.setattr(sdk, "state", centrifuge.ClientState.CONNECTING)
            call = asyncio.create_task(rpc.call(ECHO, Params(text="late")))
            for _ in range(20):  # turns of the event loop, in which it tries
                await asyncio.sleep(0)
            assert not call.done()
        assert (await call).text == "late"
    assert sum("publish" in frame for frame in broker.frames) == 1


async def test_close_ends_calls_and_connect_reopens(broker: Broker) -> None:
    broker.answer = silent
    states: list[str] = []
    both = asyncio.Event()

    def listen(state: str) -> None:
        states.append(state)
        if len(states) == 6:
            both.set()

    rpc = client_of(broker)
    rpc.on_state(listen)
    await rpc.connect()
    call = asyncio.create_task(rpc.call(ECHO, Params()))
    await broker.seen("publish")
    await rpc.close()
    with pytest.raises(ConnectionLost) as caught:
        await call
    assert caught.value.sent
    broker.answer = echo
    async with rpc:
        assert await rpc.call(ECHO, Params(text="again")) == Result(text="again")
    await both.wait()
    assert states == ["connecting", "connected", "disconnected"] * 2


async def test_connect_close_and_connect_in_one_tick(broker: Broker) -> None:
    rpc = client_of(broker)
    first, close, second = map(
        asyncio.create_task, (rpc.connect(), rpc.close(), rpc.connect())
    )
    with pytest.raises(ConnectError, match="closed"):
        await first
    await close
    await second
    assert await rpc.call(ECHO, Params()) == Result(text="hello")
    await rpc.close()
    assert len(broker.sessions) == 1


async def test_close_ends_what_could_be_sent_again(broker: Broker) -> None:
    broker.answer = silent
    rpc = client_of(broker)
    await rpc.connect()
    method: Method[None] = Method("repeat", idempotent=True)
    call = asyncio.create_task(rpc.call(method))
    await broker.seen("publish")
    await asyncio.gather(rpc.close(), rpc.connect())
    with pytest.raises(ConnectionLost):
        await call
    await rpc.close()


async def test_close_connect_and_close_in_one_tick(broker: Broker) -> None:
    rpc = client_of(broker)
    await rpc.connect()
    connects = [rpc.close(), rpc.connect(), rpc.close()]
    results = await asyncio.gather(*connects, return_exceptions=True)
    assert isinstance(results[1], ConnectError)
    await asyncio.wait_for(broker.sessions[0].socket.wait_closed(), 5)
    assert len(broker.sessions) == 1


async def test_close_does_not_wait_for_a_token(broker: Broker) -> None:
    asked = asyncio.Event()

    async def never() -> str:
        asked.set()
        await asyncio.get_running_loop().create_future()
        return ""

    rpc = CentrifugoRPCClient(broker.url, never)
    connecting = asyncio.create_task(rpc.connect())
    await asked.wait()
    await rpc.close()
    with pytest.raises(ConnectError, match="closed"):
        await connecting
    assert broker.sessions == []


async def test_connect_that_joins_another_gives_up_alone(broker: Broker) -> None:
    token: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def fetch() -> str:
        return await token

    rpc = CentrifugoRPCClient(broker.url, fetch)
    first = asyncio.create_task(rpc.connect())
    await asyncio.sleep(0)
    with pytest.raises(CallTimeout):
        await rpc.connect(timeout_s=0.01)
    token.set_result(jwt("456"))
    await first
    assert rpc.state == "connected"
    await rpc.close()


async def test_connect_that_gives_up_leaves_others_their_time(broker: Broker) -> None:
    token: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def fetch() -> str:
        return await token

    rpc = CentrifugoRPCClient(broker.url, fetch)
    first = asyncio.create_task(rpc.connect())
    second = asyncio.create_task(rpc.connect())
    call = asyncio.create_task(rpc.call(ECHO, Params()))
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    token.set_result(jwt("456"))
    await second
    assert await call == Result(text="hello")
    await rpc.close()


async def test_calls_that_wait_end_with_the_last_connect(broker: Broker) -> None:
    async def fetch() -> str:
        return await asyncio.get_running_loop().create_future()

    rpc = CentrifugoRPCClient(broker.url, fetch)
    connect = asyncio.create_task(rpc.connect(timeout_s=0.01))
    await asyncio.sleep(0)
    with pytest.raises(NotConnected, match="no connection within"):
        await rpc.call(ECHO, Params())
    with pytest.raises(CallTimeout):
        await connect
    assert rpc.state == "disconnected"


@pytest.mark.parametrize("token", ["", None])
async def test_token_function_that_returns_nothing(broker: Broker, token: Any) -> None:  # noqa: ANN401
    async def fetch() -> str:
        return cast("str", token)

    with pytest.raises(ConnectError, match="the token function returned nothing"):
        await CentrifugoRPCClient(broker.url, fetch).connect()


async def test_token_function_that_is_not_async(broker: Broker) -> None:
    fetch = cast("Any", lambda: jwt("456"))
    with pytest.raises(ConnectError, match="returned str, not an awaitable"):
        await CentrifugoRPCClient(broker.url, fetch).connect()


async def test_token_function_that_somebody_cancels(broker: Broker) -> None:
    async def fetch() -> str:
        raise asyncio.CancelledError

    with pytest.raises(ConnectError, match="the token function was cancelled"):
        await CentrifugoRPCClient(broker.url, fetch).connect()


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "ws://",
        "localhost:8000",
        "ws://[1",
        "ws://localhost:99999",
        "ws://localhost:port",
    ],
)
async def test_url_that_is_none(url: str) -> None:
    with pytest.raises(ConnectError) as caught:
        await CentrifugoRPCClient(url, jwt("456")).connect()
    assert url in str(caught.value)


async def test_channel_that_is_too_long(broker: Broker) -> None:
    async with client_of(broker) as rpc:
        with pytest.raises(RequestTooLarge) as caught:
            await anext(rpc.subscribe(NEWS, "ü" * 600))
        assert not caught.value.sent
        assert await rpc.call(ECHO, Params()) == Result(text="hello")


async def test_reply_channel_that_the_server_ends_is_subscribed_again(
    broker: Broker,
) -> None:
    broker.answer = silent
    async with client_of(broker) as rpc:
        call = asyncio.create_task(rpc.call(ECHO, Params()))
        await broker.seen("publish")
        ended = {"code": 2000, "reason": "server unsubscribe"}
        push = {"channel": "user#456", "unsubscribe": ended}
        await broker.sessions[0].send({"push": push})
        with pytest.raises(ConnectionLost, match="the server ended the subscription"):
            await call
        broker.answer = echo
        assert await rpc.call(ECHO, Params(text="again")) == Result(text="again")


async def test_cut_ends_calls_and_later_ones_wait(broker: Broker) -> None:
    broker.answer = silent
    async with client_of(broker) as rpc:
        call = asyncio.create_task(rpc.call(ECHO, Params()))
        await broker.seen("publish")
        await broker.sessions[0].socket.close(1011)
        with pytest.raises(ConnectionLost) as caught:
            await call
        assert caught.value.sent
        broker.answer = echo
        assert await rpc.call(ECHO, Params(text="back")) == Result(text="back")
    assert len(broker.sessions) == 2


async def test_recoverable_channel_keeps_calls_over_a_cut(broker: Broker) -> None:
    broker.answer = silent
    broker.subscribe_reply = {"recoverable": True, "epoch": "e", "positioned": True}
    async with client_of(broker) as rpc:
        call = asyncio.create_task(rpc.call(ECHO, Params()))
        request = (await broker.seen("publish"))["publish"]["data"]
        reply = {
            "correlation_id": request["correlation_id"],
            "result": {"text": "late"},
        }
        broker.subscribe_reply = {
            **broker.subscribe_reply,
            "was_recovering": True,
            "recovered": True,
            "publications": [{"data": reply, "offset": 1}],
        }
        await broker.sessions[0].socket.close(1011)
        assert await call == Result(text="late")


async def test_failed_recovery_ends_calls(broker: Broker) -> None:
    broker.answer = silent
    broker.subscribe_reply = {"recoverable": True, "epoch": "e", "positioned": True}
    async with client_of(broker) as rpc:
        call = asyncio.create_task(rpc.call(ECHO, Params()))
        await broker.seen("publish")
        broker.subscribe_reply = {**broker.subscribe_reply, "was_recovering": True}
        await broker.sessions[0].socket.close(1011)
        with pytest.raises(ConnectionLost, match="recovered"):
            await call


async def test_terminal_close_gives_the_reason(broker: Broker) -> None:
    broker.answer = silent
    async with client_of(broker) as rpc:
        call = asyncio.create_task(rpc.call(ECHO, Params()))
        await broker.seen("publish")
        await broker.sessions[0].socket.close(3503, "force disconnect")
        with pytest.raises(ConnectionLost, match="force disconnect"):
            await call
        assert rpc.state == "disconnected"


def tokens_expire(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the first token need a refresh at once, and failed ones another."""
    broker.connect_reply |= {"expires": True, "ttl": 0.01}
    monkeypatch.setattr(centrifuge.client, "_REFRESH_RETRY_MIN_DELAY", 0.01)
    monkeypatch.setattr(centrifuge.client, "_REFRESH_RETRY_MAX_DELAY", 0.02)


async def test_reason_names_nothing_that_works_again(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens_expire(broker, monkeypatch)
    outcomes: list[str | OSError] = [jwt("456"), OSError("blip"), jwt("456")]

    async def fetch() -> str:
        outcome = outcomes.pop(0)
        if isinstance(outcome, OSError):
            raise outcome
        return outcome

    async with CentrifugoRPCClient(broker.url, fetch) as rpc:
        ended = asyncio.Event()
        rpc.on_state(lambda _: ended.set())
        await broker.seen("refresh")
        await broker.sessions[0].socket.close(3503, "force disconnect")
        await ended.wait()
        with pytest.raises(NotConnected, match=r"force disconnect \(code 3503\)$"):
            await rpc.call(ECHO, Params())


async def test_user_who_is_logged_out_ends_the_connection(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens_expire(broker, monkeypatch)
    tokens, logged_out = [jwt("456")], asyncio.Event()

    async def fetch() -> str:
        if not tokens:
            await logged_out.wait()
            message = "logged out"
            raise UnauthorizedError(message)
        return tokens.pop()

    async with CentrifugoRPCClient(broker.url, fetch) as rpc:
        logged_out.set()
        with pytest.raises(ConnectError, match=r"unauthorized.*; logged out"):
            await anext(rpc.subscribe(NEWS, "news:1"))


async def test_rejected_token_fails_connect(broker: Broker) -> None:
    broker.rejects = (3500, "invalid token")
    with pytest.raises(ConnectError, match="invalid token") as caught:
        await client_of(broker).connect()
    assert caught.value.code == 3500


async def test_unreachable_server() -> None:
    rpc = CentrifugoRPCClient("ws://127.0.0.1:1/", jwt("456"))
    with pytest.raises(CallTimeout) as caught:
        await rpc.connect(timeout_s=0.2)
    assert not caught.value.sent
    assert "Connect call failed" in str(caught.value)
    assert rpc.state == "disconnected"


async def test_token_function_and_user_ids(broker: Broker) -> None:
    async def fetch() -> str:
        return jwt("789")

    async with CentrifugoRPCClient(broker.url, fetch) as rpc:
        await rpc.call(ECHO, Params())
        data = (await broker.seen("publish"))["publish"]["data"]
    assert data["reply_to"] == "user#789"
    with pytest.raises(ConnectError, match=r"'456'.*'789'"):
        await CentrifugoRPCClient(broker.url, fetch, "456").connect()
    with pytest.raises(ConnectError, match="user id is not known"):
        await CentrifugoRPCClient(broker.url, "opaque").connect()
    with pytest.raises(ConnectError, match="','"):
        await CentrifugoRPCClient(broker.url, "opaque", "1,2").connect()


async def test_nonce_in_the_reply_channel(broker: Broker) -> None:
    template = "user.{nonce}#{user_id}"
    async with client_of(broker, reply_channel=template) as rpc:
        await rpc.call(ECHO, Params())
        channel = (await broker.seen("subscribe"))["subscribe"]["channel"]
        assert channel.startswith("user.")
        assert channel.endswith("#456")


async def test_native_rpc(broker: Broker) -> None:
    async def answer(session: Session, command: Json) -> None:
        body = {"result": command["rpc"]["data"]}
        await session.send({"id": command["id"], "rpc": {"data": body}})

    broker.answer = answer
    async with client_of(broker, transport="rpc") as rpc:
        assert await rpc.call(ECHO, Params(text="direct")) == Result(text="direct")
        assert (await broker.seen("rpc"))["rpc"]["method"] == "echo"


async def test_events_end_their_subscription(broker: Broker) -> None:
    async with client_of(broker) as rpc:
        events = rpc.subscribe(NEWS, "news:1")
        first = asyncio.ensure_future(anext(events))
        while (await broker.seen("subscribe"))["subscribe"]["channel"] != "news:1":
            pass
        session = broker.sessions[0]
        await session.reply("news:1", {"text": 5})
        await session.reply("news:1", {"text": "one"})
        assert await first == Result(text="one")
        await cast("AsyncGenerator[Result, None]", events).aclose()
        assert (await broker.seen("unsubscribe"))["unsubscribe"]["channel"] == "news:1"


async def test_iterations_share_a_subscription_and_end_with_close(
    broker: Broker,
) -> None:
    rpc = client_of(broker)
    await rpc.connect()

    async def texts() -> list[str]:
        return [event.text async for event in rpc.subscribe(NEWS, "news:1")]

    readers = [asyncio.create_task(texts()) for _ in range(2)]
    while (await broker.seen("subscribe"))["subscribe"]["channel"] != "news:1":
        pass
    await broker.sessions[0].reply("news:1", {"text": "one"})
    await rpc.call(VOID)  # its reply comes behind the event
    await rpc.close()
    assert await asyncio.gather(*readers) == [["one"], ["one"]]


async def test_a_channel_is_taken_up_while_it_is_left(broker: Broker) -> None:
    async with client_of(broker) as rpc:
        left = cast("AsyncGenerator[Result]", rpc.subscribe(NEWS, "news:1"))
        waits = asyncio.create_task(anext(left))
        await broker.seen("subscribe")  # of the replies
        await broker.seen("subscribe")
        await broker.sessions[0].reply("news:1", {"text": "one"})
        await waits
        leaves = asyncio.create_task(left.aclose())
        takes = asyncio.create_task(anext(rpc.subscribe(NEWS, "news:1")))
        await leaves
        await broker.seen("subscribe")
        await broker.sessions[0].reply("news:1", {"text": "two"})
        assert await takes == Result(text="two")


async def test_refused_event_subscription(broker: Broker) -> None:
    broker.subscribe_error["news:1"] = {"code": 103, "message": "permission denied"}
    async with client_of(broker) as rpc:
        with pytest.raises(RPCError, match="permission denied") as caught:
            await anext(rpc.subscribe(NEWS, "news:1"))
    assert (caught.value.code, caught.value.method) == (103, "news")


async def test_each_iteration_has_an_error_of_its_own(broker: Broker) -> None:
    others: Event[Result] = Event("others", Result)
    async with client_of(broker) as rpc:
        loops = [
            asyncio.ensure_future(anext(rpc.subscribe(event, event.name)))
            for event in (NEWS, others)
        ]
        for _ in range(3):
            await broker.seen("subscribe")
        await broker.sessions[0].socket.close(3503, "force disconnect")
        errors = await asyncio.gather(*loops, return_exceptions=True)
        with pytest.raises(NotConnected) as caught:
            await rpc.call(ECHO, Params())
    assert {type(error) for error in errors} == {ConnectError}
    assert [cast("Any", error).method for error in errors] == ["news", "others"]
    assert cast("ConnectError", caught.value.__cause__).method == ""


async def test_over_an_existing_connection(broker: Broker) -> None:
    class Events(centrifuge.ClientEventHandler):
        connected = 0

        async def on_connected(self, ctx: object) -> None:  # noqa: ARG002
            self.connected += 1

    events = Events()
    client = centrifuge.Client(broker.url, events=events, token=jwt("456"))
    async with CentrifugoRPCClient.over(client, "456") as rpc:
        assert await rpc.call(ECHO, Params()) == Result(text="hello")
    assert events.connected == 1
    assert client.state == centrifuge.ClientState.CONNECTED
    assert client.events is events
    async with CentrifugoRPCClient.over(client, "456") as rpc:
        assert await rpc.call(ECHO, Params()) == Result(text="hello")
    assert client.subscriptions() == {}
    await client.disconnect()


async def test_connection_whose_reply_channel_is_taken(broker: Broker) -> None:
    client = centrifuge.Client(broker.url, token=jwt("456"))
    async with CentrifugoRPCClient.over(client, "456") as rpc:
        with pytest.raises(ConnectError, match=r"user#456.*already registered"):
            await CentrifugoRPCClient.over(client, "456").connect()
        assert await rpc.call(ECHO, Params()) == Result(text="hello")
    await client.disconnect()


async def test_clients_that_begin_at_once_take_nothing_from_each_other(
    broker: Broker,
) -> None:
    sdk = centrifuge.Client(broker.url, token=jwt("456"))
    await sdk.connect()
    same = [CentrifugoRPCClient.over(sdk, "456") for _ in range(2)]
    connects = [rpc.connect() for rpc in same]
    first, second = await asyncio.gather(*connects, return_exceptions=True)
    assert first is None
    assert isinstance(second, ConnectError)
    await same[0].close()
    options = {"reply_channel": "{nonce}#{user_id}"}
    async with (
        CentrifugoRPCClient.over(sdk, "456", **options) as one,
        CentrifugoRPCClient.over(sdk, "456", **options) as two,
    ):
        gets = asyncio.ensure_future(anext(one.subscribe(NEWS, "news:1")))
        refused = asyncio.ensure_future(anext(two.subscribe(NEWS, "news:1")))
        with pytest.raises(RPCError, match="already registered"):
            await refused
        while (await broker.seen("subscribe"))["subscribe"]["channel"] != "news:1":
            pass
        await broker.sessions[0].reply("news:1", {"text": "one"})
        assert await gets == Result(text="one")
    await sdk.disconnect()


@pytest.mark.parametrize("transport", ["pubsub", "rpc"])
async def test_event_channel_that_the_owner_has_taken(
    broker: Broker, transport: Transport
) -> None:
    async def answer(session: Session, command: Json) -> None:
        if "rpc" in command:
            body = {"result": command["rpc"]["data"]}
            await session.send({"id": command["id"], "rpc": {"data": body}})
        else:
            await echo(session, command)

    broker.answer = answer
    sdk = centrifuge.Client(broker.url, token=jwt("456"))
    await sdk.new_subscription("news:1").subscribe()
    await sdk.connect()
    rpc = CentrifugoRPCClient.over(sdk, "456", transport=transport)
    connect = asyncio.create_task(rpc.connect())
    await asyncio.sleep(0)
    early = asyncio.ensure_future(anext(rpc.subscribe(NEWS, "news:1")))
    await connect
    late = asyncio.ensure_future(anext(rpc.subscribe(NEWS, "news:1")))
    for loop in early, late:
        with pytest.raises(RPCError, match="already registered") as caught:
            await loop
        assert (caught.value.code, caught.value.method) == (105, "news")
    back = asyncio.Event()
    rpc.on_state(lambda state: back.set() if state == "connected" else None)
    await broker.sessions[0].socket.close(1011)
    await asyncio.wait_for(back.wait(), 5)
    assert await rpc.call(ECHO, Params()) == Result(text="hello")
    await rpc.close()
    await sdk.disconnect()


async def test_clients_that_overlap_leave_no_handlers(broker: Broker) -> None:
    sdk = centrifuge.Client(broker.url, token=jwt("456"))
    events = sdk.events
    options = {"reply_channel": "{nonce}#{user_id}"}
    clients = [CentrifugoRPCClient.over(sdk, "456", **options) for _ in range(3)]
    for rpc in clients:
        await rpc.connect()
    for i in 1, 0:
        await clients[i].close()
    assert await clients[2].call(ECHO, Params()) == Result(text="hello")
    await clients[2].close()
    assert sdk.events is events
    await sdk.disconnect()


async def test_connect_that_gives_up_says_what_went_wrong(broker: Broker) -> None:
    error = {"code": 100, "message": "internal server error", "temporary": True}
    broker.subscribe_error["user#456"] = error
    with pytest.raises(CallTimeout, match="internal server error"):
        await client_of(broker).connect(timeout_s=0.5)


async def test_listener_that_raises_breaks_nothing(
    broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    async with client_of(broker) as rpc:

        def bad(_: object) -> None:
            raise ValueError

        changed = asyncio.Event()
        rpc.on_state(bad)
        rpc.on_state(lambda _: changed.set())
        await broker.sessions[0].socket.close(1011)
        await changed.wait()
        assert await rpc.call(ECHO, Params()) == Result(text="hello")
    assert "state listener" in caplog.text


def test_listeners_that_are_async_do_not_type_check() -> None:
    hints = get_type_hints(CentrifugoRPCClient.on_state)
    assert hints["listener"] == Callable[[State], None]


async def test_log_of_what_fails_names_no_request(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def fails() -> None:
        raise ValueError

    caplog.set_level(logging.DEBUG)
    tasks = _Tasks()
    tasks.spawn(fails())
    await tasks.wait()
    assert "background task failed" in caplog.text


def drained(queue: "asyncio.Queue[Json]") -> list[Json]:
    items: list[Json] = []
    while not queue.empty():
        items.append(queue.get_nowait())
    return items


def test_runtime_names_are_the_documented_ones() -> None:
    assert api.DEFAULT_TIMEOUT_S == 10
    assert api.MAX_FRAME_BYTES == 65_536
