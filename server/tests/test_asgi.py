"""The proxies' ASGI application, called as an ASGI server calls it."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from centrifugo_rpc import Conn, MessageRouter, readiness
from centrifugo_rpc.asgi import ProxyApp, create_app
from centrifugo_rpc.settings import Settings, SettingsError
from centrifugo_rpc.store import MemoryStore
from http_api import API
from processes import PROXY_SECRET
from pydantic import BaseModel

HEADER = (b"x-centrifugo-rpc-secret", PROXY_SECRET.encode())
REQUEST = {"method": "echo", "params": {"text": "hi"}, "correlation_id": "c1"}


class Echo(BaseModel):
    text: str


class World:
    """The application with two handlers, and the HTTP API behind it."""

    def __init__(self, api: API, **settings: Any) -> None:
        self.api = api
        self.started = asyncio.Event()
        self.release = asyncio.Event()
        self.notes: list[str] = []
        router = MessageRouter()
        router.add("echo", self.echo)
        router.add("hold", self.hold)
        router.add("note", self.note, no_wait=True)
        values = {"api_url": api.url, "api_key": "key", "proxy_secret": PROXY_SECRET}
        self.app = create_app(router, Settings(**(values | settings)))

    async def echo(self, conn: Conn, params: Echo) -> str:
        return f"{params.text} {conn.user} {conn.info}"

    async def hold(self, _: Conn) -> None:
        self.started.set()
        await self.release.wait()

    async def note(self, _: Conn, params: Echo) -> None:
        await self.release.wait()
        self.notes.append(params.text)

    async def publish(self, data: object, **more: Any) -> Any:
        body = {"user": "456", "client": "x", "channel": "rpc.requests", "data": data}
        status, answer = await ask(self.app, "/centrifugo/publish", {**body, **more})
        assert status == 200
        return answer

    async def rpc(self, method: str, data: object, **more: Any) -> Any:
        body = {"user": "456", "client": "x", "method": method, "data": data}
        status, answer = await ask(self.app, "/centrifugo/rpc", {**body, **more})
        assert status == 200
        return answer


async def ask(
    app: ProxyApp,
    path: str,
    body: object = None,
    headers: tuple[tuple[bytes, bytes], ...] = (HEADER,),
    method: str = "POST",
) -> tuple[int, Any]:
    """Send a request in two chunks; return the status and the body."""
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    half = len(text) // 2
    chunks = [
        {"type": "http.request", "body": text[:half], "more_body": True},
        {"type": "http.request", "body": text[half:]},
    ]
    sent: list[Any] = []

    async def receive() -> Any:
        return chunks.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "headers": headers}
    await app(scope, receive, send)
    answer = sent[1]["body"]
    is_json = (b"content-type", b"application/json") in sent[0]["headers"]
    return sent[0]["status"], json.loads(answer) if is_json else answer.decode()


@pytest.fixture
async def world(api: API) -> AsyncIterator[World]:
    world = World(api)
    yield world
    world.release.set()
    await world.app.close()


ACCEPTED = {"result": {"data": {}, "skip_history": True}}


async def test_a_publication_is_acknowledged_and_answered_over_the_api(
    world: World,
) -> None:
    assert await world.publish(REQUEST) == ACCEPTED
    await world.app.close()
    reply = {"correlation_id": "c1", "result": "hi 456 None"}
    assert world.api.batches == [[{"channel": "user#456", "data": reply}]]


async def test_the_acknowledgement_does_not_wait_for_the_handler(world: World) -> None:
    assert await world.publish({"method": "hold", "correlation_id": "c"}) == ACCEPTED
    await world.started.wait()
    assert world.api.published == []
    world.release.set()
    await world.app.close()
    assert world.api.published == [{"correlation_id": "c", "result": None}]


async def test_large_replies_skip_the_history(api: API) -> None:
    world = World(api, history_bytes=10)
    await world.publish(REQUEST)
    await world.app.close()
    assert world.api.batches[0][0]["skip_history"] is True


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"channel": "user#999"}, 403),
        ({"channel": "rpc.other"}, 403),
        ({"channel": None}, 403),
        ({"user": ""}, 403),
        ({"user": "4,5"}, 403),
        ({"user": None}, 403),
        ({"data": {**REQUEST, "reply_to": "user#999"}}, 403),
        ({"data": "text"}, 400),
        ({"data": []}, 400),
        ({"data": None}, 400),
        ({"data": {**REQUEST, "correlation_id": 1}}, 400),
    ],
)
async def test_refused_publications(
    world: World, changes: dict[str, Any], code: int
) -> None:
    data = changes.pop("data", REQUEST)
    answer = await world.publish(data, **changes)
    assert answer["error"]["code"] == code
    await world.app.close()
    assert world.api.published == []


async def test_native_rpc(world: World) -> None:
    answer = await world.rpc("echo", {"text": "hi"}, meta={"plan": "free"})
    assert answer == {"result": {"data": {"result": "hi 456 {'plan': 'free'}"}}}
    answer = await world.rpc("echo", {"text": 1})
    error = answer["result"]["data"]["error"]
    assert (error["code"], error["data"][0]["loc"]) == (-32602, ["text"])
    assert (await world.rpc("nope", {}))["result"]["data"]["error"]["code"] == -32601
    assert (await world.rpc("echo", {}, user=""))["error"]["code"] == 403
    for name in ("", "m" * 300):
        answer = await world.rpc(name, {})
        assert answer["result"]["data"]["error"]["code"] == -32600
    answer = await world.rpc("echo", {"text": "\ud800"})
    assert answer["result"]["data"]["error"]["code"] == -32700


async def test_a_native_notification_is_not_waited_for(world: World) -> None:
    answer = await world.rpc("note", {"text": "a"})
    assert answer == {"result": {"data": {"result": None}}}
    assert world.notes == []
    world.release.set()
    await world.app.close()
    assert world.notes == ["a"]


async def test_a_native_call_ends_though_its_client_is_gone(world: World) -> None:
    call = asyncio.ensure_future(world.rpc("hold", {}))
    await world.started.wait()
    call.cancel()
    world.release.set()
    await world.app.dispatcher.drain()
    assert 'requests_total{method="hold",code="ok"} 1' in world.app.metrics.text()


@pytest.mark.parametrize("path", ["/centrifugo/publish", "/centrifugo/rpc"])
@pytest.mark.parametrize("header", [(), ((HEADER[0], b"wrong"),), ((HEADER[0], b""),)])
async def test_only_who_knows_the_secret_is_believed(
    world: World, path: str, header: tuple[tuple[bytes, bytes], ...]
) -> None:
    assert (await ask(world.app, path, {"user": "1"}, header))[0] == 401


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'"x"'])
async def test_bodies_that_are_no_json_objects(world: World, body: bytes) -> None:
    for path in ("/centrifugo/publish", "/centrifugo/rpc"):
        status, answer = await ask(world.app, path, body)
        assert (status, answer["error"]["code"]) == (200, 400)


async def test_other_requests(world: World) -> None:
    assert (await ask(world.app, "/centrifugo/rpc", b"x" * 2**21))[0] == 413
    assert (await ask(world.app, "/centrifugo/rpc", method="GET"))[0] == 405
    assert (await ask(world.app, "/nowhere", method="GET"))[0] == 404


async def test_operations(world: World) -> None:
    await world.rpc("echo", {"text": "hi"})
    assert (await ask(world.app, "/healthz", headers=(), method="GET"))[0] == 200
    assert (await ask(world.app, "/readyz", headers=(), method="GET"))[0] == 200
    _, text = await ask(world.app, "/metrics", headers=(), method="GET")
    assert 'centrifugo_rpc_requests_total{method="echo",code="ok"} 1' in text
    await world.app.close()
    assert (await ask(world.app, "/healthz", headers=(), method="GET"))[0] == 200
    assert (await ask(world.app, "/readyz", headers=(), method="GET"))[0] == 503


async def test_a_worker_is_ready_while_the_http_api_is(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "_KEEP_S", 0)
    for status, ready in ((500, False), (401, False), (404, False), (200, True)):
        world.api.statuses.append(status)
        assert await ask(world.app, "/readyz", headers=(), method="GET") == (
            (200, {"status": "ok"})
            if ready
            else (503, {"status": "Centrifugo's HTTP API cannot be reached"})
        )
    assert (await ask(world.app, "/healthz", headers=(), method="GET"))[0] == 200
    await world.app.close()


async def test_a_worker_is_ready_while_its_store_is(
    api: API, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Away(MemoryStore):
        async def check(self) -> None:
            raise ConnectionError

    monkeypatch.setattr(readiness, "_KEEP_S", 60)
    settings = Settings(api_url=api.url, api_key="key", proxy_secret=PROXY_SECRET)
    app = create_app(MessageRouter(), settings, store=Away(0))
    for _ in range(3):
        assert await ask(app, "/readyz", headers=(), method="GET") == (
            503,
            {"status": "the store cannot be reached"},
        )
    assert len(api.seen) == 1, "however often one asks"
    await app.close()


async def test_metrics_may_be_left_out(api: API) -> None:
    settings = Settings(api_url=api.url, api_key="key", proxy_secret=PROXY_SECRET)
    app = create_app(MessageRouter(), settings, metrics=False)
    assert (await ask(app, "/metrics", headers=(), method="GET"))[0] == 404
    await app.close()


async def test_lifespan_finishes_what_runs(world: World) -> None:
    await world.publish({"method": "hold", "correlation_id": "c"})
    await world.started.wait()
    messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent: list[str] = []

    async def receive() -> Any:
        if len(messages) == 1:
            world.release.set()
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message["type"])

    await world.app({"type": "lifespan"}, receive, send)
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert world.api.published == [{"correlation_id": "c", "result": None}]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"api_key": "k"}, "PROXY_SECRET is not set"),
        ({"api_key": "k", "proxy_secret": "short"}, "fewer than 16"),
        ({"proxy_secret": PROXY_SECRET}, "API_KEY is not set"),
    ],
)
def test_no_start_without_secrets(settings: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        create_app(MessageRouter(), Settings(**settings))  # type: ignore[arg-type]
