"""Streams and cancellation at the dispatcher, with handlers that tests hold."""

import asyncio
import contextlib
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing
from datetime import datetime, timezone
from typing import Any

import pytest
from centrifugo_rpc import (
    Conn,
    MessageRouter,
    RateLimited,
    RPCError,
    current_conn,
    streams,
)
from centrifugo_rpc.dispatch import Dispatcher
from centrifugo_rpc.settings import Settings
from centrifugo_rpc.store import MemoryStore
from centrifugo_rpc.wire import Caller, Request
from pydantic import BaseModel

PATIENCE_S = 30.0


class Count(BaseModel):
    to: int = 3
    bytes: int = 0


class Outlet:
    """Keeps what a stream says; a test may shut it, and fail what is put."""

    def __init__(self) -> None:
        self.said: list[dict[str, Any]] = []
        self.open = asyncio.Event()
        self.open.set()
        self.full = False
        self.fails = False
        self._more = asyncio.Event()

    def __call__(self, text: bytes | None) -> None:
        if text is not None:
            self.put(text)

    def has_room(self, _: int) -> bool:
        return self.open.is_set()

    def may_end(self, _: int) -> bool:
        return not self.full

    async def room(self, _: int) -> None:
        await self.open.wait()

    def put(self, text: bytes, failed: Callable[[], None] | None = None) -> None:
        self.said.append(json.loads(text))
        self._more.set()
        if self.fails and failed is not None:
            asyncio.get_running_loop().call_soon(failed)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds, looking after each message."""
        while not holds():
            self._more.clear()
            await asyncio.wait_for(self._more.wait(), PATIENCE_S)

    async def end(self) -> dict[str, Any]:
        """Return the message that ends the stream."""
        await self.until(lambda: bool(self.said) and ends(self.said[-1]))
        return self.said[-1]

    @property
    def items(self) -> list[Any]:
        return [one["item"] for one in self.said if "item" in one]


def ends(message: dict[str, Any]) -> bool:
    return "result" in message or "error" in message


class World:
    """A router with streams that a test can watch and hold."""

    def __init__(self, **settings: Any) -> None:
        self.log: list[str] = []
        self.cleaned = asyncio.Event()
        self.gate = asyncio.Event()
        self.thread_gate = threading.Event()
        self.conns: list[Conn] = []
        self.blocking = asyncio.Event()
        self.runs = 0
        self.router = MessageRouter()
        self.router.add("count", self.count)
        self.router.add("in_thread", self.in_thread)
        self.router.add("hold", self.hold)
        self.router.add("brief", self.hold, timeout=0.2)
        self.router.add("stubborn", self.stubborn)
        self.router.add("fail", self.fail)
        self.router.add("plain", self.plain, timeout=60)
        self.router.add("blocks", self.blocks, timeout=60)
        self.router.add("echo", self.echo)
        self.store = MemoryStore(10**6)
        self.loop = asyncio.get_running_loop()
        self.dispatcher = Dispatcher(self.router, Settings(**settings), self.store)

    async def count(self, conn: Conn, params: Count) -> AsyncIterator[str]:
        self.runs += 1
        self.conns.append(conn)
        try:
            for number in range(1, params.to + 1):
                self.log.append(f"yields {number}")
                yield str(number) + "x" * params.bytes
        finally:
            await asyncio.sleep(0)
            self.log.append("cleaned up")
            self.cleaned.set()

    def in_thread(self, conn: Conn, params: Count) -> Iterator[str]:
        assert current_conn.get() is conn
        try:
            for number in range(1, params.to + 1):
                yield f"{number} {threading.current_thread() is threading.main_thread()}"
        finally:
            self.log.append("cleaned up")

    async def hold(self, conn: Conn) -> AsyncIterator[int]:
        self.conns.append(conn)
        yield 1
        try:
            await self.gate.wait()
        finally:
            self.cleaned.set()
        yield 2

    async def stubborn(self, _: Conn) -> AsyncIterator[int]:
        yield 1
        with contextlib.suppress(asyncio.CancelledError):
            await self.gate.wait()
        yield 2

    async def fail(self, _: Conn, params: Count) -> AsyncIterator[int]:
        yield 1
        if params.to == 404:
            raise RPCError(404, "gone", {"id": 7})
        if params.bytes:
            raise RPCError(404, "x" * params.bytes)
        message = "the password is xyzzy"
        raise ValueError(message)

    async def plain(self, conn: Conn) -> str:
        self.runs += 1
        self.conns.append(conn)
        await self.gate.wait()
        return "done"

    def blocks(self, conn: Conn) -> bool:
        self.loop.call_soon_threadsafe(self.blocking.set)
        while not conn.cancelled:
            assert not self.thread_gate.wait(0.001)
        self.log.append("told")
        return True

    async def echo(self, _: Conn, params: Count) -> int:
        return params.to

    def open(
        self,
        method: str,
        number: str = "c",
        user: str = "1",
        *,
        fails: bool = False,
        **more: Any,
    ) -> Outlet:
        """Begin a call that may be a stream."""
        outlet = Outlet()
        outlet.fails = fails
        values = {"params": b"{}", "reply_to": f"user#{user}", **more}
        request = Request(Caller(user), method, correlation_id=number, **values)
        self.dispatcher.start(request, outlet, None, outlet)
        return outlet

    def ack(self, seq: int, user: str = "1") -> bool:
        return self.dispatcher.control(user, "c", b"ack %d" % seq)

    def cancel(self, user: str = "1") -> bool:
        return self.dispatcher.control(user, "c", b"cancel")


async def settle() -> None:
    """Let everything run that need not wait."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_items_in_order_and_an_end() -> None:
    outlet = World().open("count")
    await outlet.end()
    assert outlet.said == [
        {"correlation_id": "c", "seq": 1, "item": "1"},
        {"correlation_id": "c", "seq": 2, "item": "2"},
        {"correlation_id": "c", "seq": 3, "item": "3"},
        {"correlation_id": "c", "seq": 4, "result": None},
    ]


