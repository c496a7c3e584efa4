"""Calls every method of the example through its Python client; see ../README.md.

    python main.py CONFIG

CONFIG is a JSON object: url, token, user, transport, project, tasks (three ids). The last
line on standard output is a JSON object: results by method, errors, and events.
"""  # noqa: INP001 - a program, not part of a package

import asyncio
import datetime as dt
import json
import sys
import uuid
import warnings
from collections.abc import Awaitable
from decimal import Decimal
from typing import Any

from opensdk.python import (
    APIClient,
    ByDue,
    ByTag,
    CentrifugoRPCClient,
    FinishTask,
    HealthCheckParams,
    InvalidParamsError,
    NewTask,
    Person,
    PresenceStatus,
    Priority,
    ProjectRef,
    RPCError,
    TaskRef,
    TaskSearch,
    Team,
    UserPresenceParams,
)
from opensdk.python.rpc_client import Method
from pydantic_core import to_jsonable_python

DUE = dt.datetime(2030, 1, 31, 8, 30, 0, 123456, tzinfo=dt.timezone.utc)
DONE = dt.datetime(2030, 2, 1, tzinfo=dt.timezone.utc)
DAY = dt.timedelta(days=1)
LONG_S = 60.0
"""Longer than anything takes: it ends a run that hangs, and decides nothing else."""


class Run:
    """A connected client, and what it saw."""

    def __init__(self, rpc: CentrifugoRPCClient, config: dict[str, Any]) -> None:
        """Nothing happens yet."""
        self.rpc = rpc
        self.api = APIClient(rpc)
        self.user: str = config["user"]
        self.streams: bool = config["transport"] != "rpc"
        self.project = ProjectRef(project_id=config["project"])
        ids = map(uuid.UUID, config["tasks"])
        self.first, self.second, self.missing = (TaskRef(task_id=one) for one in ids)
        self.results: list[tuple[str, Any]] = []
        self.errors: list[dict[str, Any]] = []
        self.events: asyncio.Queue[Any] = asyncio.Queue()

    async def note(self, method: str, call: Awaitable[object]) -> None:
        """Keep a result as JSON."""
        self.results.append((method, to_jsonable_python(await call)))

    async def fail(self, call: Awaitable[object]) -> None:
        """Keep the error that a call ends with."""
        try:
            await call
        except RPCError as error:
            data: Any = error.data
            if isinstance(error, InvalidParamsError):
                data = error.issues
            kind, code, text = type(error).__name__, error.code, error.message
            data = to_jsonable_python(data)
            self.errors.append(
                {"type": kind, "code": code, "message": text, "data": data}
            )

    async def listen(self) -> None:
        """Keep all events."""
        async for event in self.api.on_task_updated(self.project.project_id):
            self.events.put_nowait(event)


async def begin(run: Run) -> "asyncio.Task[None]":
    """Wait until events come: a subscription does not say when it has begun."""
    listening = asyncio.create_task(run.listen())
    while run.events.empty():
        project = run.project.project_id
        await run.api.tasks_add(NewTask(project_id=project, title="try"))
    await run.fail(run.api.tasks_clear(run.project))
    await run.note("faults.promote", run.api.faults_promote())
    await run.api.tasks_clear(run.project)
    return listening


