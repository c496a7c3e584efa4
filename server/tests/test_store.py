"""What workers share: in memory, and in a real Redis that goes away and comes back."""

import asyncio
import contextlib
import re
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest
from centrifugo_rpc import Conn, MessageRouter, shared
from centrifugo_rpc.dispatch import Dispatcher
from centrifugo_rpc.redis_store import RedisStore
from centrifugo_rpc.settings import Settings, SettingsError
from centrifugo_rpc.store import MemoryStore, Store
from centrifugo_rpc.stores import open_store
from centrifugo_rpc.wire import Caller, Request
from redis.exceptions import RedisError
from redis_server import RedisServer
from test_streams import Outlet

KEY = "456:a"


@pytest.fixture
async def stores(redis: RedisServer) -> AsyncIterator[list[RedisStore]]:
    """Return the stores of three workers."""
    opened = [RedisStore(redis.url, "test") for _ in range(3)]
    yield opened
    for one in opened:
        await one.close()


@pytest.fixture(params=["memory", "redis"])
def store(request: pytest.FixtureRequest) -> Store:
    if request.param == "memory":
        return MemoryStore(10**6)
    one: RedisStore = request.getfixturevalue("stores")[0]
    return one


async def test_a_request_is_claimed_once_and_its_reply_kept(store: Store) -> None:
    assert await store.begin(KEY, 60) is None
    assert await store.begin(KEY, 60) == b""
    await store.finish(KEY, b'{"result":1}', 60)
    assert await store.begin(KEY, 60) == b'{"result":1}'
    assert await store.begin("456:b", 60) is None
    await store.forget("456:b")
    assert await store.begin("456:b", 60) is None
    claims = await asyncio.gather(*[store.begin("456:c", 60) for _ in range(8)])
    assert claims.count(None) == 1


async def test_claims_and_replies_end(store: Store) -> None:
    assert await store.begin(KEY, 0.01) is None
    await asyncio.sleep(0.02)
    assert await store.begin(KEY, 60) is None
    await store.finish(KEY, b"{}", 0.01)
    await asyncio.sleep(0.02)
    assert await store.begin(KEY, 60) is None


async def test_a_claim_is_given_back_by_its_worker_alone(
    stores: list[RedisStore],
) -> None:
    slow, other, third = stores
    assert await slow.begin(KEY, 0.01) is None
    await asyncio.sleep(0.02)
    assert await other.begin(KEY, 60) is None
    await slow.forget(KEY)
    assert await third.begin(KEY, 60) == b""


class Ears:
    """What workers hear of each other."""

    def __init__(self, stores: list[RedisStore]) -> None:
        self.heard: list[asyncio.Queue[tuple[str, str, bytes]]] = [
            asyncio.Queue() for _ in stores
        ]
        self.tasks = [
            asyncio.create_task(one.listen(lambda *all_, to=to: to.put_nowait(all_)))
            for one, to in zip(stores, self.heard, strict=True)
        ]

    async def hear(self, worker: int) -> tuple[str, str, bytes]:
        return await asyncio.wait_for(self.heard[worker].get(), 30)


@contextlib.asynccontextmanager
async def listening(stores: list[RedisStore]) -> AsyncIterator[Ears]:
    """Let all listen, and wait until they do."""
    ears = Ears(stores)
    probe = asyncio.create_task(repeat(stores))
    for queue in ears.heard:
        while (await asyncio.wait_for(queue.get(), 30))[1] != "probe":
            pass
    probe.cancel()
    for queue in ears.heard:
        while not queue.empty():
            queue.get_nowait()
    try:
        yield ears
    finally:
        for task in ears.tasks:
            task.cancel()
        await asyncio.gather(*ears.tasks, return_exceptions=True)


async def repeat(stores: list[RedisStore]) -> None:
    """Tell all of a call that nobody runs, from two sides: nobody hears itself."""
    while True:
        for one in stores[:2]:
            with contextlib.suppress(RedisError):
                await one.tell("456", "probe", b"")
        await asyncio.sleep(0.01)


async def test_the_worker_of_a_call_is_told(stores: list[RedisStore]) -> None:
    async with listening(stores) as ears:
        await stores[1].begin("456:a", 60)
        await stores[0].tell("456", "a", b'{"cancel":true,"why":"\xc3\xbc"}')
        told = await ears.hear(1)
        while told[1] == "probe":
            told = await ears.hear(1)
        assert told == ("456", "a", b'{"cancel":true,"why":"\xc3\xbc"}')
        await stores[1].tell("456", "a", b"to itself")
        await stores[1].finish("456:a", b"{}", 60)
        await stores[0].tell("456", "a", b"too late")
        # Of a call that nobody has claimed yet, all others are told.
        await stores[0].tell("456", "soon", b"{}")
        for worker in (1, 2):
            told = await ears.hear(worker)
            while told[1] == "probe":
                told = await ears.hear(worker)
            assert told == ("456", "soon", b"{}")