async def test_a_generator_that_is_not_async_runs_in_threads() -> None:
    world = World()
    outlet = world.open("in_thread", params=b'{"to": 2}')
    assert (await outlet.end())["seq"] == 3
    assert outlet.items == ["1 False", "2 False"]
    assert world.log == ["cleaned up"]


async def test_the_window_holds_the_handler_back() -> None:
    world = World()
    outlet = world.open("count", params=b'{"to": 9}', window=4)
    await settle()
    assert len(outlet.items) == 4
    assert world.log == [f"yields {n}" for n in (1, 2, 3, 4, 5)]
    for wrong in (0, 5, 99):  # nothing, and what was never sent
        assert world.ack(wrong)
    await settle()
    assert len(outlet.items) == 4
    world.ack(2)
    await settle()
    assert len(outlet.items) == 6
    world.ack(1)  # less than before
    await settle()
    assert len(outlet.items) == 6
    world.ack(6)
    assert (await outlet.end())["seq"] == 10


async def test_another_user_neither_acknowledges_nor_cancels() -> None:
    world = World()
    outlet = world.open("count", params=b'{"to": 9}', window=1)
    await settle()
    assert not world.ack(1, user="2")
    assert not world.cancel(user="2")
    await settle()
    assert len(outlet.said) == 1
    assert world.cancel()


async def test_a_publisher_without_room_holds_the_handler_back() -> None:
    world = World()
    outlet = world.open("hold")
    await settle()
    outlet.open.clear()
    world.gate.set()
    await settle()
    assert outlet.items == [1]
    outlet.open.set()
    await outlet.end()
    assert outlet.items == [1, 2]


