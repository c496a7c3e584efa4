"""The client that calls go through, whatever the API: see ``rpc_client``."""

from .api import Caller, CallOptions, Event, Method, State, Token, Transport
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
    "RPCClient",
    "RPCError",
    "RequestTooLarge",
    "State",
    "Token",
    "Transport",
    "UnauthorizedError",
]
