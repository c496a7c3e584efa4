"""The ASGI application in real processes, behind a broker's publish and RPC proxies."""

import asyncio
import contextlib
import itertools
import signal
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientConnectionError, ClientSession, web
from aiohttp.test_utils import TestServer
from hostile import LIMITS, flood, replay, too_long, undisturbed
from processes import PROXY_SECRET, Broker, RawClient, StartBroker, Worker
from redis_server import RedisServer
from typing_extensions import Self

ECHO = {"method": "echo", "params": {"text": "hi"}}


class Balancer:
    """Sends each request to the next worker, as a load balancer does."""

    def __init__(self) -> None:
        self.ports: list[int] = []
        self._turns = itertools.count()
        self._session: ClientSession | None = None
        self._server: TestServer | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/{path:.*}", self._forward)
        self._session = ClientSession()
        self._server = TestServer(app)
        await self._server.start_server()
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._session is not None
        assert self._server is not None
        await self._session.close()
        await self._server.close()

    def url(self, path: str) -> str:
        assert self._server is not None
        return str(self._server.make_url(path))

    async def _forward(self, request: web.Request) -> web.Response:
        assert self._session is not None
        port = self.ports[next(self._turns) % len(self.ports)]
        url = f"http://127.0.0.1:{port}{request.path}"
        body = await request.read()
        try:
            async with self._session.post(
                url, data=body, headers=request.headers
            ) as response:
                return web.Response(status=response.status, body=await response.read())
        except ClientConnectionError:
            return web.Response(status=502)


@dataclass
class Site:
    """A broker, the load balancer that it asks, and the workers behind that."""

    broker: Broker
    balancer: Balancer
    stack: contextlib.AsyncExitStack
    folder: Path

    async def worker(self, **settings: Any) -> Worker:
        """Start a worker and send requests to it, too."""
        folder = "" if "store" in settings else str(self.folder)
        one = Worker.proxied(
            self.broker.settings(**settings), TEST_DEDUPE_FOLDER=folder
        )
        await self.stack.enter_async_context(one)
        one.port = int(await one.line("listening on "))
        self.balancer.ports.append(one.port)
        return one

    def client(self, user: str) -> RawClient:
        return self.broker.client(user, f"user#{user}")


@pytest.fixture
async def balancer() -> AsyncIterator[Balancer]:
    async with Balancer() as balancer:
        yield balancer


