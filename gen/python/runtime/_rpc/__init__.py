"""The client that calls go through, whatever the API: see ``rpc_client``."""

from .api import (
    Caller,
    CallOptions,
    ClientOptions,
    Event,
    Method,
    ParamsMapping,
    State,
    SubscriptionToken,
    SyncToken,
    Token,
    Transport,
)
from .connection import RPCClient
from .errors import (
    CallError,
    CallTimeout,
    ConnectError,
    ConnectionLost,
    EventOverflow,
    InvalidParamsError,
    MethodNotFoundError,
    NotConnected,
    RequestTooLarge,
    RPCError,
)
from .sdk import UnauthorizedError
from .sync import SyncClient, SyncEvents

__all__ = [
    "CallError",
    "CallOptions",
    "CallTimeout",
    "Caller",
    "ClientOptions",
    "ConnectError",
    "ConnectionLost",
    "Event",
    "EventOverflow",
    "InvalidParamsError",
    "Method",
    "MethodNotFoundError",
    "NotConnected",
    "ParamsMapping",
    "RPCClient",
    "RPCError",
    "RequestTooLarge",
    "State",
    "SubscriptionToken",
    "SyncClient",
    "SyncEvents",
    "SyncToken",
    "Token",
    "Transport",
    "UnauthorizedError",
]
