"""Calls the example with its generated client: ``python call.py USER TOKEN [URL]``."""

import asyncio
import sys
import uuid

from opensdk.python import (
    APIClient,
    CentrifugoRPCClient,
    FinishTask,
    HealthCheckParams,
    NewTask,
    TaskNotFound,
    TaskRef,
)

URL = "ws://127.0.0.1:8000/connection/websocket"


async def main(user: str, token: str, url: str = URL) -> None:
    """Add a task, read a text about it, finish it, and ask for one that is not there."""
    async with CentrifugoRPCClient(url, token, user) as rpc:
        api = APIClient(rpc)
        health = await api.system_health(HealthCheckParams(include_services=True))
        print(f"the server is {health.status}, so is the {health.services[0].name}")
        project = f"try-{uuid.uuid4().hex[:8]}"
        new = NewTask(project_id=project, title="Try this", tags=["first"])
        task = await api.tasks_add(new)
        print(f"added {task.title!r}")
        print("open:", (await api.tasks_get_stats({"project_id": project})).by_tag)
        # A stream: each piece is printed as soon as the server has written it.
        async for piece in api.tasks_summarize({"project_id": project}):
            print(piece, end="", flush=True)
        print()
        done = await api.tasks_finish(FinishTask(task_id=task.id))
        print("done:", done.done_at is not None)
        try:
            await api.tasks_get(TaskRef(task_id=uuid.uuid4()))
        except TaskNotFound as error:
            print(f"error {error.code}: {error.message}")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
