"""The subscriber against a real broker with profile B, and clients of any kind."""

import asyncio
import contextlib
import importlib
import logging
import os
import signal
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import worker_handlers
from centrifugo_rpc import MessageRouter
from centrifugo_rpc.settings import SettingsError
from centrifugo_rpc.subscriber import Subscriber, WorkerError
from centrifugo_rpc.tokens import connection_token
from hostile import LIMITS, flood, replay, too_long, undisturbed
from processes import PATIENCE_S, Broker, Gate, StartBroker, Worker
from typing_extensions import Self
from worker_tokens import CHANNELS

ROUTER = MessageRouter.default


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
        self.seen = 0

    def emit(self, record: logging.LogRecord) -> None:
        if self._text in record.getMessage():
            self.seen += 1
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
        served = worker_handlers.Served(
            text="hi", user="456", pid=os.getpid()
        ).model_dump()
        assert reply == {"correlation_id": "c1", "result": served}
        expected = {
            "nope": -32601,
            "echo": -32602,
            "fail": -32602,
            "hang": -32000,
            "large": -32002,
            "quit": -32603,
        }
        for number, (method, code) in enumerate(expected.items()):
            reply = await client.call(method, {}, f"n{number}")
            assert reply["error"]["code"] == code, method
        reply = await client.call("fail", {"text": "full"}, "f1")
        assert reply["error"] == {"code": 409, "message": "full"}
        reply = await client.call("fail", {"text": "badly"}, "f2")
        assert reply["error"] == {"code": -32603, "message": "internal error"}


async def test_requests_that_are_not_json(start_broker: StartBroker) -> None:
    """Who speaks protobuf can send any bytes; JSON clients are stopped before."""
    broker = await start_broker("b")
    settings = broker.settings()
    sdk: Any = importlib.import_module("centrifuge")
    async with worker(broker), broker.client("456", "user#456") as client:
        sender = sdk.Client(
            settings.ws_url,
            token=connection_token(settings, "456"),
            use_protobuf=True,
        )
        await sender.connect()
        await sender.publish("rpc.requests", b"no JSON at all")
        cut = b'{"correlation_id":"c1","method":"echo","params":{"text":'
        await sender.publish("rpc.requests", cut)
        await sender.disconnect()
        error = {"code": -32700, "message": "parse error"}
        assert await client.next_reply() == {"correlation_id": "c1", "error": error}
        assert client.publications.empty()


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
        worker(broker, **LIMITS) as subscriber,
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
        # The worker: another user's reply channel, and what is not a request.
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
        # The worker again; all that time, others are answered.
        await replay(hostile, victim)
        assert await flood(hostile, victim, len(poison)) == 0
        text = subscriber.metrics.text()
        assert 'dropped_total{reason="reply_to"} 2' in text
        assert 'dropped_total{reason="malformed"} 2' in text
        assert 'reason="flood"' not in text
        # The broker.
        await too_long(hostile)
        await undisturbed(victim, "last")
        assert victim.publications.empty()


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


async def test_broker_restart(start_broker: StartBroker, own_port: int) -> None:
    broker = await start_broker("b", port=own_port)
    async with worker(broker) as subscriber:
        with Awaited("connection lost") as lost:
            await broker.end(signal.SIGKILL)
            await lost.wait()
        broker = await start_broker("b", port=own_port)
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


class Tokens:
    """A callback for tokens; ``failures`` come before them."""

    def __init__(
        self, broker: Broker, ttl_s: float = 3600, channels: Sequence[str] = CHANNELS
    ) -> None:
        self._broker = broker
        self._ttl_s = ttl_s
        self._channels = channels
        self.failures: list[Any] = []
        self._asked = asyncio.Semaphore(0)

    async def __call__(self) -> str:
        self._asked.release()
        if self.failures:
            failure: Any = self.failures.pop(0)
            if isinstance(failure, Exception):
                raise failure
            return failure  # type: ignore[no-any-return]  # what it should not
        settings = self._broker.settings()
        return connection_token(
            settings, "worker", channels=self._channels, ttl_s=self._ttl_s
        )

    async def asked(self, times: int) -> None:
        for _ in range(times):
            await asyncio.wait_for(self._asked.acquire(), PATIENCE_S)


def callback_worker(broker: Broker, token: Any) -> Any:
    settings = broker.settings(token_secret="")
    return running(Subscriber(ROUTER, settings, token=token))


async def test_a_callback_gives_new_tokens_to_one_connection(
    start_broker: StartBroker,
) -> None:
    broker = await start_broker("b")
    token = Tokens(broker, 2)
    with Awaited("connected to") as connected:
        async with callback_worker(broker, token) as subscriber:
            # The third one is asked for when the second one has been accepted.
            await token.asked(3)
            assert await subscriber.problem() == ""
            async with broker.client("456", "user#456") as client:
                assert "result" in await client.call("echo", {"text": "hi"})
        assert connected.seen == 1


