"""Runs requests: admission, deadlines, retries and a shutdown that loses nothing.

The three front doors (the subscriber, the publish proxy, the RPC proxy) differ in
how requests arrive and replies leave; everything in between is here, with ``admission``
and ``shared`` for the limits and for the store.
"""

import asyncio
import functools
import logging
import math
import secrets
import sys
import time
from collections.abc import Callable, Coroutine
from typing import Any

from .admission import Admission
from .call import Answer, Call, about
from .callers import Ask, Callers
from .clients import ClientVersions
from .conn import Conn
from .errors import (
    Cancelled,
    DeadlineExceeded,
    InternalError,
    ResultTooLarge,
    RPCError,
    Unavailable,
)
from .handler import Handler
from .limits import RateLimit
from .metrics import Metrics
from .router import MessageRouter, report
from .settings import Settings
from .shared import Shared
from .store import Store, call_key
from .streams import Outlet, Stream
from .wire import Rejected, Request, error_reply, result_reply, taken

_logger = logging.getLogger(__name__)

Reply = asyncio.Future["bytes | None"]
"""The envelope of a reply; None where there is nothing to say."""
Left = Callable[[], Coroutine[Any, Any, object]]
"""Returns when the caller has gone."""

# How long cancelled handlers may clean up at a shutdown.
_LAST_WORDS_S = 1.0
_CANCELLED = (asyncio.CancelledError, GeneratorExit)
_COMPLAINTS_PER_S = 2.0
_COMPLAINTS_AT_ONCE = 50
# From Python 3.12 on a call can start at once, which saves a turn of the loop.
_AT_ONCE: dict[str, Any] = {"eager_start": True} if sys.version_info >= (3, 12) else {}


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
        self.metrics = metrics or Metrics()
        self._clients = ClientVersions(router.version, self.metrics)
        self._callers = ask and Callers(settings, self.metrics, ask)
        self._router = router
        self._settings = settings
        # What clients do wrong is logged, but never as often as they do it.
        self._complaints = RateLimit(_COMPLAINTS_PER_S, _COMPLAINTS_AT_ONCE)
        self._admission = Admission(router, settings, self.metrics)
        self._shared = Shared(settings, store, self.metrics, self._complaints)
        self._tasks: dict[asyncio.Task[None], Call] = {}
        # Calls that are not settled, by their keys: what clients may control.
        self._calls: dict[str, Call] = {}
        self._draining = False

    @property
    def draining(self) -> bool:
        """Whether the worker is about to stop."""
        return self._draining

    async def check_store(self) -> None:
        """Raise whatever says that the store cannot be reached."""
        await self._shared.check()

    def may_send(self, user: str, count: int = 1) -> int:
        """Count messages of a user, before they are read; return how many there may be."""
        return self._admission.may_send(user, count)

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
        times = self._time_of(handler, request, now)
        call = Call(
            request, answer, now, *times, self._admission.enter(handler, user), key
        )
        if outlet is not None and handler.stream:
            cancel = functools.partial(self._give_up, call)
            call.stream = Stream(request, outlet, self._settings, cancel)
            call.stream.begin()
        if call.key:
            self._calls.setdefault(call.key, call)
        self._shared.listen(self.control)
        self._begin(call)
        if handler.on_disconnect == "cancel":
            self._watch(call, left)
        return None

    def _watch(self, call: Call, left: Left | None) -> None:
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

    def _left(self, call: Call, leaving: "asyncio.Future[object]") -> None:
        if not leaving.cancelled() and leaving.exception() is None:
            self._gone(call)

    def _gone(self, call: Call) -> None:
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

    def _begin(self, call: Call) -> None:
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
        if not self._draining:
            self._shared.pass_on(user, correlation_id, message)

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
            _logger.error("a handler does not end", extra=about(call.request))
            error = Cancelled()
            self._settle(call, call.failed(error), error.code)
        if self._callers:
            await self._callers.close()
        await self._shared.close()

    def _is_notification(self, method: str) -> bool:
        """Whether nobody waits for a method's reply."""
        handler = self._router.registry.handlers.get(method)
        return handler is not None and handler.no_wait

    def _admit(
        self, request: Request, refusal: RPCError | None, outlet: Outlet | None
    ) -> Handler:
        """Return the handler of a request that may run, now or soon."""
        if refusal is not None:
            raise refusal
        if request.error is not None:
            raise request.error
        if self._draining:
            raise Unavailable(message="the worker is shutting down")
        return self._admission.admit(request, outlet)

    def _refuse(
        self, request: Request, answer: Answer, error: RPCError, now: float
    ) -> None:
        if self._complaints.take("", now):
            _logger.info("refused: %s", error, extra=about(request))
        self._count(request, error.code, now)
        answer(error_reply(request, error))

    async def _run(self, call: Call) -> None:
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
            _logger.exception("a call failed", extra=about(call.request))
            error = InternalError()
            code, text = error.code, call.failed(error)
        self._settle(call, text, code)

    async def _answer_once(self, call: Call) -> tuple[int | None, bytes | None]:
        """Answer a call, or repeat the reply that its first run gave."""
        if not call.key:
            return await self._answer(call)
        stored = await self._shared.claim(call)
        if stored is not None:
            # While the first run goes on, its reply will answer the retry as well.
            self.metrics.repeated()
            return None, stored or None
        if not call.claimed:
            return await self._answer(call)
        try:
            code, text = await self._answer(call)
        except _CANCELLED:
            if not call.ended:
                await self._shared.keep(call, None)
            raise
        if not call.ended:
            await self._shared.keep(call, text)
        return code, text

    async def _answer(self, call: Call) -> tuple[int, bytes]:
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

    def _expire(self, call: Call) -> None:
        """Answer a call whose time is up, and cancel its handler."""
        if not call.ran:
            _logger.info("deadline exceeded", extra=about(call.request))
            self._end_early(call, DeadlineExceeded())

    def _cancel(self, call: Call) -> None:
        """Do the same for one that its caller does not wait for any longer."""
        if not call.ran:
            self._end_early(call, Cancelled())

    def _give_up(self, call: Call, reason: str) -> None:
        """Do the same for one whose caller cannot be reached any longer."""
        _logger.info(reason, extra=about(call.request))
        self._cancel(call)

    def _end_early(self, call: Call, error: RPCError) -> None:
        """Answer a call now: its handler may take long to clean up."""
        if call.settled or call.task is None:
            return
        call.ended = True
        text = call.failed(error)
        if call.claimed:
            self._shared.keep_beside(call, text)
        self._settle(call, text, error.code)
        call.stop()

    def _settle(self, call: Call, text: bytes | None, code: int | None) -> None:
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

    def _ended(self, call: Call, task: "asyncio.Task[None]") -> None:
        """Clean up after a call, also one that was cancelled before it started."""
        if call.timer is not None:
            call.timer.cancel()
        self._tasks.pop(task, None)
        self._admission.leave(call.turn, stream=call.stream is not None)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            _logger.error("a call failed", exc_info=error, extra=about(call.request))
        if not call.settled:
            failure = InternalError() if error else Cancelled()
            self._settle(call, call.failed(failure), failure.code)


def _ignore(_: bytes | None) -> None:
    """Take the reply of a call that nobody waits for."""
