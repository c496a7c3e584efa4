"""What costs a user before it is read, and what front doors refuse without reading."""

import json
import logging
from typing import TYPE_CHECKING, Any, cast

import pytest
from centrifugo_rpc import Conn, MessageRouter
from centrifugo_rpc.dispatch import Dispatcher
from centrifugo_rpc.limits import RateLimit
from centrifugo_rpc.proxy import Intake, Proxy
from centrifugo_rpc.settings import Settings
from centrifugo_rpc.wire import Caller, Rejected
from pydantic import BaseModel

if TYPE_CHECKING:
    from centrifugo_rpc.publisher import HTTPPublisher

SECRET = "a-secret-that-only-centrifugo-knows"


class Params(BaseModel):
    number: int


class World:
    """A worker whose replies a test can read."""

    def __init__(self, **settings: Any) -> None:
        given = Settings(api_key="k", proxy_secret=SECRET, **settings)
        router = MessageRouter()
        router.add("ping", self.ping)
        router.add("fail", self.fail, no_wait=True)
        self.runs = 0
        self.replies: list[Any] = []
        self.dispatcher = Dispatcher(router, given)
        publisher = cast("HTTPPublisher", self)
        self.room, self.full, self.closing = 10**6, False, False
        refusals = RateLimit(given.rate, given.burst)
        self.intake = Intake(self.dispatcher, publisher, given, refusals)
        self.proxy = Proxy(self.dispatcher, publisher, given)

    async def ping(self, _: Conn) -> None:
        self.runs += 1

    async def fail(self, _: Conn, params: Params) -> None:
        self.runs += 1
        raise ValueError(params)

    def send(
        self,
        channel: str,
        data: bytes,
        *,
        user: str,
        skip_history: bool,
        failed: object,
    ) -> None:
        """Stand in for the publisher."""
        assert (channel, user, skip_history) == ("user#456", "456", False)
        assert failed is None
        self.replies.append(json.loads(data))

    def has_room(self, user: str, size: int = 0) -> bool:
        """Stand in for the publisher."""
        assert user == "456"
        return size <= self.room if size else not self.full

    def publish(self, data: object) -> Any:
        """Let Centrifugo ask about a publication; return the answer."""
        body = {"user": "456", "channel": "rpc.requests", "data": data}
        return json.loads(self.proxy.publish(json.dumps(body).encode()).body)

    def take(self, data: bytes, user: str = "456") -> str:
        """Take a publication; return why it was dropped."""
        try:
            self.intake.take(data, Caller(user))
        except Rejected as error:
            return error.reason
        return ""

    def dropped(self, reason: str) -> int:
        line = f'dropped_total{{reason="{reason}"}} '
        return int(self.dispatcher.metrics.text().partition(line)[2].split()[0])


def request(number: int) -> bytes:
    return b'{"method":"ping","correlation_id":"c%d"}' % number


async def test_what_cannot_be_read_counts_as_a_request() -> None:
    world = World(rate=0.001, burst=2)
    assert [world.take(b"nonsense") for _ in range(2)] == ["malformed"] * 2
    assert world.take(request(1)) == ""
    assert world.replies[0]["error"]["code"] == -32001
    assert world.take(b"nonsense") == "malformed"
    assert [world.take(b"nonsense") for _ in range(2)] == ["flood"] * 2, "not read"
    assert world.take(request(2)) == "flood"
    assert (world.runs, len(world.replies)) == (0, 1)


NOTE = {"method": "fail", "params": {"number": 1}}


async def test_a_refused_notification_is_an_error_on_the_ack() -> None:
    world = World(rate=0.001, burst=3)
    assert "result" in world.publish(NOTE)
    unknown = world.publish({**NOTE, "method": "nope"})
    assert unknown == {"error": {"code": 1404, "message": "method not found"}}
    assert world.publish({"params": {}})["error"]["code"] == 400
    refused = world.publish(NOTE)
    assert refused == {"error": {"code": 1429, "message": "rate limited"}}
    await world.dispatcher.drain()
    assert (world.runs, world.replies) == (1, [])


