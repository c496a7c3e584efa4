"""The subscribe proxy: what Centrifugo asks, and what it is answered."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
from centrifugo_rpc import MessageRouter, PermissionDenied, current_conn
from centrifugo_rpc.asgi import create_app
from centrifugo_rpc.errors import InternalError
from centrifugo_rpc.metrics import Metrics
from centrifugo_rpc.settings import Settings
from centrifugo_rpc.subscribe import SubscribeDoor
from centrifugo_rpc.subscribe_http import serve_subscriptions
from centrifugo_rpc.tokens import subscription_token
from processes import PROXY_SECRET
from test_asgi import HEADER, ask

SECRET = "a-secret-argument"
FORBIDDEN = {"error": {"code": 403, "message": "permission denied"}}
BAD = {"error": {"code": 400, "message": "bad request"}}
FAILED = {
    "error": {"code": 1500, "message": "internal server error", "temporary": True}
}


class World:
    """A door to events, one for each way in which a permission can end."""

    def __init__(self, **settings: Any) -> None:
        self.asked: list[object] = []
        router = MessageRouter()
        router.add_event("orders", "orders:{order_id}", int, permission=self.may_read)
        router.add_event("broken", "broken:{text}", int, permission=self.fails)
        router.add_event("slow", "slow:{text}", int, permission=self.hangs)
        router.add_event("quits", "quits:{text}", int, permission=self.quits)
        router.add_event("inbox", "inbox:#{user_id}", int)
        router.add_event("news", "news", int)
        router.add_event("unsaid", "unsaid:{text}", int)
        values = {"api_key": "key", "proxy_secret": PROXY_SECRET, "token_secret": "s"}
        self.router = router
        self.settings = Settings(**(values | settings))
        self.metrics = Metrics()
        self.door = SubscribeDoor(router, self.settings, self.metrics)

    async def may_read(self, user: str, order_id: int) -> bool:
        conn = current_conn.get()
        self.asked.append((user, order_id, conn and (conn.user, conn.info)))
        return user == "456" and order_id == 7

    async def fails(self, user: str, text: str) -> bool:
        message = f"there is no {text} of {user}"
        raise LookupError(message)

    async def hangs(self, user: str, text: str) -> bool:
        await asyncio.Event().wait()
        return bool(user and text)

    async def quits(self, user: str, text: str) -> bool:
        message = f"{user}{text}"
        raise SystemExit(message)

    async def subscribe(self, channel: object, user: object = "456") -> Any:
        body = {"client": "c", "user": user, "channel": channel, "meta": {"staff": 1}}
        answer = await self.door.answer(json.dumps(body).encode())
        assert answer.status == 200
        return json.loads(answer.body)


async def test_the_permission_decides_and_knows_who_asks() -> None:
    world = World()
    assert await world.subscribe("orders:7") == {"result": {}}
    assert world.asked == [("456", 7, ("456", {"staff": 1}))]
    assert await world.subscribe("orders:7", "999") == FORBIDDEN
    assert await world.subscribe("orders:8") == FORBIDDEN
    assert current_conn.get() is None


@pytest.mark.parametrize(
    ("channel", "user", "answer"),
    [
        ("news", "456", {"result": {}}),
        ("inbox:#456", "456", {"result": {}}),
        ("inbox:#456", "999", FORBIDDEN),
        ("unsaid:x", "456", FORBIDDEN),
        ("orders:07", "456", FORBIDDEN),
        ("orders:x", "456", FORBIDDEN),
        ("rpc.requests", "456", FORBIDDEN),
        ("user#456", "456", FORBIDDEN),
        ("nothing", "456", FORBIDDEN),
        ("news", "", FORBIDDEN),
        ("news", None, FORBIDDEN),
        ("news", 456, FORBIDDEN),
        ("news", "456,999", FORBIDDEN),
        ("", "456", FORBIDDEN),
        (None, "456", BAD),
        (7, "456", BAD),
        (["news"], "456", BAD),
    ],
)
async def test_everybody_else_is_refused(
    channel: object, user: object, answer: object
) -> None:
    world = World()
    assert await world.subscribe(channel, user) == answer
    assert world.asked == []


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"user":', b"\xff", b"{}" * 9])
async def test_what_is_not_a_question_is_refused(body: bytes) -> None:
    answer = await World().door.answer(body)
    assert json.loads(answer.body) in (BAD, FORBIDDEN)


@pytest.mark.parametrize("event", ["broken", "slow", "quits"])
async def test_a_permission_that_fails_refuses_and_gives_nothing_away(
    event: str, caplog: pytest.LogCaptureFixture
) -> None:
    world = World(timeout_s=0.01)
    with caplog.at_level(logging.DEBUG):
        assert await world.subscribe(f"{event}:{SECRET}") == FAILED
    text = caplog.text
    assert f"the permission of {event} (" in text
    assert "test_subscribe.py:" in text
    assert SECRET not in text
    assert "456" not in text
    assert 'subscriptions_total{outcome="failed"} 1' in world.metrics.text()
    assert await world.subscribe("news") == {"result": {}}


async def test_a_user_may_not_ask_for_ever() -> None:
    world = World(rate=0.001, burst=2)
    answers = [await world.subscribe("orders:8") for _ in range(3)]
    assert [one["error"]["code"] for one in answers] == [403, 403, 1429]
    assert answers[2]["error"]["temporary"]
    assert len(world.asked) == 2
    assert await world.subscribe("news", "999") == {"result": {}}


async def test_events_that_nobody_may_read_are_named_at_the_start(
    caplog: pytest.LogCaptureFixture,
) -> None:
    World()
    assert [one.getMessage().partition(" (")[0] for one in caplog.records] == ["unsaid"]


async def test_tokens_are_signed_for_those_who_may_subscribe() -> None:
    world = World()
    expected = subscription_token(world.settings, "456", "orders:7")
    given = await world.door.token("456", "orders:7")
    assert given.split(".")[0] == expected.split(".")[0]
    for user, channel in [("999", "orders:7"), ("456", "orders:8"), ("456", "else")]:
        with pytest.raises(PermissionDenied):
            await world.door.token(user, channel)
    with pytest.raises(InternalError):
        await world.door.token("456", "broken:x")


async def test_the_asgi_application_asks_for_the_secret() -> None:
    world = World()
    app = create_app(world.router, world.settings)
    path, body = "/centrifugo/subscribe", {"user": "456", "channel": "orders:7"}
    assert await ask(app, path, body) == (200, {"result": {}})
    wrong = (HEADER[0], b"wrong")
    for headers in ((), (wrong,)):
        assert await ask(app, path, body, headers=headers) == (401, {})
    assert (await ask(app, path, body, method="GET"))[0] == 405
    assert (await ask(app, path, b"x" * (2**20 + 1)))[0] == 413
    assert len(world.asked) == 1
    await app.close()


@pytest.fixture
async def port() -> AsyncIterator[int]:
    server = await serve_subscriptions("127.0.0.1:0", World().door, PROXY_SECRET)
    yield server.sockets[0].getsockname()[1]
    server.close()


@pytest.mark.parametrize(
    ("first", "headers", "status"),
    [
        ("POST /centrifugo/subscribe", {}, 200),
        ("POST /centrifugo/subscribe?x=1", {}, 200),
        ("GET /centrifugo/subscribe", {}, 405),
        ("POST /centrifugo/publish", {}, 404),
        ("POST /centrifugo/subscribe", {"X-Centrifugo-RPC-Secret": "wrong"}, 401),
        ("POST /centrifugo/subscribe", {"Content-Length": "-1"}, 411),
        ("POST /centrifugo/subscribe", {"Content-Length": "1048577"}, 413),
        ("POST /centrifugo/subscribe", {"Content-Length": "9" * 5000}, 413),
    ],
)
async def test_the_plain_worker_answers_centrifugo(
    port: int, first: str, headers: dict[str, str], status: int
) -> None:
    body = json.dumps({"user": "456", "channel": "orders:7"})
    sent = {"X-Centrifugo-RPC-Secret": PROXY_SECRET, "Content-Length": len(body)}
    lines = "".join(f"{key}: {value}\r\n" for key, value in (sent | headers).items())
    text = await talk(port, f"{first} HTTP/1.1\r\n{lines}\r\n{body}".encode())
    assert text.startswith(f"HTTP/1.1 {status} ")
    assert text.endswith('{"result":{}}' if status == 200 else "{}")


@pytest.mark.parametrize("nonsense", [b"\r\n\r\n", b"POST\r\n\r\n", b"\xff\r\n\r\n"])
async def test_nonsense_gets_no_answer(port: int, nonsense: bytes) -> None:
    assert await talk(port, nonsense) == ""


async def test_who_sends_too_much_can_send_all_and_read_the_answer(port: int) -> None:
    length = 8 * 2**20  # more than the system's buffers take
    head = f"POST /centrifugo/subscribe HTTP/1.1\r\nContent-Length: {length}\r\n"
    secret = f"X-Centrifugo-RPC-Secret: {PROXY_SECRET}\r\n\r\n"
    text = await talk(port, (head + secret).encode() + b"x" * length)
    assert text.startswith("HTTP/1.1 413 ")


async def talk(port: int, request: bytes) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    await writer.drain()
    text = (await reader.read()).decode()
    writer.close()
    return text
