"""Iterations over events that go on where an earlier one has ended."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from ._rpc.api import Caller, Event, EventPosition, events_of
from ._rpc.connection import RPCClient
from ._rpc.errors import CallTimeout, EventsLost, RPCError
from ._rpc.sync import SyncClient
from .scripted_broker import NEWS, VOID, Broker, Json, Result, client_of, jwt

STORED: EventPosition = {"offset": 5, "epoch": "e1"}
ONE, TWO = Result(text="one"), Result(text="two")


def at(offset: int, epoch: str = "e1") -> EventPosition:
    """Return a position."""
    return {"offset": offset, "epoch": epoch}


def recovered(*publications: Json) -> Json:
    """Return the answer to a subscription after whose position these came."""
    return {
        "recoverable": True,
        "positioned": True,
        "was_recovering": True,
        "recovered": True,
        "publications": publications,
        **STORED,
    }


LOST = {
    "recoverable": True,
    "positioned": True,
    "was_recovering": True,
    "offset": 9,
    "epoch": "e2",
}
MISSED = {"data": {"text": "one"}, "offset": 6}


async def asked(broker: Broker) -> Json:
    """Return the next subscription to the channel."""
    while True:
        command: Json = (await broker.seen("subscribe"))["subscribe"]
        if command["channel"] == "news:1":
            return command


async def test_missed_events_come_first(broker: Broker) -> None:
    broker.subscribe_reply = recovered(MISSED)
    async with client_of(broker) as rpc:
        events = rpc.subscribe(NEWS, "news:1", since=json.loads(json.dumps(STORED)))
        assert events.position == STORED
        assert await anext(events) == ONE
        assert events.position == at(6)
        following = asyncio.ensure_future(anext(events))
        command = await asked(broker)
        assert (command["recover"], command["offset"], command["epoch"]) == (
            True,
            5,
            "e1",
        )
        await broker.sessions[0].reply("news:1", {"text": "two"}, offset=7)
        assert await following == TWO
        assert events.position == at(7)
        await events.aclose()


async def test_missed_events_come_first_through_a_batch(broker: Broker) -> None:
    broker.subscribe_reply = recovered(MISSED)
    async with client_of(broker) as rpc:
        events = rpc.batch().subscribe(NEWS, "news:1", since=STORED)
        assert await anext(events) == ONE
        assert events.position == at(6)
        await events.aclose()


async def test_position_is_that_of_the_event_which_the_loop_has(broker: Broker) -> None:
    broker.subscribe_reply = recovered(
        MISSED, {"data": {"text": "two"}, "offset": 7}, {"data": {"text": 3}}
    )
    async with client_of(broker) as rpc:
        events = rpc.subscribe(NEWS, "news:1", since=STORED)
        assert [(await anext(events), events.position) for _ in range(2)] == [
            (ONE, at(6)),
            (TWO, at(7)),
        ]
        await events.aclose()


async def test_events_that_are_lost_end_the_loop(broker: Broker) -> None:
    broker.subscribe_reply = LOST
    async with client_of(broker) as rpc:
        events = rpc.subscribe(NEWS, "news:1", since=STORED)
        with pytest.raises(EventsLost) as caught:
            await anext(events)
        assert caught.value.method == "news"
        assert caught.value.position == at(9, "e2")
        assert events.position == STORED
        broker.subscribe_reply = {**recovered(), "offset": 9, "epoch": "e2"}
        await asked(broker)
        await broker.seen("unsubscribe")
        again = rpc.subscribe(NEWS, "news:1", since=caught.value.position)
        first = asyncio.ensure_future(anext(again))
        assert (await asked(broker))["epoch"] == "e2"
        await broker.sessions[0].reply("news:1", {"text": "one"}, offset=10)
        assert await first == ONE
        assert again.position == at(10, "e2")
        await again.aclose()


async def test_a_break_that_loses_events_ends_the_loop_behind_what_came(
    broker: Broker,
) -> None:
    broker.subscribe_reply = recovered(MISSED)
    async with client_of(broker) as rpc:
        events = rpc.subscribe(NEWS, "news:1", since=STORED)
        assert await anext(events) == ONE
        live = rpc.subscribe(NEWS, "news:1")
        goes_on = asyncio.ensure_future(anext(live))
        await asked(broker)
        broker.subscribe_reply = LOST
        broker.sessions[0].socket.transport.abort()
        await asked(broker)
        with pytest.raises(EventsLost):
            await anext(events)
        await broker.sessions[1].reply("news:1", {"text": "two"}, offset=10)
        assert await goes_on == TWO
        assert live.position == at(10, "e2")
        await live.aclose()


async def test_channel_that_does_not_recover_has_no_positions(broker: Broker) -> None:
    async with client_of(broker) as rpc:
        events = rpc.subscribe(NEWS, "news:1")
        first = asyncio.ensure_future(anext(events))
        await asked(broker)
        await broker.sessions[0].reply("news:1", {"text": "one"})
        assert await first == ONE
        assert events.position is None
        with pytest.raises(RPCError, match="begun already") as caught:
            await anext(rpc.subscribe(NEWS, "news:1", since=STORED))
        assert caught.value.code == 105
        await events.aclose()
        with pytest.raises(RPCError, match="does not recover") as caught:
            await anext(rpc.subscribe(NEWS, "news:1", since=STORED))
        assert caught.value.code == 108


@pytest.mark.parametrize("told", [True, False])
async def test_channel_that_the_server_subscribes(
    broker: Broker, *, told: bool
) -> None:
    if told:
        broker.connect_reply["subs"] = {"news:1": {}}
    else:
        broker.subscribe_error["news:1"] = {
            "code": 105,
            "message": "already subscribed",
        }
    async with client_of(broker) as rpc:
        with pytest.raises(RPCError, match="begun already") as caught:
            await anext(rpc.subscribe(NEWS, "news:1", since=STORED))
    assert caught.value.code == 105


@pytest.mark.parametrize(
    "since", [{}, {"offset": "5", "epoch": "e1"}, {"offset": -1, "epoch": "e1"}]
)
async def test_what_is_no_position(broker: Broker, since: Any) -> None:  # noqa: ANN401
    async with client_of(broker) as rpc:
        with pytest.raises(ValueError, match="not a position"):
            rpc.subscribe(NEWS, "news:1", since=since)


async def test_code_without_asyncio(broker: Broker) -> None:
    class Client(SyncClient):
        _rpc_class = RPCClient

    broker.subscribe_reply = recovered(MISSED)

    def run() -> None:
        with Client(broker.url, jwt("456")) as client:
            events = client._subscribe(NEWS, "news:1", 0.01, STORED)
            assert events.position == STORED
            assert next(events) == ONE
            assert events.position == at(6)
            with pytest.raises(CallTimeout):
                next(events)
            publish = broker.sessions[0].reply("news:1", {"text": "two"}, offset=7)
            asyncio.run_coroutine_threadsafe(publish, loop).result()
            client._call(VOID)  # its reply comes behind the event
            assert events.position == at(6)
            assert next(events) == TWO
            assert events.position == at(7)

    loop = asyncio.get_running_loop()
    await asyncio.to_thread(run)


async def test_fake_that_knows_no_positions() -> None:
    class Fake:
        async def call(self, *_: Any, **__: Any) -> Any:  # noqa: ANN401
            raise NotImplementedError

        async def subscribe(
            self,
            event: Event[Result],  # noqa: ARG002
            channel: str,
        ) -> AsyncIterator[Result]:
            yield Result(text=channel)

    fake: Caller = Fake()
    events = events_of(fake, NEWS, "news:1", None)
    assert [event async for event in events] == [Result(text="news:1")]
    assert events.position is None
    await events.aclose()
    with pytest.raises(TypeError, match="since"):
        events_of(fake, NEWS, "news:1", STORED)
