"""For users' tests: beside ``router.call``, what handlers publish."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from .router import MessageRouter

if TYPE_CHECKING:
    from collections.abc import Generator


class Published(NamedTuple):
    """An event as it would have gone out."""

    channel: str
    data: Any
    """The payload, as a client reads it from the JSON."""


@contextmanager
def recorded_events(
    router: MessageRouter | None = None,
) -> Generator[list[Published], None, None]:
    """Record the events that are published in a block, which then go nowhere.

    Those of the default router, unless another one is given.
    """
    router = router or MessageRouter.default
    recorder, before = _Recorder(), router.publisher
    router.publisher = recorder
    try:
        yield recorder.events
    finally:
        router.publisher = before


class _Recorder:
    """A publisher that only remembers."""

    def __init__(self) -> None:
        self.events: list[Published] = []

    async def publish(self, channel: str, data: bytes) -> None:
        """See ``Publisher``."""
        self.events.append(Published(channel, json.loads(data)))
