"""Calls that end when their callers have gone, with a scripted Centrifugo."""

import asyncio
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from centrifugo_rpc import (
    Conn,
    MessageRouter,
    RegistrationError,
    callers,
    discover_rpc_methods_from_router,
)
from centrifugo_rpc.dispatch import Dispatcher
from centrifugo_rpc.metrics import Metrics
from centrifugo_rpc.publisher import HTTPPublisher, PublishError
from centrifugo_rpc.settings import Settings, SettingsError
from centrifugo_rpc.store import MemoryStore
from centrifugo_rpc.wire import Caller, Request
from http_api import API

PATIENCE_S = 30.0
Reply = dict[str, Any]


def stats(count: int) -> Reply:
    return {"presence_stats": {"num_clients": count, "num_users": min(count, 1)}}


OFF = {"error": {"code": 108, "message": "not available"}}


class Centrifugo:
    """Answers who is on channels, as a test says, and lets a clock run."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **given: Any) -> None:
        self.now = 0.0
        monkeypatch.setattr(callers, "time", SimpleNamespace(monotonic=self.clock))
        self.metrics = Metrics()
        self.questions: list[list[str]] = []
        self.script: list[Reply | None] = []
        """The answers to all questions of a request; the last one goes on."""
        self.during: Callable[[], None] = lambda: None
        self.step_s = 10.0
        self._asked = asyncio.Semaphore(0)
        self._gate = asyncio.Semaphore(0)
        settings = Settings(presence_s=0.001, **given)
        self.callers = callers.Callers(settings, self.metrics, self.ask)

    def clock(self) -> float:
        return self.now

    def watch(self, channel: str, gone: Callable[[], None]) -> Callable[[], None]:
        """Watch for a call; the clock goes on."""
        leave = self.callers.watch(channel, gone)
        self.now += 1
        return leave

    async def ask(self, commands: Sequence[bytes]) -> list[object]:
        names = [json.loads(c)["presence_stats"]["channel"] for c in commands]
        self.questions.append(names)
        self.now += self.step_s
        self._asked.release()
        await self._gate.acquire()
        self.during()
        answer = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if answer is None:
            message = "the HTTP API does not answer"
            raise PublishError(message)
        return [answer] * len(commands)

    async def rounds(self, count: int) -> None:
        """Let so many requests be answered, and wait for the next one."""
        await asyncio.wait_for(self._asked.acquire(), PATIENCE_S)
        for _ in range(count):
            self._gate.release()
            await asyncio.wait_for(self._asked.acquire(), PATIENCE_S)
        self._asked.release()

    async def answer(self) -> None:
        """Let one request be answered, after which none need come."""
        await asyncio.wait_for(self._asked.acquire(), PATIENCE_S)
        self._gate.release()


def metric(metrics: Metrics, name: str) -> float:
    lines = metrics.text().splitlines()
    found = [one for one in lines if one.startswith(f"centrifugo_rpc_{name} ")]
    return float(found[0].rpartition(" ")[2])


async def test_a_call_ends_when_nobody_was_there_for_long_enough(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each request takes ten seconds of the clock: after the fourth it is thirty."""
    world = Centrifugo(monkeypatch, gone_s=30)
    world.script = [stats(0)]
    gone = asyncio.Event()
    leave = world.watch("user#456", gone.set)
    await world.rounds(3)
    assert not gone.is_set()
    await world.answer()
    await asyncio.wait_for(gone.wait(), PATIENCE_S)
    leave()
    assert metric(world.metrics, "watched_channels") == 0
    await world.callers.close()
    assert world.questions == [["user#456"]] * 4


@pytest.mark.parametrize(
    "count", [{}, {"num_clients": 0}, {"num_clients": 0, "num_users": 0}]
)
def test_a_count_of_zero_may_be_left_out(count: Reply) -> None:
    assert callers._count({"presence_stats": count}) == 0


@pytest.mark.parametrize(
    "answer",
    [stats(1), OFF, None, {"presence_stats": None}, {"presence_stats": "?"}, {}],
)
async def test_who_comes_back_in_time_keeps_the_call(
    monkeypatch: pytest.MonkeyPatch, answer: Reply | None
) -> None:
    """Nor is it known that nobody is there while Centrifugo does not say so."""
    world = Centrifugo(monkeypatch, gone_s=30)
    world.script = [stats(0), stats(0), stats(0), answer, stats(0)]
    gone = asyncio.Event()
    leave = world.watch("user#456", gone.set)
    await world.rounds(7)
    assert not gone.is_set()
    await world.answer()
    await asyncio.wait_for(gone.wait(), PATIENCE_S)
    leave()
    await world.callers.close()


