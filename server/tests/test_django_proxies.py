"""The Django views in real servers, behind a broker's publish and RPC proxies."""

import asyncio
import contextlib
import itertools
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from centrifugo_rpc.settings import Settings
from processes import (
    PROXY_SECRET,
    Process,
    StartBroker,
    Worker,
    environment,
    run_program,
)
from redis_server import RedisServer
from test_proxies import Balancer, Site

TESTS = Path(__file__).parent


class DjangoSite(Site):
    """A site whose workers are Django servers; ``kind`` is wsgi or asgi."""

    kind = ""
    cache = "shared"

    async def worker(self, **settings: Any) -> Worker:
        """Start a server and send requests to it, too."""
        script = str(TESTS / "django_server.py")
        env = environment(self.broker.settings(**settings)) | self.environ()
        one = Worker(sys.executable, script, self.kind, env=env)
        await self.stack.enter_async_context(one)
        one.port = int(await one.line("listening on "))
        self.balancer.ports.append(one.port)
        return one

    def environ(self) -> dict[str, str]:
        """Return what the project's settings read."""
        return {
            "TEST_DATABASE": str(self.folder / "db.sqlite3"),
            "TEST_DEDUPE_CACHE": self.cache,
        }


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database that has the project's tables; tests copy it."""
    path = tmp_path_factory.mktemp("tables") / "db.sqlite3"
    make_tables({**environment(Settings()), "TEST_DATABASE": str(path)})
    return path


def make_tables(env: Mapping[str, str]) -> None:
    """Make the project's tables in the database that the environment names."""
    script = str(TESTS / "django_server.py")
    done = run_program(sys.executable, script, "tables", env=env)
    assert done.returncode == 0, done.stderr


def both_proxies(balancer: Balancer) -> Callable[[Any], None]:
    """Return what makes a configuration ask the balancer."""

    def change(config: Any) -> None:
        header = {"X-Centrifugo-RPC-Secret": PROXY_SECRET}
        common = {"timeout": "30s", "http": {"static_headers": header}}
        publish = config["channel"]["proxy"]["publish"]
        publish.update(common, endpoint=balancer.url("/centrifugo/publish"))
        rpc = {**common, "endpoint": balancer.url("/centrifugo/rpc")}
        config["rpc"] = {"proxy": rpc, "without_namespace": {"proxy_enabled": True}}

    return change


