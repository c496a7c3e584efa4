"""The adapter to the SDK, which has no annotations."""

import asyncio
import importlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sized
from typing import Any, Protocol, cast

from pydantic_core import PydanticSerializationError, to_json

from .errors import ConnectError
from .hooks import Commands, Send, replace_ready, replace_send, uses_protobuf
from .tasks import Tasks, guard


class SDKSubscription(Protocol):
    events: Any
    state: Any

    async def subscribe(self) -> None: ...
    async def unsubscribe(self) -> None: ...


class SDKClient(Protocol):
    events: Any
    state: Any
    ready: Callable[..., Awaitable[None]]

    async def connect(self) -> None: ...
    async def disconnect(self) -> None: ...
    async def publish(self, channel: str, data: object, timeout: float) -> object: ...
    async def rpc(self, method: str, data: object, timeout: float) -> Any: ...  # noqa: ANN401
    def get_subscription(self, channel: str) -> SDKSubscription | None: ...
    def new_subscription(
        self,
        channel: str,
        events: object,
        **options: Any,  # noqa: ANN401
    ) -> SDKSubscription: ...
    def remove_subscription(self, sub: SDKSubscription) -> None: ...


centrifuge = cast("Any", importlib.import_module("centrifuge"))


class _OnlyByName(logging.Filter):
    """Drops debug lines of a logger unless somebody has set the level of this very one.

    They hold tokens and payloads: they are for who asks for them by name, not for all
    who log everything.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a line is logged."""
        level = logging.getLogger(record.name).level
        return level != logging.NOTSET or record.levelno > logging.DEBUG


for _name in ("centrifuge", "websockets.client"):
    logging.getLogger(_name).addFilter(_OnlyByName())

UnauthorizedError: type[Exception] = centrifuge.UnauthorizedError
"""Raised by a token function: nobody is logged in; ends the connection for good."""

UNAUTHORIZED = 1
"""The SDK's code for a connection that it ends since there is no token for it."""
ALREADY_SUBSCRIBED = 105
NOT_AVAILABLE = 108
TOKEN_EXPIRED = 109
UNSUBSCRIBED = 2000
"""From this code on: the server has ended a subscription."""
NOT_ALLOWED = {103, 107}
NOT_RUN = {101, 102, 103, 104, 105, 106, 107, 108, 112}
"""Centrifugo refused the request: no handler has seen it."""
NOTIFY_NOT_FOUND = 1404
"""The worker does not know the method of a notification."""
NOT_RUN_BY_WORKER = {400, 403, NOTIFY_NOT_FOUND, 1429, 1503}
"""The worker refused it behind one of Centrifugo's proxies, before it ran anything."""
TEMPORARY = {100, 111}
"""Temporary, even where the server does not say so."""


class Handler:
    """Passes the SDK's events on to functions; other events are ignored.

    The SDK waits for its handlers before it reads on, and disconnects when one
    raises. So no handler here waits for anything, and all catch what others raise.
    """

    def __init__(self, **handlers: Callable[[Any], None]) -> None:
        self.also: object = None
        """The handlers that a borrowed connection had before, called after ours."""
        self.left = False
        """Whether its subscription is being left; a new one is unsubscribed, too."""
        for name, handler in handlers.items():
            setattr(self, name, self._async_handler(name, handler))

    def __getattr__(self, name: str) -> Callable[[Any], Awaitable[None]]:
        return self._async_handler(name, _ignore)

    def _async_handler(
        self, name: str, handler: Callable[[Any], None]
    ) -> Callable[[Any], Awaitable[None]]:
        what = f"handling {name}"

        async def handle(ctx: object) -> None:
            guard(what, handler, ctx)
            if self.also is not None:
                await getattr(self.also, name)(ctx)

        return handle


def _ignore(_: object) -> None:
    """Handle an event that nobody listens to."""


def new_subscription_to(
    client: SDKClient,
    channel: str,
    handler: Handler,
    options: Mapping[str, Any] | None = None,
) -> SDKSubscription:
    """Make a subscription, in the place of one of ours that is just being left."""
    before = client.get_subscription(channel)
    if before and isinstance(before.events, Handler) and before.events.left:
        client.remove_subscription(before)
    return client.new_subscription(channel, events=handler, **(options or {}))


