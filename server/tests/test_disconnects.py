"""Clients that go away while a handler waits, with a real broker."""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from centrifugo_rpc import Conn, MessageRouter
from centrifugo_rpc.export import export
from centrifugo_rpc.export.describe import describe
from centrifugo_rpc.subscriber import Subscriber
from processes import PATIENCE_S, Broker, RawClient, StartBroker, run_program
from test_proxies import Site, balancer, site

__all__ = ["balancer", "site"]
REQUEST = {"method": "wait", "params": {}, "correlation_id": "c1"}
SOON = {"presence_s": 0.02, "gone_s": 0.0}


def with_presence(config: Any) -> None:
    config["channel"]["without_namespace"]["presence"] = True


class Waiting:
    """A subscriber with a method whose calls wait for events."""

    def __init__(self, broker: Broker, **settings: Any) -> None:
        self.broker = broker
        self.router = MessageRouter()
        self.router.add("wait", self.wait, timeout=60, on_disconnect="cancel")
        self.started = asyncio.Event()
        self.release = asyncio.Event()
        self.cancelled = asyncio.Event()
        self.worker = Subscriber(self.router, broker.settings(**(SOON | settings)))

    async def wait(self, _: Conn) -> str:
        self.started.set()
        try:
            await self.release.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        return "done"

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        stop = asyncio.Event()
        work = asyncio.ensure_future(self.worker.run(stop))
        await asyncio.wait_for(self.worker.connected.wait(), PATIENCE_S)
        yield
        stop.set()
        await asyncio.wait_for(work, PATIENCE_S)

    async def called_by(self, client: RawClient) -> None:
        """Let a client call, and wait until the handler runs."""
        await client.publish({**REQUEST, "reply_to": "user#456"})
        await asyncio.wait_for(self.started.wait(), PATIENCE_S)

    def client(self) -> RawClient:
        return self.broker.client("456", "user#456")


async def test_the_last_subscriber_takes_the_call_along(
    start_broker: StartBroker,
) -> None:
    """Another connection on the same reply channel could still get the reply."""
    world = Waiting(await start_broker("b", with_presence))
    async with world.running():
        async with world.client():
            async with world.client() as caller:
                await world.called_by(caller)
            present = {"result": {"num_clients": 1, "num_users": 1}}
            stats = {"channel": "user#456"}
            while await world.broker.api("presence_stats", stats) != present:
                pass
            assert not world.cancelled.is_set()
        await asyncio.wait_for(world.cancelled.wait(), PATIENCE_S)
        async with world.client() as client:
            # The end of the call waits in the history of the channel, if that has one.
            await client.publish({**REQUEST, "reply_to": "user#456"})
            reply = await client.next_reply()
            assert reply["error"] == {"code": -32004, "message": "cancelled"}
    text = world.worker.metrics.text()
    assert "centrifugo_rpc_gone_total 1" in text


async def test_with_what_the_export_and_wsgen_write(
    start_broker: StartBroker, wsgen_binary: Path, tmp_path: Path
) -> None:
    written = tmp_path / "centrifugo.json"
    router = MessageRouter()

    @router.rpc("wait", timeout=60, on_disconnect="cancel")
    async def wait(_: Conn) -> str:
        return "done"

    def configure(config: Any) -> None:
        for name, text in export(describe(router))[0].items():
            (tmp_path / name).write_text(text)
        manifest = tmp_path / "api.yaml"
        done = run_program(
            *(str(wsgen_binary), "centrifugo-config", "--asyncapi", str(manifest)),
            *("--profile", "dev", "-o", str(written)),
        )
        assert done.returncode == 0, done.stderr
        config["channel"] = json.loads(written.read_text())["channel"]

    world = Waiting(await start_broker("wsgen dev", configure))
    async with world.running():
        async with world.client() as caller:
            await world.called_by(caller)
        await asyncio.wait_for(world.cancelled.wait(), PATIENCE_S)


async def test_who_reconnects_in_time_gets_the_reply(start_broker: StartBroker) -> None:
    world = Waiting(await start_broker("b", with_presence), gone_s=1000.0)
    async with world.running():
        async with world.client() as caller:
            await world.called_by(caller)
        async with world.client() as client:
            world.release.set()
            assert (await client.next_reply())["result"] == "done"


async def test_without_presence_calls_go_on(
    start_broker: StartBroker, caplog: pytest.LogCaptureFixture
) -> None:
    """The worker says what is missing, and how to mend that."""
    world = Waiting(await start_broker("b"))
    told = asyncio.Event()

    class Told(logging.Handler):
        def emit(self, _: logging.LogRecord) -> None:
            told.set()

    handler = Told(logging.ERROR)
    logger = logging.getLogger("centrifugo_rpc.callers")
    logger.addHandler(handler)
    async with world.running():
        async with world.client() as caller:
            await world.called_by(caller)
        await asyncio.wait_for(told.wait(), PATIENCE_S)
        assert not world.cancelled.is_set()
        world.release.set()
    logger.removeHandler(handler)
    assert "needs `presence: true`" in caplog.text


@pytest.mark.parametrize("site", ["wsgen proxy"], indirect=True)
async def test_behind_the_publish_proxy(site: Site) -> None:
    """The worker is the process that production runs."""
    worker = await site.worker(**SOON)
    async with site.client("456") as client:
        await client.publish({**REQUEST, "reply_to": "user#456"})
        await worker.line("started")
    await worker.line("cancelled")


@pytest.mark.parametrize("site", ["rpc"], indirect=True)
async def test_behind_the_rpc_proxy(site: Site) -> None:
    """Centrifugo gives its question up when the caller has gone."""
    worker = await site.worker(presence_s=1000.0)
    async with site.client("456") as client:
        calling = asyncio.ensure_future(client.rpc("wait", {}))
        await worker.line("started")
        calling.cancel()
    await worker.line("cancelled")
