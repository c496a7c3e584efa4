"""What generated methods and users see of the runtime, the client aside."""

import secrets
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Mapping,
    Sequence,
)
from dataclasses import dataclass, field, replace
from typing import (
    Any,
    Generic,
    Literal,
    Protocol,
    TypeAlias,
    TypedDict,
    TypeVar,
    cast,
)

from typing_extensions import Self, Unpack

from .errors import EventPosition, RPCError

DEFAULT_TIMEOUT_S = 10.0
MAX_FRAME_BYTES = 65_536
"""Longest request that Centrifugo takes by default; it cuts off longer ones."""

WINDOW = 32
"""How many results of a stream may be under way that its reader has not taken."""
MAX_WINDOW = 1000

MAX_EVENTS = 4096
"""How many events may wait for an iteration that is slower than they come."""

State: TypeAlias = Literal["disconnected", "connecting", "connected"]
Transport: TypeAlias = Literal["pubsub", "rpc"]
Token: TypeAlias = str | Callable[[], Awaitable[str]]
SyncToken: TypeAlias = Token | Callable[[], str]
SubscriptionToken: TypeAlias = Callable[[str], Awaitable[str]]
ParamsMapping: TypeAlias = Mapping[str, Any]
"""Params by their names on the wire; they are validated."""

_R = TypeVar("_R")


@dataclass(frozen=True)
class Method(Generic[_R]):
    """What the client has to know of a method; ``_R`` is the type of its result."""

    name: str
    params: Any = None
    result: Any = None
    errors: tuple[type[RPCError], ...] = ()
    idempotent: bool = False
    notify: bool = False
    null_params: bool = False
    """Params that are None are null, not left out."""
    timeout_s: float | None = None
    channel: str | None = None
    """Where its requests are published; by default on the client's channel."""

    def on(self, channel: str) -> "Method[_R]":
        """Return the method with another channel."""
        return replace(self, channel=channel)


@dataclass(frozen=True)
class Event(Generic[_R]):
    """What the client has to know of an event; ``_R`` is the type of its payload."""

    name: str
    payload: Any


@dataclass(frozen=True)
class CallInfo:
    """A call that is about to be made.

    ``params``, ``meta``, ``timeout_s`` and ``correlation_id`` are those of the call:
    an interceptor may go on with others. The rest tells about the method.
    """

    method: str
    """Its name on the wire."""
    params: object
    meta: Mapping[str, str]
    """What goes to the server with the request: that of the client and of the call."""
    timeout_s: float
    stream: bool = False
    notify: bool = False
    idempotent: bool = False
    correlation_id: str = field(default_factory=lambda: secrets.token_hex(16))
    """By it, the worker knows a call that is made again."""

    def with_meta(self, meta: Mapping[str, str]) -> Self:
        """Return the call with more to tell the server."""
        return replace(self, meta={**self.meta, **meta})


Proceed: TypeAlias = Callable[[CallInfo], Awaitable[object]]
"""Goes on with a call, and returns its result; that of a stream is None, at its end."""

Interceptor: TypeAlias = Callable[[CallInfo, Proceed], Awaitable[object]]
"""Goes around a call, from its start to its end: an async function.

It returns the result of the call, raises, or goes on again.
"""


class Stream(AsyncIterator[_R], Generic[_R]):
    """The results of a call, one by one, to loop over once.

    The call begins with the loop. At the end of an ``async with`` block, and with
    ``aclose()``, a call that goes on is cancelled; so is one whose stream is forgotten,
    but a ``break`` alone does not tell that the stream is not needed any more.
    """

    def __init__(self, items: AsyncIterator[_R]) -> None:
        """Iterate over what a generator yields, or a fake's iterator."""
        self._items = items

    async def __anext__(self) -> _R:
        """Wait for the next result."""
        return await self._items.__anext__()

    async def aclose(self) -> None:
        """Cancel the call, or end the subscription, unless it has ended."""
        items = cast("Any", self._items)
        if isinstance(items, AsyncGenerator):
            await items.aclose()

    async def __aenter__(self) -> Self:
        """Begin a block at whose end the call ends, too."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close."""
        await self.aclose()


class Place:
    """How far an iteration over events has come."""

    def __init__(self, position: EventPosition | None = None) -> None:
        """Begin somewhere."""
        self.position = position


class Events(Stream[_R]):
    """The events on a channel, to loop over once; leaving the loop unsubscribes."""

    def __init__(self, items: AsyncIterator[_R], place: Place | None = None) -> None:
        """Iterate over events; ``place`` follows them."""
        super().__init__(items)
        self._place = place or Place()

    @property
    def position(self) -> EventPosition | None:
        """The position of the event that the loop got last; before that, ``since``.

        None on a channel that does not recover missed events.
        """
        return self._place.position


class CallOptions(TypedDict, total=False):
    """What a call may be given besides its params."""

    timeout_s: float | None
    """From the call to its reply, connecting included."""
    meta: Mapping[str, str] | None
    """Goes to the server with the request, such as a ``traceparent``."""


class StreamOptions(CallOptions, total=False):
    """What a stream may be given besides its params; ``timeout_s`` is for each result."""

    window: int
    """How many results may wait for the loop, or be on their way: 1 to 1,000."""


class ClientOptions(TypedDict, total=False):
    """What a client may be given besides its URL, token and user: see ``RPCClient``."""

    timeout_s: float
    transport: Transport
    requests_channel: str | None
    reply_channel: str | None
    max_frame_bytes: int
    meta: Mapping[str, str] | None
    get_subscription_token: SubscriptionToken | None
    max_events: int
    drop_oldest: bool
    sdk_options: Mapping[str, Any] | None
    interceptors: Sequence[Interceptor]


class Caller(Protocol):
    """What an ``APIClient`` needs: a ``CentrifugoRPCClient``, or a fake in tests."""

    async def call(
        self,
        method: Method[_R],
        params: object = None,
        **options: Unpack[CallOptions],
    ) -> _R:
        """Call a method and return its result."""
        ...

    def subscribe(self, event: Event[_R], channel: str) -> AsyncIterator[_R]:
        """Iterate over the events on a channel.

        Where a subscription is to begin at a position, ``since`` is given, too.
        """
        ...


def events_of(
    rpc: Caller, event: Event[_R], channel: str, since: EventPosition | None
) -> Events[_R]:
    """Return the events on a channel, also those of a fake."""
    if since is None:
        items = rpc.subscribe(event, channel)
    else:
        items = cast("Any", rpc).subscribe(event, channel, since=since)
    return cast("Events[_R]", items) if isinstance(items, Events) else Events(items)


class StreamCaller(Caller, Protocol):
    """What an ``APIClient`` with streams needs: one of them, or a fake in tests."""

    def stream(
        self,
        method: Method[_R],
        params: object = None,
        **options: Unpack[StreamOptions],
    ) -> Stream[_R]:
        """Return the results of a method that streams them."""
        ...
