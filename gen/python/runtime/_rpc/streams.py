"""Streams: calls that are answered with any number of results."""

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any

from .api import DEFAULT_TIMEOUT_S, MAX_WINDOW, WINDOW, Method
from .call import Call, timeout_of
from .errors import CallError, ConnectionLost, RPCError
from .wire import error_of, typed

if TYPE_CHECKING:
    from collections.abc import Callable

_ACK_AGAIN_S = 1.0
"""The pause after an acknowledgement that the server could not take."""


def check_stream(method: Method[Any], window: object, *, native: bool) -> int:
    """Return the window of a stream; refuse what cannot be one."""
    if native:
        message = f"{method.name} streams its results, which native RPC cannot"
        raise ValueError(message)
    if window is None:
        return WINDOW
    if type(window) is not int:
        message = f"window is a number of results, not {type(window).__name__}"
        raise TypeError(message)
    if not 1 <= window <= MAX_WINDOW:
        message = f"window is {window}; it can be 1 to {MAX_WINDOW}"
        raise ValueError(message)
    return window


class StreamCall(Call):
    """A call with any number of results, which wait here for the loop.

    ``reply`` is only about its beginning: the first message, or why there is none.
    """

    def __init__(
        self,
        method: Method[Any],
        params: object,
        meta: dict[str, str],
        timeout_s: float,
        window: int,
    ) -> None:
        super().__init__(method, params, meta, timeout_s)
        self.on_ack: Callable[[StreamCall, int], None] = _ignore
        """Tells the worker how many items were taken."""
        self.on_broken: Callable[[StreamCall], None] = _ignore
        """Tells the worker that the stream has ended here."""
        self.over = False
        """Whether the stream has ended, with the worker knowing of it."""
        self._window = window
        self._begun = False
        self._ended = False
        self._error: CallError | None = None
        """What it has ended with, if not with its end."""
        self._items: deque[object] = deque()
        self._changed = asyncio.Event()
        self._had = 0
        self._taken = 0
        self._acknowledged = 0
        self._expires = self._deadline
        self._ack_again: asyncio.TimerHandle | None = None

    def ack_timeout_s(self) -> float:
        """Return how long to wait for the ack: beyond the end, to cancel the call then."""
        return max(self.timeout_s, DEFAULT_TIMEOUT_S)

    def more(self) -> dict[str, object]:
        """Return what the request has besides its names and params."""
        return {"window": self._window, **timeout_of(self.timeout_s)}

    def sending(self) -> None:
        """Note that the request is about to leave: now the worker's silence begins."""
        if not self.sent:
            self._renew()
        super().sending()

    def can_repeat(self) -> bool:
        """Tell whether the request may be sent again though it may have run."""
        return self.method.idempotent and not self._begun

    async def has_next(self) -> bool:
        """Wait for an item; false at the end, which may be an error."""
        while not self._items:
            if self._error is not None:
                raise self._error
            if self._ended:
                return False
            self._changed.clear()
            await self._changed.wait()
        return True

    def take(self) -> object:
        """Return the next item, and acknowledge it where that is due."""
        item = typed(self, self._items.popleft(), f"item {self._taken + 1}")
        self._taken += 1
        if self._taken - self._acknowledged >= max(1, self._window // 2):
            self._acknowledge()
        return item

    def deliver(self, message: dict[str, object]) -> None:
        """Take a message of the worker: an item, the end, or a sign of life."""
        if self._ended or (self.reply.done() and not self._begun):
            return
        self._begin()
        error, seq = message.get("error"), _number(message.get("seq"))
        if "seq" not in message and (error is not None or "result" in message):
            self._end(self._malformed() if error is None else error_of(self, error))
        elif seq is None:
            self._break(self._malformed())
        elif error is not None or "item" in message or "result" in message:
            self._deliver_next(seq, message)
        elif seq > self._had:
            self._break(self._gap())
        else:
            self._acknowledge()

    def _deliver_next(self, seq: int, message: dict[str, object]) -> None:
        """Take an item or the end, unless it is one that came before."""
        if seq <= self._had:
            return
        if seq > self._had + 1:
            self._break(self._gap())
        elif message.get("error") is not None:
            self._end(error_of(self, message["error"]))
        elif "item" not in message:
            self._end(None)
        elif seq > self._acknowledged + self._window:
            self._break(self._malformed())
        else:
            self._had = seq
            self._items.append(message["item"])
            self._changed.set()

    def fail(self, error: type[CallError], message: str) -> None:
        """End the stream, unless it has ended."""
        if self._begun:
            self._break(error(message, **self.about()))
        else:
            super().fail(error, message)

    def abandon(self) -> None:
        """End the stream without an error, since nobody waits for it any longer."""
        if not self._ended:
            self._items.clear()
            self._begin()
            self._break(None)

    def resume(self) -> None:
        """Acknowledge again after a break, which may have lost what was sent last."""
        if self._taken:
            self._acknowledge()

    def acknowledge_later(self) -> None:
        """Acknowledge once more, since the server could not take it now."""
        if self._ack_again is None and not self._ended:
            again = self._loop.call_later(_ACK_AGAIN_S, self._acknowledge)
            self._ack_again = again

    def close(self) -> None:
        """Stop the timers, and mark the error as seen."""
        self._ended = True
        self._stop_acknowledging()
        super().close()

    def _begin(self) -> None:
        self._renew()
        if not self._begun:
            self._begun = True
            if not self.reply.done():
                self.reply.set_result(None)

    def _renew(self) -> None:
        """Let the time for the next message begin."""
        self._deadline = self._loop.time() + self.timeout_s

    def _expire(self) -> None:
        if self._deadline > self._expires:  # it was renewed meanwhile
            self._expires = self._deadline
            self._timer = self._loop.call_at(self._deadline, self._expire)
        else:
            super()._expire()

    def _acknowledge(self) -> None:
        self._stop_acknowledging()
        if not self._ended:
            self._acknowledged = self._taken
            self.on_ack(self, self._taken)

    def _stop_acknowledging(self) -> None:
        again, self._ack_again = self._ack_again, None
        if again is not None:
            again.cancel()

    def _break(self, error: CallError | None) -> None:
        """End the stream before its end has come."""
        if not self._ended:
            self._end(error)
            self.on_broken(self)

    def _end(self, error: CallError | None) -> None:
        """End the stream: after the items that wait, with an error or without."""
        if not self._ended:
            self._ended = self.over = True
            self._error = error
            self._stop_acknowledging()
            self._timer.cancel()
            self._changed.set()

    def _gap(self) -> ConnectionLost:
        message = f"a message was lost after item {self._had}"
        return ConnectionLost(message, **self.about())

    def _malformed(self) -> RPCError:
        message = "the reply is malformed"
        return RPCError(-32603, message, **self.about())


def _number(value: object) -> int | None:
    """Return a number that counts messages; None if it is none."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if type(value) is int and value >= 0 else None


def _ignore(*_: object) -> None:
    """Tell the worker nothing of a stream that has not been sent."""
