"""A store for retries in Django's cache, which all workers share."""

import asyncio
import hashlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, cast

from django.core.cache import BaseCache, caches
from django.db import InterfaceError, OperationalError, close_old_connections

from centrifugo_rpc.store import LocalStore

T = TypeVar("T")
_THREADS = 4
_PAUSES_S = (0, 0.01, 0.03, 0.1, 0.3)
_PREFIX = "centrifugo_rpc"


class CacheStore(LocalStore):
    """Keeps replies in a cache of ``CACHES``; see ``centrifugo_rpc.store``.

    The cache must be shared, and add keys atomically: Redis, Memcached, a database. It
    passes no messages between workers: that takes the setting ``STORE``.
    """

    def __init__(self, alias: str = "default") -> None:
        """Take the name of a cache; an unknown one is an error."""
        caches[alias]
        self._alias = alias
        # Threads of its own, which keep their connections: no handler waits for them.
        self._threads = ThreadPoolExecutor(_THREADS, "centrifugo-rpc-cache")

    async def begin(self, key: str, lease_s: float) -> bytes | None:
        """See ``Store``."""
        name = _name(key)

        def claim(cache: BaseCache) -> bytes | None:
            # An entry may end between the two commands; and a cache in a database
            # neither adds nor finds a key while another process locks the table.
            for pause_s in _PAUSES_S:
                time.sleep(pause_s)
                if cache.add(name, b"", lease_s):
                    return None
                stored = cast("bytes | None", cache.get(name))
                if stored is not None:
                    return stored
            message = f"the cache {self._alias!r} neither adds nor returns a key"
            raise RuntimeError(message)

        return await self._run(claim)

    async def finish(self, key: str, reply: bytes, keep_s: float) -> None:
        """See ``Store``."""
        await self._run(lambda cache: cache.set(_name(key), reply, keep_s))

    async def forget(self, key: str) -> None:
        """See ``Store``."""
        await self._run(lambda cache: cache.delete(_name(key)))

    async def _run(self, work: Callable[[BaseCache], T]) -> T:
        def once() -> T:
            close_old_connections()
            try:
                return work(caches[self._alias])
            finally:
                close_old_connections()

        def run() -> T:
            try:
                return once()
            except (OperationalError, InterfaceError):
                # The database was restarted: the thread's connection is a new one now.
                return once()

        return await asyncio.get_running_loop().run_in_executor(self._threads, run)


def _name(key: str) -> str:
    # Clients choose a part of the key; Memcached allows few characters.
    return f"{_PREFIX}:{hashlib.sha256(key.encode()).hexdigest()}"
