"""Whether a worker can answer what it takes."""

import asyncio
import logging
import time
from collections.abc import Awaitable

from .dispatch import Dispatcher
from .publisher import HTTPPublisher

_logger = logging.getLogger(__name__)

_KEEP_S = 1.0
_LOOK_S = 1.0


class Readiness:
    """Looks at what a worker needs: at most once a second, however many ask."""

    def __init__(self, dispatcher: Dispatcher, publisher: HTTPPublisher) -> None:
        """Look at nothing yet."""
        self._dispatcher = dispatcher
        self._publisher = publisher
        self._looking: asyncio.Task[str] | None = None
        self._looks_again = 0.0

    async def problem(self) -> str:
        """Return what is wrong, in a few words without addresses; empty if nothing is."""
        if self._dispatcher.draining:
            return "shutting down"
        if self._looking is None or (
            self._looking.done() and time.monotonic() >= self._looks_again
        ):
            self._looks_again = time.monotonic() + _KEEP_S
            self._looking = asyncio.create_task(self._look())
        return await asyncio.shield(self._looking)

    async def _look(self) -> str:
        problems = await asyncio.gather(
            _reach("Centrifugo's HTTP API", self._publisher.check()),
            _reach("the store", self._dispatcher.check_store()),
        )
        return ", ".join(filter(None, problems))


async def _reach(what: str, check: Awaitable[None]) -> str:
    try:
        await asyncio.wait_for(check, _LOOK_S)
    except Exception as error:  # noqa: BLE001 -- a store may be anybody's
        _logger.warning("%s cannot be reached: %r", what, error)
        return f"{what} cannot be reached"
    return ""
