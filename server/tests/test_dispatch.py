"""Admission, deadlines, retries and shutdown, with handlers that wait for events."""

import asyncio
import contextlib
import json
import logging
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from centrifugo_rpc import (
    Conn,
    MessageRouter,
    RateLimited,
    RegistrationError,
    RPCError,
    dispatch,
    everyone,
    shared,
)
from centrifugo_rpc.dispatch import Dispatcher
from centrifugo_rpc.settings import Settings, SettingsError
from centrifugo_rpc.store import MemoryStore
from centrifugo_rpc.wire import Caller, Request
from pydantic import BaseModel

BRIEF_S = 0.2
"""A deadline before which a handler has begun, and a test need not wait for long."""


class Echo(BaseModel):
    text: str = ""


class World:
    """A router with handlers that a test can watch and hold."""

    def __init__(self, **settings: Any) -> None:
        self.started = asyncio.Semaphore(0)
        self.release = asyncio.Event()
        self.runs = 0
        self.cancelled = asyncio.Semaphore(0)
        self.router = MessageRouter()
        self.router.add("echo", self.echo)
        self.router.add("hold", self.hold, timeout=60)
        self.router.add("brief", self.hold, timeout=BRIEF_S)
        self.router.add("stubborn", self.stubborn, timeout=BRIEF_S)
        self.store = MemoryStore(10**6)
        self.dispatcher = self.worker(**settings)

    def worker(self, **settings: Any) -> Dispatcher:
        """Return one more worker, which shares the store."""
        return Dispatcher(self.router, Settings(**settings), self.store)

    async def echo(self, conn: Conn, params: Echo) -> Echo:
        self.runs += 1
        return Echo(text=params.text + conn.user)

    async def hold(self, _: Conn) -> str:
        self.runs += 1
        self.started.release()
        try:
            await self.release.wait()
        except asyncio.CancelledError:
            self.cancelled.release()
            raise
        return "done"

    async def stubborn(self, _: Conn) -> str:
        self.started.release()
        try:
            await self.release.wait()
        except asyncio.CancelledError:
            await self.release.wait()
        return "late"

    def start(
        self, method: str, number: str = "1", user: str = "456", **more: Any
    ) -> Any:
        allowed = self.dispatcher.may_send(user)
        refusal = None if allowed else RateLimited()
        return self.dispatcher.ask(request(method, number, user, **more), refusal)


def request(method: str, number: str = "1", user: str = "456", **more: Any) -> Request:
    values = {"params": b'{"text": "hi "}', "reply_to": f"user#{user}"}
    return Request(Caller(user), method, correlation_id=number, **(values | more))


def code(reply: bytes | None) -> int:
    """Return the code of an error, 0 of a result."""
    assert reply is not None
    body = json.loads(reply)
    error: int = body["error"]["code"] if "error" in body else 0
    return error


async def test_a_thread_keeps_its_place_until_it_ends() -> None:
    world = World(concurrency=1)
    begun, release = threading.Event(), threading.Event()

    def blocks(_: Conn) -> None:
        begun.set()
        assert release.wait(30)

    world.router.add("blocks", blocks)
    ends = asyncio.ensure_future(world.start("blocks"))
    assert await asyncio.to_thread(begun.wait, 30)
    [call] = world.dispatcher._tasks.values()
    world.dispatcher._expire(call)
    assert code(await ends) == -32000
    waits = world.start("echo", "2")
    await asyncio.sleep(0)
    assert not waits.done()
    release.set()
    assert code(await waits) == 0


async def test_result() -> None:
    reply = await World().start("echo", "c1")
    assert json.loads(reply) == {"correlation_id": "c1", "result": {"text": "hi 456"}}


async def test_unknown_method_and_invalid_params() -> None:
    world = World()
    assert code(await world.start("nope")) == -32601
    reply = json.loads(await world.start("echo", params=b'{"text": 3}'))
    assert reply["error"]["code"] == -32602
    assert reply["error"]["data"][0]["loc"] == ["text"]


