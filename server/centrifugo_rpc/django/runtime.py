"""The worker inside a web process: one dispatcher, whatever threads and loops there are.

A WSGI server calls views in many threads and has no event loop. An ASGI server has
one, but Django's synchronous middleware runs views on others. So the worker has an
event loop in a thread of its own: limits and retries hold for the whole process, and a
handler that blocks its loop does not stop the web server's.
"""

import asyncio
import atexit
import contextvars
import logging
import os
import signal
import threading
from collections.abc import Awaitable, Callable, Coroutine
from functools import cached_property
from typing import Any, TypeVar

from django.core.exceptions import ImproperlyConfigured

from centrifugo_rpc.dispatch import Dispatcher
from centrifugo_rpc.metrics import Metrics
from centrifugo_rpc.router import MessageRouter
from centrifugo_rpc.settings import Settings, SettingsError

from .conf import check_one_store, django_settings, worker_settings
from .store import CacheStore

try:
    from centrifugo_rpc.proxy import Proxy
    from centrifugo_rpc.publisher import HTTPPublisher
    from centrifugo_rpc.readiness import Readiness
    from centrifugo_rpc.subscribe import SubscribeDoor
except ImportError as error:
    _what = f"{error}: install centrifugo-rpc[django]"
    raise ImportError(_what) from error

T = TypeVar("T")
_logger = logging.getLogger(__name__)


class Runtime:
    """The worker of this process; ``runtime()`` returns it."""

    def __init__(self, router: MessageRouter, settings: Settings, cache: str) -> None:
        """Start the thread; ``SettingsError`` without a key for the HTTP API."""
        settings.require("api_key", "events and replies are published with it")
        self.metrics = Metrics()
        self._router = router
        self._settings = settings
        self._publisher = HTTPPublisher(settings, self.metrics)
        store = CacheStore(cache) if cache else None
        self.dispatcher = Dispatcher(
            router, settings, store, self.metrics, self._publisher.ask
        )
        self._readiness = Readiness(self.dispatcher, self._publisher)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._run_loop, name="centrifugo-rpc", daemon=True
        )
        self._thread.start()

    def _run_loop(self) -> None:
        """Run the loop until it is stopped, whatever it raises."""
        while True:
            try:
                self._loop.run_forever()
            except BaseException:  # noqa: PERF203 -- rare
                # asyncio lets SystemExit and KeyboardInterrupt pass, which handlers may raise.
                _logger.exception("the worker goes on")
            else:
                return

    @cached_property
    def proxy(self) -> Proxy:
        """What answers Centrifugo; ``SettingsError`` without a secret."""
        return Proxy(self.dispatcher, self._publisher, self._settings)

    @cached_property
    def door(self) -> SubscribeDoor:
        """What answers Centrifugo's questions about subscriptions."""
        return SubscribeDoor(self._router, self._settings, self.metrics)

    async def run(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run a coroutine function on the worker's loop, and await its result."""
        # Not in the request's context: its thread for queries ends with the request.
        started = contextvars.Context().run(
            asyncio.run_coroutine_threadsafe, work(), self._loop
        )
        return await asyncio.wrap_future(started)

    async def publish(self, channel: str, data: bytes) -> None:
        """Publish JSON over the HTTP API."""
        await self.run(lambda: self._publisher.publish(channel, data))

    async def problem(self) -> str:
        """Return why requests cannot be answered; empty if they can."""
        return await self.run(self._readiness.problem)

    def drain(self) -> None:
        """Finish what runs and send its replies; what arrives later is refused."""
        asyncio.run_coroutine_threadsafe(self._drain(), self._loop).result()

    def close(self) -> None:
        """Drain, and end the thread."""
        if not self._thread.is_alive():
            return
        self.drain()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _drain(self) -> None:
        await self.dispatcher.drain()
        await self._publisher.close()
        # Native calls have their replies now, which the views still wait for.
        views = asyncio.all_tasks() - {asyncio.current_task()}
        if views:
            await asyncio.wait(views, timeout=1)


class EventPublisher:
    """Publishes events from anywhere in a web process, handlers included."""

    async def publish(self, channel: str, data: bytes) -> None:
        """See ``centrifugo_rpc.Publisher``."""
        await runtime().publish(channel, data)


class _Process:
    """Holds the runtime of this process."""

    lock = threading.Lock()
    closing = threading.Lock()
    runtime: Runtime | None = None
    drains_at_sigterm = False


def runtime() -> Runtime:
    """Return the worker of this process; the first call starts it."""
    with _Process.lock:
        _drain_at_sigterm()
        if _Process.runtime is None:
            own, ours = django_settings(), worker_settings()
            check_one_store(own, ours)
            try:
                _Process.runtime = Runtime(
                    MessageRouter.default, ours, own.dedupe_cache
                )
            except SettingsError as error:
                raise ImproperlyConfigured(str(error)) from error
        return _Process.runtime


def close() -> None:
    """Finish what runs and end the worker, if there is one; a later call starts another."""
    with _Process.closing:
        if _Process.runtime is None:
            return
        # It stays this process's until it is done: it refuses what arrives meanwhile.
        _Process.runtime.close()
        _Process.runtime = None


def _drain_at_sigterm() -> None:
    """Finish what runs before SIGTERM reaches the web server.

    A server such as uvicorn ends by that signal, at which Python runs no clean-up.
    Where asyncio takes the signal, the server sees it at once and ends in good order.
    """
    if (
        _Process.drains_at_sigterm
        or threading.current_thread() is not threading.main_thread()
    ):
        return
    _Process.drains_at_sigterm = True
    previous = signal.getsignal(signal.SIGTERM)
    by_asyncio = getattr(previous, "__module__", "").startswith("asyncio")
    if previous in {None, signal.SIG_IGN} or by_asyncio:
        return

    def end(number: int, _: object) -> None:
        # A second signal ends the process as it always does.
        signal.signal(number, previous)
        threading.Thread(target=drain_and_repeat, args=(number,)).start()

    def drain_and_repeat(number: int) -> None:
        # It stays this process's worker, and refuses what arrives from now on.
        if _Process.runtime is not None:
            _Process.runtime.drain()
        os.kill(os.getpid(), number)

    signal.signal(signal.SIGTERM, end)


def lifespan(
    application: Callable[..., Awaitable[None]],
) -> Callable[..., Awaitable[None]]:
    """Wrap an ASGI application, so that a server's shutdown finishes what runs.

    Django does not implement ASGI's lifespan. It is needed where a server handles
    SIGTERM in another way than Python's, see ``_drain_at_sigterm``.
    """

    async def wrapped(
        scope: dict[str, Any], receive: Callable[[], Any], send: Callable[[Any], Any]
    ) -> None:
        if scope["type"] != "lifespan":
            await application(scope, receive, send)
            return
        while True:
            message = await receive()
            ends = message["type"] == "lifespan.shutdown"
            if ends:
                await asyncio.to_thread(close)
            await send({"type": f"{message['type']}.complete"})
            if ends:
                return

    return wrapped


def _forget() -> None:
    """Forget the worker in a forked process, where its thread does not exist."""
    _Process.lock, _Process.closing = threading.Lock(), threading.Lock()
    _Process.runtime = None
    _Process.drains_at_sigterm = False


# Handlers that still run need threads for their queries, and those are refused once
# Python's executors are shut down, which is before atexit: so this runs with them.
getattr(threading, "_register_atexit", atexit.register)(close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