async def test_a_notification_to_a_worker_that_stops_is_an_error_on_the_ack() -> None:
    world = World()
    await world.dispatcher.drain()
    assert world.publish(NOTE)["error"]["code"] == 1503
    call = {"method": "ping", "correlation_id": "c1"}
    assert "result" in world.publish(call), "a call has a reply that says it"
    assert world.replies[0]["error"]["code"] == -32003
    world.closing = True
    assert world.publish(call)["error"]["code"] == 1503, "no reply goes out any more"


async def test_a_flood_is_answered_at_once_and_to_the_last_call() -> None:
    """20,000 calls behind the publish proxy: each has a reply, or an error on its ack."""
    world = World()
    call = {"method": "ping", "params": {}}
    acks = [world.publish({**call, "correlation_id": f"c{i}"}) for i in range(20_000)]
    refused = [ack["error"] for ack in acks if "error" in ack]
    assert {(error["code"], error.get("temporary")) for error in refused} == {
        (1429, None)
    }
    await world.dispatcher.drain()
    assert len(world.replies) + len(refused) == 20_000
    codes = [reply["error"]["code"] for reply in world.replies if "error" in reply]
    assert set(codes) == {-32001}
    assert world.runs + len(codes) == len(world.replies)


async def test_a_native_flood_is_answered_at_once_and_to_the_last_call() -> None:
    world = World()
    body = b'{"user":"456","method":"ping","data":{}}'
    answers = [json.loads((await world.proxy.rpc(body)).body) for _ in range(20_000)]
    native = [answer["error"] for answer in answers if "error" in answer]
    assert native.count({"code": 1429, "message": "rate limited"}) == len(native)
    replies = [answer["result"]["data"] for answer in answers if "result" in answer]
    codes = [reply["error"]["code"] for reply in replies if "error" in reply]
    assert set(codes) == {-32001}
    assert world.runs + len(codes) + len(native) == 20_000


async def test_a_call_whose_reply_would_wait_too_long_is_refused() -> None:
    world = World()
    world.full = True
    assert world.take(request(1)) == ""
    assert world.replies[0]["error"]["code"] == -32001
    assert world.runs == 0


async def test_a_reply_without_room_becomes_an_error() -> None:
    world = World()
    world.room = 20
    assert world.take(request(1)) == ""
    await world.dispatcher.drain()
    assert world.replies[0]["error"]["code"] == -32002
    assert world.runs == 1


@pytest.mark.parametrize("path", ["publish", "rpc"])
async def test_a_binary_proxy_is_refused(
    path: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Its data would be taken for absent."""
    world = World()
    body = {
        "user": "456",
        "channel": "rpc.requests",
        "method": "ping",
        "b64data": "e30=",
    }
    text = json.dumps(body).encode()
    publishes = path == "publish"
    answer = world.proxy.publish(text) if publishes else await world.proxy.rpc(text)
    assert json.loads(answer.body)["error"]["code"] == 400
    assert "turn binary encoding off" in caplog.text
    assert (world.runs, world.replies) == (0, [])


async def test_a_wrong_secret_is_counted_and_does_not_fill_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = World()
    with caplog.at_level(logging.INFO):
        assert not any(world.proxy.knows(text) for text in ["", b"x", None] * 1000)
    assert world.dropped("secret") == 3000
    assert 0 < len(caplog.records) < 1000
    assert world.proxy.knows(SECRET)
    assert world.dropped("secret") == 3000


@pytest.mark.parametrize("data", [{"number": 1}, {"number": "x"}])
async def test_the_outcome_of_a_native_notification_is_nobodys(data: object) -> None:
    """Whether it fails at once or later; only a refusal is told."""
    world = World(rate=0.001, burst=1)
    body = json.dumps({"user": "456", "method": "fail", "data": data}).encode()
    answer = json.loads((await world.proxy.rpc(body)).body)
    assert answer["result"]["data"] == {"result": None}
    answer = json.loads((await world.proxy.rpc(body)).body)
    assert answer["result"]["data"]["error"]["code"] == -32001
