"""Answers retries of a request from the reply that its first run gave."""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple, Protocol


class DedupeStore(Protocol):
    """Remembers requests by key; workers that share the load share one store."""

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


class _Entry(NamedTuple):
    reply: bytes
    ends: float


class MemoryDedupeStore:
    """Keeps replies in this process, the oldest until ``max_bytes`` are full."""

    # What an entry costs besides its reply, roughly: key, times, objects.
    _OVERHEAD = 500

    def __init__(
        self, max_bytes: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Start empty."""
        self._max_bytes = max_bytes
        self._clock = clock
        self._bytes = 0
        self._entries: OrderedDict[str, _Entry] = OrderedDict()

    async def begin(self, key: str, lease_s: float) -> bytes | None:
        """See ``DedupeStore``."""
        entry = self._entries.get(key)
        if entry is not None and entry.ends > self._clock():
            return entry.reply
        self._put(key, b"", lease_s)
        return None

    async def finish(self, key: str, reply: bytes, keep_s: float) -> None:
        """See ``DedupeStore``."""
        self._put(key, reply, keep_s)

    async def forget(self, key: str) -> None:
        """See ``DedupeStore``."""
        self._drop(key)

    def _put(self, key: str, reply: bytes, keep_s: float) -> None:
        self._drop(key)
        now = self._clock()
        entries = self._entries
        entries[key] = _Entry(reply, now + keep_s)
        self._bytes += len(reply) + self._OVERHEAD
        while entries:
            oldest = next(iter(entries))
            if self._bytes <= self._max_bytes and entries[oldest].ends > now:
                break
            self._drop(oldest)

    def _drop(self, key: str) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._bytes -= len(entry.reply) + self._OVERHEAD