@pytest.fixture
async def site(
    start_broker: StartBroker,
    balancer: Balancer,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> AsyncIterator[Site]:
    """A site with the profile that the test's parameter names."""

    def change(config: Any) -> None:
        config["channel"].setdefault("without_namespace", {})["presence"] = True
        both = {"g": config["channel"].get("proxy", {}).get("publish")}
        both["rpc"] = config.get("rpc", {}).get("proxy")
        for name, path in (("g", "publish"), ("rpc", "rpc")):
            if both[name]:
                both[name]["endpoint"] = balancer.url(f"/centrifugo/{path}")
                both[name]["timeout"] = "30s"
                header = {"X-Centrifugo-RPC-Secret": PROXY_SECRET}
                both[name]["http"] = {"static_headers": header}

    broker = await start_broker(request.param, change)
    (tmp_path / "store").mkdir()
    async with contextlib.AsyncExitStack() as stack:
        yield Site(broker, balancer, stack, tmp_path / "store")


publish_proxy = pytest.mark.parametrize("site", ["wsgen proxy"], indirect=True)
rpc_proxy = pytest.mark.parametrize("site", ["rpc"], indirect=True)


@publish_proxy
async def test_calls_through_the_publish_proxy(site: Site) -> None:
    await site.worker()
    async with site.client("456") as client:
        reply = await client.call("echo", {"text": "hi"}, "1")
        assert (reply["result"]["text"], reply["result"]["user"]) == ("hi", "456")
        codes = {"nope": -32601, "echo": -32602, "hang": -32000, "large": -32002}
        for method, code in codes.items():
            reply = await client.call(method, {}, method)
            assert reply["error"]["code"] == code


@rpc_proxy
async def test_calls_through_the_rpc_proxy(site: Site) -> None:
    await site.worker()
    async with site.client("456") as client:
        reply = await client.rpc("echo", {"text": "hi"})
        assert reply["rpc"]["data"]["result"]["text"] == "hi"
        codes = {"nope": -32601, "echo": -32602, "hang": -32000, "large": -32002}
        for method, code in codes.items():
            reply = await client.rpc(method, {})
            assert reply["rpc"]["data"]["error"]["code"] == code
        reply = await client.rpc("fail", {"text": "full"})
        assert reply["rpc"]["data"]["error"] == {"code": 409, "message": "full"}


@publish_proxy
async def test_two_workers_share_2000_calls(site: Site) -> None:
    limits = {"rate": 0, "timeout_s": 60.0}
    workers = [await site.worker(**limits) for _ in range(2)]
    async with site.client("456") as client:
        in_flight = asyncio.Semaphore(64)

        async def send(number: int) -> None:
            async with in_flight:
                ack = await client.publish({**ECHO, "correlation_id": str(number)})
                assert "publish" in ack, ack

        sending = asyncio.gather(*map(send, range(2000)))
        replies = [await client.next_reply() for _ in range(2000)]
        await sending
        assert len({reply["correlation_id"] for reply in replies}) == 2000
        served = Counter(reply["result"]["pid"] for reply in replies)
        assert set(served) == {worker.process.pid for worker in workers}
        assert client.publications.empty()
        # Executed, not only answered, exactly once.
        runs = [await executions(worker.port) for worker in workers]
        assert sorted(runs) == sorted(served.values())


async def executions(port: int) -> int:
    line = 'centrifugo_rpc_requests_total{method="echo",code="ok"} '
    return int((await metrics(port)).partition(line)[2].partition("\n")[0])


async def metrics(port: int) -> str:
    url = f"http://127.0.0.1:{port}/metrics"
    async with ClientSession() as session, session.get(url) as response:
        return await response.text()


@publish_proxy
async def test_a_retry_that_reaches_the_other_worker(site: Site) -> None:
    for _ in range(2):
        await site.worker()
    async with site.client("456") as client:
        first = await client.call("echo", {"text": "hi"}, "same")
        assert await client.call("echo", {"text": "hi"}, "same") == first


@publish_proxy
async def test_workers_that_share_redis(
    site: Site, redis: RedisServer, fifo: Path
) -> None:
    """One repeats the reply of the other, and passes on who is to be cancelled."""
    one, other = [await site.worker(store=redis.url) for _ in range(2)]
    async with site.client("456") as client:
        first = await client.call("echo", {"text": "hi"}, "same")
        assert await client.call("echo", {"text": "hi"}, "same") == first
        site.balancer.ports[:] = [one.port]
        held = {"method": "hold", "params": {"text": str(fifo)}}
        await client.publish({**held, "correlation_id": "held"})
        await one.line("started")
        site.balancer.ports[:] = [other.port]
        reply = asyncio.ensure_future(client.next_reply())
        while not reply.done():  # the first worker may not listen yet
            cancel = {"method": "rpc.cancel", "correlation_id": "held"}
            assert "publish" in await client.publish(cancel)
            await asyncio.wait([reply], timeout=0.1)
        assert reply.result()["error"]["code"] == -32004
        await asyncio.to_thread(fifo.write_text, "its thread ends")


@publish_proxy
async def test_hostile_clients(site: Site) -> None:
    """Here the worker is asked about each publication, and refuses (400, 403)."""
    one = await site.worker(**LIMITS)
    async with site.client("456") as victim, site.client("999") as hostile:
        # The broker: nobody reads requests, or what is another user's.
        for channel in ("rpc.requests", "user#456", "user#456,999"):
            reply = await hostile.ask(subscribe={"channel": channel})
            assert reply["error"]["code"] in {103, 107}, channel
            reply = await hostile.ask(history={"channel": channel, "limit": 9})
            assert reply["error"]["code"] in {103, 107, 108}, channel
        # The worker: nobody writes replies.
        forged = {"correlation_id": "c1", "result": 1}
        for channel in ("user#456", "user#999"):
            reply = await hostile.publish(forged, channel)
            assert reply["error"]["code"] == 403, channel
        # The broker: there are no other channels.
        for channel in ("rpc.other", "anything", "user#456,999"):
            reply = await hostile.publish(forged, channel)
            assert reply["error"]["code"] == 107, channel
        # The broker again: only objects are published.
        request = {**ECHO, "correlation_id": "c1"}
        for data in ("text", [request], 7, True):
            assert await refusal(hostile, data) == 107
        # The worker: another user's reply channel, and what is not a request.
        for channel in ("user#456", "user#999,456"):
            assert await refusal(hostile, {**request, "reply_to": channel}) == 403
        for number in (1, {"a": 1}, "x" * 10_000):
            assert await refusal(hostile, {**request, "correlation_id": number}) == 400
        # The worker again; all that time, others are answered.
        await replay(hostile, victim)
        refused = await flood(hostile, victim, poison=5)
        assert refused == 60 - (20 - 2 - 5) - 20
        text = await metrics(one.port)
        assert 'dropped_total{reason="channel"} 2' in text
        assert 'dropped_total{reason="reply_to"} 2' in text
        assert 'dropped_total{reason="malformed"} 3' in text
        assert f'dropped_total{{reason="flood"}} {refused}' in text
        # The broker.
        await too_long(hostile)
        await undisturbed(victim, "last")
        assert victim.publications.empty()


async def refusal(client: RawClient, data: object) -> int:
    code: int = (await client.publish(data))["error"]["code"]
    return code


@publish_proxy
async def test_who_does_not_know_the_secret(site: Site) -> None:
    one = await site.worker()
    url = f"http://127.0.0.1:{one.port}/centrifugo/publish"
    body = {"user": "456", "channel": "rpc.requests", "data": {**ECHO}}
    async with ClientSession() as session, session.post(url, json=body) as response:
        assert response.status == 401


@publish_proxy
async def test_a_killed_worker_and_the_next(site: Site, fifo: Path) -> None:
    first = await site.worker()
    async with site.client("456") as client:
        held = {"method": "hold", "params": {"text": str(fifo)}}
        await client.publish({**held, "correlation_id": "lost"})
        await first.line("started")
        await first.end(signal.SIGKILL)
        ack = await client.publish({**ECHO, "correlation_id": "1"})
        assert ack["error"]["code"] == 100, "the broker cannot tell whether it ran"
        site.balancer.ports.clear()
        await site.worker()
        assert "result" in await client.call("echo", {"text": "hi"}, "2")
        assert client.publications.empty()


@publish_proxy
async def test_shutdown_finishes_what_runs(site: Site, fifo: Path) -> None:
    one = await site.worker()
    async with site.client("456") as client:
        held = {"method": "hold", "params": {"text": str(fifo)}}
        await client.publish({**held, "correlation_id": "h"})
        await one.line("started")
        one.process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(fifo.write_text, "go")
        assert await client.next_reply() == {"correlation_id": "h", "result": "go"}
        await one.ended()
