"""One run of the generated Python client; ../README.md says what it shows.

    PYTHONPATH=../../../fixtures/tasks python main.py URL TOKEN USER OPTIONS CALLS IN_FLIGHT

OPTIONS is a JSON object with the client's ``transport``, ``requests_channel`` and
``reply_channel``, none of which is needed. The last line on standard output is the
summary, one JSON object.
"""  # noqa: INP001 - a program, not part of a package

import asyncio
import datetime as dt
import gc
import json
import logging
import sys
import uuid
import warnings
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, TypeAlias, TypeVar

from opensdk.python import (
    APIClient,
    CallError,
    CallTimeout,
    CentrifugoRPCClient,
    ConnectionLost,
    CreateTaskParams,
    DeleteTaskParams,
    GetTaskParams,
    InvalidParamsError,
    ListTasksParams,
    MethodNotFoundError,
    NotConnected,
    Project,
    ProjectClosed,
    RequestTooLarge,
    RPCError,
    SearchTasksParams,
    Task,
    TaskNotFound,
    TaskSeenParams,
    TaskStatsParams,
    TaskStatus,
    TaskUpdated,
    UpdateTaskParams,
)
from opensdk.python.rpc_client import Method

PATIENCE_S = 30.0
"""Bounds every wait: it ends a run that hangs, and decides nothing else."""

NO_METHOD: Method[None] = Method("no.such_method")
TEST_ERROR: Method[None] = Method("test.error", dict[str, Any])
TEST_SLEEP: Method[None] = Method("test.sleep", dict[str, int])
TEST_DISCONNECT: Method[None] = Method("test.disconnect", dict[str, Any])
LONG_SLEEP = {"ms": 600_000}
SLOW = {"ms": 6_500}
"""Outlasts a connection whose pings, one in three seconds, are not answered."""

E = TypeVar("E", bound=CallError)


class Mismatch(Exception):
    """The client returned or raised something else than it should."""


def check(what: str, got: object, want: object) -> None:
    """Fail unless a value is the expected one."""
    if got != want:
        message = f"{what} is {got!r}, want {want!r}"
        raise Mismatch(message)


@dataclass
class Summary:
    """What the run prints at its end."""

    ok: int = 0
    lost: int = 0
    failed: dict[str, int] = field(default_factory=dict[str, int])
    """Lost or timed out, by method."""
    unsent: int = 0
    """Lost or timed out, though they certainly did not run, as the client says."""
    timed_out: int = 0
    """Under way when a connection was lost, and no reply came over the next one."""
    survived: int = 0
    """Under way when a connection was lost, and ended well all the same."""
    losses: int = 0
    """Connections that were lost while the calls ran."""
    events: int = 0
    errors: list[str] = field(default_factory=list[str])
    """Types of errors, as they were provoked."""
    failures: list[str] = field(default_factory=list[str])
    """What should not have happened."""

    def count_failed(self, error: CallError) -> None:
        """Count a call that was lost or timed out."""
        self.failed[error.method] = self.failed.get(error.method, 0) + 1
        self.unsent += not error.sent


class Run:
    """A connected client, and what all calls of a run share."""

    def __init__(self, rpc: CentrifugoRPCClient, user: str) -> None:
        """Nothing happens yet."""
        self.rpc = rpc
        self.api = APIClient(rpc)
        self.user = user
        self.summary = Summary()
        self.shared = uuid.UUID(int=0)
        """The task that all updates change: its project's events are listened to."""
        self.awaited: dict[str, asyncio.Future[TaskUpdated]] = {}

    async def create(self, project: str, title: str) -> Task:
        """Create a task, and check that the reply is to this very call."""
        params = CreateTaskParams(project_id=project, title=title)
        task = await self.api.tasks_create(params)
        check("project", task.project, project)
        check("title", task.title, title)
        return task

    async def update(self, title: str) -> "asyncio.Future[TaskUpdated]":
        """Give the shared task a title that no other update gives; return its event."""
        event = self.awaited[title] = asyncio.get_running_loop().create_future()
        params = UpdateTaskParams(task_id=self.shared, title=title)
        task = await self.api.tasks_update(params)
        check("title", task.title, title)
        return event

    async def listen(self, first: "asyncio.Future[None]") -> None:
        """Hand each event to the update that caused it."""
        async for event in self.api.on_task_updated(self.user):
            if not first.done():
                first.set_result(None)
            self.summary.events += 1
            awaited = self.awaited[event.task.title]
            if awaited.done():
                self.summary.failures.append(f"event {event.task.title!r} comes twice")
            else:
                awaited.set_result(event)


# The calls. Each is told a mark that no other call has, and a task that no other call
# in flight uses; what comes back must show one of them.

