"""Loops over streams: how they end, and what is left of them."""

import asyncio
import gc
import tracemalloc
from typing import Any, cast

import pytest

from ._rpc.connection import RPCClient
from ._rpc.errors import ConnectionLost, NotConnected
from .scripted_broker import (
    COUNT,
    ECHO,
    PATIENCE_S,
    Broker,
    Json,
    Params,
    Session,
    Source,
    client_of,
    drained,
    silent,
)

MANY = 100


async def soon(source: Source) -> str:
    """Return the next call that is cancelled."""
    return await asyncio.wait_for(source.cancelled.get(), PATIENCE_S)


def controls(broker: Broker) -> list[Json]:
    """Return the messages about calls that have been sent."""
    published = [
        c["publish"]["data"] for c in drained(broker.commands) if "publish" in c
    ]
    return [data for data in published if data["method"].startswith("rpc.")]


def pending(rpc: RPCClient) -> dict[str, object]:
    """Return what a client waits for."""
    return cast("Any", rpc)._session._calls


@pytest.mark.parametrize("window", [1, 2, 3, 32, 1000])
async def test_items_come_in_order(broker: Broker, window: int) -> None:
    source = broker.answer = Source(100)
    async with client_of(broker) as rpc:
        items = [item.text async for item in rpc.stream(COUNT, window=window)]
        assert pending(rpc) == {}
    assert items == [str(i + 1) for i in range(100)]
    assert source.cancelled.empty()


async def test_slow_loop_holds_the_worker_back(broker: Broker) -> None:
    source = broker.answer = Source(10)
    async with client_of(broker) as rpc, rpc.stream(COUNT, window=4) as stream:
        assert (await anext(stream)).text == "1"
        await rpc.call(ECHO, Params())  # it comes back behind what was sent before
        assert source.acknowledged == []
        assert (await anext(stream)).text == "2"
        assert len([item async for item in stream]) == 8
    assert source.acknowledged == [2, 4, 6, 8]


async def test_block_around_a_loop_ends_the_call(broker: Broker) -> None:
    source = broker.answer = Source(100)
    async with client_of(broker) as rpc:
        async with rpc.stream(COUNT) as stream:
            async for _ in stream:
                break
        (call,) = (await soon(source),)
        assert call
        assert pending(rpc) == {}
        assert [item async for item in stream] == []
        await stream.aclose()


async def test_stream_that_is_kept_goes_on_after_a_break(broker: Broker) -> None:
    broker.answer = Source(5)
    async with client_of(broker) as rpc:
        stream = rpc.stream(COUNT)
        async for item in stream:
            if item.text == "2":
                break
        assert [item.text async for item in stream] == ["3", "4", "5"]


async def test_stream_that_is_forgotten_is_cancelled(broker: Broker) -> None:
    source = broker.answer = Source(100)
    async with client_of(broker) as rpc:
        async for _ in rpc.stream(COUNT):
            break
        assert await soon(source)
        assert pending(rpc) == {}


async def test_stream_that_is_forgotten_in_a_cycle_is_cancelled(
    broker: Broker,
) -> None:
    source = broker.answer = Source(100)
    async with client_of(broker) as rpc:

        async def begin() -> None:
            cycle: list[object] = []
            stream = rpc.stream(COUNT)
            cycle += [stream, cycle]
            await anext(stream)

        await begin()
        gc.collect()
        assert await soon(source)


async def test_stream_without_a_loop_is_no_call(broker: Broker) -> None:
    async with client_of(broker) as rpc:
        stream = rpc.stream(COUNT)
        await stream.aclose()
        del stream
        async with rpc.stream(COUNT):
            pass
        await rpc.call(ECHO, Params())
    assert sum("publish" in command for command in drained(broker.commands)) == 1


