"""Runs requests: admission, deadlines, retries and a shutdown that loses nothing.

The three front doors (the subscriber, the publish proxy, the RPC proxy) differ in
how requests arrive and replies leave; everything in between is here.
"""

import asyncio
import functools
import logging
import math
import secrets
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from .callers import Ask, Callers
from .clients import ClientVersions
from .conn import Conn
from .errors import (
    Cancelled,
    DeadlineExceeded,
    InternalError,
    InvalidRequest,
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
from .store import MemoryStore, Store, call_key
from .stores import open_store
from .streams import Outlet, Stream
from .wire import Rejected, Request, error_reply, result_reply, taken

_logger = logging.getLogger(__name__)

T = TypeVar("T")
Reply = asyncio.Future["bytes | None"]
"""The envelope of a reply; None where there is nothing to say."""
Answer = Callable[["bytes | None"], None]
"""Takes such an envelope."""
Left = Callable[[], Coroutine[Any, Any, object]]
"""Returns when the caller has gone."""

# A claim in the store of a worker that died ends this long after its deadline.
_LEASE_MARGIN_S = 1.0
# The claim of a stream: clients repeat its request only while nothing has come of it.
_STREAM_LEASE_S = 3600.0
# A store that takes longer counts as broken, and is left alone for a while.
_STORE_S = 1.0
_STORE_PAUSE_S = 1.0
# How long cancelled handlers may clean up at a shutdown.
_LAST_WORDS_S = 1.0
_CANCELLED = (asyncio.CancelledError, GeneratorExit)
_COMPLAINTS_PER_S = 2.0
_COMPLAINTS_AT_ONCE = 50
# From Python 3.12 on a call can start at once, which saves a turn of the loop.
_AT_ONCE: dict[str, Any] = {"eager_start": True} if sys.version_info >= (3, 12) else {}


@dataclass(eq=False, slots=True)
class _Call:
    """A request that was admitted."""

    request: Request
    answer: Answer
    started: float
    deadline: float
    left: float
    """Seconds from its start to its deadline."""
    turn: Turn
    key: str = ""
    """Its name among all calls; empty if it has no correlation id."""
    claimed: bool = False
    """Whether its key is claimed in the store for retries."""
    stream: Stream | None = None
    ran: bool = False
    """Whether the handler has ended."""
    ended: bool = False
    """Whether it was answered before its handler has ended."""
    stopped: bool = False
    """Whether its task was cancelled, by us."""
    settled: bool = False
    timer: asyncio.TimerHandle | None = None
    task: "asyncio.Task[None] | None" = None
    leave: Callable[[], object] | None = None
    """Ends the watch over its caller."""

    def stop(self) -> None:
        """Cancel its handler."""
        self.stopped = True
        if self.task is not None:
            self.task.cancel()

    def failed(self, error: RPCError) -> bytes:
        """Return the reply, or the last message of a stream, that says so."""
        return (
            self.stream.end(error) if self.stream else error_reply(self.request, error)
        )


class Dispatcher:
    """Runs the requests of one worker process."""

    def __init__(
        self,
        router: MessageRouter,
        settings: Settings,
        store: Store | None = None,
        metrics: Metrics | None = None,
        ask: Ask | None = None,
    ) -> None:
        """Take the handlers and the limits; the settings name the store if none is given.

        ``ask`` reaches Centrifugo's HTTP API: without it nobody knows when callers go.

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
        self._clients = ClientVersions(router.version, self.metrics)
        self._callers = ask and Callers(settings, self.metrics, ask)
        self._router = router
        self._settings = settings
        self._store = store or open_store(settings)
        self._store_waits = type(self._store) is not MemoryStore
        self._store_ends_pause = 0.0
        self._listening: asyncio.Future[None] | None = None
        self._rate = RateLimit(settings.rate, settings.burst)
        # What clients do wrong is logged, but never as often as they do it.
        self._complaints = RateLimit(_COMPLAINTS_PER_S, _COMPLAINTS_AT_ONCE)
        self._slots = Slots(settings.concurrency, settings.user_concurrency)
        self._streams = Slots(settings.streams, settings.user_streams)
        self._tasks: dict[asyncio.Task[None], _Call] = {}
        # Calls that are not settled, by their keys: what clients may control.
        self._calls: dict[str, _Call] = {}
        self._keeping: set[asyncio.Task[None]] = set()
        self._draining = False
        self.metrics.gauge(
            "running", "Handlers that run now.", lambda: self._slots.running
        )
        self.metrics.gauge(
            "streams", "Streams that run now.", lambda: self._streams.running
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

    async def check_store(self) -> None:
        """Raise whatever says that the store cannot be reached."""
        await self._store.check()

    def may_send(self, user: str, count: int = 1) -> int:
        """Count messages of a user, before they are read; return how many there may be."""
        return self._rate.take_up_to(user, time.monotonic(), count)

    def ask(
        self,
        request: Request,
        refusal: RPCError | None = None,
        left: Left | None = None,
    ) -> Reply:
        """Admit a request or refuse it, at once; the reply comes later.

        ``refusal`` and ``left`` are those of ``start``.
        """
        reply: Reply = asyncio.get_running_loop().create_future()

        def answer(text: bytes | None) -> None:
            if not reply.done():
                reply.set_result(text)

        if not self._is_notification(request.method):
            self.start(request, answer, refusal, left=left)
            return reply
        # Nobody waits for the end: whether it was admitted is all there is to say.
        error = self.start(request, _ignore, refusal)
        answer(error_reply(request, error) if error else result_reply(request, b""))
        return reply

    def start(
        self,
        request: Request,
        answer: Answer,
        refusal: RPCError | None = None,
        outlet: Outlet | None = None,
        left: Left | None = None,
    ) -> RPCError | None:
        """Admit a request or refuse it; ``answer`` is called with its reply, once.

        A ``refusal`` is for what the front door knows, such as that the user sends too
        much. Streams need an ``outlet`` for their items. ``left`` is for a front door that
        is told when a caller has gone. A future instead of ``answer``
        would take another turn of the loop, which idle callers feel. Return the error
        of a request that was refused, and which certainly does not run.
        """
        now = time.monotonic()
        try:
            handler = self._admit(request, refusal, outlet)
        except RPCError as error:
            self._refuse(request, answer, error, now)
            return error
        user = request.caller.user
        key = call_key(user, request.correlation_id) if request.correlation_id else ""
        if handler.stream and key in self._calls:
            # The end of the first run will answer this request, too.
            self.metrics.repeated()
            answer(None)
            return None
        slots = self._streams if handler.stream else self._slots
        times = self._time_of(handler, request, now)
        call = _Call(request, answer, now, *times, slots.enter(user), key)
        if outlet is not None and handler.stream:
            cancel = functools.partial(self._give_up, call)
            call.stream = Stream(request, outlet, self._settings, cancel)
            call.stream.begin()
        if call.key:
            self._calls.setdefault(call.key, call)
        if self._listening is None:
            self._listen()
        self._begin(call)
        if handler.on_disconnect == "cancel":
            self._watch(call, left)
        return None

    def _watch(self, call: _Call, left: Left | None) -> None:
        """Cancel a call when its caller has gone."""
        channel = call.request.reply_to
        if call.settled:
            return
        if left is not None:
            leaving = asyncio.ensure_future(left())
            leaving.add_done_callback(functools.partial(self._left, call))
            call.leave = leaving.cancel
        elif self._callers and channel:
            gone = functools.partial(self._gone, call)
            call.leave = self._callers.watch(channel, gone)

    def _left(self, call: _Call, leaving: "asyncio.Future[object]") -> None:
        if not leaving.cancelled() and leaving.exception() is None:
            self._gone(call)

    def _gone(self, call: _Call) -> None:
        if not call.settled:
            self.metrics.gone()
            self._give_up(call, "the caller has gone")

    def _time_of(
        self, handler: Handler, request: Request, now: float
    ) -> tuple[float, float]:
        """Return the deadline of a call, and the seconds until then.

        A stream has the one that its handler sets; its caller's is that of a silence.
        """
        if handler.stream:
            left = math.inf if handler.timeout is None else handler.timeout
        else:
            own = self._settings.timeout_s
            own = own if handler.timeout is None else handler.timeout
            left = min(own, request.timeout_s or own)
        return now + left, left

    def _begin(self, call: _Call) -> None:
        """Start the task of a call, and its clock."""
        loop = asyncio.get_running_loop()
        task = call.task = asyncio.Task(self._run(call), loop=loop, **_AT_ONCE)
        if task.done():
            self._ended(call, task)
            return
        if call.left < math.inf:
            call.timer = loop.call_later(call.left, self._expire, call)
        self._tasks[task] = call
        task.add_done_callback(functools.partial(self._ended, call))

    def control(self, user: str, correlation_id: str, message: bytes) -> bool:
        """Take what a user says about a call of his or her own; see ``wire.Control``.

        False if this process does not run that call, so that another one may.
        """
        call = self._calls.get(call_key(user, correlation_id))
        if call is None:
            return False
        if (seq := taken(message)) is None:
            self._cancel(call)
        elif call.stream is not None:
            call.stream.acknowledge(seq)
        # While it waits for a place it may be the repetition of one that runs elsewhere.
        return call.claimed or call.stream is not None

    def pass_on(self, user: str, correlation_id: str, message: bytes) -> None:
        """Tell other workers what ``control`` has no call for."""
        if self._store_waits and not self._draining:
            self._keep_until_done(self._tell(user, correlation_id, message))

    async def _tell(self, user: str, correlation_id: str, message: bytes) -> None:
        try:
            await self._in_time(self._store.tell(user, correlation_id, message))
        except Exception as error:  # noqa: BLE001 -- a store may be anybody's
            self.metrics.store_failed()
            if self._complaints.take("", time.monotonic()):
                _logger.warning("cannot tell other workers: %r", error)

    def _keep_until_done(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside the calls, which a shutdown waits for."""
        task = asyncio.ensure_future(work)
        self._keeping.add(task)
        task.add_done_callback(self._keeping.discard)

    def _listen(self) -> None:
        """Hear what other workers pass on, from the first call on until the end."""
        self._listening = asyncio.ensure_future(self._store.listen(self.control))

    def drop(self, error: Exception) -> None:
        """Count and log a publication that gets no answer."""
        reason = error.reason if isinstance(error, Rejected) else "malformed"
        self.metrics.dropped(reason)
        if self._complaints.take("", time.monotonic()):
            _logger.warning("dropped a request: %s", error)

    async def drain(self) -> None:
        """Refuse new requests, finish what runs, and cancel what takes too long."""
        self._draining = True
        for call in self._tasks.values():
            if call.stream:  # it may never end by itself
                call.stream.close()
                call.stop()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self._settings.drain_s)
        for call in self._tasks.values():
            call.stop()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_LAST_WORDS_S)
        for call in self._tasks.values():
            # Its handler ignores the cancellation, and is left behind.
            _logger.error("a handler does not end", extra=_about(call.request))
            error = Cancelled()
            self._settle(call, call.failed(error), error.code)
        if self._callers:
            await self._callers.close()
        if self._keeping:
            await asyncio.wait(self._keeping)
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.wait([self._listening])
        await self._store.close()

    def _is_notification(self, method: str) -> bool:
        """Whether nobody waits for a method's reply."""
        handler = self._router.registry.handlers.get(method)
        return handler is not None and handler.no_wait

    def _admit(
        self, request: Request, refusal: RPCError | None, outlet: Outlet | None
    ) -> Handler:
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
        if handler.stream:
            self._admit_stream(request, outlet)
            return handler
        if self._slots.free(user):
            return handler
        if self._slots.waiting >= self._settings.queue:
            raise Unavailable(message="the worker is overloaded")
        if self._slots.waiting_of(user) >= self._settings.user_queue:
            raise RateLimited(message="too many calls at once")
        return handler

    def _admit_stream(self, request: Request, outlet: Outlet | None) -> None:
        """Refuse a stream that cannot go out, or that is one too many."""
        if outlet is None:
            message = "the method streams its results, which native RPC cannot"
            raise InvalidRequest(message=message)
        if not request.correlation_id:
            message = "the method streams its results: a notification gets none"
            raise InvalidRequest(message=message)
        if self._streams.running >= self._settings.streams:
            raise Unavailable(message="the worker has too many streams")
        if not self._streams.free(request.caller.user):
            raise RateLimited(message="too many streams at once")

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
            code, text = error.code, call.failed(error)
        except BaseException:
            # SystemExit and its like would end the loop if they left the task.
            _logger.exception("a call failed", extra=_about(call.request))
            error = InternalError()
            code, text = error.code, call.failed(error)
        self._settle(call, text, code)

    async def _answer_once(self, call: _Call) -> tuple[int | None, bytes | None]:
        """Answer a call, or repeat the reply that its first run gave."""
        request = call.request
        if not call.key:
            return await self._answer(call)
        now = time.monotonic()
        if now < self._store_ends_pause:
            return await self._answer(call)
        lease = call.deadline - now + _LEASE_MARGIN_S
        if lease == math.inf:
            lease = _STREAM_LEASE_S
        try:
            stored = await self._in_time(self._store.begin(call.key, lease))
        except Exception as error:  # noqa: BLE001 -- a store may be anybody's
            self._store_failed("cannot tell retries apart", error, request)
            stored = None  # The claim may have been made: it must not stay open.
        if stored is not None:
            # While the first run goes on, its reply will answer the retry as well.
            self.metrics.repeated()
            return None, stored or None
        call.claimed = True
        try:
            code, text = await self._answer(call)
        except _CANCELLED:
            if not call.ended:
                await self._keep(call, None)
            raise
        if not call.ended:
            await self._keep(call, text)
        return code, text

    async def _keep(self, call: _Call, reply: bytes | None) -> None:
        """Store a reply for retries, or let them run the request."""
        try:
            if reply is None:
                await self._in_time(self._store.forget(call.key))
            else:
                keep_s = self._settings.dedupe_s
                await self._in_time(self._store.finish(call.key, reply, keep_s))
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 -- the same
            # Also when a shutdown does not wait any longer: there is a reply to send.
            self._store_failed("cannot keep a reply for retries", error, call.request)

    def _store_failed(self, what: str, error: BaseException, request: Request) -> None:
        """Go on without the store for a while: calls are answered, retries run again."""
        self.metrics.store_failed()
        now = time.monotonic()
        self._store_ends_pause = now + _STORE_PAUSE_S
        if self._complaints.take("", now):
            _logger.error(what, exc_info=error, extra=_about(request))

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
            correlation_id=request.correlation_id or secrets.token_hex(16),
            ends=call.deadline if call.deadline < math.inf else None,
            meta=request.meta,
            running=call,
        )
        emit = call.stream.emit if call.stream else None
        try:
            result = await self._router.handle(conn, request.params, emit)
            if call.stream:
                code, text = 0, call.stream.end(None)
            else:
                code, text = 0, result_reply(request, result)
        except RPCError as error:
            code, text = error.code, call.failed(error)
        except BaseException as error:
            if call.stopped and isinstance(error, _CANCELLED):
                raise
            report(self._router.find(request.method), conn)
            failure = InternalError()
            code, text = failure.code, call.failed(failure)
        call.ran = True
        if len(text) <= self._settings.result_bytes:
            return code, text
        what = "error" if code else "result"
        too_large = ResultTooLarge(message=f"the {what} has {len(text)} bytes")
        return too_large.code, error_reply(request, too_large)

    def _expire(self, call: _Call) -> None:
        """Answer a call whose time is up, and cancel its handler."""
        if not call.ran:
            _logger.info("deadline exceeded", extra=_about(call.request))
            self._end_early(call, DeadlineExceeded())

    def _cancel(self, call: _Call) -> None:
        """Do the same for one that its caller does not wait for any longer."""
        if not call.ran:
            self._end_early(call, Cancelled())

    def _give_up(self, call: _Call, reason: str) -> None:
        """Do the same for one whose caller cannot be reached any longer."""
        _logger.info(reason, extra=_about(call.request))
        self._cancel(call)

    def _end_early(self, call: _Call, error: RPCError) -> None:
        """Answer a call now: its handler may take long to clean up."""
        if call.settled or call.task is None:
            return
        call.ended = True
        text = call.failed(error)
        if call.claimed:
            self._keep_until_done(self._keep(call, text))
        self._settle(call, text, error.code)
        call.stop()

    def _settle(self, call: _Call, text: bytes | None, code: int | None) -> None:
        """Hand the reply over, unless the call was settled before.

        A reply without a code is a repeated one, and counted as such already.
        """
        if call.settled:
            return
        call.settled = True
        if self._calls.get(call.key) is call:
            del self._calls[call.key]
        if call.leave is not None:
            call.leave()
        if call.stream is not None:
            call.stream.close()
        if code is not None:
            self._count(call.request, code, call.started)
        call.answer(text)

    def _count(self, request: Request, code: int, started: float) -> None:
        known = request.method in self._router.registry.handlers
        # Only known names: labels of anybody's choice would fill the memory.
        method = request.method if known else "(unknown)"
        self.metrics.request(method, code, time.monotonic() - started)
        self._clients.count(request.meta)

    def _ended(self, call: _Call, task: "asyncio.Task[None]") -> None:
        """Clean up after a call, also one that was cancelled before it started."""
        if call.timer is not None:
            call.timer.cancel()
        self._tasks.pop(task, None)
        (self._streams if call.stream else self._slots).leave(call.turn)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            _logger.error("a call failed", exc_info=error, extra=_about(call.request))
        if not call.settled:
            failure = InternalError() if error else Cancelled()
            self._settle(call, call.failed(failure), failure.code)


def _ignore(_: bytes | None) -> None:
    """Take the reply of a call that nobody waits for."""


def _about(request: Request) -> dict[str, str]:
    """Return what log records of a request carry."""
    return {
        "method": request.method,
        "correlation_id": request.correlation_id,
        "user": request.caller.user,
    }
