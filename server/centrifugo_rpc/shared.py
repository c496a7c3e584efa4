"""What a worker shares with others about its calls: it goes on while the store is away."""

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Coroutine
from typing import Any, TypeVar

from .call import Call, about
from .limits import RateLimit
from .metrics import Metrics
from .settings import Settings
from .store import Hear, MemoryStore, Store
from .stores import open_store
from .wire import Request

_logger = logging.getLogger(__name__)

T = TypeVar("T")

# A claim in the store of a worker that died ends this long after its deadline.
_LEASE_MARGIN_S = 1.0
# The claim of a stream: clients repeat its request only while nothing has come of it.
_STREAM_LEASE_S = 3600.0
# A store that takes longer counts as broken, and is left alone for a while.
_STORE_S = 1.0
_STORE_PAUSE_S = 1.0


class Shared:
    """The store of one worker process, and what is under way to it."""

    def __init__(
        self,
        settings: Settings,
        store: Store | None,
        metrics: Metrics,
        complaints: RateLimit,
    ) -> None:
        """Take the store, which the settings name if none is given."""
        self._settings = settings
        self._store = store or open_store(settings)
        self._metrics = metrics
        self._complaints = complaints
        self._waits = type(self._store) is not MemoryStore
        self._ends_pause = 0.0
        self._listening: asyncio.Future[None] | None = None
        self._keeping: set[asyncio.Task[None]] = set()

    async def check(self) -> None:
        """Raise whatever says that the store cannot be reached."""
        await self._store.check()

    def listen(self, hear: Hear) -> None:
        """Hear what other workers pass on, from the first call on until the end."""
        if self._listening is None:
            self._listening = asyncio.ensure_future(self._store.listen(hear))

    async def claim(self, call: Call) -> bytes | None:
        """Claim a call: None if it is to be run, claimed or because the store is away.

        Else what its first run gave, or nothing (``b""``) while that goes on.
        """
        now = time.monotonic()
        if now < self._ends_pause:
            return None
        lease = call.deadline - now + _LEASE_MARGIN_S
        if lease == math.inf:
            lease = _STREAM_LEASE_S
        try:
            stored = await self._in_time(self._store.begin(call.key, lease))
        except Exception as error:  # noqa: BLE001 -- a store may be anybody's
            self._failed("cannot tell retries apart", error, call.request)
            stored = None  # The claim may have been made: it must not stay open.
        call.claimed = stored is None
        return stored

    async def keep(self, call: Call, reply: bytes | None) -> None:
        """Store a reply for retries, or let them run the request."""
        try:
            if reply is None:
                await self._in_time(self._store.forget(call.key))
            else:
                keep_s = self._settings.dedupe_s
                await self._in_time(self._store.finish(call.key, reply, keep_s))
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 -- the same
            # Also when a shutdown does not wait any longer: there is a reply to send.
            self._failed("cannot keep a reply for retries", error, call.request)

    def keep_beside(self, call: Call, reply: bytes) -> None:
        """Store a reply without waiting for it."""
        self._keep_until_done(self.keep(call, reply))

    def pass_on(self, user: str, correlation_id: str, message: bytes) -> None:
        """Tell other workers about a call that this one does not run."""
        if self._waits:
            self._keep_until_done(self._tell(user, correlation_id, message))

    async def close(self) -> None:
        """Finish what is under way, and hear nothing more."""
        if self._keeping:
            await asyncio.wait(self._keeping)
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.wait([self._listening])
        await self._store.close()

    async def _tell(self, user: str, correlation_id: str, message: bytes) -> None:
        try:
            await self._in_time(self._store.tell(user, correlation_id, message))
        except Exception as error:  # noqa: BLE001 -- a store may be anybody's
            self._metrics.store_failed()
            if self._complaints.take("", time.monotonic()):
                _logger.warning("cannot tell other workers: %r", error)

    def _keep_until_done(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside the calls, which a shutdown waits for."""
        task = asyncio.ensure_future(work)
        self._keeping.add(task)
        task.add_done_callback(self._keeping.discard)

    def _failed(self, what: str, error: BaseException, request: Request) -> None:
        """Go on without the store for a while: calls are answered, retries run again."""
        self._metrics.store_failed()
        now = time.monotonic()
        self._ends_pause = now + _STORE_PAUSE_S
        if self._complaints.take("", now):
            _logger.error(what, exc_info=error, extra=about(request))

    def _in_time(self, work: Awaitable[T]) -> Awaitable[T]:
        """Wait for the store, but not so long that it holds up a reply."""
        return asyncio.wait_for(work, _STORE_S) if self._waits else work