async def test_an_end_does_not_need_the_room_of_an_item() -> None:
    world = World()
    outlet = world.open("brief")
    outlet.open.clear()
    assert (await outlet.end())["error"]["code"] == -32000
    full = world.open("brief", "b")
    full.full = True
    error = {"code": -32002, "message": "too many replies are waiting"}
    assert await full.end() == {"correlation_id": "b", "seq": 2, "error": error}


async def test_errors_end_a_stream() -> None:
    world = World()
    gone = await world.open("fail", "a", params=b'{"to": 404}').end()
    error = {"code": 404, "message": "gone", "data": {"id": 7}}
    assert gone == {"correlation_id": "a", "seq": 2, "error": error}
    broken = await world.open("fail", "b").end()
    assert broken["error"] == {"code": -32603, "message": "internal error"}
    assert broken["seq"] == 2
    wrong = await world.open("count", "d", params=b'{"to": "x"}').end()
    assert (wrong["seq"], wrong["error"]["code"]) == (1, -32602)


async def test_an_error_that_is_too_large_keeps_its_number() -> None:
    world = World(result_bytes=200)
    end = await world.open("fail", params=b'{"bytes": 500}').end()
    assert (end["seq"], end["error"]["code"]) == (2, -32002)


async def test_an_item_that_is_too_large_is_refused_by_its_number() -> None:
    world = World(result_bytes=200)
    end = await world.open("count", params=b'{"bytes": 500}').end()
    error = {"code": -32002, "message": "item 1 has 541 bytes"}
    assert end == {"correlation_id": "c", "seq": 1, "error": error}
    assert world.log == ["yields 1", "cleaned up"]


async def test_an_item_of_another_type_is_an_internal_error() -> None:
    world = World()

    async def wrong(_: Conn) -> AsyncIterator[int]:
        yield "text"  # type: ignore[misc]

    world.router.add("wrong", wrong)
    assert (await world.open("wrong").end())["error"]["code"] == -32603


async def test_cancelling_reaches_the_handler_that_waits_for_the_reader() -> None:
    world = World()
    outlet = world.open("count", params=b'{"to": 9}', window=1)
    await settle()
    assert world.cancel()
    assert (await outlet.end()) == {
        "correlation_id": "c",
        "seq": 2,
        "error": {"code": -32004, "message": "cancelled"},
    }
    await asyncio.wait_for(world.cleaned.wait(), PATIENCE_S)
    assert world.conns[0].cancelled
    assert not world.cancel()  # it has ended


async def test_cancelling_reaches_the_handler_that_waits_for_something_else() -> None:
    world = World()
    outlet = world.open("hold")
    await settle()
    assert not world.conns[0].cancelled
    assert world.cancel()
    await asyncio.wait_for(world.cleaned.wait(), PATIENCE_S)
    assert (await outlet.end())["error"]["code"] == -32004


async def test_nothing_follows_the_end_of_a_stubborn_handler() -> None:
    world = World()
    outlet = world.open("stubborn")
    await settle()
    world.cancel()
    await settle()
    assert [one["seq"] for one in outlet.said] == [1, 2]
    assert outlet.said[-1]["error"]["code"] == -32004
    await world.dispatcher.drain()
    assert len(outlet.said) == 2


async def test_cancelling_a_call_that_is_no_stream() -> None:
    world = World()
    outlet = world.open("plain")
    await settle()
    assert world.ack(1)  # ignored
    assert world.cancel()
    cancelled = {"code": -32004, "message": "cancelled"}
    assert outlet.said == [{"correlation_id": "c", "error": cancelled}]
    assert world.conns[0].cancelled
    await settle()
    again = world.open("plain")
    await settle()
    assert again.said == outlet.said
    assert world.runs == 1


async def test_a_handler_in_a_thread_sees_that_it_is_cancelled() -> None:
    world = World()
    outlet = world.open("blocks")
    await asyncio.wait_for(world.blocking.wait(), PATIENCE_S)
    assert world.cancel()
    assert (await outlet.end())["error"]["code"] == -32004
    await world.dispatcher.drain()
    assert world.log == ["told"]


