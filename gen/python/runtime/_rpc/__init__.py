"""The client that calls go through, whatever the API: see ``rpc_client``."""

from .api import (
    Caller,
    CallOptions,
    Event,
    Method,
    ParamsMapping,
    State,
    SubscriptionToken,
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

__all__ = [
    "CallError",
    "CallOptions",
    "CallTimeout",
    "Caller",
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
    "Token",
    "Transport",
    "UnauthorizedError",
]