Check: TypeAlias = Callable[[Run, str, Task], Awaitable[None]]


async def get_stats(run: Run, mark: str, _: Task) -> None:
    """The user comes back."""
    stats = await run.api.tasks_get_stats(TaskStatsParams(user_id=mark))
    check("user_id", stats.user_id, mark)


async def create(run: Run, mark: str, _: Task) -> None:
    """The title comes back."""
    await run.create(f"{run.user}.new", mark)


async def update(run: Run, mark: str, _: Task) -> None:
    """The title comes back, in the result and in a typed event."""
    event = await asyncio.wait_for(await run.update(mark), PATIENCE_S)
    titles = [change.after for change in event.changes if change.member == "title"]
    check("changed titles", titles, [mark])
    check("by", event.by and event.by.id, run.user)
    check("updated_at's type", type(event.task.updated_at), dt.datetime)


async def get(run: Run, _: str, own: Task) -> None:
    """The id comes back, with all the rest."""
    check("task", await run.api.tasks_get(GetTaskParams(task_id=own.id)), own)


async def list_tasks(run: Run, _: str, own: Task) -> None:
    """The only task of a project comes back."""
    page = await run.api.tasks_list(ListTasksParams(project_id=own.project))
    check("items", page.items, [own])
    check("total", page.total, 1)


async def search(run: Run, _: str, own: Task) -> None:
    """The only task with a title comes back."""
    hits = await run.api.tasks_search(SearchTasksParams(text=own.title))
    check("hits", [hit.task for hit in hits], [own])
    check("highlights", hits[0].highlights, {"title": [(0, len(own.title))]})


async def delete(run: Run, *_: object) -> None:
    """A success says nothing, so a task is deleted that is not there: its id comes."""
    missing = uuid.uuid4()
    try:
        await run.api.tasks_delete(DeleteTaskParams(task_id=missing))
    except TaskNotFound as error:
        check("data.task_id", error.data.task_id, missing)
    else:
        check("tasks.delete", "no error", "TaskNotFound")


async def seen(run: Run, _: str, own: Task) -> None:
    """A notification: nothing comes back."""
    now = dt.datetime.now(dt.timezone.utc)
    await run.api.tasks_seen(TaskSeenParams(task_id=own.id, seen_at=now))


async def list_projects(run: Run, *_: object) -> None:
    """No params, so that all replies are alike."""
    projects = await run.api.projects_list()
    check("website is listed", "website" in [p.id for p in projects], want=True)


async def save_project(run: Run, mark: str, _: Task) -> None:
    """The title comes back."""
    saved = await run.api.projects_save(Project(id="e2e", title=mark))
    check("title", saved.title, mark)


async def count(run: Run, mark: str, own: Task) -> None:
    """A number comes back, which tells only two kinds of calls apart."""
    opened = mark[-1] in "048"
    status, want = (TaskStatus.OPEN, 1) if opened else (TaskStatus.DONE, 0)
    params = ListTasksParams(project_id=own.project, status=status)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        call = run.api.tasks_count(params)  # pyright: ignore[reportDeprecated]
    check("count", await call, want)


async def clear_cache(run: Run, *_: object) -> None:
    """Nothing goes and nothing comes back."""
    await run.api.cache_clear()


METHODS: list[Check] = [
    get_stats,
    create,
    update,
    get,
    list_tasks,
    search,
    delete,
    seen,
    list_projects,
    save_project,
    count,
    clear_cache,
]


async def work(run: Run, numbers: Iterator[int], own: Task) -> None:
    """Call one method after another, and note how each call ends."""
    summary = run.summary
    for number in numbers:
        method = METHODS[number % len(METHODS)]
        losses = summary.losses
        try:
            await method(run, f"{run.user} {number}", own)
        except ConnectionLost as error:
            summary.lost += 1
            summary.count_failed(error)
        except CallTimeout as error:
            if summary.losses == losses:
                summary.failures.append(str(error))
            summary.timed_out += 1
            summary.count_failed(error)
        except Exception as error:  # noqa: BLE001 - the summary tells them all
            summary.failures.append(f"{method.__name__} {number}: {error!r}")
        else:
            summary.ok += 1
            summary.survived += summary.losses > losses


async def make_calls(run: Run, calls: int, in_flight: int) -> None:
    """Make all calls, with events on, and watch the connection meanwhile."""
    run.shared = (await run.create(run.user, "shared")).id
    names = [f"{run.user}.{i}." for i in range(in_flight)]
    owned = await asyncio.gather(*(run.create(name, name) for name in names))
    first: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    listening = asyncio.create_task(run.listen(first))
    tries = 0
    while not first.done():  # a subscription does not say when it has begun
        tries += 1
        await run.update(f"try {tries}")

    def on_state(state: str) -> None:
        run.summary.losses += state == "connecting"

    unwatch = run.rpc.on_state(on_state)
    numbers = iter(range(calls))
    await asyncio.gather(*(work(run, numbers, own) for own in owned))
    unwatch()
    listening.cancel()
    await asyncio.wait([listening])


