"""The subscriber against a real broker with profile B, and clients of any kind."""

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import worker_handlers
from centrifugo_rpc import MessageRouter
from centrifugo_rpc.settings import SettingsError
from centrifugo_rpc.subscriber import Subscriber, WorkerError
from processes import PATIENCE_S, Broker, Gate, StartBroker, Worker
from typing_extensions import Self
from websockets.exceptions import ConnectionClosed

ROUTER = MessageRouter.default
assert worker_handlers


@contextlib.asynccontextmanager
async def running(subscriber: Subscriber) -> AsyncIterator[Subscriber]:
    """Run a subscriber within the block; it answers when the block begins."""
    stop = asyncio.Event()
    work = asyncio.ensure_future(subscriber.run(stop))
    connected = asyncio.ensure_future(subscriber.connected.wait())
    await asyncio.wait({work, connected}, return_when=asyncio.FIRST_COMPLETED)
    connected.cancel()
    if work.done():
        work.result()
    try:
        yield subscriber
    finally:
        stop.set()
        await asyncio.wait_for(work, PATIENCE_S)


def worker(broker: Broker, **settings: Any) -> Any:
    return running(Subscriber(ROUTER, broker.settings(**settings)))


class Awaited(logging.Handler):
    """Waits for log messages that contain a text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text
        self._seen = asyncio.Semaphore(0)

    def emit(self, record: logging.LogRecord) -> None:
        if self._text in record.getMessage():
            self._seen.release()

    def __enter__(self) -> Self:
        logger = logging.getLogger("centrifugo_rpc")
        logger.addHandler(self)
        logger.setLevel(logging.INFO)
        return self

    def __exit__(self, *_: object) -> None:
        logger = logging.getLogger("centrifugo_rpc")
        logger.removeHandler(self)
        logger.setLevel(logging.NOTSET)

    async def wait(self, times: int = 1) -> None:
        for _ in range(times):
            await asyncio.wait_for(self._seen.acquire(), PATIENCE_S)


async def test_calls(start_broker: StartBroker) -> None:
    broker = await start_broker("b")
    async with worker(broker), broker.client("456", "user#456") as client:
        reply = await client.call("echo", {"text": "hi"})
        served = {"text": "hi", "user": "456", "pid": os.getpid()}
        assert reply == {"correlation_id": "c1", "result": served}
        expected = {
            "nope": -32601,
            "echo": -32602,
            "fail": -32602,
            "hang": -32000,
            "large": -32002,
        }
        for number, (method, code) in enumerate(expected.items()):
            reply = await client.call(method, {}, f"n{number}")
            assert reply["error"]["code"] == code, method
        reply = await client.call("fail", {"text": "full"}, "f1")
        assert reply["error"] == {"code": 409, "message": "full"}
        reply = await client.call("fail", {"text": "badly"}, "f2")
        assert reply["error"] == {"code": -32603, "message": "internal error"}


async def test_a_slow_call_holds_up_no_other(
    start_broker: StartBroker, fifo: Path
) -> None:
    broker = await start_broker("b")
    async with worker(broker), broker.client("456", "user#456") as client:
        held = {"method": "hold", "params": {"text": str(fifo)}, "correlation_id": "h"}
        await client.publish(held)
        assert (await client.call("echo", {"text": "hi"}))["correlation_id"] == "c1"
        await asyncio.to_thread(fifo.write_text, "go")
        assert await client.next_reply() == {"correlation_id": "h", "result": "go"}


async def test_hostile_clients(start_broker: StartBroker) -> None:
    """Who refuses what: the broker's configuration (103, 107, 108) or the worker."""
    broker = await start_broker("wsgen dev")
    request = {"method": "echo", "params": {"text": "x"}, "correlation_id": "c1"}
    async with (
        worker(broker, rate=0.001, burst=20) as subscriber,
        broker.client("456", "user#456") as victim,
        broker.client("999", "user#999") as hostile,
    ):
        # The broker: nobody reads requests, nobody writes replies.
        for channel in ("rpc.requests", "user#456", "user#456,999"):
            reply = await hostile.ask(subscribe={"channel": channel})
            assert reply["error"]["code"] in {103, 107}, channel
            reply = await hostile.ask(history={"channel": channel, "limit": 10})
            assert reply["error"]["code"] in {103, 107, 108}, channel
        for channel in ("user#456", "rpc.requests.workers", "user#999"):
            reply = await hostile.publish({"correlation_id": "c1"}, channel)
            assert reply["error"]["code"] in {103, 107}, channel
        # The worker: another user's reply channel, and what is no request.
        poison = [
            {**request, "reply_to": "user#456"},
            {**request, "reply_to": "user#999,456"},
            {**request, "correlation_id": {"a": 1}},
            {**request, "correlation_id": "x" * 10_000},
        ]
        for data in poison:
            assert "publish" in await hostile.publish(data)
        # The broker again: only objects are published.
        for other in ("text", [request], 7, True):
            assert (await hostile.publish(other))["error"]["code"] == 107
        # A replayed id runs once, and reaches only its sender.
        first = await hostile.call("echo", {"text": "one"}, "replay")
        assert await hostile.call("echo", {"text": "two"}, "replay") == first
        # A flood is refused, and after that not even answered.
        for number in range(60):
            await hostile.publish({**request, "correlation_id": f"f{number}"})
        refused = [await hostile.next_reply() for _ in range(38)]
        assert [one["error"]["code"] for one in refused if "error" in one] == [
            -32001
        ] * 20
        # All that time, others are answered, and hear nothing of it.
        assert (await victim.call("echo", {"text": "hi"}))["result"]["text"] == "hi"
        assert victim.publications.empty()
        text = subscriber.metrics.text()
        assert 'dropped_total{reason="reply_to"} 2' in text
        assert 'dropped_total{reason="malformed"} 2' in text
        assert 'dropped_total{reason="flood"} 22' in text
        # The broker: a frame of 1 MiB ends the connection of who sends it.
        # It need not read all of it first, and a reset may overtake its reason.
        with contextlib.suppress(ConnectionClosed):
            await hostile.socket.send("x" * 2**20)
        await hostile.socket.wait_closed()
        assert hostile.socket.close_code in {1006, 1009}


