"""What costs a user before it is read, and what front doors refuse without reading."""

import json
import logging
from typing import TYPE_CHECKING, Any, cast

import pytest
from centrifugo_rpc import Conn, MessageRouter
from centrifugo_rpc.dispatch import Dispatcher
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
        self.intake = Intake(self.dispatcher, publisher, given)
        self.proxy = Proxy(self.dispatcher, publisher, given)

    async def ping(self, _: Conn) -> None:
        self.runs += 1

    async def fail(self, _: Conn, params: Params) -> None:
        self.runs += 1
        raise ValueError(params)

    def put(self, channel: str, data: bytes, *, skip_history: bool) -> None:
        """Stand in for the publisher."""
        assert (channel, skip_history) == ("user#456", False)
        self.replies.append(json.loads(data))

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
