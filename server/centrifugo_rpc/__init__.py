"""Serves typed RPC methods behind Centrifugo, and exports what clients are made of."""

from .conn import Conn, current_conn
from .errors import (
    Cancelled,
    DeadlineExceeded,
    InternalError,
    InvalidParams,
    InvalidRequest,
    MethodNotFound,
    ParseError,
    PermissionDenied,
    RateLimited,
    ResultTooLarge,
    RPCError,
    Unavailable,
)
from .events import Event, Publisher
from .registry import RPCMethodInfo, RPCRegistry
from .router import (
    MessageRouter,
    Middleware,
    centrifugo_channel,
    discover_rpc_methods_from_router,
    everyone,
    publish_event,
    websocket_rpc,
)
from .typeinfo import RegistrationError, RPCWarning

__all__ = [
    "Cancelled",
    "Conn",
    "DeadlineExceeded",
    "Event",
    "InternalError",
    "InvalidParams",
    "InvalidRequest",
    "MessageRouter",
    "MethodNotFound",
    "Middleware",
    "ParseError",
    "PermissionDenied",
    "Publisher",
    "RPCError",
    "RPCMethodInfo",
    "RPCRegistry",
    "RPCWarning",
    "RateLimited",
    "RegistrationError",
    "ResultTooLarge",
    "Unavailable",
    "centrifugo_channel",
    "current_conn",
    "discover_rpc_methods_from_router",
    "everyone",
    "publish_event",
    "websocket_rpc",
]
