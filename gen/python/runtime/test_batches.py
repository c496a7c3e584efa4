"""Calls whose requests leave together."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, TypeVar, cast

import pytest

from ._rpc import batch_of
from ._rpc.api import CallInfo, Event, Method, Proceed
from ._rpc.errors import CallTimeout, ConnectionLost, NotConnected, RPCError
from .scripted_broker import (
    ECHO,
    NEWS,
    NOTE,
    VOID,
    Broker,
    Json,
    Params,
    Result,
    Session,
    client_of,
    drained,
    refuses,
    silent,
)

_R = TypeVar("_R")
STREAM: Method[Result] = Method("stream", Params, Result)
SURE: Method[Result] = Method("sure", Params, Result, idempotent=True)


def requests_of(data: Json) -> list[Json]:
    requests: list[Json] = data.get("batch", [data])
    return requests


async def backwards(session: Session, command: Json) -> None:
    """Acknowledge, then answer all requests with their params, the last one first."""
    await session.send({"id": command["id"], "publish": {}})
    for request in requests_of(command["publish"]["data"])[::-1]:
        if request["method"] == "stream":
            for end in (
                {"seq": 1, "item": request["params"]},
                {"seq": 2, "result": None},
            ):
                await answer(session, request, **end)
        elif "reply_to" in request:
            await answer(session, request, result=request["params"])


async def answer(session: Session, request: Json, **body: object) -> None:
    about = {"correlation_id": request["correlation_id"]}
    await session.reply(request["reply_to"], {**about, **body})


def published(broker: Broker) -> list[list[str]]:
    """Return the texts in the requests of each publication since the last look."""
    return [
        [one["params"].get("text", one["method"]) for one in requests_of(sent["data"])]
        for command in drained(broker.commands)
        if (sent := command.get("publish"))
    ]


def whole(broker: Broker) -> list[Json]:
    """Return what was published since the last look."""
    return [
        command["publish"]["data"]
        for command in drained(broker.commands)
        if "publish" in command
    ]


async def test_calls_of_one_turn_share_a_publication(broker: Broker) -> None:
    broker.answer = backwards
    async with client_of(broker) as rpc:
        batch = rpc.batch()
        results = await asyncio.gather(
            batch.call(ECHO, Params(text="a")), batch.call(ECHO, {"text": "b"})
        )
        assert results == [Result(text="a"), Result(text="b")]
        (data,) = whole(broker)
        assert list(data) == ["batch"]
        first, second = data["batch"]
        assert first["correlation_id"] != second["correlation_id"]
        assert first["reply_to"] == second["reply_to"] == "user#456"
        assert 0 < first["timeout_ms"] <= 10_000
        results = await asyncio.gather(*(batch.call(ECHO, {"text": t}) for t in "cde"))
        assert [result.text for result in results] == ["c", "d", "e"]
        assert published(broker) == [["c", "d", "e"]]


async def test_a_call_that_is_alone_is_a_plain_request(broker: Broker) -> None:
    broker.answer = backwards
    async with client_of(broker) as rpc:
        batch = rpc.batch()
        assert await batch.call(ECHO, {"text": "a"}) == Result(text="a")
        assert await batch.call(ECHO, {"text": "b"}) == Result(text="b")
        assert [data["method"] for data in whole(broker)] == ["echo", "echo"]


async def test_others_and_other_batches_do_not_join(broker: Broker) -> None:
    broker.answer = backwards
    async with client_of(broker) as rpc:
        batch = rpc.batch()
        other = batch.batch()
        await asyncio.gather(
            batch.call(ECHO, {"text": "a"}),
            rpc.call(ECHO, {"text": "b"}),
            other.call(ECHO, {"text": "c"}),
            batch.call(ECHO, {"text": "d"}),
            other.call(ECHO, {"text": "e"}),
        )
        assert sorted(published(broker)) == [["a", "d"], ["b"], ["c", "e"]]


async def test_the_first_calls_wait_for_the_connection_and_leave_together(
    broker: Broker,
) -> None:
    broker.answer = backwards
    rpc = client_of(broker)
    batch = rpc.batch()
    await asyncio.gather(*(batch.call(ECHO, {"text": text}) for text in "abc"))
    assert published(broker) == [["a", "b", "c"]]
    await rpc.close()


async def test_each_call_ends_by_itself(broker: Broker) -> None:
    async def mixed(session: Session, command: Json) -> None:
        await session.send({"id": command["id"], "publish": {}})
        good, bad, _ = requests_of(command["publish"]["data"])
        await answer(session, bad, error={"code": -32601, "message": "none"})
        await answer(session, good, result={"text": "good"})

    broker.answer = mixed
    async with client_of(broker) as rpc:
        batch = rpc.batch()
        good, bad, late = await asyncio.gather(
            batch.call(ECHO, {"text": "a"}),
            batch.call(ECHO, {"text": "b"}),
            batch.call(ECHO, {"text": "c"}, timeout_s=0.05),
            return_exceptions=True,
        )
    assert good == Result(text="good")
    assert isinstance(bad, RPCError)
    assert (bad.code, bad.sent) == (-32601, False)
    assert isinstance(late, CallTimeout)
    assert late.sent


@pytest.mark.parametrize(("code", "sent"), [(1429, False), (103, False), (100, True)])
async def test_an_error_in_place_of_the_ack_ends_all(
    broker: Broker, code: int, *, sent: bool
) -> None:
    broker.answer = refuses({"code": code, "message": "no"})
    async with client_of(broker) as rpc:
        batch = rpc.batch()
        errors = await asyncio.gather(
            batch.call(ECHO, {"text": "a"}),
            batch.call(ECHO, {"text": "b"}),
            return_exceptions=True,
        )
    first, second = errors
    assert isinstance(first, RPCError)
    assert isinstance(second, RPCError)
    assert [(error.code, error.sent) for error in (first, second)] == [(code, sent)] * 2
    assert first.correlation_id != second.correlation_id


async def test_a_repeated_request_goes_alone(broker: Broker) -> None:
    async def once_more(session: Session, command: Json) -> None:
        busy = {"code": 111, "message": "busy", "temporary": True}
        await refuses(busy)(session, command)
        broker.answer = backwards

    broker.answer = once_more
    async with client_of(broker) as rpc:
        batch = rpc.batch()
        results = await asyncio.gather(
            batch.call(SURE, {"text": "a"}), batch.call(SURE, {"text": "b"})
        )
    assert [result.text for result in results] == ["a", "b"]
    together, *alone = published(broker)
    assert together == ["a", "b"]
    assert sorted(alone) == [["a"], ["b"]]


async def test_frames_bound_a_batch(broker: Broker) -> None:
    broker.answer = backwards
    async with client_of(broker, max_frame_bytes=1000) as rpc:
        batch = rpc.batch()
        texts = [str(number) * 300 for number in range(5)]
        await asyncio.gather(*(batch.call(ECHO, {"text": text}) for text in texts))
    assert published(broker) == [texts[:2], texts[2:4], texts[4:]]
    sizes = [len(frame) for frame in broker.frames if '"batch"' in frame]
    assert len(sizes) == 2
    assert all(900 < size <= 1000 for size in sizes)


async def test_a_batch_has_100_requests_at_most(broker: Broker) -> None:
    broker.answer = backwards
    async with client_of(broker) as rpc:
        batch = rpc.batch()
        await asyncio.gather(*(batch.call(VOID) for _ in range(201)))
    assert [len(requests) for requests in published(broker)] == [100, 100, 1]


async def test_each_requests_channel_has_its_own_publication(broker: Broker) -> None:
    broker.answer = backwards
    async with client_of(broker) as rpc:
        batch = rpc.batch()
        shop = ECHO.on("shop:7")
        await asyncio.gather(
            batch.call(ECHO, {"text": "a"}),
            batch.call(shop, {"text": "b"}),
            batch.call(ECHO, {"text": "c"}),
            batch.call(shop, {"text": "d"}),
        )
        sent = [c["publish"] for c in drained(broker.commands) if "publish" in c]
    assert [one["channel"] for one in sent] == ["rpc.requests", "shop:7"]
    assert [len(one["data"]["batch"]) for one in sent] == [2, 2]


async def test_native_rpc_has_no_batches(broker: Broker) -> None:
    async def native(session: Session, command: Json) -> None:
        data = {"result": command["rpc"]["data"]}
        await session.send({"id": command["id"], "rpc": {"data": data}})

    broker.answer = native
    async with client_of(broker, transport="rpc") as rpc:
        batch = rpc.batch()
        results = await asyncio.gather(*(batch.call(ECHO, {"text": t}) for t in "ab"))
    assert [result.text for result in results] == ["a", "b"]
    sent = [command["rpc"] for command in drained(broker.commands) if "rpc" in command]
    assert [one["data"] for one in sent] == [{"text": "a"}, {"text": "b"}]


async def test_a_notification_goes_alone(broker: Broker) -> None:
    broker.answer = backwards
    async with client_of(broker) as rpc:
        batch = rpc.batch()
        await asyncio.gather(
            batch.call(ECHO, {"text": "a"}),
            batch.call(NOTE, {"text": "b"}),
            batch.call(ECHO, {"text": "c"}),
        )
    assert sorted(published(broker)) == [["a", "c"], ["b"]]


async def test_a_call_that_is_cancelled_before_it_leaves(broker: Broker) -> None:
    broker.answer = backwards
    async with client_of(broker) as rpc:
        batch = rpc.batch()
        first, second, third = (
            asyncio.ensure_future(batch.call(ECHO, {"text": text})) for text in "abc"
        )
        asyncio.get_running_loop().call_soon(second.cancel)
        results = await asyncio.gather(first, second, third, return_exceptions=True)
        assert isinstance(results[1], asyncio.CancelledError)
        await rpc.call(ECHO, {"text": "d"})
    assert published(broker) == [["a", "c"], ["d"]]


async def test_a_call_that_is_cancelled_later_leaves_the_others(broker: Broker) -> None:
    broker.answer = silent
    async with client_of(broker) as rpc:
        batch = rpc.batch()
        first, second = (
            asyncio.ensure_future(batch.call(ECHO, {"text": text})) for text in "ab"
        )
        data = (await broker.seen("publish"))["publish"]["data"]
        gone, kept = data["batch"]
        first.cancel()
        cancelled = (await broker.seen("publish"))["publish"]["data"]
        assert cancelled == {
            "method": "rpc.cancel",
            "correlation_id": gone["correlation_id"],
        }
        await answer(broker.sessions[0], kept, result={"text": "kept"})
        assert await second == Result(text="kept")


async def test_streams_leave_together_with_calls(broker: Broker) -> None:
    broker.answer = backwards
    async with client_of(broker) as rpc:
        batch = rpc.batch()

        async def items() -> list[Result]:
            return [item async for item in batch.stream(STREAM, {"text": "s"})]

        streamed, called = await asyncio.gather(
            items(), batch.call(ECHO, {"text": "a"})
        )
    assert (streamed, called) == ([Result(text="s")], Result(text="a"))
    assert published(broker)[0] == ["s", "a"]


async def test_a_client_that_is_closed_before_they_leave(broker: Broker) -> None:
    async with client_of(broker) as rpc:
        batch = rpc.batch()
        calls = asyncio.gather(
            *(batch.call(ECHO, {"text": text}) for text in "ab"), return_exceptions=True
        )
        closing = asyncio.ensure_future(rpc.close())
        for error in await calls:
            assert isinstance(error, NotConnected | ConnectionLost)
            assert not error.sent
        await closing
    assert published(broker) == []


async def test_interceptors_go_around_each_call(broker: Broker) -> None:
    seen: list[object] = []

    async def note(call: CallInfo, proceed: Proceed) -> object:
        seen.append(call.params)
        return await proceed(replace(call, meta={"n": str(len(seen))}))

    broker.answer = backwards
    async with client_of(broker, interceptors=[note]) as rpc:
        batch = rpc.batch()
        await asyncio.gather(*(batch.call(ECHO, {"text": text}) for text in "ab"))
    assert seen == [Params(text="a"), Params(text="b")]
    (data,) = whole(broker)
    assert [one["meta"]["n"] for one in data["batch"]] == ["1", "2"]


async def test_events_go_past_a_batch(broker: Broker) -> None:
    async with client_of(broker) as rpc:
        events = rpc.batch().subscribe(NEWS, "news")
        waiting = asyncio.ensure_future(anext(events))
        await broker.seen("subscribe")
        await broker.seen("subscribe")
        await broker.sessions[0].reply("news", {"text": "a"})
        assert await waiting == Result(text="a")
        await cast("Any", events).aclose()


class Fake:
    """A caller of a test."""

    async def call(self, method: Method[_R], params: object = None, **_: object) -> _R:
        assert method is ECHO
        return cast("_R", params)

    def subscribe(self, event: Event[_R], channel: str) -> AsyncIterator[_R]:
        raise NotImplementedError(event, channel)


async def test_a_caller_that_knows_no_batches_goes_on_alone(broker: Broker) -> None:
    fake = Fake()
    assert batch_of(fake) is fake
    async with client_of(broker) as rpc:
        assert batch_of(rpc) is not rpc
