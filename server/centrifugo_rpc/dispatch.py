"""Runs requests: admission, deadlines, retries and a shutdown that loses nothing.

The three front doors (the subscriber, the publish proxy, the RPC proxy) differ in
how requests arrive and replies leave; everything in between is here.
"""

import asyncio
import functools
import logging
import sys
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from .conn import Conn
from .dedupe import DedupeStore, MemoryDedupeStore
from .errors import (
    Cancelled,
    DeadlineExceeded,
    InternalError,
    RateLimited,
    ResultTooLarge,
    RPCError,
    Unavailable,
)
from .handler import Handler
from .limits import RateLimit, Slots, Turn
from .metrics import Metrics
from .router import MessageRouter, report
from .settings import PREFIX, Settings, SettingsError
from .wire import Rejected, Request, error_reply, result_reply

_logger = logging.getLogger(__name__)

T = TypeVar("T")
Reply = asyncio.Future["bytes | None"]
"""The envelope of a reply; None where there is nothing to say."""
Answer = Callable[["bytes | None"], None]
"""Takes such an envelope."""

# A claim in the store of a worker that died ends this long after its deadline.
_LEASE_MARGIN_S = 1.0
# A store that takes longer counts as broken.
_STORE_S = 1.0
# How long cancelled handlers may clean up at a shutdown.
_LAST_WORDS_S = 1.0
_CANCELLED = (asyncio.CancelledError, GeneratorExit)
_COMPLAINTS_PER_S = 2.0
_COMPLAINTS_AT_ONCE = 50
# From Python 3.12 on a call can start at once, which saves a turn of the loop.
_AT_ONCE: dict[str, Any] = {"eager_start": True} if sys.version_info >= (3, 12) else {}


@dataclass(eq=False)
class _Call:
    """A request that was admitted."""

    request: Request
    answer: Answer
    started: float
    deadline: float
    turn: Turn
    key: str = ""
    """Its key in the store for retries, once it is claimed there."""
    ran: bool = False
    """Whether the handler has ended."""
    expired: bool = False
    stopped: bool = False
    """Whether its task was cancelled, by us."""
    settled: bool = False
    timer: asyncio.TimerHandle | None = None


