"""The HTTP API client, against a server that a test can break."""

import asyncio
import json
from typing import Any

import pytest
from centrifugo_rpc.metrics import Metrics
from centrifugo_rpc.publisher import APIRefusedError, HTTPPublisher, PublishError
from centrifugo_rpc.settings import Settings
from http_api import API
from processes import PATIENCE_S


def publisher(api: API, metrics: Metrics | None = None, **more: Any) -> HTTPPublisher:
    values = {"api_url": api.url, "api_key": "key"} | more
    return HTTPPublisher(Settings(**values), metrics)


async def test_what_waits_goes_out_together_and_in_order(api: API) -> None:
    api.hold = asyncio.Event()
    metrics = Metrics()
    one = publisher(api, metrics)
    first = one.put("c", b"0")
    await api.asked.acquire()
    rest = [one.put("c", str(i).encode()) for i in range(1, 451)]
    api.hold.set()
    await asyncio.gather(first, *rest)
    assert api.published == list(range(451))
    assert [len(batch) for batch in api.batches] == [1, 200, 200, 50]
    assert 'publications_total{outcome="ok"} 451' in metrics.text()
    await one.close()


async def test_data_go_out_as_they_are(api: API) -> None:
    one = publisher(api)
    await one.publish("ünï", b'{"a": 0.12345678901234567890, "b":"\xc3\xa9"}')
    assert '{"a": 0.12345678901234567890, "b":"é"}' in api.texts[0]
    assert api.batches[0][0]["channel"] == "ünï"
    await one.put("c", b"1", user="456", skip_history=True)
    assert api.batches[1] == [{"channel": "c", "data": 1, "skip_history": True}]
    await one.close()


async def test_a_refused_publication_harms_no_other(api: API) -> None:
    api.hold = asyncio.Event()
    one = publisher(api)
    first = one.put("c", b"1")
    await api.asked.acquire()
    channels = ("c", "no:such", "poison", "c")
    rest = [one.put(channel, b"2") for channel in channels]
    api.hold.set()
    outcomes = await asyncio.gather(first, *rest, return_exceptions=True)
    assert [isinstance(outcome, PublishError) for outcome in outcomes] == [
        False,
        False,
        True,
        True,
        False,
    ]
    assert "unknown channel" in str(outcomes[2])
    await one.close()


async def test_an_api_that_is_down_for_a_while(api: API) -> None:
    metrics = Metrics()
    api.statuses.extend([503, 500, 502])
    one = publisher(api, metrics)
    await one.publish("c", b"1")
    assert api.published == [1]
    assert 'outcome="retried"} 3' in metrics.text()
    assert "centrifugo_rpc_api_failing 0" in metrics.text()
    await one.close()


async def test_an_api_that_stays_down(unused_port: int) -> None:
    settings = Settings(api_url=f"http://127.0.0.1:{unused_port}/api", publish_s=0.2)
    metrics = Metrics()
    one = HTTPPublisher(settings, metrics)
    with pytest.raises(PublishError, match="does not answer"):
        await asyncio.wait_for(one.publish("c", b"1"), PATIENCE_S)
    assert 'outcome="failed"} 1' in metrics.text()
    assert "centrifugo_rpc_api_failing 1" in metrics.text()
    await one.close()


async def test_a_wrong_key_is_named(api: API, caplog: pytest.LogCaptureFixture) -> None:
    one = publisher(api, api_key="wrong")
    with pytest.raises(APIRefusedError, match="RPC_WORKER_API_KEY"):
        await one.publish("c", b"1")
    assert caplog.messages[0] == "the HTTP API fails: CentUnauthorizedError()"
    await one.close()


async def test_a_wrong_address_is_named(api: API) -> None:
    one = publisher(api, api_url=api.url.removesuffix("/api"))
    with pytest.raises(APIRefusedError, match="RPC_WORKER_API_URL"):
        await one.publish("c", b"1")
    await one.close()


async def test_a_repeated_request_delivers_events_once(api: API) -> None:
    """Centrifugo may have published what it did not acknowledge in time."""
    api.hold = asyncio.Event()
    one = publisher(api)
    first = one.put("c", b"0")
    await api.asked.acquire()
    events = [one.put("c", b"1"), one.put("d", b"2")]
    reply = one.put("user#456", b"3", user="456")
    api.statuses.append(500)
    api.hold.set()
    await asyncio.gather(first, *events, reply)
    assert api.seen[0] == api.seen[1], "the first request and its repetition"
    commands = {one["channel"]: one for batch in api.batches[1:] for one in batch}
    assert "idempotency_key" not in commands["user#456"], "retries need their reply"
    keys = {commands[channel]["idempotency_key"] for channel in ("c", "d")}
    assert len({json.loads(api.seen[0])["idempotency_key"], *keys}) == 3
    await one.close()


