"""A handwritten echo worker on the SDK and the API client.

It validates, limits and remembers nothing. It reads the environment of
``python -m centrifugo_rpc serve``, and ``TOKEN``, a token for the requests channel.
"""  # noqa: INP001 - a program, not part of a package

import asyncio
import importlib
import os
import sys
from typing import Any, cast

from cent import AsyncClient, PublishRequest

# The SDK has no type annotations that a checker can see.
_sdk = cast("Any", importlib.import_module("centrifuge"))


class Worker:
    """Answers each request with its params."""

    def __init__(self, api: AsyncClient) -> None:
        """Publish through ``api``."""
        self._api = api
        self._tasks: set[asyncio.Task[None]] = set()

    async def on_subscribed(self, _: object) -> None:
        """Say that requests are answered from now on."""
        sys.stdout.write("answering requests\n")
        sys.stdout.flush()

    async def on_publication(self, ctx: Any) -> None:  # noqa: ANN401
        """Answer in a task, since the SDK waits for its handlers."""
        task = asyncio.create_task(self._answer(ctx.pub.data))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, request: dict[str, Any]) -> None:
        data = {"correlation_id": request["correlation_id"]}
        data["result"] = request["params"]
        await self._api.publish(PublishRequest(channel=request["reply_to"], data=data))


async def main() -> None:
    """Answer requests until the process is killed."""
    environment = os.environ
    api = AsyncClient(
        environment["RPC_WORKER_API_URL"], environment["RPC_WORKER_API_KEY"]
    )
    worker = Worker(api)
    events = _sdk.ClientEventHandler()
    events.on_subscribed = worker.on_subscribed
    events.on_publication = worker.on_publication
    client = _sdk.Client(
        environment["RPC_WORKER_WS_URL"], token=environment["TOKEN"], events=events
    )
    await client.connect()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
