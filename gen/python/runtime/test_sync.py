"""The client of code without asyncio."""

import asyncio
import contextvars
import functools
import gc
import inspect
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import pytest

from ._rpc.api import CallInfo, ClientOptions, Proceed
from ._rpc.connection import RPCClient
from ._rpc.errors import CallTimeout, NotConnected, RPCError
from ._rpc.sync import SyncClient, SyncEvents
from .scripted_broker import (
    ECHO,
    NEWS,
    PATIENCE_S,
    Broker,
    Params,
    Result,
    fails,
    jwt,
    silent,
)

_R = TypeVar("_R")


class Running:
    """A broker in a loop that runs in another thread, as a server would."""

    def __init__(self) -> None:
        self.broker = Broker()
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self.do(self.broker.__aenter__())

    def do(self, work: Any) -> Any:  # noqa: ANN401
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(PATIENCE_S)

    def publish(self, text: str) -> None:
        self.do(self.broker.sessions[-1].reply("news", {"text": text}))

    def seen(self, kind: str) -> Any:  # noqa: ANN401
        return self.do(self.broker.seen(kind))

    def subscribed(self) -> None:
        """Wait until somebody listens to what is published."""
        while self.seen("subscribe")["subscribe"]["channel"] != "news":
            pass

    def stop(self) -> None:
        self.do(self.broker.__aexit__())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """No test leaves a thread behind."""
    before = set(threading.enumerate())
    yield
    assert [t for t in threading.enumerate() if t not in before and t.is_alive()] == []


@pytest.fixture
def server(nothing_left: None) -> Iterator[Running]:  # noqa: ARG001
    running = Running()
    yield running
    running.stop()


def client_of(server: Running, **options: Any) -> SyncClient:  # noqa: ANN401
    return SyncClient(server.broker.url, jwt("456"), **options)


def test_calls_from_any_thread(server: Running) -> None:
    with client_of(server) as api:
        assert api.state == "connected"
        assert api._call(ECHO, Params(text="hello")) == Result(text="hello")
        assert api._call(ECHO, {"text": "mapping"}) == Result(text="mapping")
        with ThreadPoolExecutor(8) as pool:
            work = [pool.submit(api._call, ECHO, {"text": str(i)}) for i in range(50)]
            assert [w.result().text for w in work] == [str(i) for i in range(50)]
        assert len(server.broker.sessions) == 1
    assert api.state == "disconnected"


def test_first_call_connects_and_close_ends_it(server: Running) -> None:
    api = client_of(server)
    assert api.state == "disconnected"
    assert api._call(ECHO, {}) == Result(text="hello")
    api.close()
    with pytest.raises(NotConnected, match=r"echo: .* connect\(\)"):
        api._call(ECHO, {})
    api.connect()
    assert api._call(ECHO, {}) == Result(text="hello")
    api.close()
    api.close()


def test_errors_and_options_are_those_of_the_call(server: Running) -> None:
    with client_of(server) as api:
        server.broker.answer = fails({"code": 409, "message": "no"})
        with pytest.raises(RPCError) as refused:
            api._call(ECHO, {})
        assert refused.value.code == 409
        server.broker.answer = silent
        with pytest.raises(CallTimeout):
            api._call(ECHO, {}, timeout_s=0.05)
        with pytest.raises(TypeError):
            api._call(ECHO, 5)


def test_close_ends_what_other_threads_wait_for(server: Running) -> None:
    server.broker.answer = silent
    api = client_of(server)
    api.connect()
    with ThreadPoolExecutor(2) as pool:
        events = pool.submit(list, api._subscribe(NEWS, "news", None))
        server.subscribed()
        call = pool.submit(api._call, ECHO, {})
        server.seen("publish")
        api.close()
        with pytest.raises(Exception, match="closed"):
            call.result()
        assert events.result() == []


def test_events_and_their_timeout(server: Running) -> None:
    with client_of(server) as api, api._subscribe(NEWS, "news", 0.05) as events:
        with pytest.raises(CallTimeout, match="news: no event in time"):
            next(events)
        server.subscribed()
        server.publish("first")
        server.publish("second")
        assert first_of(events) == Result(text="first")
        assert first_of(events) == Result(text="second")
        events.close()
        assert list(events) == []


def first_of(events: SyncEvents[_R]) -> _R:
    """Ask again after timeouts: no event is lost."""
    try:
        return next(events)
    except CallTimeout:
        return first_of(events)


