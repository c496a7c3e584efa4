"""Interceptors as READMEs show them; a test runs them."""

import asyncio
import logging
import time
from collections import Counter

from opentelemetry import propagate, trace

from ._rpc import CallError, CallInfo, Interceptor, Proceed

logger = logging.getLogger(__name__)


async def log(call: CallInfo, proceed: Proceed) -> object:
    """Log each call, by its id."""
    start = time.perf_counter()
    try:
        return await proceed(call)
    except CallError as error:
        logger.warning("%s %s failed: %s", call.method, call.correlation_id, error)
        raise
    finally:
        logger.info("%s took %.3f s", call.method, time.perf_counter() - start)


def count(calls: Counter[tuple[str, str]]) -> Interceptor:
    """Count calls by how they end."""

    async def interceptor(call: CallInfo, proceed: Proceed) -> object:
        outcome = "cancelled"
        try:
            result = await proceed(call)
            outcome = "ok"
        except CallError as error:
            outcome = type(error).__name__
            raise
        finally:
            calls[call.method, outcome] += 1
        return result

    return interceptor


def with_session(session: str) -> Interceptor:
    """Tell the server more than the token does."""
    return lambda call, proceed: proceed(call.with_meta({"session": session}))


async def retry(call: CallInfo, proceed: Proceed) -> object:
    """Make a call again that certainly did not run."""
    for pause_s in (0.1, 0.4, 1.6):
        try:
            return await proceed(call)
        except CallError as error:
            if error.sent:
                raise
        await asyncio.sleep(pause_s)
    return await proceed(call)


async def traced(call: CallInfo, proceed: Proceed) -> object:
    """Tell the server which span of OpenTelemetry the call belongs to."""
    tracer = trace.get_tracer("rpc")
    with tracer.start_as_current_span(call.method, kind=trace.SpanKind.CLIENT):
        carrier: dict[str, str] = {}
        propagate.inject(carrier)
        return await proceed(call.with_meta(carrier))
