"""Spans of OpenTelemetry for calls: one for each that runs.

::

    from centrifugo_rpc import MessageRouter
    from centrifugo_rpc.otel import trace_calls

    trace_calls(MessageRouter.default)

A span continues the trace of the caller, whose client sends ``traceparent`` in ``meta``.
Nothing in it comes from params, results or texts of errors.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from .errors import InternalError, RPCError

try:
    from opentelemetry import trace
    from opentelemetry.trace.propagation.tracecontext import (
        TraceContextTextMapPropagator,
    )
except ImportError as error:
    _what = f"{error}: install centrifugo-rpc[otel]"
    raise ImportError(_what) from error

if TYPE_CHECKING:
    from opentelemetry.util.types import AttributeValue

    from .conn import Conn
    from .router import MessageRouter, Next

_SYSTEM = "centrifugo"
_FRAMEWORK = "jsonrpc"
_WORKERS_FAULTS = {-32603, -32000, -32002, -32003}
_context = TraceContextTextMapPropagator()


def trace_calls(
    router: MessageRouter, provider: trace.TracerProvider | None = None
) -> None:
    """Add the middleware that makes spans; call it before other middleware is added.

    The provider is by default the global one.
    """
    tracer = trace.get_tracer("centrifugo_rpc", tracer_provider=provider)

    @router.middleware
    async def trace_call(conn: Conn, call_next: Next) -> object:
        no_wait = router.find(conn.method).no_wait
        kind = trace.SpanKind.CONSUMER if no_wait else trace.SpanKind.SERVER
        with tracer.start_as_current_span(
            f"process {conn.method}" if no_wait else conn.method,
            context=_context.extract(conn.meta),
            kind=kind,
            attributes=_attributes(conn),
            record_exception=False,  # its text may hold values
            set_status_on_exception=False,
        ) as span:
            try:
                return await call_next(conn)
            except BaseException as error:
                _mark_failed(span, error, router)
                raise


def _attributes(conn: Conn) -> dict[str, AttributeValue]:
    """Return attributes of the semantic conventions for RPC and for messaging."""
    return {
        "rpc.system.name": _FRAMEWORK,
        "rpc.method": conn.method,
        "messaging.system": _SYSTEM,
        "messaging.operation.type": "process",
        "messaging.operation.name": "process",
        "messaging.message.conversation_id": conn.correlation_id,
    }


def _mark_failed(span: trace.Span, error: BaseException, router: MessageRouter) -> None:
    """Note the code that the caller gets, and whether that is a fault of the worker.

    What a caller did wrong, or what the application declares, is none.
    """
    answer = error if isinstance(error, RPCError) else None
    if answer is None and router.translate is not None:
        answer = router.translate(error)
    kind = str(answer.code) if answer else type(error).__name__
    span.set_attribute("error.type", kind)
    if not isinstance(error, asyncio.CancelledError):
        code = answer.code if answer else InternalError.code
        span.set_attribute("rpc.response.status_code", str(code))
    if answer is None or answer.code in _WORKERS_FAULTS:
        span.set_status(trace.StatusCode.ERROR)
