"""The trivial handler for the worker that is measured."""  # noqa: INP001 - a program

from centrifugo_rpc import Conn, websocket_rpc
from pydantic import BaseModel


class Message(BaseModel):
    """The params and the result."""

    text: str


@websocket_rpc("echo")
async def echo(_: Conn, params: Message) -> Message:
    """Return the params."""
    return params
