"""Handlers that yield, the Python client that is generated from them, and the worker."""

import asyncio
import importlib
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from centrifugo_rpc import Conn, MessageRouter, RPCError
from centrifugo_rpc.export import export, write
from centrifugo_rpc.export.describe import describe
from centrifugo_rpc.subscriber import Subscriber
from processes import PATIENCE_S, StartBroker, run_program
from pydantic import BaseModel
from test_generated_client import connected
from test_subscriber import running

LINES = 200


class Job(BaseModel):
    job: int


class Progress(BaseModel):
    percent: int = 0


class NoJob(RPCError):
    code = 404
    message = "no such job"
    data: Job


class Handlers:
    """An API of streams that a test can watch."""

    def __init__(self) -> None:
        self.router = MessageRouter(title="Jobs")
        self.router.add("jobs.count", self.count)
        self.router.add("jobs.lines", self.lines)
        self.router.add("jobs.progress", self.progress, errors=(NoJob,))
        self.router.add("jobs.wait", self.wait, timeout=60)
        self.router.add("jobs.follow", self.follow)
        self.sent = 0
        self.started = asyncio.Event()
        self.cleaned = asyncio.Event()

    async def count(self, _: Conn) -> AsyncIterator[int]:
        for number in range(LINES):
            self.sent += 1
            yield number

    def lines(self, _: Conn) -> Iterator[str | None]:
        yield from ("one", None, "three")

    async def progress(self, _: Conn, params: Job) -> AsyncIterator[Progress]:
        yield Progress(percent=50)
        raise NoJob(data=params)

    async def wait(self, _: Conn) -> None:
        self.started.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.cleaned.set()

    async def follow(self, _: Conn) -> AsyncIterator[str]:
        try:
            yield "once"
            await asyncio.Event().wait()
        finally:
            self.cleaned.set()


@pytest.fixture
def sdk(
    wsgen_binary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Any]:
    """Generate a package from the handlers, and import it."""
    files, _ = export(describe(Handlers().router))
    for name, text in files.items():
        write(tmp_path / "api" / name, text)
    manifest, output = str(tmp_path / "api" / "api.yaml"), str(tmp_path / "sdk")
    command = ("--asyncapi", manifest, "--python", "-o", output)
    done = run_program(str(wsgen_binary), *command)
    assert done.returncode == 0, done.stderr
    (tmp_path / "sdk" / "python").rename(tmp_path / "jobs_sdk")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield importlib.import_module("jobs_sdk")
    for name in [one for one in sys.modules if one.split(".")[0] == "jobs_sdk"]:
        monkeypatch.delitem(sys.modules, name)


async def test_items_and_errors(sdk: Any, start_broker: StartBroker) -> None:
    broker = await start_broker("b")
    async with (
        running(Subscriber(Handlers().router, broker.settings())),
        connected(sdk, broker, "456") as api,
    ):
        assert [number async for number in api.jobs_count()] == [*range(LINES)]
        assert [line async for line in api.jobs_lines()] == ["one", None, "three"]
        progress = api.jobs_progress(sdk.Job(job=7))
        assert (await anext(progress)).percent == 50
        with pytest.raises(sdk.NoJob) as missing:
            await anext(progress)
        assert missing.value.data.job == 7


async def test_a_slow_reader_holds_the_handler_back(
    sdk: Any, start_broker: StartBroker
) -> None:
    broker = await start_broker("b")
    handlers = Handlers()
    async with (
        running(Subscriber(handlers.router, broker.settings())),
        connected(sdk, broker, "456") as api,
    ):
        read = 0
        async for _ in api.jobs_count(window=8):
            read += 1
            # Those of the window, and the one that waits for it.
            assert handlers.sent <= read + 8 + 1
            await asyncio.sleep(0)
        assert read == LINES


async def test_signs_of_life_keep_a_silent_stream_open(
    sdk: Any, start_broker: StartBroker
) -> None:
    broker = await start_broker("b")
    handlers = Handlers()
    async with (
        running(Subscriber(handlers.router, broker.settings())),
        connected(sdk, broker, "456") as api,
        api.jobs_follow(timeout_s=4) as stream,
    ):
        assert await anext(stream) == "once"
        waiting = asyncio.ensure_future(anext(stream))
        await asyncio.wait([waiting], timeout=6)
        assert not waiting.done()
        waiting.cancel()
        await asyncio.wait_for(handlers.cleaned.wait(), PATIENCE_S)


async def test_leaving_a_loop_cancels_the_handler(
    sdk: Any, start_broker: StartBroker
) -> None:
    broker = await start_broker("b")
    handlers = Handlers()
    async with (
        running(Subscriber(handlers.router, broker.settings())),
        connected(sdk, broker, "456") as api,
    ):
        async with api.jobs_follow() as stream:
            async for text in stream:
                assert text == "once"
                break
        await asyncio.wait_for(handlers.cleaned.wait(), PATIENCE_S)


async def test_cancelling_a_call_cancels_the_handler(
    sdk: Any, start_broker: StartBroker
) -> None:
    broker = await start_broker("b")
    handlers = Handlers()
    async with (
        running(Subscriber(handlers.router, broker.settings())),
        connected(sdk, broker, "456") as api,
    ):
        call = asyncio.ensure_future(api.jobs_wait())
        await asyncio.wait_for(handlers.started.wait(), PATIENCE_S)
        call.cancel()
        await asyncio.wait_for(handlers.cleaned.wait(), PATIENCE_S)
