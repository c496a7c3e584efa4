"""What becomes of calls: results, errors, deadlines, sizes."""

import asyncio
import json
import logging
import math

import pytest

from ._rpc import api
from ._rpc.api import Transport
from ._rpc.errors import (
    CallTimeout,
    InvalidParamsError,
    MethodNotFoundError,
    RequestTooLarge,
    RPCError,
)
from ._rpc.tasks import Tasks
from .scripted_broker import (
    ECHO,
    NOTE,
    VOID,
    Broker,
    DeniedError,
    Json,
    Params,
    Result,
    Session,
    client_of,
    echo,
    fails,
    refuses,
    silent,
)


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
            await rpc.call(ECHO, Params(), timeout_s=0.5)
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


async def test_native_rpc(broker: Broker) -> None:
    async def answer(session: Session, command: Json) -> None:
        body = {"result": command["rpc"]["data"]}
        await session.send({"id": command["id"], "rpc": {"data": body}})

    broker.answer = answer
    async with client_of(broker, transport="rpc") as rpc:
        assert await rpc.call(ECHO, Params(text="direct")) == Result(text="direct")
        assert (await broker.seen("rpc"))["rpc"]["method"] == "echo"


async def test_log_of_what_fails_names_no_request(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def fails() -> None:
        raise ValueError

    caplog.set_level(logging.DEBUG)
    tasks = Tasks()
    tasks.spawn(fails())
    await tasks.wait()
    assert "background task failed" in caplog.text


def test_runtime_names_are_the_documented_ones() -> None:
    assert api.DEFAULT_TIMEOUT_S == 10
    assert api.MAX_FRAME_BYTES == 65_536