async def drop_subscription(
    client: SDKClient, subscription: SDKSubscription | None
) -> None:
    if subscription is not None:
        subscription.events.left = True
        await subscription.unsubscribe()
        client.remove_subscription(subscription)


def remove_handler(client: SDKClient, handler: Handler) -> None:
    """Take a handler out of a connection's chain of handlers."""
    if client.events is handler:
        client.events = handler.also
        return
    above = client.events
    while isinstance(above, Handler):
        if above.also is handler:
            above.also = handler.also
            return
        above = above.also


def check_protocol(client: object) -> None:
    """Refuse a connection whose payloads are bytes: those here are JSON values."""
    if uses_protobuf(client):
        message = "the connection uses Protobuf: make it with use_protobuf=False"
        raise ConnectError(message)


_TEMPORARY_STATUSES = {408, 425, 429}
_HINTS = {
    401: "the server, or a proxy before it, wants other credentials",
    403: "the origin may be missing in Centrifugo's client.allowed_origins",
    404: "the path may be wrong; Centrifugo's is /connection/websocket",
}
_OTHER_HINT = "this may not be the URL of Centrifugo's WebSocket"


def open_error(error: Any) -> tuple[str, bool]:  # noqa: ANN401
    """Say what went wrong, and whether another attempt would end in the same way."""
    message = str(error) or type(error).__name__
    status = getattr(getattr(error, "response", None), "status_code", 0)
    if not 400 <= status < 500 or status in _TEMPORARY_STATUSES:  # noqa: PLR2004
        return message, False
    return f"{message}: {_HINTS.get(status, _OTHER_HINT)}", True


class Unsent(Exception):
    """The connection was lost before a command was sent."""


def skip_ready_wait(client: SDKClient) -> None:
    """Make commands fail at once where there is no connection.

    The SDK would wait for one, with a task and a timer that cost as much as sending
    does, and would then send the command over another connection than was meant.
    """

    async def ready(timeout: float | None = None) -> None:  # noqa: ARG001
        if client.state != centrifuge.ClientState.CONNECTED:
            message = "the connection was lost"
            raise Unsent(message)

    replace_ready(client, ready)


class Writer:
    """Sends in one frame what many calls send in one turn of the event loop."""

    def __init__(
        self,
        send: Send,
        max_frame_bytes: int,
        tasks: Tasks,
        calls: Sized,
    ) -> None:
        self._send = send
        self._max = max_frame_bytes
        self._tasks = tasks
        self._calls = calls
        self._frames: list[Commands] = []
        self._room = 0
        """Of the last frame."""

    async def write(self, commands: Commands) -> None:
        """Send commands: at once if only one call is pending, else at the end of the turn.

        It waits for nothing: the SDK has made the future of the reply by then, and of a call
        that is cancelled before it waits for that, nobody would see the error.
        """
        if not self._frames and len(self._calls) < 2:  # noqa: PLR2004
            self._tasks.spawn_now(self._send(commands))
            return
        size = sum(map(self._most_bytes, commands))
        if not self._frames:
            asyncio.get_running_loop().call_soon(self._flush)
        if not self._frames or size > self._room:
            self._frames.append([])
            self._room = self._max
        self._frames[-1] += commands
        self._room -= size

    def _most_bytes(self, command: dict[str, Any]) -> int:
        """Return an upper bound of a command's size, without writing it as the SDK does."""
        try:
            return 6 * len(to_json(command)) + 1
        except PydanticSerializationError:
            return self._max  # text that only the SDK's way can write

    def _flush(self) -> None:
        frames, self._frames = self._frames, []
        # All begin now: one that begins later would find the next connection.
        for frame in frames:
            self._tasks.spawn_now(self._send(frame))


def join_frames(
    client: SDKClient, max_frame_bytes: int, tasks: Tasks, calls: Sized
) -> None:
    """Send the SDK's commands through a writer."""
    replace_send(client, lambda send: Writer(send, max_frame_bytes, tasks, calls).write)
