"""What the workers of an API share: replies for retries, and messages about running calls."""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple, Protocol

Hear = Callable[[str, str, bytes], object]
"""Takes the user and the correlation id of a call, and a message about it."""


class Store(Protocol):
    """Remembers requests by key; workers that share the load share one store.

    One of your own inherits from ``LocalStore``.
    """

    async def begin(self, key: str, lease_s: float) -> bytes | None:
        """Claim a request: None if it is the caller's to run.

        Otherwise the reply of its first run, or nothing (``b""``) while that goes
        on. A claim that is neither finished nor forgotten, because its worker died,
        ends after ``lease_s``. Of several callers at once, one must get None.
        """
        ...

    async def finish(self, key: str, reply: bytes, keep_s: float) -> None:
        """Keep the reply of a claimed request."""
        ...

    async def forget(self, key: str) -> None:
        """Give a claim back: the request did not run to its end."""
        ...

    async def tell(self, user: str, correlation_id: str, message: bytes) -> None:
        """Pass a message about a call to the worker that runs it, if there is one."""
        ...

    async def listen(self, hear: Hear) -> None:
        """Hand over what other workers tell this one, until cancelled."""
        ...

    async def check(self) -> None:
        """Raise whatever says that the store cannot be reached."""
        ...

    async def close(self) -> None:
        """Close what is open; nothing is asked afterwards."""
        ...


class LocalStore:
    """The half of a store that passes no messages, and needs no connection."""

    async def tell(self, user: str, correlation_id: str, message: bytes) -> None:
        """Drop the message: no other process would get it."""

    async def listen(self, hear: Hear) -> None:
        """Return at once: nobody tells anything."""

    async def check(self) -> None:
        """Do nothing."""

    async def close(self) -> None:
        """Do nothing."""


class _Reply(NamedTuple):
    text: bytes
    ends: float


class MemoryStore(LocalStore):
    """Keeps replies in this process, the oldest until ``max_bytes`` are full."""

    # What an entry costs besides its reply and its key, roughly: times, objects.
    _OVERHEAD = 500

    def __init__(
        self, max_bytes: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Start empty."""
        self._max_bytes = max_bytes
        self._clock = clock
        self._bytes = 0
        self._replies: OrderedDict[str, _Reply] = OrderedDict()
        # Claims of calls that run, which the worker bounds: each until it ends.
        self._claims: dict[str, float] = {}

    async def begin(self, key: str, lease_s: float) -> bytes | None:
        """See ``Store``."""
        now = self._clock()
        reply = self._replies.get(key)
        if reply is not None and reply.ends > now:
            return reply.text
        if self._claims.get(key, now) > now:
            return b""
        self._claims[key] = now + lease_s
        return None

    async def finish(self, key: str, reply: bytes, keep_s: float) -> None:
        """See ``Store``."""
        now = self._clock()
        self._drop(key)
        replies = self._replies
        replies[key] = _Reply(reply, now + keep_s)
        self._bytes += self._cost(key, reply)
        while replies:
            oldest = next(iter(replies))
            if self._bytes <= self._max_bytes and replies[oldest].ends > now:
                break
            self._drop(oldest)

    async def forget(self, key: str) -> None:
        """See ``Store``."""
        self._drop(key)

    def _drop(self, key: str) -> None:
        self._claims.pop(key, None)
        reply = self._replies.pop(key, None)
        if reply is not None:
            self._bytes -= self._cost(key, reply.text)

    def _cost(self, key: str, reply: bytes) -> int:
        return len(reply) + 4 * len(key) + self._OVERHEAD


def call_key(user: str, correlation_id: str) -> str:
    """Return the key of a call; no user id holds a colon."""
    return f"{user}:{correlation_id}"
