"""The worker that the test starts several times and kills; see ../README.md."""  # noqa: INP001 -- a script

import asyncio
import os

from centrifugo_rpc import Conn, MessageRouter, websocket_rpc
from centrifugo_rpc.asgi import create_app
from pydantic import BaseModel
from redis.asyncio import Redis

# Where runs are counted is not the worker's own store, but the same Redis.
runs = Redis.from_url(os.environ["RPC_WORKER_STORE"])


class Mark(BaseModel):
    """What no other call has."""

    mark: str


async def run(mark: Mark) -> Mark:
    """Count a run, then take so long that some are killed before they end."""
    await runs.hincrby("runs", mark.mark)
    await asyncio.sleep(0.02)
    return mark


@websocket_rpc("mark.once", timeout=60)
async def once(_: Conn, mark: Mark) -> Mark:
    """Count a run of its mark, and return the mark."""
    return await run(mark)


@websocket_rpc("mark.again", timeout=60, idempotent=True)
async def again(_: Conn, mark: Mark) -> Mark:
    """As mark.once, and may be sent again."""
    return await run(mark)


application = create_app(MessageRouter.default)
