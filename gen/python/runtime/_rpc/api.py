"""What generated methods and users see of the runtime, the client aside."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, Literal, Protocol, TypeAlias, TypedDict, TypeVar

from typing_extensions import Unpack

from .errors import RPCError

DEFAULT_TIMEOUT_S = 10.0
MAX_FRAME_BYTES = 65_536
"""Longest request that Centrifugo takes by default; it cuts off longer ones."""

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


class CallOptions(TypedDict, total=False):
    """What a call may be given besides its params."""

    timeout_s: float | None
    """From the call to its reply, connecting included."""
    meta: Mapping[str, str] | None
    """Goes to the server with the request, such as a ``traceparent``."""


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
        """Iterate over the events on a channel."""
        ...
