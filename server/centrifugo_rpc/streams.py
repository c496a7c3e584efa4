"""Streams: what a handler yields, one message at a time, no faster than it is read."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import TYPE_CHECKING, Any, Protocol

from .errors import ResultTooLarge, RPCError
from .wire import item_message, life_sign, reply_head, stream_end

if TYPE_CHECKING:
    from .settings import Settings
    from .wire import Request

Emit = Callable[[object, bytes], Awaitable[None]]
"""Takes an item and its JSON; waits while the reader has enough."""
Thread = Callable[..., Awaitable[Any]]

_THE_END = object()
# Without a pause, a handler that never waits would hold up all other calls.
_AT_ONCE = 64
# A client chooses its timeout, but not how often the worker has to publish.
_SHORTEST_SILENCE_S = 0.1
# Nor for how long a stream is kept that nobody reads any longer.
_LONGEST_TIMEOUT_S = 600.0
# Part of the time to its cancellation after which a silent client is asked for a sign.
_ASK_AFTER = 1 / 3


async def each(
    function: Callable[..., Any],
    encode: Callable[[object], bytes],
    emit: Emit,
    thread: Thread | None,
    /,
    *args: object,
    **given: object,
) -> None:
    """Emit each item that a generator yields; its clean-up runs however this ends.

    One that is not async runs in a thread, item by item.
    """
    made = function(*args, **given)
    items = made if thread is None else _from_thread(made, thread)
    try:
        async for item in items:
            await emit(item, encode(item))
    finally:
        await items.aclose()


async def _from_thread(items: Any, thread: Thread) -> AsyncGenerator[object, None]:  # noqa: ANN401
    """Ask a generator for each item in a thread."""
    try:
        while (item := await thread(next, items, _THE_END)) is not _THE_END:
            yield item
    finally:
        await thread(items.close)


class Outlet(Protocol):
    """Where the messages of a stream go."""

    def has_room(self, size: int) -> bool:
        """Whether a message of this size may go out now."""
        ...

    def may_end(self, size: int) -> bool:
        """Whether an end of this size may, for which there is more room."""
        ...

    async def room(self, size: int) -> None:
        """Wait until it may."""
        ...

    def put(self, text: bytes, failed: Callable[[], None] | None = None) -> None:
        """Send a message on; ``failed`` is called, later, if it will never go out."""
        ...


class Stream:
    """The messages of one stream, and what its client has said of them."""

    def __init__(
        self,
        request: Request,
        outlet: Outlet,
        settings: Settings,
        cancel: Callable[[str], None],
    ) -> None:
        """Take where they go, and what cancels the call, for a reason."""
        self._request = request
        self._outlet = outlet
        self._cancel = cancel
        self._most = settings.result_bytes
        self._head = reply_head(request)
        self._window = request.window
        self._seq = 0
        self._taken = 0
        self._more: asyncio.Future[None] | None = None
        self._closed = False
        timeout_s = min(request.timeout_s or settings.timeout_s, _LONGEST_TIMEOUT_S)
        self._silence_s = max(_SHORTEST_SILENCE_S, timeout_s / 3)
        self._abandoned_s = max(3 * timeout_s, settings.abandoned_s)
        self._sent = self._heard = self._asked = time.monotonic()
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Send signs of life from now on, until it is closed."""
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._silence_s, self._look)

    async def emit(self, _: object, item: bytes) -> None:
        """Send an item once the window has room for it."""
        text = item_message(self._head, self._seq + 1, item)
        if len(text) > self._most:
            message = f"item {self._seq + 1} has {len(text)} bytes"
            raise ResultTooLarge(message=message)
        while not self._closed and self._seq - self._taken >= self._window:
            self._more = asyncio.get_running_loop().create_future()
            await self._more
        if not self._outlet.has_room(len(text)):
            await self._outlet.room(len(text))
        elif self._seq % _AT_ONCE == _AT_ONCE - 1:
            await asyncio.sleep(0)
        if self._closed:  # its handler did not mind being cancelled
            raise asyncio.CancelledError
        self._seq += 1
        self._sent = time.monotonic()
        self._outlet.put(text, self._failed)

    def acknowledge(self, seq: int) -> None:
        """Note what the reader has taken; numbers that make no sense only say it lives."""
        self._heard = time.monotonic()
        if self._taken < seq <= self._seq:
            self._taken = seq
            self._wake()

    def end(self, error: RPCError | None) -> bytes:
        """Return the message that ends the stream."""
        seq = self._seq + 1
        text = stream_end(self._head, seq, error)
        if len(text) > self._most:
            message = f"the error has {len(text)} bytes"
            text = stream_end(self._head, seq, ResultTooLarge(message=message))
        elif not self._outlet.may_end(len(text)):
            message = "too many replies are waiting"
            text = stream_end(self._head, seq, ResultTooLarge(message=message))
        return text

    def close(self) -> None:
        """Send nothing more."""
        self._closed = True
        self._wake()
        if self._timer is not None:
            self._timer.cancel()

    def _wake(self) -> None:
        if self._more is not None and not self._more.done():
            self._more.set_result(None)

    def _failed(self) -> None:
        """Give up after an item that did not go out: the client would see a gap."""
        if not self._closed:
            self._cancel("an item of a stream did not go out")

    def _look(self) -> None:
        """Say that the stream goes on, or give up when its client is gone."""
        now = time.monotonic()
        if now - self._heard >= self._abandoned_s:
            self._cancel("nobody reads a stream any longer")
            return
        since_heard = now - max(self._heard, self._asked)
        asks = since_heard >= self._abandoned_s * _ASK_AFTER
        if asks or now - self._sent >= self._silence_s:
            self._say_alive(now)
        wait = max(_SHORTEST_SILENCE_S, self._sent + self._silence_s - now)
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(wait, self._look)

    def _say_alive(self, now: float) -> None:
        """Send a sign of life."""
        self._sent = self._asked = now
        text = life_sign(self._head, self._seq)
        if self._outlet.has_room(len(text)):
            self._outlet.put(text)


class Reading:
    """Hands over what a handler emits to a loop in the same process."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.stopped = False
        self._item: asyncio.Queue[object] = asyncio.Queue()
        self._taken = asyncio.Event()

    async def items(
        self, answer: Callable[[Emit], Awaitable[object]]
    ) -> AsyncGenerator[object, None]:
        """Yield each item; the handler goes on when the next one is asked for."""
        task = asyncio.ensure_future(answer(self._emit))
        task.add_done_callback(lambda _: self._item.put_nowait(_THE_END))
        try:
            while (item := await self._item.get()) is not _THE_END:
                yield item
                self._taken.set()
            await task
        finally:
            self.stopped = True
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _emit(self, item: object, _: bytes) -> None:
        self._taken.clear()
        await self._item.put(item)
        await self._taken.wait()