async def test_publications_of_the_server_are_no_requests(
    start_broker: StartBroker,
) -> None:
    broker = await start_broker("b")
    async with worker(broker) as subscriber:
        with Awaited("no info") as dropped:
            await subscriber.publisher.publish("rpc.requests", b'{"method":"echo"}')
            await dropped.wait()


async def test_two_workers_notice_each_other(start_broker: StartBroker) -> None:
    broker = await start_broker("b")
    with Awaited("answered twice") as warned:
        async with worker(broker) as one, worker(broker) as two:
            await warned.wait(times=2)
            assert one.others == two.others == 1


async def test_broker_restart(start_broker: StartBroker) -> None:
    broker = await start_broker("b")
    async with worker(broker) as subscriber:
        with Awaited("connection lost") as lost:
            await broker.end(signal.SIGKILL)
            await lost.wait()
        broker = await start_broker("b", port=broker.port)
        await asyncio.wait_for(subscriber.connected.wait(), PATIENCE_S)
        async with broker.client("456", "user#456") as client:
            assert (await client.call("echo", {"text": "hi"}))["result"]["text"] == "hi"


async def test_a_terminal_disconnect_is_not_the_end(start_broker: StartBroker) -> None:
    broker = await start_broker("b")
    async with worker(broker) as subscriber:
        with Awaited("connected to") as again:
            await broker.api("disconnect", {"user": "svc-rpc-worker"})
            await again.wait()
        await asyncio.wait_for(subscriber.connected.wait(), PATIENCE_S)
        async with broker.client("456", "user#456") as client:
            assert "result" in await client.call("echo", {"text": "hi"})


async def test_a_refused_first_connection_ends_the_worker(
    start_broker: StartBroker,
) -> None:
    broker = await start_broker("b")
    with pytest.raises(WorkerError, match="invalid token"):
        async with worker(broker, token_secret="another-secret"):
            pass


async def test_no_start_without_secrets(start_broker: StartBroker) -> None:
    broker = await start_broker("b")
    for name in ("api_key", "token_secret"):
        with pytest.raises(SettingsError, match=f"{name.upper()} is not set"):
            Subscriber(ROUTER, broker.settings(**{name: ""}))


async def test_http_api_down_for_a_while(start_broker: StartBroker) -> None:
    broker = await start_broker("b")
    async with Gate(broker.port) as gate:
        url = f"http://127.0.0.1:{gate.port}/api"
        async with (
            worker(broker, api_url=url),
            broker.client("456", "user#456") as client,
        ):
            assert "result" in await client.call("echo", {"text": "before"}, "1")
            gate.close()
            with Awaited("the HTTP API fails") as failed:
                await client.publish(
                    {"method": "echo", "params": {"text": "x"}, "correlation_id": "2"}
                )
                await failed.wait()
            gate.open()
            assert (await client.next_reply())["correlation_id"] == "2"
            assert "result" in await client.call("echo", {"text": "after"}, "3")
            assert client.publications.empty(), "nothing is answered twice"


