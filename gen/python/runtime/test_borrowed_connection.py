"""Clients over a connection that somebody else opened."""

import asyncio

import centrifuge
import centrifuge.client
import pytest

from ._rpc.api import Transport
from ._rpc.connection import RPCClient
from ._rpc.errors import (
    ConnectError,
    RPCError,
)
from .scripted_broker import (
    ECHO,
    NEWS,
    PATIENCE_S,
    Broker,
    Json,
    Params,
    Result,
    Session,
    echo,
    jwt,
)


async def test_over_an_existing_connection(broker: Broker) -> None:
    class Events(centrifuge.ClientEventHandler):
        connected = 0

        async def on_connected(self, ctx: object) -> None:  # noqa: ARG002
            self.connected += 1

    events = Events()
    client = centrifuge.Client(broker.url, events=events, token=jwt("456"))
    async with RPCClient.over(client, "456") as rpc:
        assert await rpc.call(ECHO, Params()) == Result(text="hello")
    assert events.connected == 1
    assert client.state == centrifuge.ClientState.CONNECTED
    assert client.events is events
    async with RPCClient.over(client, "456") as rpc:
        assert await rpc.call(ECHO, Params()) == Result(text="hello")
    assert client.subscriptions() == {}
    await client.disconnect()


async def test_protobuf_connection_is_refused(broker: Broker) -> None:
    client = centrifuge.Client(broker.url, token=jwt("456"), use_protobuf=True)
    rpc = RPCClient.over(client, "456")
    with pytest.raises(ConnectError, match="Protobuf"):
        await rpc.connect()
    assert client.state == centrifuge.ClientState.DISCONNECTED


async def test_connection_whose_reply_channel_is_taken(broker: Broker) -> None:
    client = centrifuge.Client(broker.url, token=jwt("456"))
    async with RPCClient.over(client, "456") as rpc:
        with pytest.raises(ConnectError, match=r"user#456.*already registered"):
            await RPCClient.over(client, "456").connect()
        assert await rpc.call(ECHO, Params()) == Result(text="hello")
    await client.disconnect()


async def test_clients_that_begin_at_once_take_nothing_from_each_other(
    broker: Broker,
) -> None:
    sdk = centrifuge.Client(broker.url, token=jwt("456"))
    await sdk.connect()
    same = [RPCClient.over(sdk, "456") for _ in range(2)]
    connects = [rpc.connect() for rpc in same]
    first, second = await asyncio.gather(*connects, return_exceptions=True)
    assert first is None
    assert isinstance(second, ConnectError)
    await same[0].close()
    options = {"reply_channel": "{nonce}#{user_id}"}
    async with (
        RPCClient.over(sdk, "456", **options) as one,
        RPCClient.over(sdk, "456", **options) as two,
    ):
        gets = asyncio.ensure_future(anext(one.subscribe(NEWS, "news:1")))
        refused = asyncio.ensure_future(anext(two.subscribe(NEWS, "news:1")))
        with pytest.raises(RPCError, match="already registered"):
            await refused
        while (await broker.seen("subscribe"))["subscribe"]["channel"] != "news:1":
            pass
        await broker.sessions[0].reply("news:1", {"text": "one"})
        assert await gets == Result(text="one")
    await sdk.disconnect()


@pytest.mark.parametrize("transport", ["pubsub", "rpc"])
async def test_event_channel_that_the_owner_has_taken(
    broker: Broker, transport: Transport
) -> None:
    async def answer(session: Session, command: Json) -> None:
        if "rpc" in command:
            body = {"result": command["rpc"]["data"]}
            await session.send({"id": command["id"], "rpc": {"data": body}})
        else:
            await echo(session, command)

    broker.answer = answer
    sdk = centrifuge.Client(broker.url, token=jwt("456"))
    await sdk.new_subscription("news:1").subscribe()
    await sdk.connect()
    rpc = RPCClient.over(sdk, "456", transport=transport)
    connect = asyncio.create_task(rpc.connect())
    await asyncio.sleep(0)
    early = asyncio.ensure_future(anext(rpc.subscribe(NEWS, "news:1")))
    await connect
    late = asyncio.ensure_future(anext(rpc.subscribe(NEWS, "news:1")))
    for loop in early, late:
        with pytest.raises(RPCError, match="already registered") as caught:
            await loop
        assert (caught.value.code, caught.value.method) == (105, "news")
    back = asyncio.Event()
    rpc.on_state(lambda state: back.set() if state == "connected" else None)
    await broker.sessions[0].socket.close(1011)
    await asyncio.wait_for(back.wait(), PATIENCE_S)
    assert await rpc.call(ECHO, Params()) == Result(text="hello")
    await rpc.close()
    await sdk.disconnect()


async def test_clients_that_overlap_leave_no_handlers(broker: Broker) -> None:
    sdk = centrifuge.Client(broker.url, token=jwt("456"))
    events = sdk.events
    options = {"reply_channel": "{nonce}#{user_id}"}
    clients = [RPCClient.over(sdk, "456", **options) for _ in range(3)]
    for rpc in clients:
        await rpc.connect()
    for i in 1, 0:
        await clients[i].close()
    assert await clients[2].call(ECHO, Params()) == Result(text="hello")
    await clients[2].close()
    assert sdk.events is events
    await sdk.disconnect()