async def test_a_worker_hears_again_when_redis_is_back(
    redis: RedisServer, stores: list[RedisStore]
) -> None:
    async with listening(stores) as ears:
        redis.stop()
        with pytest.raises(RedisError):
            await stores[0].check()
        with pytest.raises(RedisError):
            await stores[0].tell("456", "a", b"lost")
        redis.start()
        await stores[0].check()
        probe = asyncio.create_task(repeat(stores))
        for worker in range(3):
            assert (await ears.hear(worker))[1] == "probe"
        probe.cancel()


class Worker:
    """A dispatcher whose calls count their runs."""

    def __init__(self, url: str) -> None:
        self.runs = 0
        router = MessageRouter()
        router.add("count", self.count)
        router.add("hold", self.hold, timeout=60)
        router.add("items", self.items)
        self.started = asyncio.Event()
        self.dispatcher = Dispatcher(router, Settings(store=url))

    async def count(self, _: Conn) -> int:
        self.runs += 1
        return self.runs

    async def hold(self, _: Conn) -> None:
        self.started.set()
        await asyncio.Event().wait()

    async def items(self, _: Conn) -> AsyncIterator[int]:
        for number in range(12):
            yield number

    def store_failures(self) -> list[str]:
        text = self.dispatcher.metrics.text()
        return re.findall(r"store_failures_total (\d+)", text)

    def asked(self, method: str, number: str, **more: Any) -> Request:
        values = {"params": b"{}", "reply_to": "user#456", **more}
        return Request(Caller("456"), method, correlation_id=number, **values)

    async def ask(self, number: str, method: str = "count") -> bytes | None:
        return await self.dispatcher.ask(self.asked(method, number))


async def test_workers_recognise_each_others_retries(redis: RedisServer) -> None:
    one, other = Worker(redis.url), Worker(redis.url)
    first = await one.ask("a")
    assert first is not None
    assert b'"result":1' in first
    assert await other.ask("a") == first
    assert other.runs == 0
    await one.dispatcher.drain()
    await other.dispatcher.drain()


async def test_a_call_is_cancelled_through_another_worker(redis: RedisServer) -> None:
    one, other = Worker(redis.url), Worker(redis.url)
    await one.ask("first")  # from here on it listens
    held = asyncio.ensure_future(one.ask("held", "hold"))
    await one.started.wait()
    while not held.done():
        assert not other.dispatcher.control("456", "held", b"cancel")
        other.dispatcher.pass_on("456", "held", b"cancel")
        await asyncio.wait([held], timeout=0.05)
    assert b'"code":-32004' in (held.result() or b"")
    await one.dispatcher.drain()
    await other.dispatcher.drain()


async def test_a_stream_goes_on_through_another_worker(redis: RedisServer) -> None:
    one, other = Worker(redis.url), Worker(redis.url)
    await one.ask("first")
    outlet = Outlet()
    asked = one.asked("items", "s", window=4)
    one.dispatcher.start(asked, outlet, None, outlet)
    await outlet.until(lambda: len(outlet.items) == 4)
    acknowledging = asyncio.create_task(acknowledge(other, outlet))
    await outlet.end()
    acknowledging.cancel()
    assert outlet.items == list(range(12))
    await one.dispatcher.drain()
    await other.dispatcher.drain()


async def acknowledge(worker: Worker, outlet: Outlet) -> None:
    """Say what has come, as a client does that may not be heard yet."""
    while True:
        worker.dispatcher.pass_on("456", "s", b"ack %d" % len(outlet.items))
        await asyncio.sleep(0.01)


async def test_calls_end_once_while_redis_is_away(redis: RedisServer) -> None:
    worker = Worker(redis.url)
    await worker.ask("before")
    redis.stop()
    replies = [await worker.ask(str(number)) for number in range(20)]
    assert all(reply and b'"result"' in reply for reply in replies)
    assert worker.runs == 21
    assert "store_failures_total 0" not in worker.dispatcher.metrics.text()
    redis.start()
    await worker.dispatcher.drain()


async def test_a_redis_that_hangs_is_left_alone(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared, "_STORE_PAUSE_S", 3600)
    worker = Worker(redis.url)
    await worker.ask("before")
    with redis.still():
        first = await asyncio.gather(*[worker.ask(f"a{n}") for n in range(20)])
        failures = worker.store_failures()
        second = await asyncio.gather(*[worker.ask(f"b{n}") for n in range(20)])
    assert all(reply and b'"result"' in reply for reply in first + second)
    assert worker.store_failures() == failures != ["0"]
    await worker.dispatcher.drain()


def test_a_store_that_cannot_be(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="STORE must begin with redis://"):
        Settings(store="localhost:6379")
    monkeypatch.setitem(sys.modules, "centrifugo_rpc.redis_store", None)
    with pytest.raises(SettingsError, match=r"STORE is set, .*centrifugo-rpc\[redis\]"):
        open_store(Settings(store="redis://localhost"))


def test_the_store_is_not_shown() -> None:
    shown: Any = repr(Settings(store="redis://:hush@localhost"))
    assert "hush" not in shown
