"""The doors at which Centrifugo's proxies ask an ASGI application."""

from collections.abc import Awaitable, Callable, MutableMapping
from functools import partial
from typing import Any, cast

from .dispatch import Dispatcher
from .metrics import Metrics
from .proxy import MOST_BODY, Answer, Proxy
from .publisher import HTTPPublisher
from .readiness import Readiness
from .router import MessageRouter
from .settings import Settings
from .store import Store
from .subscribe import SubscribeDoor

_MOST_READ = 16 * MOST_BODY

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]


class Doors:
    """The worker of a process that Centrifugo asks."""

    def __init__(
        self,
        router: MessageRouter,
        settings: Settings,
        store: Store | None = None,
    ) -> None:
        """Build everything; ``SettingsError`` if the secret or the API key is missing."""
        self.metrics = Metrics()
        self.publisher = HTTPPublisher(settings, self.metrics)
        self.dispatcher = Dispatcher(
            router, settings, store, self.metrics, self.publisher.ask
        )
        self.proxy = Proxy(self.dispatcher, self.publisher, settings)
        self.subscribe_door = SubscribeDoor(router, settings, self.metrics)
        self.readiness = Readiness(self.dispatcher, self.publisher)
        router.publisher = self.publisher

    async def answer(
        self, door: str, secret: str | bytes | None, receive: Receive
    ) -> Answer:
        """Answer at the door ``publish``, ``rpc`` or ``subscribe``."""
        body = await read_question(receive, known=self.proxy.knows(secret))
        if isinstance(body, Answer):
            return body
        if door == "publish":
            return self.proxy.publish(body)
        if door == "subscribe":
            return await self.subscribe_door.answer(body)
        return await self.proxy.rpc(body, partial(end_of_question, receive))

    async def close(self) -> None:
        """Finish what runs and send its replies; call it where the server has no lifespan."""
        await self.dispatcher.drain()
        await self.publisher.close()


async def end_of_question(receive: Receive) -> None:
    """Wait until whoever asked takes no answer any longer."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def read_question(receive: Receive, *, known: bool) -> bytes | Answer:
    """Return the body of Centrifugo's question, or why it gets no answer.

    ``known`` says whether it came with the secret.
    """
    if not known:
        return Answer(401, b"{}")
    body = bytearray()  # appending to bytes would copy all of it for each chunk
    size = 0
    while True:
        message = await receive()
        chunk = cast("bytes", message.get("body", b""))
        size += len(chunk)
        if size <= MOST_BODY:
            body += chunk
        # A server resets the connection, and so takes the answer away, when it comes too early.
        if size > _MOST_READ or not message.get("more_body", False):
            return bytes(body) if size <= MOST_BODY else Answer(413, b"{}")