async def test_cancelling_a_call_that_waits_for_a_place() -> None:
    world = World(concurrency=1)
    world.open("plain", "first")
    waits = world.open("plain")
    await settle()
    world.cancel()
    assert (await waits.end())["error"]["code"] == -32004
    assert world.runs == 1


async def test_only_the_handlers_own_timeout_bounds_a_stream() -> None:
    world = World()
    held = world.open("hold", "a", timeout_s=0.01)
    end = await world.open("brief", timeout_s=60).end()
    assert (end["seq"], end["error"]["code"]) == (2, -32000)
    assert not any(map(ends, held.said))
    assert world.conns[0].deadline is None
    assert world.conns[0].time_left is None
    assert world.conns[1].deadline is not None
    assert world.conns[1].deadline <= datetime.now(timezone.utc)
    world.gate.set()
    await held.end()


async def test_signs_of_life_name_the_last_item() -> None:
    world = World()
    outlet = world.open("hold", timeout_s=0.3)
    await outlet.until(lambda: len(outlet.said) >= 3)
    sign = {"correlation_id": "c", "seq": 1}
    assert outlet.said[1:3] == [sign, sign]
    world.cancel()
    assert (await outlet.end())["seq"] == 2
    count = len(outlet.said)
    other = world.open("hold", "d", timeout_s=0.3)
    await other.until(lambda: len(other.said) >= 3)
    assert len(outlet.said) == count
    world.gate.set()


async def test_a_stream_that_nobody_reads_is_cancelled() -> None:
    world = World(abandoned_s=0.2)
    outlet = world.open("hold", timeout_s=0.05)
    assert (await outlet.end())["error"]["code"] == -32004
    await asyncio.wait_for(world.cleaned.wait(), PATIENCE_S)