async def test_a_callback_that_fails_is_asked_again(start_broker: StartBroker) -> None:
    broker = await start_broker("b")
    token = Tokens(broker)
    token.failures += [ConnectionError("no vault"), None, ""]
    with (
        Awaited("failed: ConnectionError('no vault')") as failed,
        Awaited("returned NoneType, not a token") as none,
        Awaited("returned an empty text, not a token") as empty,
    ):
        async with callback_worker(broker, token) as subscriber:
            for said in (failed, none, empty):
                await said.wait()
            # Also for a connection that comes later.
            token.failures.append(ConnectionError("no vault"))
            await broker.api("disconnect", {"user": "worker"})
            await failed.wait()
            await asyncio.wait_for(subscriber.connected.wait(), PATIENCE_S)
            async with broker.client("456", "user#456") as client:
                assert "result" in await client.call("echo", {"text": "hi"})


async def test_a_token_without_the_channels_is_explained(
    start_broker: StartBroker,
) -> None:
    broker = await start_broker("b")
    token = Tokens(broker, channels=["rpc.requests.workers"])
    stop = asyncio.Event()
    with Awaited("does not name the channel 'rpc.requests'") as said:
        subscriber = Subscriber(ROUTER, broker.settings(token_secret=""), token=token)
        work = asyncio.ensure_future(subscriber.run(stop))
        await said.wait()
        assert await subscriber.problem() == "not connected"
        stop.set()
        await asyncio.wait_for(work, PATIENCE_S)


@pytest.mark.parametrize(
    ("callback", "message"),
    [
        ("worker_tokens", "'worker_tokens' is not of the form module:function"),
        ("no_such_module:fetch", "there is no module 'no_such_module'"),
        ("worker_tokens:nothing", "worker_tokens has no function 'nothing'"),
        ("worker_tokens:CHANNELS", "worker_tokens has no function 'CHANNELS'"),
    ],
)
async def test_a_callback_that_cannot_be_called(
    start_broker: StartBroker, callback: str, message: str
) -> None:
    broker = await start_broker("b")
    settings = broker.settings(token_secret="", token_callback=callback)
    with pytest.raises(SettingsError, match="RPC_WORKER_TOKEN_CALLBACK: ") as caught:
        Subscriber(ROUTER, settings)
    assert message in str(caught.value)


async def test_channels_of_methods(start_broker: StartBroker) -> None:
    broker = await start_broker("b")
    settings = broker.settings(more_requests_channels="orders.in")
    assert "orders.in" in Subscriber(ROUTER, settings).channels
    unknown = broker.settings(more_requests_channels="orders:{shop_id}")
    with pytest.raises(SettingsError, match="no worker can subscribe"):
        Subscriber(ROUTER, unknown)


async def test_a_process_with_a_callback(start_broker: StartBroker) -> None:
    broker = await start_broker("b")
    callback = {"token_secret": "", "token_callback": "worker_tokens:fetch"}
    settings = broker.settings(**callback)
    async with (
        Worker.subscriber(settings, "worker_handlers") as one,
        broker.client("456", "user#456") as client,
    ):
        await one.answering()
        assert "result" in await client.call("echo", {"text": "hi"})


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


async def test_requests_recovered_after_a_gap_are_answered_before_their_deadline(
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
            missed = {"method": "echo", "params": {"text": "x"}}
            await client.publish({**missed, "correlation_id": "2", "timeout_ms": 1})
            await client.publish({**missed, "correlation_id": "3"})
            gate.open()
            reply = await client.next_reply()
            assert (reply["correlation_id"], reply["result"]["text"]) == ("3", "x")
            assert "result" in await client.call("echo", {"text": "hi"}, "4")
            assert 'dropped_total{reason="stale"} 1' in subscriber.metrics.text()
            assert client.publications.empty()


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


@pytest.mark.parametrize("method", ["hold", "pool", "stubborn"])
async def test_shutdown_leaves_behind_what_does_not_end(
    start_broker: StartBroker, fifo: Path, method: str
) -> None:
    """Its thread reads what nobody writes, or it does not mind being cancelled."""
    broker = await start_broker("b")
    settings = broker.settings(drain_s=0.1)
    async with (
        broker.client("456", "user#456") as client,
        Worker.subscriber(settings, "worker_handlers") as one,
    ):
        await one.answering()
        held = {"method": method, "params": {"text": str(fifo)}, "correlation_id": "h"}
        await client.publish(held)
        await one.line("started")
        one.process.send_signal(signal.SIGTERM)
        assert (await client.next_reply())["error"]["code"] == -32004
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
        ("undefined_types", {}, 3, "of 'a' has a params type with an unknown name"),
        ("worker_handlers", {"RPC_WORKER_API_KEY": ""}, 2, "API_KEY is not set"),
        ("worker_handlers", {"RPC_WORKER_RATE": "x"}, 2, "RATE must be a number"),
        ("worker_handlers", {"RPC_WORKER_TOKEN_CALLBACK": "a:b"}, 2, "both set"),
        ("worker_handlers", {"RPC_WORKER_TOKEN_SECRET": "x"}, 1, "be signed with Cent"),
        ("worker_handlers", {"RPC_WORKER_API_KEY": "x"}, 1, "refuses RPC_WORKER_"),
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


async def test_a_thread_left_behind_hides_no_failure(start_broker: StartBroker) -> None:
    broker = await start_broker("b")
    settings = broker.settings(token_secret="", token_callback="worker_tokens:stuck")
    status, errors = await Worker.subscriber(settings, "worker_handlers").fails({})
    assert (status, "invalid token" in errors) == (1, True), errors
    assert "threads of theirs" in errors


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
