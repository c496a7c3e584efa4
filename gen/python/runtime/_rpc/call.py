"""One call, from its start to its end."""

import asyncio
import math
import secrets
from typing import TYPE_CHECKING, Any

from .api import Method
from .errors import CallError, CallTimeout, ConnectionLost, NotConnected

if TYPE_CHECKING:
    from collections.abc import Callable

    from .batches import Group

_MIN_RETRY_S, _MAX_RETRY_S = 0.2, 20.0
"""Bounds of the pause before an idempotent call is sent again."""


class TryAgain(Exception):
    """Ends an attempt of an idempotent call: the next one follows after a pause."""

    def __init__(self, pause_s: float) -> None:
        super().__init__()
        self.pause_s = pause_s


class Call:
    """A call and its deadline; it ends exactly once."""

    def __init__(
        self,
        method: Method[Any],
        params: object,
        meta: dict[str, str],
        timeout_s: float,
    ) -> None:
        loop = asyncio.get_running_loop()
        self._loop = loop
        self.method = method
        self.params = params
        self.meta = meta
        self.id = secrets.token_hex(16)
        self.sent = False
        self.acknowledged = False
        """Whether the server has taken a request, or may have: its ack is lost."""
        self.unwanted = False
        """Whether the worker is to be told so, once the request is acknowledged."""
        self.again = False
        """Whether the request was sent before, and may have run then."""
        self.group: Group | None = None
        """Which requests this one may share a publication with."""
        self.most_bytes = 0
        """An upper bound of the size of the request."""
        self.refusals = 0
        """How many temporary errors it was refused with."""
        self.reply: asyncio.Future[object] = loop.create_future()
        self.why_not_sent: Callable[[], str] = str
        """Returns why there is no connection, as far as that is known."""
        self.timeout_s = timeout_s
        self._deadline = loop.time() + timeout_s
        self._timer = loop.call_at(self._deadline, self._expire)
        self._expired = False

    def left_s(self) -> float:
        """Return the time until the deadline."""
        return self._deadline - self._loop.time()

    def ack_timeout_s(self) -> float:
        """Return how long to wait for the ack of the request."""
        return self.left_s()

    def more(self) -> dict[str, object]:
        """Return what the request has besides its names and params."""
        return timeout_of(self.left_s())

    def is_answered(self) -> bool:
        """Tell whether a reply has come, or an error in its place."""
        return self.reply.done() and not self.reply.cancelled()

    def can_repeat(self) -> bool:
        """Tell whether the request may be sent again though it may have run."""
        return self.method.idempotent

    def deliver(self, message: dict[str, object]) -> None:
        """Take a message of the worker: the reply, unless it belongs to a stream."""
        stray = "seq" in message and not ("result" in message or "error" in message)
        if not stray and not self.reply.done():
            self.reply.set_result(message)

    def sending(self) -> None:
        """Note that the request is about to leave."""
        self.sent = True

    def resume(self) -> None:
        """Go on after a break in which nothing was lost."""

    def about(self) -> dict[str, Any]:
        """Return what every error of the call carries."""
        name = self.method.name
        return {"method": name, "correlation_id": self.id, "sent": self.sent}

    def fail(self, error: type[CallError], message: str) -> None:
        """End the call, unless it has ended."""
        if not self.reply.done():
            self.reply.set_exception(error(message, **self.about()))

    def repeat(self) -> None:
        """Wait for a reply once more, unless the deadline has passed meanwhile."""
        self.reply = asyncio.get_running_loop().create_future()
        if self._expired:
            self._expire()

    def retry_pause_s(self) -> float | None:
        """Return a pause that grows each time; None if the deadline comes first."""
        limit = min(_MAX_RETRY_S, _MIN_RETRY_S * (1 << self.refusals))
        pause_s = min(
            _MAX_RETRY_S, _MIN_RETRY_S + secrets.SystemRandom().random() * limit
        )
        if self.left_s() <= pause_s:
            return None
        self.refusals += 1
        return pause_s

    def connection_lost(self, reason: str) -> None:
        """End the call, since its reply can no longer come."""
        self.fail(ConnectionLost, reason)

    def not_connected(self, cause: Exception | None) -> NotConnected:
        """Return the error of a call for which there is no connection, and why."""
        return not_connected(cause, **self.about())

    def close(self) -> None:
        """Stop the timer, and mark the reply's error as seen."""
        self._timer.cancel()
        if not self.reply.cancelled() and not self.reply.cancel():
            self.reply.exception()  # seen, even where the task was cancelled

    def _expire(self) -> None:
        self._expired = True
        message = f"no reply within {self.timeout_s:g} s"
        if not self.sent and (why := self.why_not_sent()):
            message += f": {why}"
        self.fail(CallTimeout, message)


def timeout_of(left_s: float) -> dict[str, object]:
    """Return a time as requests tell it, or nothing where there is no end."""
    return {"timeout_ms": max(1, int(left_s * 1000))} if math.isfinite(left_s) else {}


def not_connected(cause: Exception | None, **about: Any) -> NotConnected:  # noqa: ANN401
    reason = "call connect()" if cause is None else str(cause)
    error = NotConnected(f"not connected: {reason}", **about)
    error.__cause__ = cause
    return error
