"""The HTTP API client, against a server that a test can break."""

import asyncio
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
    await one.put("c", b"1", skip_history=True)
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