@pytest.fixture(params=["wsgi", "asgi"])
async def site(
    start_broker: StartBroker,
    tables: Path,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> AsyncIterator[DjangoSite]:
    """A site with both proxies."""
    async with Balancer() as balancer, contextlib.AsyncExitStack() as stack:
        broker = await start_broker("g", both_proxies(balancer))
        one = DjangoSite(broker, balancer, stack, tmp_path)
        one.kind = request.param
        shutil.copy(tables, tmp_path / "db.sqlite3")
        yield one


@pytest.mark.parametrize("site", ["asgi"], indirect=True)
async def test_a_native_call_may_end_with_its_caller(site: DjangoSite) -> None:
    worker = await site.worker()
    async with site.client("456") as client:
        calling = asyncio.ensure_future(client.rpc("wait.caller", {}))
        await worker.line("started")
        calling.cancel()
    await worker.line("cancelled")


async def test_calls_through_both_proxies(site: DjangoSite) -> None:
    await site.worker()
    async with site.client("456") as client:
        reply = await client.call("things.add", {"name": "pub/sub"}, "1")
        assert reply["result"] == 1
        reply = await client.rpc("things.add", {"name": "native"})
        assert reply["rpc"]["data"] == {"result": 1}
        codes = {"nope": -32601, "echo": -32602, "hang": -32000, "large": -32002}
        for method, code in codes.items():
            reply = await client.call(method, {}, method)
            assert reply["error"]["code"] == code
            reply = await client.rpc(method, {})
            assert reply["rpc"]["data"]["error"]["code"] == code


@pytest.mark.parametrize("method", ["things.names", "things.names_async"])
async def test_streams_with_queries(site: DjangoSite, method: str) -> None:
    await site.worker()
    async with site.client("456") as client:
        for name in ("one", "two"):
            await client.rpc("things.add", {"name": name})
        request = {"method": method, "correlation_id": "c", "reply_to": "user#456"}
        await client.publish({**request, "window": 1})
        assert await client.next_reply() == {
            "correlation_id": "c",
            "seq": 1,
            "item": "one",
        }
        ack = {"method": "rpc.ack", "correlation_id": "c", "params": {"seq": 1}}
        assert "publish" in await client.publish(ack)
        assert (await client.next_reply())["item"] == "two"
        end = await client.next_reply()
        assert end == {"correlation_id": "c", "seq": 3, "result": None}
        count = await client.rpc("things.add", {"name": "cleaned up"})
        assert count["rpc"]["data"]["result"] == 2


@pytest.mark.parametrize("method", ["things.names", "things.names_async"])
async def test_a_stream_with_queries_is_cancelled(
    site: DjangoSite, method: str
) -> None:
    await site.worker()
    async with site.client("456") as client:
        for name in ("one", "two"):
            await client.rpc("things.add", {"name": name})
        request = {"method": method, "correlation_id": "c", "reply_to": "user#456"}
        await client.publish({**request, "window": 1})
        assert (await client.next_reply())["item"] == "one"
        await client.publish({"method": "rpc.cancel", "correlation_id": "c"})
        assert (await client.next_reply())["error"]["code"] == -32004
        # The clean-up is not waited for.
        for _ in range(1000):
            counted = await client.rpc("things.count", {})
            if counted["rpc"]["data"]["result"] == 3:
                break
        else:
            pytest.fail("it was not cleaned up")


async def test_pages_for_operations(site: DjangoSite) -> None:
    one = await site.worker()
    async with site.client("456") as client, ClientSession() as session:
        await client.rpc("things.count", {})
        address = f"http://127.0.0.1:{one.port}"
        async with session.get(f"{address}/metrics") as answer:
            line = 'requests_total{method="things.count",code="ok"} 1'
            assert line in await answer.text()
        async with session.get(f"{address}/readyz") as answer:
            assert (answer.status, await answer.json()) == (200, {"status": "ok"})


async def test_requests_run_at_once(site: DjangoSite) -> None:
    """Twenty queries end only when all have begun: on one worker, over native RPC."""
    await site.worker()
    async with site.client("456") as client:
        await client.rpc("things.add", {"name": "one"})
        replies = await asyncio.gather(
            *[client.rpc("things.meet", {}) for _ in range(20)]
        )
        assert [reply["rpc"]["data"] for reply in replies] == [{"result": None}] * 20


async def test_a_retry_that_reaches_the_other_worker(site: DjangoSite) -> None:
    """The workers share Django's cache."""
    for _ in range(2):
        await site.worker()
    async with site.client("456") as client:
        first = await client.call("things.add", {"name": "once"}, "same")
        assert first["result"] == 1
        assert await client.call("things.add", {"name": "once"}, "same") == first


async def test_workers_that_share_redis(site: DjangoSite, redis: RedisServer) -> None:
    site.cache = ""
    for _ in range(2):
        await site.worker(store=redis.url)
    async with site.client("456") as client:
        first = await client.call("things.add", {"name": "once"}, "same")
        assert first["result"] == 1
        assert await client.call("things.add", {"name": "once"}, "same") == first


async def test_who_does_not_know_the_secret(site: DjangoSite) -> None:
    one = await site.worker()
    body = {"user": "456", "method": "things.count", "channel": "rpc.requests"}
    async with ClientSession() as session:
        for path in ("publish", "rpc"):
            url = f"http://127.0.0.1:{one.port}/centrifugo/{path}"
            for headers in ({}, {"X-Centrifugo-RPC-Secret": "wrong"}):
                async with session.post(url, json=body, headers=headers) as answer:
                    assert answer.status == 401
            async with session.get(url) as answer:
                assert answer.status == 405


async def test_shutdown_finishes_what_runs(site: DjangoSite, fifo: Path) -> None:
    """Queries included, for which Python refuses threads late in its shutdown."""
    one = await site.worker()
    async with site.client("456") as client:
        held = {"method": "things.hold", "params": {"name": str(fifo)}}
        await client.publish({**held, "correlation_id": "h"})
        await one.line("started")
        one.process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(fifo.write_text, "go")
        assert await client.next_reply() == {"correlation_id": "h", "result": 0}
        await one.ended()


@pytest.mark.parametrize("site", ["plain_asgi"], indirect=True)
async def test_an_ordinary_asgi_file_loses_no_reply(
    site: DjangoSite, fifo: Path
) -> None:
    """uvicorn ends by SIGTERM itself, so that Python runs no clean-up."""
    os.mkfifo(f"{fifo}2")
    one = await site.worker()
    async with site.client("456") as client:
        held = {"method": "things.hold", "params": {"name": str(fifo)}}
        await client.publish({**held, "correlation_id": "h"})
        await one.line("started")
        native = asyncio.ensure_future(
            client.rpc("things.hold", {"name": f"{fifo}2"}),
        )
        await one.line("started")
        one.process.send_signal(signal.SIGTERM)
        numbers = itertools.count()
        while "result" in await client.call("things.count", {}, f"{next(numbers)}"):
            """It has not noticed the signal yet; from then on it refuses."""
        await asyncio.to_thread(fifo.write_text, "go")
        await asyncio.to_thread(Path(f"{fifo}2").write_text, "go")
        assert await client.next_reply() == {"correlation_id": "h", "result": 0}
        assert (await native)["rpc"]["data"] == {"result": 0}
        await one.ended()


async def test_refused_notifications_and_floods(site: DjangoSite) -> None:
    await site.worker(rate=0.001, burst=2)
    call = {"method": "things.count"}
    async with site.client("456") as client:
        assert "publish" in await client.publish(call)
        refused = await client.publish({"method": "nope"})
        assert refused["error"]["code"] == 1404
        assert (await client.publish(call))["error"]["code"] == 1429
        reply = await client.call("things.count", {}, "1")
        assert reply["error"]["code"] == -32001, "the last refusal with a reply"
        flood = await client.publish({**call, "correlation_id": "2"})
        assert flood["error"]["code"] == 1429
        assert (await client.rpc("things.count", {}))["error"]["code"] == 1429


async def test_the_worker_for_development(
    start_broker: StartBroker, tables: Path, tmp_path: Path
) -> None:
    broker = await start_broker("b")
    async with contextlib.AsyncExitStack() as stack:
        site = DjangoSite(broker, Balancer(), stack, tmp_path)
        shutil.copy(tables, tmp_path / "db.sqlite3")
        callback = {"token_secret": "", "token_callback": "worker_tokens:fetch"}
        env = environment(broker.settings(**callback)) | site.environ()
        env["DJANGO_SETTINGS_MODULE"] = "django_project.settings"
        worker = Process(sys.executable, "-m", "django", "runrpc", env=env)
        await stack.enter_async_context(worker)
        await worker.line("answering requests")
        async with site.client("456") as client:
            await client.call("things.add", {"name": "one"}, "1")
            reply = await client.call("things.count", {}, "2")
            assert reply["result"] == 1
        assert await worker.end(signal.SIGTERM) == 0
