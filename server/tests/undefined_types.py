"""A handler whose params nobody can read: a name in them is defined nowhere."""

from centrifugo_rpc import Conn, websocket_rpc
from pydantic import BaseModel


class Params(BaseModel):
    later: "Nowhere"  # type: ignore[name-defined]  # noqa: F821


@websocket_rpc("a")
async def handler(_: Conn, params: Params) -> None:
    """Never run."""
    del params
