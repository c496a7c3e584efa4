"""How connections begin and end."""

import asyncio
from collections.abc import Callable
from typing import get_type_hints

import pytest

from ._rpc.api import Method, State
from ._rpc.connection import RPCClient
from ._rpc.errors import (
    CallTimeout,
    ConnectError,
    ConnectionLost,
    NotConnected,
)
from .scripted_broker import (
    ECHO,
    NEWS,
    PATIENCE_S,
    Broker,
    Params,
    Result,
    client_of,
    drained,
    echo,
    jwt,
    silent,
)


async def test_server_side_reply_channel(broker: Broker) -> None:
    broker.connect_reply["subs"] = {"user#456": {}}
    async with client_of(broker) as rpc:
        await rpc.call(ECHO, Params())
    kinds = [next(k for k in c if k != "id") for c in drained(broker.commands)]
    assert "subscribe" not in kinds


async def test_already_subscribed_means_server_side(broker: Broker) -> None:
    broker.subscribe_error["user#456"] = {"code": 105, "message": "already subscribed"}
    async with client_of(broker) as rpc:
        # The server publishes into the channel as for any server-side subscription.
        assert rpc.state == "connected"


@pytest.mark.parametrize("code", [103, 107])
async def test_refused_reply_channel_names_the_remedies(
    broker: Broker, code: int
) -> None:
    broker.subscribe_error["user#456"] = {"code": code, "message": "no"}
    with pytest.raises(ConnectError, match="allow_user_limited_channels") as caught:
        await client_of(broker).connect()
    assert caught.value.code == code
    assert "`channels`" in str(caught.value)


async def test_not_connected(broker: Broker) -> None:
    rpc = client_of(broker)
    await rpc.close()
    with pytest.raises(NotConnected) as caught:
        await rpc.call(ECHO, Params())
    assert not caught.value.sent


async def test_calls_after_a_final_close_say_why(broker: Broker) -> None:
    async with client_of(broker) as rpc:
        ended = asyncio.Event()
        rpc.on_state(lambda _: ended.set())
        await broker.sessions[0].socket.close(3500, "invalid token")
        await ended.wait()
        with pytest.raises(
            NotConnected, match=r"invalid token \(code 3500\)"
        ) as caught:
            await rpc.call(ECHO, Params())
        assert isinstance(caught.value.__cause__, ConnectError)
        assert not caught.value.sent
        with pytest.raises(NotConnected, match="invalid token"):
            await anext(rpc.subscribe(NEWS, "news:1"))
    with pytest.raises(NotConnected, match="call connect") as closed:
        await rpc.call(ECHO, Params())
    assert closed.value.__cause__ is None


async def test_close_ends_calls_and_connect_reopens(broker: Broker) -> None:
    broker.answer = silent
    states: list[str] = []
    both = asyncio.Event()

    def listen(state: str) -> None:
        states.append(state)
        if len(states) == 6:
            both.set()

    rpc = client_of(broker)
    rpc.on_state(listen)
    await rpc.connect()
    call = asyncio.create_task(rpc.call(ECHO, Params()))
    await broker.seen("publish")
    await rpc.close()
    with pytest.raises(ConnectionLost) as caught:
        await call
    assert caught.value.sent
    broker.answer = echo
    async with rpc:
        assert await rpc.call(ECHO, Params(text="again")) == Result(text="again")
    await both.wait()
    assert states == ["connecting", "connected", "disconnected"] * 2


async def test_connect_close_and_connect_in_one_tick(broker: Broker) -> None:
    rpc = client_of(broker)
    first, close, second = map(
        asyncio.create_task, (rpc.connect(), rpc.close(), rpc.connect())
    )
    with pytest.raises(ConnectError, match="closed"):
        await first
    await close
    await second
    assert await rpc.call(ECHO, Params()) == Result(text="hello")
    await rpc.close()
    assert len(broker.sessions) == 1


async def test_close_ends_what_could_be_sent_again(broker: Broker) -> None:
    broker.answer = silent
    rpc = client_of(broker)
    await rpc.connect()
    method: Method[None] = Method("repeat", idempotent=True)
    call = asyncio.create_task(rpc.call(method))
    await broker.seen("publish")
    await asyncio.gather(rpc.close(), rpc.connect())
    with pytest.raises(ConnectionLost):
        await call
    await rpc.close()


async def test_close_connect_and_close_in_one_tick(broker: Broker) -> None:
    rpc = client_of(broker)
    await rpc.connect()
    connects = [rpc.close(), rpc.connect(), rpc.close()]
    results = await asyncio.gather(*connects, return_exceptions=True)
    assert isinstance(results[1], ConnectError)
    await asyncio.wait_for(broker.sessions[0].socket.wait_closed(), PATIENCE_S)
    assert len(broker.sessions) == 1