class Clock:
    """What streams take for the time; it stands still until it is told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(streams, "time", self)

    def monotonic(self) -> float:
        return self.now


async def test_a_stream_whose_client_answers_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock(monkeypatch)
    world = World(abandoned_s=1)
    outlet = world.open("hold", timeout_s=0.05)
    for count in range(2, 6):
        clock.now += 0.9
        await outlet.until(lambda count=count: len(outlet.said) >= count)  # type: ignore[misc]
        world.ack(0)
    assert not any(map(ends, outlet.said))
    world.gate.set()
    await outlet.end()


async def test_no_client_keeps_a_stream_for_ever() -> None:
    world = World()
    outlet = world.open("hold", timeout_s=10.0**9)
    await settle()
    (call,) = world.dispatcher._calls.values()
    assert call.stream is not None
    assert call.stream._abandoned_s == 1800
    world.cancel()
    await outlet.end()


async def test_a_client_is_asked_for_a_sign_though_items_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock(monkeypatch)
    world = World(abandoned_s=3)

    async def ticks(_: Conn) -> AsyncIterator[int]:
        for number in range(1000):
            yield number
            await asyncio.sleep(0.01)

    world.router.add("ticks", ticks)
    outlet = world.open("ticks", timeout_s=0.05, window=1000)
    await outlet.until(lambda: bool(outlet.items))
    clock.now += 2
    await outlet.until(lambda: any("item" not in one for one in outlet.said))
    assert not any(map(ends, outlet.said))
    world.cancel()


async def test_a_stream_with_an_item_that_did_not_go_out_is_cancelled() -> None:
    world = World()
    outlet = world.open("hold", fails=True)
    assert (await outlet.end())["error"]["code"] == -32004
    await asyncio.wait_for(world.cleaned.wait(), PATIENCE_S)


async def test_streams_have_places_of_their_own() -> None:
    world = World(streams=3, user_streams=2, concurrency=1)
    for number in ("a", "b"):
        world.open("hold", number)
    refused = world.open("hold", "d").said
    assert refused[0]["error"]["code"] == -32001
    assert "seq" not in refused[0]
    world.open("hold", "e", user="2")
    assert world.open("hold", "f", user="3").said[0]["error"]["code"] == -32003
    assert (await world.open("echo", "g").end())["result"] == 3
    world.gate.set()
    await settle()
    assert (await world.open("count", "h").end())["result"] is None
    await settle()
    assert "centrifugo_rpc_streams 0" in world.dispatcher.metrics.text()


async def test_a_repeated_request_is_dropped_while_the_stream_runs() -> None:
    world = World()
    outlet = world.open("count", window=1)
    await settle()
    assert world.open("count", window=9).said == []
    world.ack(1)
    world.ack(2)
    await settle()
    world.ack(2)
    end = await outlet.end()
    repeated = world.open("count")
    await settle()
    assert repeated.said == [end]
    assert world.runs == 1


async def test_a_shutdown_cancels_streams_and_forgets_them() -> None:
    world = World(drain_s=60)
    outlet = world.open("count", params=b'{"to": 9}', window=1)
    await settle()
    await world.dispatcher.drain()
    assert outlet.said[-1] == {
        "correlation_id": "c",
        "seq": 2,
        "error": {"code": -32004, "message": "cancelled"},
    }
    assert world.cleaned.is_set()
    assert await world.store.begin("1:c", 1) is None


async def test_neither_native_rpc_nor_a_notification_gets_a_stream() -> None:
    world = World()
    request = Request(Caller("1"), "count", b"{}")
    native = json.loads(await world.dispatcher.ask(request) or b"")
    assert native["error"]["code"] == -32600
    assert "which native RPC cannot" in native["error"]["message"]
    outlet = Outlet()
    refused = world.dispatcher.start(request, outlet, None, outlet)
    assert refused is not None
    assert refused.code == -32600
    assert world.runs == 0


async def test_a_front_doors_refusal_has_no_number() -> None:
    world = World()
    outlet = Outlet()
    request = Request(Caller("1"), "count", b"{}", "c", "user#1")
    world.dispatcher.start(request, outlet, RateLimited(), outlet)
    assert outlet.said == [
        {"correlation_id": "c", "error": {"code": -32001, "message": "rate limited"}}
    ]


async def test_middleware_surrounds_the_whole_stream() -> None:
    world = World()

    @world.router.middleware
    async def note(conn: Conn, call_next: Any) -> object:
        world.log.append("begins")
        try:
            return await call_next(conn)
        finally:
            world.log.append("ends")

    await world.open("count", params=b'{"to": 1}').end()
    assert world.log == ["begins", "yields 1", "cleaned up", "ends"]


async def test_thousands_of_items_leave_room_for_other_calls() -> None:
    world = World()
    outlet = world.open("count", params=b'{"to": 900}', window=1000)
    echo = await world.open("echo", "e").end()
    assert echo["result"] == 3
    assert not outlet.said or not ends(outlet.said[-1])
    assert (await outlet.end())["seq"] == 901


async def test_reading_a_stream_in_a_test() -> None:
    world = World()
    items = [item async for item in world.router.stream("count", Count(to=2), user="1")]
    assert items == ["1", "2"]
    assert world.log == ["yields 1", "yields 2", "cleaned up"]
    with pytest.raises(RPCError) as raised:
        async for _ in world.router.stream("fail", {"to": 404}, user="1"):
            pass
    assert raised.value.code == 404
    with pytest.raises(TypeError, match=r"iterate over `router\.stream"):
        await world.router.call("count", user="1")
    with pytest.raises(TypeError, match="yields nothing"):
        async for _ in world.router.stream("echo", user="1"):
            pass


async def test_leaving_a_loop_of_a_test_early() -> None:
    world = World()
    async with aclosing(world.router.stream("count", user="1")) as items:
        async for _ in items:
            break
    assert world.log == ["yields 1", "cleaned up"]
    assert world.conns[0].cancelled


def test_the_deadline_of_a_call_is_a_time_of_day() -> None:
    assert Conn("1").deadline is None
    assert not Conn("1").cancelled