async def test_requests_recovered_after_a_gap_are_stale(
    start_broker: StartBroker,
) -> None:
    def with_history(config: Any) -> None:
        history = {"history_size": 10, "history_ttl": "60s", "force_recovery": True}
        config["channel"]["without_namespace"].update(history)

    broker = await start_broker("b", with_history)
    async with Gate(broker.port) as gate:
        url = f"ws://127.0.0.1:{gate.port}/connection/websocket"
        async with (
            worker(broker, ws_url=url) as subscriber,
            broker.client("456", "user#456") as client,
        ):
            assert "result" in await client.call("echo", {"text": "hi"}, "1")
            with Awaited("connection lost") as lost:
                gate.close()
                await lost.wait()
            stale = {"method": "echo", "params": {"text": "x"}, "correlation_id": "2"}
            await client.publish(stale)
            gate.open()
            await asyncio.wait_for(subscriber.connected.wait(), PATIENCE_S)
            assert "result" in await client.call("echo", {"text": "hi"}, "3")
            assert 'dropped_total{reason="stale"} 1' in subscriber.metrics.text()


# The command, as a process.


async def test_a_killed_worker_and_the_next(
    start_broker: StartBroker, fifo: Path
) -> None:
    broker = await start_broker("b")
    settings = broker.settings()
    async with broker.client("456", "user#456") as client:
        async with Worker.subscriber(settings, "worker_handlers") as first:
            await first.answering()
            held = {"method": "hold", "params": {"text": str(fifo)}}
            await client.publish({**held, "correlation_id": "lost"})
            await first.line("started")
            assert await first.end(signal.SIGKILL) == -signal.SIGKILL
        async with Worker.subscriber(settings, "worker_handlers") as second:
            await second.answering()
            assert "result" in await client.call("echo", {"text": "hi"}, "next")
            assert client.publications.empty(), "the lost call stays lost"
            assert await second.end(signal.SIGTERM) == 0


async def test_shutdown_finishes_what_runs(
    start_broker: StartBroker, fifo: Path
) -> None:
    broker = await start_broker("b")
    async with (
        broker.client("456", "user#456") as client,
        Worker.subscriber(broker.settings(), "worker_handlers") as one,
    ):
        await one.answering()
        held = {"method": "hold", "params": {"text": str(fifo)}, "correlation_id": "h"}
        await client.publish(held)
        await one.line("started")
        one.process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(fifo.write_text, "go")
        assert await client.next_reply() == {"correlation_id": "h", "result": "go"}
        assert await one.ended() == 0


async def test_pages_and_json_logs(start_broker: StartBroker) -> None:
    broker = await start_broker("b")
    options = ("--health-address", "127.0.0.1:0", "--log-format", "json")
    async with (
        broker.client("456", "user#456") as client,
        Worker.subscriber(broker.settings(), "worker_handlers", *options) as one,
    ):
        address = await one.line("health on ")
        await one.answering()
        await client.call("echo", {"text": "hi"})
        assert await get(address, "/healthz") == (200, "ok\n")
        assert await get(address, "/readyz") == (200, "ok\n")
        _, text = await get(address, "/metrics")
        assert 'centrifugo_rpc_requests_total{method="echo",code="ok"} 1' in text
        assert (await get(address, "/else"))[0] == 404
        await broker.end(signal.SIGKILL)
        await asyncio.wait_for(until_not_ready(address), PATIENCE_S)


@pytest.mark.parametrize(
    ("target", "environ", "code", "message"),
    [
        ("no_such_module", {}, 3, "no module 'no_such_module'"),
        ("worker_handlers", {"CENTRIFUGO_RPC_API_KEY": ""}, 2, "API_KEY is not set"),
        ("worker_handlers", {"CENTRIFUGO_RPC_RATE": "x"}, 2, "RATE must be a number"),
        ("worker_handlers", {"CENTRIFUGO_RPC_TOKEN_SECRET": "x"}, 1, "invalid token"),
    ],
)
async def test_mistakes_are_explained_without_a_traceback(
    start_broker: StartBroker,
    target: str,
    environ: dict[str, str],
    code: int,
    message: str,
) -> None:
    broker = await start_broker("b")
    command = Worker.subscriber(broker.settings(), target, "--log-level", "critical")
    status, errors = await command.fails(environ)
    assert (status, "Traceback" in errors) == (code, False), errors
    assert message in errors


async def until_not_ready(address: str) -> None:
    while (await get(address, "/readyz"))[0] == 200:  # noqa: ASYNC110 -- it is polled
        await asyncio.sleep(0.01)


async def get(address: str, path: str) -> tuple[int, str]:
    host, port = address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    head, _, body = (await reader.read()).decode().partition("\r\n\r\n")
    writer.close()
    return int(head.split()[1]), body
