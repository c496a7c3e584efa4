"""Connections and subscriptions that break, and what becomes of the calls."""

import asyncio
import gc
from typing import Any, cast

import centrifuge
import centrifuge.client
import pytest

from ._rpc.call import Call
from ._rpc.errors import (
    CallTimeout,
    ConnectionLost,
)
from .scripted_broker import (
    ECHO,
    PATIENCE_S,
    Broker,
    Json,
    Params,
    Result,
    Session,
    client_of,
    echo,
    silent,
)


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


async def test_close_while_a_frame_waits_for_room_leaves_no_error_behind(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = asyncio.Event()

    async def full(_: object) -> None:
        waits.set()
        await asyncio.Event().wait()

    async with client_of(broker) as rpc:
        monkeypatch.setattr(cast("Any", rpc)._session._client._conn, "send", full)
        call = asyncio.create_task(rpc.call(ECHO, Params()))
        await waits.wait()
    with pytest.raises(ConnectionLost):
        await call
    gc.collect()  # asyncio reports an error that nobody has seen when it is collected


async def test_frames_that_wait_for_room_do_not_go_over_the_next_connection(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    published: list[str] = []
    room, waits = asyncio.Event(), asyncio.Event()

    async def note(session: Session, command: Json) -> None:
        data = command["publish"]["data"]
        if data["method"] != "rpc.cancel":
            published.append(data["params"]["text"])
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
        data = command["publish"]["data"]
        if data["method"] != "rpc.cancel":
            published.append((session, data["params"]["text"]))
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


async def test_deadline_of_the_moment_of_a_break_ends_a_call_that_would_be_sent_again() -> (
    None
):
    call = Call(ECHO, Params(), {}, timeout_s=0)
    call.connection_lost("cut")
    for _ in range(2):  # turns of the event loop, in which the time is up
        await asyncio.sleep(0)
    assert isinstance(call.reply.exception(), ConnectionLost)
    call.repeat()
    with pytest.raises(CallTimeout):
        await asyncio.wait_for(call.reply, PATIENCE_S)
    call.close()