async def call_all(run: Run) -> None:
    """Call every method, with values of all types."""
    api, project = run.api, run.project.project_id
    health = HealthCheckParams(include_services=True)
    await run.note("system.health", api.system_health(health))
    away = UserPresenceParams(
        user_id=run.user, status=PresenceStatus.AWAY, message="back at 5 — 再见"
    )
    await run.note("users.update_presence", api.users_update_presence(away))
    online = UserPresenceParams(
        user_id=run.user, status=PresenceStatus.ONLINE, message=None
    )
    await run.note("users.update_presence", api.users_update_presence(online))
    full = NewTask(
        id=run.first.task_id,
        project_id=project,
        title='All of it: <b>"é"</b>\n',
        priority=Priority.HIGH,
        tags=["a", "b"],
        assignee=Team(name="core", members=[Person(user_id="1"), Person(user_id="2")]),
        estimate=Decimal("12.50"),
        due=DUE,
    )
    await run.note("tasks.add", api.tasks_add(full))
    least = NewTask(id=run.second.task_id, project_id=project, title="Least")
    await run.note("tasks.add", api.tasks_add(least))
    await run.note("tasks.get", api.tasks_get(run.first))
    for chosen in (None, ByTag(tag="b"), ByDue(between=(DUE - DAY, DUE + DAY))):
        search = TaskSearch(project_id=project, filter=chosen, limit=10)
        await run.note("tasks.search", api.tasks_search(search))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        listing = api.tasks_list(run.project)  # pyright: ignore[reportDeprecated]
    await run.note("tasks.list", listing)
    await run.note("tasks.get_stats", api.tasks_get_stats(run.project))
    await run.note("tasks.seen", api.tasks_seen(run.second))
    while (await api.tasks_get(run.second)).views == 0:
        pass
    if run.streams:
        pieces = [piece async for piece in api.tasks_summarize(run.project)]
        run.results.append(("tasks.summarize", pieces))
    finish = FinishTask(task_id=run.second.task_id, at=DONE)
    await run.note("tasks.finish", api.tasks_finish(finish))
    await run.note("tasks.clear", api.tasks_clear(run.project))


async def provoke_all(run: Run) -> None:
    """See each error that a server can answer with."""
    api, rpc = run.api, run.rpc
    await run.fail(api.tasks_get(run.missing))
    raw: Method[Any] = Method("tasks.add", dict[str, Any])
    wrong = {"project_id": "No!", "priority": 7, "tags": ["", 1], "due": "now"}
    await run.fail(rpc.call(raw, wrong))
    await run.fail(rpc.call(Method("no.such_method")))
    await run.fail(rpc.call(Method("m" * 300)))
    await run.fail(api.faults_parse())
    await run.fail(api.faults_crash())
    await run.fail(api.faults_flood())
    await provoke_overload(run)


async def provoke_overload(run: Run) -> None:
    """See that there is place for two calls, and that their deadline ends them."""
    kept = run.errors
    codes = [0]
    while sum(codes) != -32000 - 32000 - 32003:
        run.errors = []
        holding = (run.fail(run.api.faults_hold(timeout_s=LONG_S)) for _ in range(3))
        await asyncio.gather(*holding)
        run.errors.sort(key=lambda error: -error["code"])
        codes = [error["code"] for error in run.errors]
    run.errors = kept + run.errors[1:]


async def end(run: Run) -> None:
    """Use all calls up that a user has, and see the worker go."""
    waiting = asyncio.create_task(run.fail(run.api.faults_wait(timeout_s=LONG_S)))
    await asyncio.sleep(0)
    before = len(run.errors)
    while len(run.errors) == before:
        await run.fail(run.api.system_health())
    sys.stdout.write("limited\n")
    sys.stdout.flush()
    await waiting


async def main() -> None:
    """Run it all, and print what was seen."""
    config = json.loads(sys.argv[1])
    url, token, user = config["url"], config["token"], config["user"]
    transport = config["transport"]
    async with CentrifugoRPCClient(
        url, token, user, transport=transport, timeout_s=LONG_S
    ) as rpc:
        run = Run(rpc, config)
        listening = await begin(run)
        await call_all(run)
        events: list[Any] = []
        while len(events) < 3:  # noqa: PLR2004 - two tasks, one of them finished
            event = await asyncio.wait_for(run.events.get(), LONG_S)
            if event.task.title != "try":
                events.append(to_jsonable_python(event))
        listening.cancel()
        await provoke_all(run)
        await end(run)
    seen = {"results": run.results, "errors": run.errors, "events": events}
    sys.stdout.write(json.dumps(seen) + "\n")


if __name__ == "__main__":
    asyncio.run(main())
