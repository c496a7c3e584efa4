"""Batches: how they are read, counted and refused. What they do is among the cases of workers."""

import json
from typing import Any

import pytest
from centrifugo_rpc import Conn, MessageRouter
from centrifugo_rpc.doors import Doors
from centrifugo_rpc.settings import Settings
from centrifugo_rpc.wire import Caller, Rejected, parse_batch
from http_api import API
from test_intake import SECRET, World

CALL = '{"method":"ping","params":{},"correlation_id":"%s"}'


def batch(count: int, start: int = 0) -> bytes:
    calls = [CALL % f"c{number}" for number in range(start, start + count)]
    return f'{{"batch":[{",".join(calls)}]}}'.encode()


def test_requests_come_as_they_were_written() -> None:
    first = '{ "params" : {"a": 1.50, "b": "\\u00e9\\ud800]}, {"}, "method":"m"}'
    text = f' {{"new": 1, "batch" : [ {first} ,\n{{}}] , "more":[]}} '
    assert parse_batch(text.encode()) == [first.encode(), b"{}"]


def test_what_python_cannot_hold_is_left_to_the_request() -> None:
    deep, long = "[" * 10**5 + "]" * 10**5, "9" * 5000
    calls = [f'{{"params":{deep}}}', f'{{"params":{long}}}', "{}"]
    read = parse_batch(f'{{"batch":[{",".join(calls)}]}}'.encode())
    assert read == [call.encode() for call in calls]


@pytest.mark.parametrize(
    "text",
    [
        '{"method":"m","params":{"batch":[{}]}}',
        '{"method":"m","batch":[{}]}',
        '{"batch":[{}]',
        '{"batch":[{}]} ]',
        '["batch"]',
        '{"params":"batch"}',
        b'{"batch":[{"a":"\xff"}]}',
    ],
)
def test_anything_else_is_no_batch(text: str | bytes) -> None:
    assert parse_batch(text if isinstance(text, bytes) else text.encode()) is None


@pytest.mark.parametrize(
    "value",
    ["null", "7", '"[{}]"', "{}", "[]", "[null]", "[[{}]]", "[{},1]", "[{},[]]"],
)
def test_a_batch_is_a_list_of_objects(value: str) -> None:
    with pytest.raises(Rejected, match="1 to 100") as caught:
        parse_batch(f'{{"batch":{value}}}'.encode())
    assert caught.value.reason == "malformed"


def test_a_batch_holds_100_requests() -> None:
    read = parse_batch(batch(100))
    assert read is not None
    assert len(read) == 100
    with pytest.raises(Rejected, match="it has more"):
        parse_batch(batch(101))


async def test_a_request_with_too_many_members_harms_no_other() -> None:
    world = World()
    many = {
        "method": "ping",
        "correlation_id": "many",
        **dict.fromkeys(map(str, range(99))),
    }
    calls = [many, {"method": "ping", "correlation_id": "c"}]
    assert world.take(json.dumps({"batch": calls}).encode()) == ""
    await world.dispatcher.drain()
    codes = {
        one["correlation_id"]: one.get("error", {}).get("code") for one in world.replies
    }
    assert codes == {"many": -32700, "c": None}


async def test_each_request_of_a_batch_is_counted() -> None:
    world = World(rate=0.001, burst=10)
    assert world.take(batch(12)) == ""
    await world.dispatcher.drain()
    assert (world.runs, len(world.replies)) == (10, 12)
    text = world.dispatcher.metrics.text()
    assert 'requests_total{method="ping",code="ok"} 10' in text
    assert 'requests_total{method="ping",code="-32001"} 2' in text


async def test_a_flood_is_refused_before_any_of_it_runs() -> None:
    world = World(rate=0.001, burst=10)
    assert world.take(batch(21)) == "flood"
    assert (world.runs, world.replies) == (0, [])
    assert world.take(batch(10)) == "", (
        "what was not answered was not counted as refusals"
    )
    assert len(world.replies) == 10
    assert world.take(batch(1)) == "flood", "read by then only so far as to be counted"


async def test_requests_that_are_dropped_are_counted_one_by_one() -> None:
    world = World()
    foreign = {"method": "ping", "correlation_id": "a", "reply_to": "user#7"}
    note: dict[str, Any] = {"method": "fail"}
    good = {"method": "ping", "correlation_id": "c"}
    assert "result" in world.publish({"batch": [foreign, note, good, foreign]})
    assert (world.dropped("reply_to"), world.dropped("malformed")) == (2, 1)
    assert world.publish({"batch": [note, foreign]})["error"]["code"] == 403
    assert world.publish({"batch": [foreign, note]})["error"]["code"] == 400
    assert (world.dropped("reply_to"), world.dropped("malformed")) == (4, 3)
    await world.dispatcher.drain()
    assert world.runs == 1


async def test_a_batch_to_a_worker_that_stops() -> None:
    world = World()
    await world.dispatcher.drain()
    calls = json.loads(batch(2))
    assert "result" in world.publish(calls)
    assert [reply["error"]["code"] for reply in world.replies] == [-32003] * 2
    world.closing = True
    assert world.publish(calls)["error"]["code"] == 1503, "no reply goes out any more"


async def test_a_recovered_batch_has_lost_time() -> None:
    world = World()
    calls = [
        {"method": "ping", "correlation_id": "a", "timeout_ms": 1000},
        {"method": "ping", "correlation_id": "b", "timeout_ms": 60_000},
    ]
    data = json.dumps({"batch": calls}).encode()
    assert world.intake.take(data, Caller("456"), age_s=2.0) is None
    await world.dispatcher.drain()
    assert [reply["correlation_id"] for reply in world.replies] == ["b"]
    assert world.dropped("stale") == 1


async def test_replies_to_a_batch_leave_in_one_request(api: API) -> None:
    async def ping(_: Conn) -> None:
        """Return at once."""

    router = MessageRouter()
    router.add("ping", ping)
    settings = Settings(api_url=api.url, api_key="key", proxy_secret=SECRET)
    doors = Doors(router, settings)
    body = {"user": "456", "channel": "rpc.requests", "data": json.loads(batch(32))}
    answer = doors.proxy.publish(json.dumps(body).encode())
    assert b"result" in answer.body
    await doors.close()
    assert [len(commands) for commands in api.batches] == [32]