async def test_who_calls_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that came while Centrifugo was asked may be of a client that came, too."""
    world = Centrifugo(monkeypatch, gone_s=0)
    world.script = [stats(0)]
    ended: list[str] = []
    leaves: dict[str, Callable[[], None]] = {}
    all_ended = asyncio.Event()

    def watch(name: str) -> None:
        def gone() -> None:
            ended.append(name)
            leaves.pop(name)()
            if not leaves:
                all_ended.set()

        leaves[name] = world.watch("user#456", gone)

    watch("first")

    def call_again() -> None:
        watch("second")
        world.during = lambda: None

    world.during = call_again
    await world.rounds(1)
    assert ended == []
    await world.answer()
    await asyncio.wait_for(all_ended.wait(), PATIENCE_S)
    assert ended == ["first", "second"]
    await world.callers.close()


async def test_one_question_for_each_channel(monkeypatch: pytest.MonkeyPatch) -> None:
    world = Centrifugo(monkeypatch)
    world.script = [stats(1)]
    channels = [f"user#{number}" for number in range(250)]
    leaves = [world.watch(name, lambda: None) for name in channels * 3]
    assert metric(world.metrics, "watched_channels") == 250
    await world.rounds(3)
    assert world.questions[:3] == [channels[:200], channels[200:], channels[:200]]
    for leave in leaves:
        leave()
    await world.answer()  # of a request that is under way
    await world.callers.close()
    assert len(world.questions) == 4


async def test_presence_that_is_off_is_logged_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world = Centrifugo(monkeypatch)
    world.script = [OFF, OFF, stats(1), OFF]
    leave = world.watch("user#456", lambda: None)
    await world.rounds(4)
    leave()
    await world.callers.close()
    messages = [one.message for one in caplog.records if one.levelno == logging.ERROR]
    assert len(messages) == 2
    assert "presence: true" in messages[0]
    assert metric(world.metrics, "presence_failures_total") == 3


class World:
    """A dispatcher with calls that wait until they are cancelled."""

    def __init__(self, **settings: Any) -> None:
        self.count = 0
        self.questions: list[str] = []
        self.conns: list[Conn] = []
        self.cancelled = asyncio.Event()
        self.release = asyncio.Event()
        self.metrics = Metrics()
        router = MessageRouter()
        router.add("ends", self.hold, timeout=60, on_disconnect="cancel")
        router.add("goes_on", self.hold, timeout=60)
        given = Settings(presence_s=0.001, gone_s=0, **settings)
        self.dispatcher = Dispatcher(
            router, given, MemoryStore(10**6), self.metrics, self.ask
        )

    async def hold(self, conn: Conn) -> bool:
        self.conns.append(conn)
        try:
            await self.release.wait()
        finally:
            self.cancelled.set()
        return True

    async def ask(self, commands: Sequence[bytes]) -> list[object]:
        for command in commands:
            channel = json.loads(command)["presence_stats"]["channel"]
            self.questions.append(channel)
        return [stats(self.count) for _ in commands]


REQUEST = Request(
    Caller("456"), "ends", b"{}", correlation_id="c1", reply_to="user#456"
)
CANCELLED = {"code": -32004, "message": "cancelled"}


async def test_a_call_is_cancelled_as_by_its_caller() -> None:
    world = World()
    reply = await asyncio.wait_for(world.dispatcher.ask(REQUEST), PATIENCE_S)
    assert reply is not None
    assert json.loads(reply)["error"] == CANCELLED
    await asyncio.wait_for(world.cancelled.wait(), PATIENCE_S)
    assert world.conns[0].cancelled
    assert set(world.questions) == {"user#456"}
    assert 'requests_total{method="ends",code="-32004"} 1' in world.metrics.text()
    assert metric(world.metrics, "gone_total") == 1
    # A retry of the request gets the same end, and runs nothing.
    assert await world.dispatcher.ask(REQUEST) == reply
    assert len(world.conns) == 1
    await world.dispatcher.drain()


async def test_a_native_call_ends_when_the_front_door_says_so() -> None:
    world = World()
    hung_up = asyncio.Event()

    async def left() -> None:
        await hung_up.wait()

    native = replace(REQUEST, correlation_id="", reply_to="")
    reply = world.dispatcher.ask(native, left=left)
    other = world.dispatcher.ask(replace(native, method="goes_on"), left=left)
    hung_up.set()
    text = await asyncio.wait_for(reply, PATIENCE_S)
    assert json.loads(text or b"")["error"] == CANCELLED
    assert not other.done()
    world.release.set()
    assert b'"result":true' in (await other or b"")
    assert world.questions == []
    assert metric(world.metrics, "gone_total") == 1
    await world.dispatcher.drain()


async def test_a_native_call_that_ends_waits_for_nobody_to_leave() -> None:
    world = World()
    ended = asyncio.Event()

    async def left() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    native = replace(REQUEST, correlation_id="", reply_to="")
    reply = world.dispatcher.ask(native, left=left)
    await asyncio.sleep(0)
    world.release.set()
    assert b'"result":true' in (await reply or b"")
    await asyncio.wait_for(ended.wait(), PATIENCE_S)
    await world.dispatcher.drain()


async def test_a_call_that_waits_for_a_place_is_cancelled_too() -> None:
    world = World(user_concurrency=1)
    first = world.dispatcher.ask(replace(REQUEST, method="goes_on"))
    second = world.dispatcher.ask(replace(REQUEST, correlation_id="c2"))
    reply = await asyncio.wait_for(second, PATIENCE_S)
    assert json.loads(reply or b"")["error"] == CANCELLED
    assert not first.done()
    world.release.set()
    await first
    await world.dispatcher.drain()


@pytest.mark.parametrize(
    "request_",
    [
        replace(REQUEST, method="goes_on"),
        Request(Caller("456"), "ends", b"{}"),  # over native RPC
    ],
)
async def test_nobody_is_asked_about_other_calls(request_: Request) -> None:
    world = World()
    reply = world.dispatcher.ask(request_)
    assert metric(world.metrics, "watched_channels") == 0
    world.release.set()
    assert b'"result":true' in (await reply or b"")
    assert world.questions == []
    await world.dispatcher.drain()


async def test_a_call_that_has_ended_is_not_asked_about() -> None:
    world = World()
    world.count = 1
    reply = world.dispatcher.ask(REQUEST)
    assert metric(world.metrics, "watched_channels") == 1
    world.release.set()
    assert b'"result":true' in (await reply or b"")
    assert metric(world.metrics, "watched_channels") == 0
    await world.dispatcher.drain()


async def test_a_shutdown_ends_the_questions() -> None:
    world = World(drain_s=0.01)
    world.count = 1
    reply = world.dispatcher.ask(REQUEST)
    await world.dispatcher.drain()
    assert json.loads(await reply or b"")["error"] == CANCELLED


async def test_questions_over_the_http_api(api: API) -> None:
    api.present = {"user#456": 2}
    publisher = HTTPPublisher(Settings(api_url=api.url, api_key="key"))
    commands = [
        b'{"presence_stats":{"channel":"user#%d"}}' % user for user in (456, 999)
    ]
    assert await publisher.ask(commands) == [stats(2), stats(0)]
    api.statuses.append(503)
    with pytest.raises(PublishError):
        await publisher.ask(commands)
    await publisher.close()


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (
            {"on_disconnect": "stop"},
            'has on_disconnect=\'stop\'; it must be "continue" or "cancel"',
        ),
        ({"on_disconnect": None}, "has on_disconnect=None; it must be"),
        (
            {"on_disconnect": "cancel", "no_wait": True},
            "sends no reply (no_wait), so that its callers may leave at once",
        ),
    ],
)
def test_options_that_make_no_sense(options: Any, problem: str) -> None:
    async def save(_: Conn) -> None: ...

    with pytest.raises(RegistrationError) as raised:
        MessageRouter().add("save", save, **options)
    assert problem in str(raised.value)


def test_intervals() -> None:
    with pytest.raises(SettingsError, match="PRESENCE_S must be more than 0"):
        Settings(presence_s=0)
    with pytest.raises(SettingsError, match="GONE_S must be a number from 0 on"):
        Settings(gone_s=-1)


def test_generators_of_clients_learn_of_it() -> None:
    async def wait(_: Conn) -> None: ...

    router = MessageRouter()
    router.add("ends", wait, on_disconnect="cancel")
    router.add("goes_on", wait)
    methods = discover_rpc_methods_from_router(router)
    assert [one.on_disconnect for one in methods] == ["cancel", "continue"]
