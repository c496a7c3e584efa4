"""Iterations over events."""

import asyncio
import gc
import json
import tracemalloc
from typing import TYPE_CHECKING, Any, cast

import pytest

from ._rpc.api import Event
from ._rpc.errors import (
    ConnectError,
    EventOverflow,
    NotConnected,
    RequestTooLarge,
    RPCError,
)
from .scripted_broker import (
    ECHO,
    NEWS,
    PATIENCE_S,
    VOID,
    Broker,
    Params,
    Result,
    client_of,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator


async def test_channel_that_is_too_long(broker: Broker) -> None:
    async with client_of(broker) as rpc:
        with pytest.raises(RequestTooLarge) as caught:
            await anext(rpc.subscribe(NEWS, "ü" * 600))
        assert not caught.value.sent
        assert await rpc.call(ECHO, Params()) == Result(text="hello")


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


@pytest.mark.parametrize("drop_oldest", [False, True])
async def test_loop_that_sleeps_holds_a_bounded_memory(
    broker: Broker, *, drop_oldest: bool
) -> None:
    sent, per_frame, size, limit = 20_000, 50, 1000, 4096
    push = {"channel": "news:1", "pub": {"data": {"text": "x" * size}}}
    frame = "\n".join([json.dumps({"push": push})] * per_frame)
    async with client_of(broker, drop_oldest=drop_oldest) as rpc:
        events = rpc.subscribe(NEWS, "news:1")
        first = asyncio.ensure_future(anext(events))
        while (await broker.seen("subscribe"))["subscribe"]["channel"] != "news:1":
            pass
        await broker.sessions[0].reply("news:1", {"text": "one"})
        assert await first == Result(text="one")
        tracemalloc.start()
        for _ in range(sent // per_frame):
            await broker.sessions[0].socket.send(frame)
        # Its reply comes behind the events.
        await rpc.call(ECHO, Params(), timeout_s=PATIENCE_S)
        gc.collect()
        grown, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    held = 0
    try:
        async for _ in events:
            held += 1
    except EventOverflow:
        assert not drop_oldest
    assert held == limit
    assert grown < 2 * limit * size


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