@pytest.mark.parametrize(
    "params",
    [b'{"text"', rb'{"text":"\ud800"}', b'{"text":' + b"[" * 300 + b"]" * 300 + b"}"],
)
async def test_params_that_are_no_json(params: bytes) -> None:
    reply = json.loads(await World().start("echo", params=params))
    assert reply["error"] == {"code": -32700, "message": "parse error"}


async def test_a_failing_handler_tells_the_log_and_not_the_caller(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = World()

    async def fail(_: Conn) -> None:
        message = "the password is xyzzy"
        raise ValueError(message)

    world.router.add("fail", fail)
    reply = await world.start("fail", "c7")
    assert code(reply) == -32603
    assert b"xyzzy" not in reply
    assert "xyzzy" in caplog.text
    assert "c7" in caplog.text


async def canceller(_: Conn) -> None:
    """Await what somebody else has cancelled."""
    other = asyncio.ensure_future(asyncio.sleep(60))
    other.cancel()
    await other


async def late_exit(_: Conn) -> None:
    await asyncio.sleep(0)
    raise SystemExit(3)


def raising(error: BaseException) -> Any:
    async def handler(_: Conn) -> None:
        raise error

    return handler


FAILURES = {
    "sys.exit": raising(SystemExit(3)),
    "sys.exit later": late_exit,
    "Ctrl-C": raising(KeyboardInterrupt()),
    "GeneratorExit": raising(GeneratorExit()),
    "neither Exception": raising(type("Neither", (BaseException,), {})()),
    "awaits what was cancelled": canceller,
}


@pytest.mark.parametrize("handler", FAILURES.values(), ids=FAILURES)
async def test_whatever_a_handler_raises_is_its_failure(
    handler: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The worker goes on, retries get the reply, and the place is given back."""
    world = World()
    world.router.add("fail", handler)
    first = await world.start("fail", "c1")
    assert code(first) == -32603
    assert await world.start("fail", "c1") == first
    assert f"fail ({world.router.find('fail').source}) failed" in caplog.text
    await world.dispatcher.drain()
    assert "centrifugo_rpc_running 0" in world.dispatcher.metrics.text()


async def test_failing_surroundings_are_a_failure_of_the_call() -> None:
    @contextlib.asynccontextmanager
    async def surroundings() -> AsyncIterator[None]:
        message = "no thread"
        raise OSError(message)
        yield

    world = World()
    world.router.surroundings = surroundings
    first = await world.start("echo", "c1")
    assert code(first) == -32603
    assert await world.start("echo", "c1") == first


async def test_deadline_cancels_the_handler() -> None:
    world = World()
    assert code(await world.start("brief")) == -32000
    await world.cancelled.acquire()
    assert world.runs == 1


async def test_the_clients_deadline_counts_if_it_is_earlier() -> None:
    world = World()
    assert code(await world.start("hold", timeout_s=BRIEF_S)) == -32000
    await world.cancelled.acquire()


async def test_the_settings_deadline_is_for_methods_without_one() -> None:
    world = World(timeout_s=0.01)
    world.router.add("forever", world.hold)
    assert code(await world.start("forever", timeout_s=3600)) == -32000


async def test_a_handler_that_ignores_its_deadline_keeps_its_place() -> None:
    world = World(concurrency=1)
    assert code(await world.start("stubborn")) == -32000
    waiting = world.start("echo", "2")
    assert world.dispatcher.metrics.text().count("centrifugo_rpc_running 1") == 1
    world.release.set()
    assert code(await waiting) == 0


async def test_the_deadline_passes_in_the_queue() -> None:
    world = World(concurrency=1)
    held = world.start("hold", "1")
    await world.started.acquire()
    assert code(await world.start("echo", "2", timeout_s=0.01)) == -32000
    world.release.set()
    assert code(await held) == 0
    assert world.runs == 1


async def test_handlers_run_concurrently_up_to_the_limit() -> None:
    world = World(concurrency=3)
    replies = [world.start("hold", str(i), user=str(i)) for i in range(4)]
    for _ in range(3):
        await world.started.acquire()
    assert world.runs == 3
    world.release.set()
    assert [code(await reply) for reply in replies] == [0] * 4


async def test_a_full_queue_refuses() -> None:
    world = World(concurrency=1, queue=1)
    held = [world.start("hold", str(i)) for i in range(2)]
    assert code(await world.start("hold", "3")) == -32003
    world.release.set()
    assert [code(await reply) for reply in held] == [0, 0]


async def test_one_user_cannot_take_all_places() -> None:
    world = World(concurrency=4, user_concurrency=2, user_queue=3)
    held = [world.start("hold", str(i), user="999") for i in range(5)]
    assert code(await world.start("hold", "6", user="999")) == -32001
    assert code(await world.start("echo", "7", user="456")) == 0
    world.release.set()
    assert [code(await reply) for reply in held] == [0] * 5


async def test_rate_limit_of_one_user() -> None:
    world = World(rate=0.001, burst=2)
    codes = [code(await world.start("echo", str(i))) for i in range(4)]
    assert codes == [0, 0, -32001, -32001]
    assert code(await world.start("echo", user="789")) == 0


async def test_rate_limit_of_one_user_for_a_method() -> None:
    world = World(method_rates="echo=0.001/2")
    codes = [code(await world.start("echo", str(i))) for i in range(3)]
    assert codes == [0, 0, -32001]
    assert code(await world.start("echo", user="789")) == 0, "another user"
    assert code(await world.start("brief", "b")) == -32000, "another method"


def test_no_worker_starts_with_a_rate_of_an_unknown_method() -> None:
    with pytest.raises(SettingsError, match="methods that do not exist: nope"):
        World(method_rates="echo=1 nope=1")


def test_no_worker_starts_with_an_open_method_where_permissions_are_required() -> None:
    router = MessageRouter()
    settings = Settings(require_permission=True)

    async def handler(_: Conn) -> None: ...

    router.add("said", handler, permission=everyone)
    Dispatcher(router, settings)
    router.add("open", handler)
    with pytest.raises(RegistrationError, match="no permission") as error:
        Dispatcher(router, settings)
    assert f"{router.find('open').source}: 'open'" in str(error.value)
    assert "'said'" not in str(error.value)


async def test_result_too_large() -> None:
    world = World(result_bytes=1000)
    params = json.dumps({"text": "x" * 1000}).encode()
    assert code(await world.start("echo", params=params)) == -32002


@pytest.mark.parametrize(("message", "data"), [("m", "x" * 1000), ("m" * 1000, None)])
async def test_an_error_too_large(message: str, data: object) -> None:
    world = World(result_bytes=1000)
    world.router.add("fail", raising(RPCError(409, message, data)))
    reply = await world.start("fail")
    assert code(reply) == -32002
    assert 'method="fail",code="-32002"} 1' in world.dispatcher.metrics.text()


async def test_a_retry_gets_the_stored_reply() -> None:
    world = World()
    first = await world.start("echo", "c1")
    assert await world.start("echo", "c1") == first
    assert world.runs == 1
    text = world.dispatcher.metrics.text()
    assert 'requests_total{method="echo",code="ok"} 1\n' in text
    assert "centrifugo_rpc_repeated_total 1\n" in text
    assert code(await world.start("echo", "c1", user="999")) == 0
    assert world.runs == 2, "another user's id is another id"


async def test_a_retry_at_another_worker_gets_the_stored_reply() -> None:
    world = World()
    other = world.worker()
    first = await world.start("echo", "c1")
    assert await other.ask(request("echo", "c1")) == first
    assert world.runs == 1


async def test_a_retry_while_the_first_run_goes_on_adds_nothing() -> None:
    world = World()
    first = world.start("hold", "c1")
    await world.started.acquire()
    assert await world.start("hold", "c1") is None
    world.release.set()
    assert code(await first) == 0
    assert world.runs == 1


class Query:
    """Surroundings that end only when a test lets them, as a query's thread does."""

    release: asyncio.Event

    async def __aenter__(self) -> None:
        """Begin with nothing."""

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            await self.release.wait()


@pytest.mark.parametrize("method", ["brief", "stubborn"])
async def test_a_retry_gets_what_was_said_at_the_deadline(method: str) -> None:
    """At once, also while the handler takes long to end, and whatever it returns then."""
    world = World()
    if method == "brief":
        Query.release = world.release
        world.router.surroundings = Query
    first = await world.start(method, "c1")
    assert code(first) == -32000
    other = world.worker()
    for _ in range(2):
        assert await other.ask(request(method, "c1")) == first
        world.release.set()
        await world.dispatcher.drain()
    assert world.started._value == 1


async def test_a_shutdown_waits_for_the_store() -> None:
    """Else a retry at another worker runs what has run here."""

    class Slow(MemoryStore):
        async def finish(self, key: str, reply: bytes, keep_s: float) -> None:
            finishing.set()
            await release.wait()
            await super().finish(key, reply, keep_s)

    finishing, release = asyncio.Event(), asyncio.Event()
    world = World()
    world.store = Slow(10**6)
    world.dispatcher = world.worker()
    first = await world.start("brief", "c1")
    await finishing.wait()
    draining = asyncio.ensure_future(world.dispatcher.drain())
    for _ in range(5):
        await asyncio.sleep(0)
    assert not draining.done()
    release.set()
    await draining
    assert await world.worker().ask(request("brief", "c1")) == first


async def test_refused_requests_may_be_tried_again() -> None:
    world = World(concurrency=1, queue=0)
    held = world.start("hold", "1")
    await world.started.acquire()
    assert code(await world.start("echo", "2")) == -32003
    world.release.set()
    assert code(await held) == 0
    assert code(await world.worker().ask(request("echo", "2"))) == 0


async def test_notifications_are_no_retries_of_each_other() -> None:
    world = World()
    for _ in range(2):
        await world.start("echo", "", reply_to="")
    assert world.runs == 2


async def test_a_broken_store_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(MemoryStore):
        async def begin(self, key: str, lease_s: float) -> bytes | None:
            raise ConnectionError(key, lease_s)

    world = World()
    world.dispatcher = Dispatcher(world.router, Settings(), Broken(1000))
    assert code(await world.start("echo")) == 0
    assert "cannot tell retries apart" in caplog.text


async def test_a_claim_that_the_store_made_too_late_is_finished() -> None:
    class Late(MemoryStore):
        async def begin(self, key: str, lease_s: float) -> bytes | None:
            await super().begin(key, lease_s)
            raise TimeoutError

    world = World()
    late = Late(10**6)
    first = await Dispatcher(world.router, Settings(), late).ask(request("echo", "c1"))
    assert code(first) == 0
    key = "456:c1"
    assert await MemoryStore.begin(late, key, 60) == first


async def test_a_store_that_hangs_holds_up_no_reply(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Hanging(MemoryStore):
        async def finish(self, *_: object) -> None:
            await asyncio.sleep(0)
            # The deadline passes while the store has the reply, which is what counts.
            [call] = world.dispatcher._tasks.values()
            world.dispatcher._expire(call)
            await asyncio.Event().wait()

    monkeypatch.setattr(shared, "_STORE_S", 0.05)
    world = World()
    world.dispatcher = Dispatcher(world.router, Settings(), Hanging(1000))
    assert code(await world.start("echo")) == 0
    assert "cannot keep a reply" in caplog.text


async def test_drain_finishes_what_runs_and_refuses_the_rest() -> None:
    world = World(concurrency=1)
    running, waiting = world.start("hold", "1"), world.start("echo", "2")
    await world.started.acquire()
    draining = asyncio.ensure_future(world.dispatcher.drain())
    await asyncio.sleep(0)
    assert code(await world.start("echo", "3")) == -32003
    world.release.set()
    await draining
    assert code(running.result()) == code(waiting.result()) == 0


async def test_drain_cancels_what_takes_too_long() -> None:
    world = World(drain_s=0.01)
    reply = world.start("hold")
    await world.started.acquire()
    await world.dispatcher.drain()
    assert code(reply.result()) == -32004
    await world.cancelled.acquire()
    other = world.worker()
    world.release.set()
    assert code(await other.ask(request("hold"))) == 0, "the claim was given back"


async def test_a_claim_is_given_back_whatever_a_cancelled_handler_raises() -> None:
    world = World(drain_s=0.0)

    async def leave(conn: Conn) -> None:
        try:
            await world.hold(conn)
        except asyncio.CancelledError:
            raise GeneratorExit from None

    world.router.add("leave", leave)
    reply = world.start("leave")
    await world.started.acquire()
    await world.dispatcher.drain()
    assert code(reply.result()) == -32004
    world.release.set()
    assert code(await world.worker().ask(request("leave"))) == 0


async def test_drain_answers_for_a_handler_that_does_not_end(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(dispatch, "_LAST_WORDS_S", 0.01)
    world = World(drain_s=0.0)
    world.router.add("deaf", world.stubborn, timeout=60)
    reply = world.start("deaf")
    await world.started.acquire()
    await world.dispatcher.drain()
    assert code(reply.result()) == -32004
    assert caplog.records[-1].message == "a handler does not end"
    world.release.set()


async def test_drain_cancels_what_has_not_begun() -> None:
    world = World(drain_s=0.0)
    reply = world.start("hold")
    await world.dispatcher.drain()
    assert code(reply.result()) == -32004


async def test_errors_of_handlers_reach_the_caller_whole() -> None:
    class Gone(RPCError):
        code = 404
        message = "gone"
        data: Echo

    world = World()

    async def gone(_: Conn) -> None:
        raise Gone(data=Echo(text="x"))

    world.router.add("gone", gone, errors=(Gone,))
    reply = json.loads(await world.start("gone"))
    assert reply["error"] == {"code": 404, "message": "gone", "data": {"text": "x"}}


async def test_a_request_without_a_method_is_answered() -> None:
    world = World()
    wrong = replace(request(""), error=RPCError(-32600, "no method"))
    assert code(await world.dispatcher.ask(wrong)) == -32600


async def test_metrics_name_known_methods_only() -> None:
    world = World()
    await world.start("echo", "1")
    await world.start("evil" * 40, "2")
    text = world.dispatcher.metrics.text()
    assert 'requests_total{method="echo",code="ok"} 1' in text
    assert 'requests_total{method="(unknown)",code="-32601"} 1' in text
    assert 'duration_seconds_count{method="echo"} 1' in text
    assert "evil" not in text


async def test_log_records_of_a_call_carry_its_id(
    caplog: pytest.LogCaptureFixture,
) -> None:
    from centrifugo_rpc.logs import CallFilter, JSONFormatter  # noqa: PLC0415

    world = World()

    async def chatty(_: Conn) -> None:
        logging.getLogger("some.library").warning("hello")

    world.router.add("chatty", chatty)
    caplog.handler.addFilter(CallFilter())
    await world.start("chatty", "c9")
    line = json.loads(JSONFormatter().format(caplog.records[-1]))
    assert line["message"] == "hello"
    assert (line["correlation_id"], line["method"], line["user"]) == (
        "c9",
        "chatty",
        "456",
    )


class Unfinished(BaseModel):
    later: "Nowhere"  # type: ignore[name-defined]  # noqa: F821


async def unfinished(_: Conn, params: Unfinished) -> None:
    del params


def test_no_worker_starts_with_types_that_nobody_has_defined() -> None:
    router = MessageRouter()
    router.add("a", unfinished)
    with pytest.raises(
        RegistrationError, match="unknown name: name 'Nowhere'"
    ) as error:
        Dispatcher(router, Settings())
    assert f"{router.find('a').source}: handler unfinished of 'a'" in str(error.value)

    router = MessageRouter()
    event = router.add_event("b", "all", Unfinished)
    with pytest.raises(
        RegistrationError, match="unknown name: name 'Nowhere'"
    ) as error:
        Dispatcher(router, Settings())
    assert str(error.value).startswith(f"{event.source}: event 'b'")