async def test_close_does_not_wait_for_a_token(broker: Broker) -> None:
    asked = asyncio.Event()

    async def never() -> str:
        asked.set()
        await asyncio.get_running_loop().create_future()
        return ""

    rpc = RPCClient(broker.url, never)
    connecting = asyncio.create_task(rpc.connect())
    await asked.wait()
    await rpc.close()
    with pytest.raises(ConnectError, match="closed"):
        await connecting
    assert broker.sessions == []


async def test_connect_that_joins_another_gives_up_alone(broker: Broker) -> None:
    token: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def fetch() -> str:
        return await token

    rpc = RPCClient(broker.url, fetch)
    first = asyncio.create_task(rpc.connect())
    await asyncio.sleep(0)
    with pytest.raises(CallTimeout):
        await rpc.connect(timeout_s=0.01)
    token.set_result(jwt("456"))
    await first
    assert rpc.state == "connected"
    await rpc.close()


async def test_connect_that_gives_up_leaves_others_their_time(broker: Broker) -> None:
    token: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def fetch() -> str:
        return await token

    rpc = RPCClient(broker.url, fetch)
    first = asyncio.create_task(rpc.connect())
    second = asyncio.create_task(rpc.connect())
    call = asyncio.create_task(rpc.call(ECHO, Params()))
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    token.set_result(jwt("456"))
    await second
    assert await call == Result(text="hello")
    await rpc.close()


async def test_calls_that_wait_end_with_the_last_connect(broker: Broker) -> None:
    async def fetch() -> str:
        return await asyncio.get_running_loop().create_future()

    rpc = RPCClient(broker.url, fetch)
    connect = asyncio.create_task(rpc.connect(timeout_s=0.01))
    await asyncio.sleep(0)
    with pytest.raises(NotConnected, match="no connection within"):
        await rpc.call(ECHO, Params())
    with pytest.raises(CallTimeout):
        await connect
    assert rpc.state == "disconnected"


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "ws://",
        "localhost:8000",
        "ws://[1",
        "ws://localhost:99999",
        "ws://localhost:port",
    ],
)
async def test_url_that_is_none(url: str) -> None:
    with pytest.raises(ConnectError) as caught:
        await RPCClient(url, jwt("456")).connect()
    assert url in str(caught.value)


async def test_terminal_close_gives_the_reason(broker: Broker) -> None:
    broker.answer = silent
    async with client_of(broker) as rpc:
        call = asyncio.create_task(rpc.call(ECHO, Params()))
        await broker.seen("publish")
        await broker.sessions[0].socket.close(3503, "force disconnect")
        with pytest.raises(ConnectionLost, match="force disconnect"):
            await call
        assert rpc.state == "disconnected"


async def test_unreachable_server() -> None:
    rpc = RPCClient("ws://127.0.0.1:1/", jwt("456"))
    with pytest.raises(CallTimeout) as caught:
        await rpc.connect(timeout_s=2)
    assert not caught.value.sent
    assert "Connect call failed" in str(caught.value)
    assert rpc.state == "disconnected"


async def test_nonce_in_the_reply_channel(broker: Broker) -> None:
    template = "user.{nonce}#{user_id}"
    async with client_of(broker, reply_channel=template) as rpc:
        await rpc.call(ECHO, Params())
        channel = (await broker.seen("subscribe"))["subscribe"]["channel"]
        assert channel.startswith("user.")
        assert channel.endswith("#456")


async def test_connect_that_gives_up_says_what_went_wrong(broker: Broker) -> None:
    error = {"code": 100, "message": "internal server error", "temporary": True}
    broker.subscribe_error["user#456"] = error
    with pytest.raises(CallTimeout, match="internal server error"):
        await client_of(broker).connect(timeout_s=2)


async def test_listener_that_raises_breaks_nothing(
    broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    async with client_of(broker) as rpc:

        def bad(_: object) -> None:
            raise ValueError

        changed = asyncio.Event()
        rpc.on_state(bad)
        rpc.on_state(lambda _: changed.set())
        await broker.sessions[0].socket.close(1011)
        await changed.wait()
        assert await rpc.call(ECHO, Params()) == Result(text="hello")
    assert "state listener" in caplog.text


def test_listeners_that_are_async_do_not_type_check() -> None:
    hints = get_type_hints(RPCClient.on_state)
    assert hints["listener"] == Callable[[State], None]