class Dispatcher:
    """Runs the requests of one worker process."""

    def __init__(
        self,
        router: MessageRouter,
        settings: Settings,
        dedupe: DedupeStore | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        """Take the handlers and the limits; without a store, retries are remembered here.

        ``RegistrationError`` if a handler could not be served, see ``router.check``;
        ``SettingsError`` if the settings name a method that does not exist.
        """
        router.check()
        if settings.require_permission:
            router.check_permissions()
        self._method_rates = {
            method: RateLimit(*rate)
            for method, rate in settings.rates_of_methods().items()
        }
        unknown = self._method_rates.keys() - router.registry.handlers.keys()
        if unknown:
            names = ", ".join(sorted(unknown))
            message = f"{PREFIX}METHOD_RATES names methods that do not exist: {names}"
            raise SettingsError(message)
        self.metrics = metrics or Metrics()
        self._router = router
        self._settings = settings
        self._dedupe = dedupe or MemoryDedupeStore(settings.dedupe_bytes)
        self._store_waits = type(self._dedupe) is not MemoryDedupeStore
        self._rate = RateLimit(settings.rate, settings.burst)
        # What clients do wrong is logged, but never as often as they do it.
        self._complaints = RateLimit(_COMPLAINTS_PER_S, _COMPLAINTS_AT_ONCE)
        self._slots = Slots(settings.concurrency, settings.user_concurrency)
        self._tasks: dict[asyncio.Task[None], _Call] = {}
        self._keeping: set[asyncio.Task[None]] = set()
        self._draining = False
        self.metrics.gauge(
            "running", "Handlers that run now.", lambda: self._slots.running
        )
        self.metrics.gauge(
            "queue_depth",
            "Requests that wait for a place.",
            lambda: self._slots.waiting,
        )

    @property
    def draining(self) -> bool:
        """Whether the worker is about to stop."""
        return self._draining

    def may_send(self, user: str) -> bool:
        """Count a message of a user, before it is read; whether there may be so many."""
        return self._rate.take(user, time.monotonic())

    def ask(self, request: Request, refusal: RPCError | None = None) -> Reply:
        """Admit a request or refuse it, at once; the reply comes later.

        ``refusal`` is that of ``start``.
        """
        reply: Reply = asyncio.get_running_loop().create_future()

        def answer(text: bytes | None) -> None:
            if not reply.done():
                reply.set_result(text)

        if not self._is_notification(request.method):
            self.start(request, answer, refusal)
            return reply
        # Nobody waits for the end: whether it was admitted is all there is to say.
        error = self.start(request, _ignore, refusal)
        answer(error_reply(request, error) if error else result_reply(request, b""))
        return reply

    def start(
        self, request: Request, answer: Answer, refusal: RPCError | None = None
    ) -> RPCError | None:
        """Admit a request or refuse it; ``answer`` is called with its reply, once.

        A ``refusal`` is for what the front door knows, such as that the user sends too
        much. A future instead of ``answer`` would take another turn of the loop, which
        idle callers feel. Return the error of a request that was refused, and which
        certainly does not run.
        """
        now = time.monotonic()
        try:
            handler = self._admit(request, refusal)
        except RPCError as error:
            self._refuse(request, answer, error, now)
            return error
        own = self._settings.timeout_s if handler.timeout is None else handler.timeout
        left = min(own, request.timeout_s or own)
        turn = self._slots.enter(request.caller.user)
        call = _Call(request, answer, now, now + left, turn)
        loop = asyncio.get_running_loop()
        task = asyncio.Task(self._run(call), loop=loop, **_AT_ONCE)
        if task.done():
            self._ended(call, task)
            return None
        call.timer = loop.call_later(left, self._expire, call, task)
        self._tasks[task] = call
        task.add_done_callback(functools.partial(self._ended, call))
        return None

    def drop(self, error: Exception) -> None:
        """Count and log a publication that gets no answer."""
        reason = error.reason if isinstance(error, Rejected) else "malformed"
        self.metrics.dropped(reason)
        if self._complaints.take("", time.monotonic()):
            _logger.warning("dropped a request: %s", error)

    async def drain(self) -> None:
        """Refuse new requests, finish what runs, and cancel what takes too long."""
        self._draining = True
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self._settings.drain_s)
        for task, call in self._tasks.items():
            call.stopped = True
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_LAST_WORDS_S)
        for call in self._tasks.values():
            # Its handler ignores the cancellation, and is left behind.
            _logger.error("a handler does not end", extra=_about(call.request))
            error = Cancelled()
            self._settle(call, error_reply(call.request, error), error.code)
        if self._keeping:
            await asyncio.wait(self._keeping)

    def _is_notification(self, method: str) -> bool:
        """Whether nobody waits for a method's reply."""
        handler = self._router.registry.handlers.get(method)
        return handler is not None and handler.no_wait

    def _admit(self, request: Request, refusal: RPCError | None) -> Handler:
        """Return the handler of a request that may run, now or soon."""
        user = request.caller.user
        if refusal is not None:
            raise refusal
        if request.error is not None:
            raise request.error
        if self._draining:
            raise Unavailable(message="the worker is shutting down")
        handler = self._router.find(request.method)
        rate = self._method_rates.get(request.method)
        if rate is not None and not rate.take(user, time.monotonic()):
            raise RateLimited(message="too many calls of this method")
        if self._slots.free(user):
            return handler
        if self._slots.waiting >= self._settings.queue:
            raise Unavailable(message="the worker is overloaded")
        if self._slots.waiting_of(user) >= self._settings.user_queue:
            raise RateLimited(message="too many calls at once")
        return handler

    def _refuse(
        self, request: Request, answer: Answer, error: RPCError, now: float
    ) -> None:
        if self._complaints.take("", now):
            _logger.info("refused: %s", error, extra=_about(request))
        self._count(request, error.code, now)
        answer(error_reply(request, error))

    async def _run(self, call: _Call) -> None:
        """Run a call in its place and settle it; the task of each call."""
        try:
            if call.turn.wait is not None:
                await call.turn.wait
            code, text = await self._answer_once(call)
        except _CANCELLED:
            error: RPCError = Cancelled()
            code, text = error.code, error_reply(call.request, error)
        except BaseException:
            # SystemExit and its like would end the loop if they left the task.
            _logger.exception("a call failed", extra=_about(call.request))
            error = InternalError()
            code, text = error.code, error_reply(call.request, error)
        self._settle(call, text, code)

    async def _answer_once(self, call: _Call) -> tuple[int | None, bytes | None]:
        """Answer a call, or repeat the reply that its first run gave."""
        request = call.request
        if not request.correlation_id:
            return await self._answer(call)
        key = f"{request.caller.user}:{request.correlation_id}"
        lease = call.deadline - time.monotonic() + _LEASE_MARGIN_S
        try:
            stored = await self._in_time(self._dedupe.begin(key, lease))
        except Exception:
            _logger.exception("cannot tell retries apart", extra=_about(request))
            stored = None  # The claim may have been made: it must not stay open.
        if stored is not None:
            # While the first run goes on, its reply will answer the retry as well.
            self.metrics.repeated()
            return None, stored or None
        call.key = key
        try:
            code, text = await self._answer(call)
        except _CANCELLED:
            if not call.expired:
                await self._keep(call, None)
            raise
        if not call.expired:
            await self._keep(call, text)
        return code, text

    async def _keep(self, call: _Call, reply: bytes | None) -> None:
        """Store a reply for retries, or let them run the request."""
        try:
            if reply is None:
                await self._in_time(self._dedupe.forget(call.key))
            else:
                keep_s = self._settings.dedupe_s
                await self._in_time(self._dedupe.finish(call.key, reply, keep_s))
        except (Exception, asyncio.CancelledError):
            # Also when a shutdown does not wait any longer: there is a reply to send.
            about = _about(call.request)
            _logger.exception("cannot keep a reply for retries", extra=about)

    def _in_time(self, work: Awaitable[T]) -> Awaitable[T]:
        """Wait for the store, but not so long that it holds up a reply."""
        return asyncio.wait_for(work, _STORE_S) if self._store_waits else work

    async def _answer(self, call: _Call) -> tuple[int, bytes]:
        """Run the handler and write the reply, whatever becomes of the handler."""
        request = call.request
        conn = Conn(
            user=request.caller.user,
            client=request.caller.client,
            info=request.caller.info,
            method=request.method,
            correlation_id=request.correlation_id or uuid.uuid4().hex,
            deadline=call.deadline,
            meta=request.meta,
        )
        try:
            result = await self._router.handle(conn, request.params)
            code, text = 0, result_reply(request, result)
        except RPCError as error:
            code, text = error.code, error_reply(request, error)
        except BaseException as error:
            if call.stopped and isinstance(error, _CANCELLED):
                raise
            report(self._router.find(request.method), conn)
            failure = InternalError()
            code, text = failure.code, error_reply(request, failure)
        call.ran = True
        if len(text) <= self._settings.result_bytes:
            return code, text
        what = "error" if code else "result"
        too_large = ResultTooLarge(message=f"the {what} has {len(text)} bytes")
        return too_large.code, error_reply(request, too_large)

    def _expire(self, call: _Call, task: "asyncio.Task[None]") -> None:
        """Answer a call whose time is up, and cancel its handler."""
        if call.ran:  # its reply is about to come
            return
        call.expired = call.stopped = True
        error = DeadlineExceeded()
        _logger.info("deadline exceeded", extra=_about(call.request))
        text = error_reply(call.request, error)
        if call.key:
            # Now, for retries: the handler may take long to clean up.
            keeping = asyncio.ensure_future(self._keep(call, text))
            self._keeping.add(keeping)
            keeping.add_done_callback(self._keeping.discard)
        self._settle(call, text, error.code)
        task.cancel()

    def _settle(self, call: _Call, text: bytes | None, code: int | None) -> None:
        """Hand the reply over, unless the call was settled before.

        A reply without a code is a repeated one, and counted as such already.
        """
        if call.settled:
            return
        call.settled = True
        if code is not None:
            self._count(call.request, code, call.started)
        call.answer(text)

    def _count(self, request: Request, code: int, started: float) -> None:
        known = request.method in self._router.registry.handlers
        # Only known names: labels of anybody's choice would fill the memory.
        method = request.method if known else "(unknown)"
        self.metrics.request(method, code, time.monotonic() - started)

    def _ended(self, call: _Call, task: "asyncio.Task[None]") -> None:
        """Clean up after a call, also one that was cancelled before it started."""
        if call.timer is not None:
            call.timer.cancel()
        self._tasks.pop(task, None)
        self._slots.leave(call.turn)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            _logger.error("a call failed", exc_info=error, extra=_about(call.request))
        if not call.settled:
            failure = InternalError() if error else Cancelled()
            self._settle(call, error_reply(call.request, failure), failure.code)


def _ignore(_: bytes | None) -> None:
    """Take the reply of a call that nobody waits for."""


def _about(request: Request) -> dict[str, str]:
    """Return what log records of a request carry."""
    return {
        "method": request.method,
        "correlation_id": request.correlation_id,
        "user": request.caller.user,
    }
