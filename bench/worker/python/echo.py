"""The trivial handler for the worker that is measured."""  # noqa: INP001 - a program

from collections.abc import AsyncIterator

from centrifugo_rpc import Conn, websocket_rpc
from pydantic import BaseModel


class Message(BaseModel):
    """The params and the result."""

    text: str


@websocket_rpc("echo")
async def echo(_: Conn, params: Message) -> Message:
    """Return the params."""
    return params


class Count(BaseModel):
    """How many items a stream has."""

    to: int


@websocket_rpc("count")
async def count(_: Conn, params: Count) -> AsyncIterator[int]:
    """Yield numbers."""
    for number in range(params.to):
        yield number
