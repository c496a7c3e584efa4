"""The client of code without asyncio: scripts, views, notebooks."""

import asyncio
import contextlib
import inspect
import os
import threading
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from typing import Any, ClassVar, Generic, Protocol, TypeVar, cast

from typing_extensions import Self, Unpack

from .api import (
    CallOptions,
    ClientOptions,
    Event,
    Events,
    Method,
    State,
    StreamOptions,
    SyncToken,
    Token,
)
from .call import not_connected
from .connection import RPCClient
from .errors import CallTimeout, ConnectionLost, EventPosition
from .host import Host, Stopped

_R = TypeVar("_R")

_inherited: list[Host] = []
"""Those of the parent process. To delete one would disturb its connection there."""


class SyncClient:
    """Calls methods and receives events, from any number of threads.

    ``with`` connects and closes; the first call or event connects, too. The connection
    is served by a thread of its own. It is not shared with a process that is forked:
    there, the first call opens another one. There are no batches: each call waits for
    its reply.
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

    def _stream(
        self,
        method: Method[_R],
        params: object = None,
        **options: Unpack[StreamOptions],
    ) -> "SyncStream[_R]":
        host = self._open(method.name)
        items = host.rpc.stream(method, params, **options)
        return SyncStream(host, items, method.name)

    def _do(
        self, name: str, work: Callable[[RPCClient], Coroutine[Any, Any, _R]]
    ) -> _R:
        host = self._open(name)
        try:
            return host.run(lambda: work(host.rpc))
        except Stopped:
            raise not_connected(None, method=name, sent=False) from None

    def _subscribe(
        self,
        event: Event[_R],
        channel: str,
        timeout_s: float | None,
        since: EventPosition | None = None,
    ) -> "SyncEvents[_R]":
        host = self._open(event.name)
        events = host.rpc.subscribe(event, channel, since=since)
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


class _SyncIterator(Iterator[_R], Generic[_R]):
    """What comes in the loop of a host, one by one."""

    def __init__(
        self,
        host: Host,
        items: AsyncIterator[_R],
        name: str,
        timeout_s: float | None = None,
    ) -> None:
        """Iterate over what comes in the loop of a host."""
        self._host = host
        self._name = name
        self._puller = _Puller(items, name, timeout_s)
        self._begun = False
        self._ended = False

    def __next__(self) -> _R:
        """Wait for the next one."""
        if self._ended:
            raise StopIteration
        begun, self._begun = self._begun, True
        try:
            item = self._host.run(self._puller.next)
        except Stopped:
            self._ended = True
            if begun:
                self._closed()
                item = _END
            else:
                raise not_connected(None, method=self._name, sent=False) from None
        if item is _END:
            self._ended = True
            raise StopIteration
        return cast("_R", item)

    def _closed(self) -> None:
        """Tell what becomes of the iteration when the client is closed."""

    def __enter__(self) -> Self:
        """Begin a block at whose end the iteration ends, too."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """End the iteration: unsubscribe, or cancel the call."""
        with contextlib.suppress(Stopped):
            self._host.run(self._puller.close)

    def __del__(self) -> None:
        """Do the same without waiting for it."""
        if self._begun:
            self._host.begin(self._puller.close)


class SyncEvents(_SyncIterator[_R]):
    """The events on a channel; the first ``next()`` subscribes.

    It ends when the client is closed. When no event comes in time, ``next()`` raises
    ``CallTimeout``, and may be called again: no event is lost in between. ``close()``,
    ``with`` and forgetting the iterator unsubscribe.
    """

    def __init__(
        self, host: Host, events: Events[_R], name: str, timeout_s: float | None
    ) -> None:
        """Iterate over events that come in the loop of a host."""
        super().__init__(host, events, name, timeout_s)
        self._events = events
        self._position = events.position

    @property
    def position(self) -> EventPosition | None:
        """The position of the event that the loop got last; before that, ``since``.

        None on a channel that does not recover missed events.
        """
        return self._position

    def __next__(self) -> _R:
        """Wait for the next one."""
        event = super().__next__()
        # The next one, which may come while nobody waits for it, has not yet been asked for.
        self._position = self._events.position
        return event


class SyncStream(_SyncIterator[_R]):
    """The results of a call, one by one; the first ``next()`` begins it.

    ``close()``, ``with`` and forgetting the iterator cancel a call that goes on.
    """

    def _closed(self) -> None:
        message = "the client was closed"
        raise ConnectionLost(message, method=self._name)


class _Call(Protocol):
    """What ``SyncClient._call`` is to its namespaces."""

    def __call__(
        self,
        method: Method[_R],
        params: object = None,
        **options: Unpack[CallOptions],
    ) -> _R: ...


class _Subscribe(Protocol):
    """What ``SyncClient._subscribe`` is to its namespaces."""

    def __call__(
        self,
        event: Event[_R],
        channel: str,
        timeout_s: float | None,
        since: EventPosition | None,
    ) -> SyncEvents[_R]: ...


class _StreamCall(Protocol):
    """What ``SyncClient._stream`` is to its namespaces."""

    def __call__(
        self,
        method: Method[_R],
        params: object = None,
        **options: Unpack[StreamOptions],
    ) -> SyncStream[_R]: ...


class SyncNamespace:
    """Methods and events of a client that are grouped under a name."""

    def __init__(self, call: _Call, subscribe: _Subscribe, stream: _StreamCall) -> None:
        """Call, subscribe and stream as the client does."""
        self._call = call
        self._subscribe = subscribe
        self._stream = stream


_END = object()


class _Puller(Generic[_R]):
    """Takes what comes from an iterator, one at a time."""

    def __init__(
        self, items: AsyncIterator[_R], name: str, timeout_s: float | None
    ) -> None:
        self._items = items
        self._name = name
        self._timeout_s = timeout_s
        self._pending: asyncio.Task[object] | None = None

    async def next(self) -> object:
        """Return the next one, or ``_END``."""
        if self._pending is None:
            self._pending = asyncio.create_task(self._following())
        done, _ = await asyncio.wait([self._pending], timeout=self._timeout_s)
        if not done:
            message = "no event in time"
            raise CallTimeout(message, method=self._name, sent=False)
        pending, self._pending = self._pending, None
        return pending.result()

    async def _following(self) -> object:
        async for item in self._items:
            return item
        return _END

    async def close(self) -> None:
        """End the iterator, also one that waits."""
        pending, self._pending = self._pending, None
        if pending is not None:
            pending.cancel()
            await asyncio.wait([pending])
        await cast("Any", self._items).aclose()


def _async(token: SyncToken) -> Token:
    """Return an async function: others run in a thread, where they may wait."""
    if isinstance(token, str) or inspect.iscoroutinefunction(token):
        return cast("Token", token)
    function = cast("Callable[[], str | Awaitable[str]]", token)

    async def fetch() -> str:
        fetched = await asyncio.to_thread(function)
        return fetched if isinstance(fetched, str) else await fetched

    return fetch
