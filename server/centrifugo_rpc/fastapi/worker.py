"""The worker of a process: behind Centrifugo's proxies, or as a subscriber."""

import asyncio
import logging
from typing import Protocol

from typing_extensions import Self

from centrifugo_rpc.doors import Doors, Receive, read_question
from centrifugo_rpc.metrics import Metrics
from centrifugo_rpc.proxy import Answer, same_secret
from centrifugo_rpc.router import MessageRouter
from centrifugo_rpc.settings import Settings
from centrifugo_rpc.store import Store
from centrifugo_rpc.subscribe import SubscribeDoor
from centrifugo_rpc.subscriber import Subscriber

_logger = logging.getLogger(__name__)


class Worker(Protocol):
    """What both kinds have."""

    metrics: Metrics
    subscribe_door: SubscribeDoor

    async def problem(self) -> str:
        """Return why requests cannot be answered; empty if they can."""
        ...

    async def answer(self, door: str, secret: str | None, receive: Receive) -> Answer:
        """Answer Centrifugo."""
        ...

    async def __aenter__(self) -> Self:
        """Begin to take requests."""
        ...

    async def __aexit__(self, *_: object) -> None:
        """Finish what runs and send its replies."""


class Proxied(Doors):
    """Is asked by Centrifugo, as is any number of other processes."""

    async def problem(self) -> str:
        """Return why requests cannot be answered; empty if they can."""
        return await self.readiness.problem()

    async def __aenter__(self) -> Self:
        """Begin; Centrifugo does the rest."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Finish what runs and send its replies."""
        await self.close()


class Subscribed:
    """Takes requests from the requests channel; it must be the only worker."""

    def __init__(
        self,
        messages: MessageRouter,
        settings: Settings,
        store: Store | None = None,
    ) -> None:
        """Prepare; ``SettingsError`` if the API key or what signs tokens is missing."""
        self._subscriber = Subscriber(messages, settings, store=store)
        self.metrics = self._subscriber.metrics
        self.subscribe_door = SubscribeDoor(messages, settings, self.metrics)
        self._secret = settings.proxy_secret
        self._stop = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    async def problem(self) -> str:
        """Return why requests do not arrive or cannot be answered; empty if they can."""
        return await self._subscriber.problem()

    async def answer(self, door: str, secret: str | None, receive: Receive) -> Answer:
        """Answer who may subscribe, if there is a secret; requests come in otherwise."""
        if door != "subscribe" or not self._secret:
            return Answer(503, b"{}")
        known = same_secret(secret, self._secret)
        body = await read_question(receive, known=known)
        if isinstance(body, Answer):
            return body
        return await self.subscribe_door.answer(body)

    async def __aenter__(self) -> Self:
        """Connect, in the background: the application may start before Centrifugo."""
        self._running = asyncio.create_task(self._subscriber.run(self._stop))
        self._running.add_done_callback(_note)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Finish what runs and send its replies."""
        self._stop.set()
        if self._running is not None:
            await asyncio.wait([self._running])


def _note(running: "asyncio.Task[None]") -> None:
    error = None if running.cancelled() else running.exception()
    if error is not None:
        _logger.error("no calls are answered any more: %s", error)
