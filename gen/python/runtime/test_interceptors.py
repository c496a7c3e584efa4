"""What users put around calls."""

import asyncio
import logging
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from ._rpc.api import CallInfo, Interceptor, Proceed
from ._rpc.errors import NotConnected, RPCError
from .scripted_broker import (
    COUNT,
    ECHO,
    NOTE,
    PATIENCE_S,
    Broker,
    Json,
    Params,
    Result,
    Session,
    Source,
    client_of,
    echo,
    fails,
    refuses,
    silent,
)


class Notes(list[str]):
    """What interceptors see, in order."""

    def by(self, name: str) -> Interceptor:
        async def interceptor(call: CallInfo, proceed: Proceed) -> object:
            self.append(f"{name} begins")
            try:
                result = await proceed(call)
            except BaseException as error:
                self.append(f"{name}: {type(error).__name__}")
                raise
            self.append(f"{name}: {result}")
            return result

        return interceptor


async def test_first_interceptor_is_outermost(broker: Broker) -> None:
    notes = Notes()
    around = [notes.by("outer"), notes.by("inner")]
    async with client_of(broker, interceptors=around) as rpc:
        assert await rpc.call(ECHO, Params(text="a")) == Result(text="a")
    result = "text='a'"
    assert notes == [
        "outer begins",
        "inner begins",
        f"inner: {result}",
        f"outer: {result}",
    ]


async def test_interceptor_sees_and_changes_the_call(broker: Broker) -> None:
    calls: list[CallInfo] = []

    async def change(call: CallInfo, proceed: Proceed) -> object:
        calls.append(call)
        other = replace(call.with_meta({"b": "2"}), params={"text": "b"}, timeout_s=5)
        return await proceed(other)

    options: Json = {"meta": {"a": "1"}, "interceptors": [change]}
    async with client_of(broker, **options) as rpc:
        assert await rpc.call(ECHO, Params(text="a")) == Result(text="b")
        request = (await broker.seen("publish"))["publish"]["data"]
        await rpc.call(NOTE, Params())
    (call, note) = calls
    assert (call.method, call.params, call.meta, call.timeout_s) == (
        "echo",
        Params(text="a"),
        {"a": "1"},
        10,
    )
    assert (call.stream, call.notify, note.notify) == (False, False, True)
    assert request["correlation_id"] == call.correlation_id
    assert request["meta"] == {"api": "", "a": "1", "b": "2"}
    assert 4000 < request["timeout_ms"] <= 5000


async def test_interceptor_answers_by_itself(broker: Broker) -> None:
    async def answer(call: CallInfo, proceed: Proceed) -> object:  # noqa: ARG001
        return Result(text="cached")

    async with client_of(broker, interceptors=[answer]) as rpc:
        assert await rpc.call(ECHO, Params()) == Result(text="cached")
        assert [item async for item in rpc.stream(COUNT)] == []
    assert not any("publish" in frame for frame in broker.frames)


async def test_stream_goes_past_its_interceptors(broker: Broker) -> None:
    notes = Notes()
    source = broker.answer = Source(50)
    async with client_of(broker, interceptors=[notes.by("a"), notes.by("b")]) as rpc:
        items = [item.text async for item in rpc.stream(COUNT, window=4)]
    assert items == [str(i + 1) for i in range(50)]
    assert notes == ["a begins", "b begins", "b: None", "a: None"]
    assert source.cancelled.empty()


async def test_interceptor_sees_how_a_stream_ends(broker: Broker) -> None:
    notes = Notes()
    async with client_of(broker, interceptors=[notes.by("a")]) as rpc:
        broker.answer = fails({"code": 409, "message": "no"})
        with pytest.raises(RPCError):
            [item async for item in rpc.stream(COUNT)]
        assert notes == ["a begins", "a: RPCError"]
        notes.clear()
        broker.answer = source = Source(50)
        async with rpc.stream(COUNT) as stream:
            await anext(stream)
        assert notes == ["a begins", "a: CancelledError"]
        assert await asyncio.wait_for(source.cancelled.get(), PATIENCE_S)
    notes.clear()
    with pytest.raises(NotConnected):
        await anext(rpc.stream(COUNT))
    assert notes == ["a begins", "a: NotConnected"]


