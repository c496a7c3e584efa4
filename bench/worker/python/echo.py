"""The trivial handler for the worker that is measured."""  # noqa: INP001 - a program

from centrifugo_rpc import Conn, websocket_rpc
from pydantic import BaseModel


class Message(BaseModel):
    """Params and result alike."""

    text: str


@websocket_rpc("echo")
async def echo(_: Conn, params: Message) -> Message:
    """Return what came."""
    return params