@pytest.mark.parametrize("leave", [SyncEvents.close, lambda _: None])
def test_leaving_the_events_unsubscribes(
    server: Running, leave: Callable[[SyncEvents[Result]], None]
) -> None:
    with client_of(server) as api:
        events = api._subscribe(NEWS, "news", 0.05)
        with pytest.raises(CallTimeout):
            next(events)
        server.subscribed()
        server.publish("first")
        assert first_of(events) == Result(text="first")
        leave(events)
        del events
        gc.collect()
        assert server.seen("unsubscribe")["unsubscribe"] == {"channel": "news"}


def test_token_functions_need_not_be_async(server: Running) -> None:
    threads: list[threading.Thread] = []

    def fetch() -> str:
        threads.append(threading.current_thread())
        return jwt("456")

    async def fetch_async() -> str:
        return jwt("456")

    for token in fetch, fetch_async, functools.partial(fetch_async):
        with SyncClient(server.broker.url, token) as api:
            assert api._call(ECHO, {}) == Result(text="hello")
    assert threads != [threading.current_thread()]


def test_interceptors_see_the_context_of_the_caller(server: Running) -> None:
    user = contextvars.ContextVar("user", default="nobody")

    async def tell(call: CallInfo, proceed: Proceed) -> object:
        return await proceed(call.with_meta({"user": user.get()}))

    with client_of(server, interceptors=[tell]) as api:
        user.set("ada")
        assert api._call(ECHO, {}) == Result(text="hello")
        assert server.seen("publish")["publish"]["data"]["meta"]["user"] == "ada"


async def test_in_a_notebook_that_runs_a_loop_itself(broker: Broker) -> None:
    def cell() -> Result:
        async def run() -> Result:
            with SyncClient(broker.url, jwt("456")) as api:
                return api._call(ECHO, {})

        return asyncio.run(run())

    assert await asyncio.to_thread(cell) == Result(text="hello")


def test_client_that_is_forgotten(server: Running) -> None:
    api = client_of(server)
    api.connect()
    thread = api._host._thread if api._host else None
    del api
    gc.collect()
    assert thread
    thread.join(PATIENCE_S)
    assert not thread.is_alive()


def test_program_that_closes_nothing_ends_cleanly(server: Running) -> None:
    program = """
import sys
from runtime._rpc.sync import SyncClient
from runtime.scripted_broker import ECHO, NEWS
api = SyncClient(sys.argv[1], sys.argv[2])
print(api._call(ECHO, {}).text)
events = api._subscribe(NEWS, "news", 0.01)
try:
    next(events)
except TimeoutError:
    print("late")
"""
    args = [sys.executable, "-W", "error", "-c", program]
    ended = subprocess.run(  # noqa: S603
        [*args, server.broker.url, jwt("456")],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert (ended.stdout, ended.stderr) == ("hello\nlate\n", "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_forked_process_has_a_connection_of_its_own(server: Running) -> None:
    with client_of(server) as api:
        child = os.fork()
        if child == 0:
            try:
                assert api.state == "disconnected"
                assert api._call(ECHO, {"text": "child"}) == Result(text="child")
                api.close()
            except BaseException:  # noqa: BLE001
                os._exit(1)
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        assert len(server.broker.sessions) == 2
        assert api._call(ECHO, {"text": "parent"}) == Result(text="parent")


def test_options_are_those_of_the_other_client() -> None:
    parameters = inspect.signature(RPCClient).parameters.values()
    keywords = {p.name for p in parameters if p.kind is p.KEYWORD_ONLY}
    assert set(ClientOptions.__annotations__) == keywords


def test_loop_that_has_ended_is_forgotten(server: Running) -> None:
    rpc = RPCClient(server.broker.url, jwt("456"))

    async def call() -> Result:
        return await rpc.call(ECHO, {})

    async def call_from_another_thread() -> None:
        async with rpc:
            with pytest.raises(RuntimeError, match="in another event loop"):
                await asyncio.to_thread(asyncio.run, call())
            with pytest.raises(RuntimeError, match="in another event loop"):
                await asyncio.to_thread(asyncio.run, rpc.connect())
        await socket_closed()

    asyncio.run(call_from_another_thread())
    assert asyncio.run(call_and_close(rpc)) == Result(text="hello")


async def call_and_close(rpc: RPCClient) -> Result:
    async with rpc:
        result = await rpc.call(ECHO, {})
    await socket_closed()
    return result


async def socket_closed() -> None:
    """Wait for the SDK, which closes the socket in a task that ``run`` would cancel."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    if others:
        await asyncio.wait(others)