async def test_task_that_is_cancelled_in_a_loop(broker: Broker) -> None:
    source = Source(3)
    reached = asyncio.Event()

    async def stop_at_the_end(session: Session, stream: Json, item: Json) -> None:
        if stream["seq"] <= 3:
            await Source.say(source, session, stream, item)

    source.say = stop_at_the_end  # type: ignore[method-assign]
    broker.answer = source
    async with client_of(broker) as rpc:

        async def loop() -> None:
            async for item in rpc.stream(COUNT):
                if item.text == "3":
                    reached.set()

        task = asyncio.create_task(loop())
        await reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await soon(source)


async def test_wait_for_one_item_that_takes_too_long(broker: Broker) -> None:
    broker.answer = silent
    async with client_of(broker) as rpc:
        stream = rpc.stream(COUNT)
        with pytest.raises((TimeoutError, asyncio.TimeoutError)):
            await asyncio.wait_for(anext(stream), 0.5)
        assert [item async for item in stream] == []
        request = (await broker.seen("publish"))["publish"]["data"]
        cancel = (await broker.seen("publish"))["publish"]["data"]
    assert cancel == {
        "method": "rpc.cancel",
        "correlation_id": request["correlation_id"],
    }


@pytest.mark.parametrize("window", [0, 1001, -1])
def test_window_that_is_out_of_bounds(window: int) -> None:
    with pytest.raises(ValueError, match="window"):
        RPCClient("ws://x").stream(COUNT, window=window)


@pytest.mark.parametrize("window", [True, 1.0, "1"])
def test_window_that_is_no_number(window: Any) -> None:  # noqa: ANN401
    with pytest.raises(TypeError, match="window"):
        RPCClient("ws://x").stream(COUNT, window=window)


def test_native_rpc_has_no_streams() -> None:
    with pytest.raises(ValueError, match="count streams its results"):
        RPCClient("ws://x", transport="rpc").stream(COUNT)


def test_params_are_checked_before_the_loop() -> None:
    with pytest.raises(TypeError, match="count takes no params"):
        RPCClient("ws://x").stream(COUNT, {"a": 1})


async def test_closing_the_client_ends_streams(broker: Broker) -> None:
    source = broker.answer = Source(100)
    rpc = client_of(broker)
    stream = rpc.stream(COUNT, window=4)
    assert await anext(stream)
    await rpc.close()
    with pytest.raises(ConnectionLost):
        [item async for item in stream]
    with pytest.raises(NotConnected) as caught:
        await anext(rpc.stream(COUNT))
    assert (caught.value.method, caught.value.sent) == ("count", False)
    assert source.cancelled.empty()


async def test_streams_leave_nothing_behind(broker: Broker) -> None:
    async def read(rpc: RPCClient) -> None:
        async for _ in rpc.stream(COUNT):
            pass
        async with rpc.stream(COUNT) as stream:
            await anext(stream)
        async for _ in rpc.stream(COUNT):
            break

    source = broker.answer = Source(3)
    async with client_of(broker) as rpc:
        await read(rpc)
        tasks = len(asyncio.all_tasks())
        await asyncio.gather(*(read(rpc) for _ in range(10)))
        gc.collect()
        tracemalloc.start()
        for _ in range(MANY):
            await read(rpc)
            broker.frames.clear()
            drained(broker.commands)
            source.acknowledged.clear()
        await rpc.call(ECHO, Params())  # the last stream is closed by then
        gc.collect()
        grown, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert pending(rpc) == {}
        assert len(asyncio.all_tasks()) <= tasks + 2
        assert grown < MANY * 300


async def test_cancelled_calls_leave_nothing_behind(broker: Broker) -> None:
    broker.answer = silent
    async with client_of(broker) as rpc:
        calls = [asyncio.create_task(rpc.call(ECHO, Params())) for _ in range(MANY)]
        for _ in calls:
            await broker.seen("publish")
        for call in calls:
            call.cancel()
        ended = await asyncio.gather(*calls, return_exceptions=True)
        assert {type(error) for error in ended} == {asyncio.CancelledError}
        cancelled = [await broker.seen("publish") for _ in calls]
        assert {c["publish"]["data"]["method"] for c in cancelled} == {"rpc.cancel"}
        assert pending(rpc) == {}