@pytest.mark.parametrize("answers", [True, False])
async def test_interceptor_ends_a_stream_early(
    broker: Broker, *, answers: bool
) -> None:
    async def limit(call: CallInfo, proceed: Proceed) -> object:
        return await asyncio.wait_for(proceed(call), 0.5)

    async def one(session: Session, command: Json) -> None:
        await silent(session, command)
        request = command["publish"]["data"]
        if request["method"] == "count" and answers:
            about = {"correlation_id": request["correlation_id"], "seq": 1}
            await session.reply(request["reply_to"], {**about, "item": {"text": "1"}})

    broker.answer = one
    async with client_of(broker, interceptors=[limit]) as rpc:
        with pytest.raises((TimeoutError, asyncio.TimeoutError)):
            [item async for item in rpc.stream(COUNT)]
        request = (await broker.seen("publish"))["publish"]["data"]
        cancel = (await broker.seen("publish"))["publish"]["data"]
    assert cancel["method"] == "rpc.cancel"
    assert cancel["correlation_id"] == request["correlation_id"]


async def test_stream_that_is_begun_again(broker: Broker) -> None:
    source = Source(3)

    async def busy_once(session: Session, command: Json) -> None:
        broker.answer = source
        await refuses({"code": 1503, "message": "busy"})(session, command)

    async def again(call: CallInfo, proceed: Proceed) -> object:
        with pytest.raises(RPCError):
            await proceed(call)
        return await proceed(call)

    broker.answer = busy_once
    async with client_of(broker, interceptors=[again]) as rpc:
        items = [item.text async for item in rpc.stream(COUNT)]
    assert items == ["1", "2", "3"]


async def test_forgotten_stream_ends_its_interceptors(broker: Broker) -> None:
    notes = Notes()
    source = broker.answer = Source(50)
    async with client_of(broker, interceptors=[notes.by("a")]) as rpc:
        async for _ in rpc.stream(COUNT):
            break
        assert await asyncio.wait_for(source.cancelled.get(), PATIENCE_S)
        await rpc.call(ECHO, Params())
    assert notes[:2] == ["a begins", "a: CancelledError"]


@pytest.fixture
def sample() -> Any:  # noqa: ANN401
    pytest.importorskip("opentelemetry.sdk")
    from . import interceptors_sample  # noqa: PLC0415 - it imports OpenTelemetry

    return interceptors_sample


async def test_samples_of_the_readme(
    broker: Broker,
    sample: Any,  # noqa: ANN401
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def busy_once(session: Session, command: Json) -> None:
        broker.answer = echo
        await refuses({"code": 1503, "message": "busy"})(session, command)

    caplog.set_level(logging.INFO)
    counted: Counter[tuple[str, str]] = Counter()
    around = [
        sample.log,
        sample.count(counted),
        sample.with_session("s1"),
        sample.traced,
        sample.retry,
    ]
    broker.answer = busy_once
    async with client_of(broker, interceptors=around) as rpc:
        assert await rpc.call(ECHO, Params(text="a")) == Result(text="a")
        broker.answer = fails({"code": 409, "message": "no"})
        with pytest.raises(RPCError):
            await rpc.call(ECHO, Params())
        request = (await broker.seen("publish"))["publish"]["data"]
    assert request["meta"]["session"] == "s1"
    assert counted == {("echo", "ok"): 1, ("echo", "RPCError"): 1}
    assert "echo took" in caplog.text
    assert "failed: echo: no (code 409)" in caplog.text


async def test_traced_call_tells_its_span(
    broker: Broker,
    sample: Any,  # noqa: ANN401
) -> None:
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415

    tracer = TracerProvider().get_tracer("test")
    async with client_of(broker, interceptors=[sample.traced]) as rpc:
        with tracer.start_as_current_span("outer") as span:
            await rpc.call(ECHO, Params())
        meta = (await broker.seen("publish"))["publish"]["data"]["meta"]
    trace_id = format(span.get_span_context().trace_id, "032x")
    assert meta["traceparent"].split("-")[1] == trace_id
