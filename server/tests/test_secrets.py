"""Logs at debug level hold no token, no secret and no value of a call."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from centrifugo_rpc import Conn, MessageRouter
from processes import (
    API_KEY,
    PROXY_SECRET,
    SIGNED,
    TOKEN_SECRET,
    VALUE,
    Broker,
    RawClient,
    StartBroker,
    Worker,
    environment,
)
from test_proxies import Balancer

_HIDDEN = (API_KEY, PROXY_SECRET, TOKEN_SECRET, VALUE)


def check(log: str) -> None:
    assert " DEBUG " in log or '"level": "debug"' in log
    found = [text for text in _HIDDEN if text in log] + SIGNED.findall(log)
    assert found == []


@pytest.fixture
async def balancer() -> AsyncIterator[Balancer]:
    async with Balancer() as balancer:
        yield balancer


async def calls(client: RawClient) -> None:
    """Calls that end in each way, and texts that are not requests."""
    echo = {"method": "echo", "params": {"text": VALUE}}
    bad = [
        {**echo, "correlation_id": 7},
        {**echo, "reply_to": "user#1", "correlation_id": "c"},
        {**echo, "method": {"no": VALUE}},
    ]
    for data in bad:
        await client.publish(data)
    ways = {"echo": {"text": VALUE}, "large": {}, "nope": {"text": VALUE}, "hang": {}}
    for number, (method, params) in enumerate(ways.items()):
        await client.call(method, params, f"c{number}")
    await client.call("echo", {"text": [VALUE]}, "invalid")
    await client.call("wrong", {}, "wrong result")


async def test_the_log_of_a_subscriber(
    start_broker: StartBroker, tmp_path: Path
) -> None:
    broker = await start_broker("b")
    settings = broker.settings(log_level="debug")
    log = tmp_path / "log"
    with log.open("wb") as stderr:
        command = (sys.executable, "-m", "centrifugo_rpc", "serve", "worker_handlers")
        one = Worker(*command, env=environment(settings), stderr=stderr)
        async with one, broker.client("456", "user#456") as client:
            await one.answering()
            await calls(client)
            await one.end(signal.SIGTERM)
    check(log.read_text())


@pytest.mark.parametrize("format_", ["text", "json"])
async def test_the_log_behind_the_publish_proxy(
    start_broker: StartBroker, balancer: Balancer, tmp_path: Path, format_: str
) -> None:
    def change(config: dict[str, dict[str, dict[str, dict[str, object]]]]) -> None:
        config["channel"]["proxy"]["publish"] |= {
            "endpoint": balancer.url("/centrifugo/publish"),
            "timeout": "30s",
            "http": {"static_headers": {"X-Centrifugo-RPC-Secret": PROXY_SECRET}},
        }

    broker: Broker = await start_broker("g", change)
    log = tmp_path / "log"
    with log.open("wb") as stderr:
        env = environment(broker.settings(log_level="debug", log_format=format_))
        script = str(Path(__file__).with_name("proxy_worker.py"))
        one = Worker(sys.executable, script, env=env, stderr=stderr)
        async with one, broker.client("456", "user#456") as client:
            balancer.ports.append(int(await one.line("listening on ")))
            await calls(client)
            await one.end(signal.SIGTERM)
    check(log.read_text())


def test_a_result_of_another_type_is_not_quoted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    router = MessageRouter()

    async def wrong(_: Conn) -> int:
        return VALUE  # type: ignore[return-value]

    router.add("wrong", wrong)
    with pytest.raises(Exception, match="internal error"):
        asyncio.run(router.call("wrong", user="1"))
    assert "serialized value may not be as expected" in caplog.text
    assert VALUE not in caplog.text