def large(number: int) -> bytes:
    return json.dumps(str(number) * 100_000).encode()


async def test_large_replies_of_one_user_delay_nobody_else(api: API) -> None:
    """Counted in requests: at most one of another user's goes before."""
    api.hold = asyncio.Event()
    one = publisher(api)
    held = [one.put("user#999", large(i), user="999") for i in range(20)]
    await api.asked.acquire()
    small = one.put("user#456", b'"small"', user="456")
    await asyncio.wait_for(api.asked.acquire(), PATIENCE_S)
    assert "small" in api.seen[-1]
    assert len(api.seen) <= 3
    api.hold.set()
    await asyncio.gather(small, *held)
    await one.close()


async def test_users_take_turns(api: API) -> None:
    """Each batch has a share of every user who waits, in the order of that user."""
    api.hold = asyncio.Event()
    one = publisher(api)
    first = one.put("user#1", b"0", user="1")
    await api.asked.acquire()
    many = [one.put("user#1", b"%d" % i, user="1") for i in range(1, 1001)]
    few = [one.put(f"user#{user}", b'"x"', user=user) for user in ("2", "3")]
    api.hold.set()
    await asyncio.gather(first, *many, *few)
    channels = [command["channel"] for command in api.batches[1]]
    assert channels[:4] == ["user#2", "user#3", "user#1", "user#1"]
    assert [data for data in api.published if data != "x"] == list(range(1001))
    await one.close()


async def test_large_events_stay_in_order(api: API) -> None:
    one = publisher(api)
    puts = [one.put("c", large(i) if i % 3 else b"%d" % i) for i in range(9)]
    await asyncio.gather(*puts)
    assert [int(str(data)[0]) for data in api.published] == list(range(9))
    await one.close()


async def test_replies_of_one_user_that_wait_are_bounded(api: API) -> None:
    api.hold = asyncio.Event()
    one = publisher(api, user_reply_bytes=250_000)
    puts = [one.put("user#9", large(i), user="9") for i in range(3)]
    assert isinstance(puts[2].exception(), PublishError)
    assert not one.has_room("9", 100_000)
    assert one.has_room("9", 100), "the error in its place"
    assert one.has_room("456", 100_000)
    api.hold.set()
    await asyncio.gather(*puts[:2])
    assert one.has_room("9", 100_000)
    await one.close()


async def test_close_sends_what_waits_and_refuses_more(api: API) -> None:
    one = publisher(api)
    for i in range(3):
        one.put("c", str(i).encode())
    await one.close()
    assert api.published == [0, 1, 2]
    with pytest.raises(PublishError, match="stops"):
        await one.publish("c", b"3")


async def test_waiting_data_are_bounded(
    api: API, caplog: pytest.LogCaptureFixture
) -> None:
    api.hold = asyncio.Event()
    one = publisher(api)
    big = b'"' + b"x" * 800_000 + b'"'
    puts = [one.put("c", big) for _ in range(100)]
    assert isinstance(puts[-1].exception(), PublishError)
    (lost,) = caplog.messages
    assert "publications do not go out any more: " in lost, "said once"
    api.hold.set()
    await asyncio.gather(*puts[:80])
    await one.close()


async def test_streams_leave_room_for_replies(api: API) -> None:
    api.hold = asyncio.Event()
    one = publisher(api, user_reply_bytes=1000)
    assert one.has_room_of_stream("456", 5000)  # it is alone
    one.send("user#456", b'"%s"' % (b"x" * 400), user="456")
    assert not one.has_room_of_stream("456", 300)
    assert one.has_room("456", 300)
    assert one.has_room_of_stream("999", 300)
    waiting = asyncio.ensure_future(one.progress())
    await asyncio.sleep(0)
    assert not waiting.done()
    api.hold.set()
    await asyncio.wait_for(waiting, PATIENCE_S)
    assert one.has_room_of_stream("456", 300)
    await one.close()


async def test_who_sends_a_reply_hears_that_it_does_not_go_out(api: API) -> None:
    one = publisher(api)
    failed = asyncio.Event()
    one.send("user#456", b"1", user="456", failed=failed.set)
    one.send("poison", b"2", user="456", failed=failed.set)
    await asyncio.wait_for(failed.wait(), PATIENCE_S)
    failed.clear()
    await one.close()
    one.send("user#456", b"3", user="456", failed=failed.set)
    await asyncio.wait_for(failed.wait(), PATIENCE_S)
    assert api.published == [1]
