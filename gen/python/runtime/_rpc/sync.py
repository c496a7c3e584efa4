"""The client of code without asyncio: scripts, views, notebooks."""

import asyncio
import contextlib
import inspect
import os
import threading
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from typing import Any, ClassVar, Generic, TypeVar, cast

from typing_extensions import Self, Unpack

from .api import CallOptions, ClientOptions, Event, Method, State, SyncToken, Token
from .call import not_connected
from .connection import RPCClient
from .errors import CallTimeout
from .host import Host, Stopped

_R = TypeVar("_R")

_inherited: list[Host] = []
"""Those of the parent process. To delete one would disturb its connection there."""


class SyncClient:
    """Calls methods and receives events, from any number of threads.

    ``with`` connects and closes; the first call or event connects, too. The connection
    is served by a thread of its own. It is not shared with a process that is forked:
    there, the first call opens another one.
    """

    _rpc_class: ClassVar[type[RPCClient]] = RPCClient

    def __init__(
        self,
        url: str,
        token: SyncToken = "",
        user_id: str | None = None,
        **options: Unpack[ClientOptions],
    ) -> None:
        """Prepare a connection; nothing is opened yet.

        ``token`` is a JWT or a function that fetches one, async or not. The others are
        those of ``CentrifugoRPCClient``.
        """
        self._new_rpc = lambda: self._rpc_class(url, _async(token), user_id, **options)
        self._lock = threading.RLock()
        self._host: Host | None = None
        self._pid = os.getpid()
        self._over = False

    def __enter__(self) -> Self:
        """Connect."""
        self.connect()
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    @property
    def state(self) -> State:
        """``connected`` means that calls are answered at once."""
        host = self._host
        if host is None or host.pid != os.getpid():
            return "disconnected"
        return host.rpc.state

    def connect(self, *, timeout_s: float | None = None) -> None:
        """Return when calls can be answered; fail with the reason why they cannot."""
        self._over = False
        self._do("", lambda rpc: rpc.connect(timeout_s=timeout_s))

    def close(self) -> None:
        """End pending calls and iterations, and the connection.

        From then on calls and iterations fail with ``NotConnected``, until
        ``connect()`` opens it again.
        """
        self._forget_parent()
        with self._lock:
            host, self._host, self._over = self._host, None, True
        if host is not None:
            host.stop()

    def _call(
        self,
        method: Method[_R],
        params: object = None,
        **options: Unpack[CallOptions],
    ) -> _R:
        return self._do(method.name, lambda rpc: rpc.call(method, params, **options))

    def _do(
        self, name: str, work: Callable[[RPCClient], Coroutine[Any, Any, _R]]
    ) -> _R:
        host = self._open(name)
        try:
            return host.run(lambda: work(host.rpc))
        except Stopped:
            raise not_connected(None, method=name, sent=False) from None

    def _subscribe(
        self, event: Event[_R], channel: str, timeout_s: float | None
    ) -> "SyncEvents[_R]":
        host = self._open(event.name)
        events = host.rpc.subscribe(event, channel)
        return SyncEvents(host, events, event.name, timeout_s)

    def _open(self, name: str) -> Host:
        """Return the thread that serves the client; the first call starts it."""
        self._forget_parent()
        with self._lock:
            if self._over:
                raise not_connected(None, method=name, sent=False)
            if self._host is None:
                self._host = Host(self._new_rpc)
                weakref.finalize(self, self._host.stop_soon).atexit = False
            return self._host

    def _forget_parent(self) -> None:
        """Leave the connection of the parent process, where this one was forked."""
        if self._pid == os.getpid():
            return
        if self._host is not None:
            _inherited.append(self._host)
        self._host, self._pid, self._lock = None, os.getpid(), threading.RLock()


class SyncEvents(Iterator[_R], Generic[_R]):
    """The events on a channel; the first ``next()`` subscribes.

    It ends when the client is closed. When no event comes in time, ``next()`` raises
    ``CallTimeout``, and may be called again: no event is lost in between. ``close()``,
    ``with`` and forgetting the iterator unsubscribe.
    """

    def __init__(
        self,
        host: Host,
        events: AsyncIterator[_R],
        name: str,
        timeout_s: float | None,
    ) -> None:
        """Iterate over events that come in the loop of a host."""
        self._host = host
        self._name = name
        self._puller = _Puller(events, name, timeout_s)
        self._begun = False

    def __next__(self) -> _R:
        """Wait for the next event."""
        try:
            event = self._host.run(self._puller.next)
        except Stopped:
            if not self._begun:
                raise not_connected(None, method=self._name, sent=False) from None
            event = _END
        finally:
            self._begun = True
        if event is _END:
            raise StopIteration
        return cast("_R", event)

    def __enter__(self) -> Self:
        """Begin a block at whose end the iteration ends, too."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """End the iteration, and unsubscribe."""
        with contextlib.suppress(Stopped):
            self._host.run(self._puller.close)

    def __del__(self) -> None:
        """Unsubscribe, without waiting for that."""
        if self._begun:
            self._host.begin(self._puller.close)


_END = object()


class _Puller(Generic[_R]):
    """Takes events from an iterator, one at a time."""

    def __init__(
        self, events: AsyncIterator[_R], name: str, timeout_s: float | None
    ) -> None:
        self._events = events
        self._name = name
        self._timeout_s = timeout_s
        self._pending: asyncio.Task[object] | None = None

    async def next(self) -> object:
        """Return the next event, or ``_END``."""
        if self._pending is None:
            self._pending = asyncio.create_task(self._following())
        done, _ = await asyncio.wait([self._pending], timeout=self._timeout_s)
        if not done:
            message = "no event in time"
            raise CallTimeout(message, method=self._name, sent=False)
        pending, self._pending = self._pending, None
        return pending.result()

    async def _following(self) -> object:
        async for event in self._events:
            return event
        return _END

    async def close(self) -> None:
        """End the iterator, also one that waits for an event."""
        pending, self._pending = self._pending, None
        if pending is not None:
            pending.cancel()
            await asyncio.wait([pending])
        await cast("Any", self._events).aclose()


def _async(token: SyncToken) -> Token:
    """Return an async function: others run in a thread, where they may wait."""
    if isinstance(token, str) or inspect.iscoroutinefunction(token):
        return cast("Token", token)
    function = cast("Callable[[], str | Awaitable[str]]", token)

    async def fetch() -> str:
        fetched = await asyncio.to_thread(function)
        return fetched if isinstance(fetched, str) else await fetched

    return fetch
