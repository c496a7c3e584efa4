"""Spans of calls, as an exporter gets them."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from centrifugo_rpc import Conn, MessageRouter, RPCError
from centrifugo_rpc.dispatch import Dispatcher
from centrifugo_rpc.otel import trace_calls
from centrifugo_rpc.settings import Settings
from centrifugo_rpc.wire import Caller, Request
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pydantic import BaseModel

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
META = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
VALUE = "a-value-of-a-call"


class Text(BaseModel):
    text: str


class Full(RPCError):
    code = 409
    message = "full"


class World:
    """A worker whose spans are kept."""

    def __init__(self) -> None:
        self.spans = InMemorySpanExporter()
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(self.spans))
        self.router = MessageRouter()
        trace_calls(self.router, provider)
        self.router.add("echo", self.echo)
        self.router.add("full", self.full)
        self.router.add("fail", self.fail)
        self.router.add("hang", self.hang, timeout=0.2)
        self.router.add("note", self.echo_nothing, no_wait=True)
        self.dispatcher = Dispatcher(self.router, Settings())

    async def echo(self, _: Conn, params: Text) -> str:
        return params.text

    async def echo_nothing(self, _: Conn, params: Text) -> None:
        """Have nothing to say."""

    async def full(self, _: Conn) -> None:
        raise Full(data=VALUE)

    async def fail(self, _: Conn) -> None:
        raise ValueError(VALUE)

    async def hang(self, _: Conn) -> None:
        await asyncio.Event().wait()

    async def span(
        self,
        method: str,
        params: bytes = b'{"text":"%s"}' % VALUE.encode(),
        meta: Mapping[str, str] = META,
    ) -> ReadableSpan:
        """Make a call, and return its span."""
        request = Request(Caller("456"), method, params, correlation_id="c1", meta=meta)
        await self.dispatcher.ask(request)
        await self.dispatcher.drain()
        [span] = self.spans.get_finished_spans()
        return span


async def test_a_span_continues_the_trace_of_the_caller() -> None:
    span = await World().span("echo")
    assert (span.name, span.kind) == ("echo", trace.SpanKind.SERVER)
    assert span.context is not None
    assert span.context.trace_id == int(TRACE, 16)
    assert span.parent is not None
    assert span.parent.span_id == int(PARENT, 16)
    assert span.status.status_code is trace.StatusCode.UNSET
    assert dict(span.attributes or {}) == {
        "rpc.system.name": "jsonrpc",
        "rpc.method": "echo",
        "messaging.system": "centrifugo",
        "messaging.operation.type": "process",
        "messaging.operation.name": "process",
        "messaging.message.conversation_id": "c1",
    }


@pytest.mark.parametrize("meta", [{}, {"traceparent": "nonsense"}])
async def test_a_span_without_a_caller_s_trace(meta: dict[str, str]) -> None:
    span = await World().span("echo", meta=meta)
    assert span.parent is None


async def test_a_notification_is_consumed() -> None:
    span = await World().span("note")
    assert (span.name, span.kind) == ("process note", trace.SpanKind.CONSUMER)


@pytest.mark.parametrize(
    ("method", "params", "kind", "code", "fault"),
    [
        ("full", b"{}", "409", "409", False),
        ("echo", b"{}", "-32602", "-32602", False),
        ("fail", b"{}", "ValueError", "-32603", True),
        ("hang", b"{}", "CancelledError", None, True),
    ],
)
async def test_how_a_call_failed(
    method: str, params: bytes, kind: str, code: str | None, fault: Any
) -> None:
    span = await World().span(method, params)
    attributes = dict(span.attributes or {})
    assert attributes["error.type"] == kind
    assert attributes.get("rpc.response.status_code") == code
    assert (span.status.status_code is trace.StatusCode.ERROR) is fault


@pytest.mark.parametrize("method", ["echo", "full", "fail"])
async def test_no_value_is_in_a_span(method: str) -> None:
    span = await World().span(method)
    assert VALUE not in span.to_json()