# The errors.


async def provoke(
    run: Run, kind: type[E], method: str, call: Awaitable[object], *, sent: bool
) -> E:
    """Return the error that a call fails with, after a look at all it must tell."""
    try:
        await call
    except kind as error:
        check(f"{method}: error", type(error), kind)
        check(f"{method}: method", error.method, method)
        check(f"{method}: has an id", len(error.correlation_id) > 0, want=True)
        check(f"{method}: sent", error.sent, sent)
        run.summary.errors.append(kind.__name__)
        return error
    message = f"{method}: no {kind.__name__}"
    raise Mismatch(message)


async def provoke_answers(run: Run) -> None:
    """See every error that is an answer of the server."""
    api, rpc = run.api, run.rpc
    params = {"code": 4711, "message": "odd", "data": {"a": 1}}
    failing = rpc.call(TEST_ERROR, params)
    odd = await provoke(run, RPCError, "test.error", failing, sent=True)
    check("RPCError", (odd.code, odd.message, odd.data), (4711, "odd", {"a": 1}))

    bad_cursor = ListTasksParams(project_id="website", cursor="none of yours")
    listing = api.tasks_list(bad_cursor)
    invalid = await provoke(run, InvalidParamsError, "tasks.list", listing, sent=True)
    check("issues", [issue["loc"] for issue in invalid.issues], [["cursor"]])

    unknown = rpc.call(NO_METHOD)
    await provoke(run, MethodNotFoundError, "no.such_method", unknown, sent=False)

    task = await run.create(run.user, "short-lived")
    await api.tasks_delete(DeleteTaskParams(task_id=task.id))
    getting = api.tasks_get(GetTaskParams(task_id=task.id))
    missing = await provoke(run, TaskNotFound, "tasks.get", getting, sent=True)
    check("data.task_id", missing.data.task_id, task.id)
    check("deleted_at's type", type(missing.data.deleted_at), dt.datetime)

    creating = api.tasks_create(CreateTaskParams(project_id="closed", title="x"))
    await provoke(run, ProjectClosed, "tasks.create", creating, sent=True)


async def provoke_others(run: Run) -> None:
    """See every error that the client finds by itself; the connection ends for good."""
    api, rpc = run.api, run.rpc
    await rpc.call(TEST_SLEEP, SLOW, timeout_s=60)
    sleeping = rpc.call(TEST_SLEEP, LONG_SLEEP, timeout_s=1)
    await provoke(run, CallTimeout, "test.sleep", sleeping, sent=True)

    large = CreateTaskParams(project_id="website", title="x", body="x" * 100_000)
    creating = api.tasks_create(large)
    await provoke(run, RequestTooLarge, "tasks.create", creating, sent=False)

    given_up = asyncio.create_task(rpc.call(TEST_SLEEP, LONG_SLEEP))
    await api.cache_clear()  # whose request goes after the other
    given_up.cancel()
    await asyncio.wait([given_up])
    check("cancelled", given_up.cancelled(), want=True)
    run.summary.errors.append("Cancelled")

    leaving = rpc.call(TEST_DISCONNECT, {"code": 4500, "reason": "for good"})
    await provoke(run, ConnectionLost, "test.disconnect", leaving, sent=True)
    await provoke(run, NotConnected, "cache.clear", api.cache_clear(), sent=False)


async def main() -> None:
    """Run it all, and print the summary."""
    url, token, user, options, calls, in_flight = sys.argv[1:]
    failures: list[str] = []
    # It warns of every write to a connection of which it does not know yet that the
    # other side has reset it.
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: failures.append(f"asyncio: {context}")
    )
    async with CentrifugoRPCClient(url, token, user, **json.loads(options)) as rpc:
        run = Run(rpc, user)
        try:
            await make_calls(run, int(calls), int(in_flight))
            await provoke_answers(run)
            await provoke_others(run)
        except Exception as error:  # noqa: BLE001 - the summary tells it
            failures.append(repr(error))
    gc.collect()  # an exception that nobody looked at is reported when it goes
    left = asyncio.all_tasks() - {asyncio.current_task()}
    run.summary.failures += failures + [f"pending: {task!r}" for task in left]
    sys.stdout.write(json.dumps(asdict(run.summary)) + "\n")


if __name__ == "__main__":
    # Development mode turns asyncio's debugging on, which makes each call slow.
    asyncio.run(main(), debug=False)
