"""Handlers; the app finds them in ``rpc.py`` or ``handlers.py``."""

from collections import Counter
from collections.abc import AsyncIterator
from decimal import Decimal
from uuid import UUID, uuid4

from centrifugo_rpc import Conn, publish_event, websocket_rpc
from django.db.models import F, QuerySet
from django.utils import timezone

from .models import Task
from .permissions import is_staff
from .schemas import (
    ByDue,
    ByTag,
    FinishTask,
    NewTask,
    ProjectCleared,
    ProjectRef,
    TaskFinished,
    TaskNotFound,
    TaskNotFoundData,
    TaskRef,
    TaskSearch,
    TaskStats,
    TaskUpdated,
    TaskView,
)


@websocket_rpc("tasks.add", idempotent=True)
async def add(conn: Conn, params: NewTask) -> TaskView:
    """Add a task to a project.

    A task whose id is there already is returned as it is.
    """
    values = params.model_dump(exclude={"id"})
    task, created = await Task.objects.aget_or_create(
        id=params.id or uuid4(), defaults=values
    )
    return await _updated(conn, task) if created else TaskView.model_validate(task)


@websocket_rpc("tasks.get", idempotent=True, errors=[TaskNotFound])
async def get(_: Conn, params: TaskRef) -> TaskView:
    """Return one task."""
    return TaskView.model_validate(await _find(params.task_id))


@websocket_rpc("tasks.search", idempotent=True, timeout=5)
async def search(_: Conn, params: TaskSearch) -> list[TaskView]:
    """Find tasks of a project, the most urgent first."""
    tasks = Task.objects.filter(project_id=params.project_id)
    if not params.include_done:
        tasks = tasks.filter(done_at=None)
    if isinstance(params.filter, ByDue):
        tasks = tasks.filter(due__range=params.filter.between)
    views = await _views(tasks.order_by("-priority", "title"))
    if isinstance(params.filter, ByTag):
        # SQLite cannot look into JSON lists.
        views = [view for view in views if params.filter.tag in view.tags]
    return views[: params.limit]


@websocket_rpc("tasks.list", idempotent=True, deprecated="use tasks.search")
async def list_open(_: Conn, params: ProjectRef) -> list[TaskView]:
    """List the open tasks of a project."""
    tasks = Task.objects.filter(project_id=params.project_id, done_at=None)
    return await _views(tasks.order_by("title"))


@websocket_rpc("tasks.finish", idempotent=True, errors=[TaskNotFound])
async def finish(conn: Conn, params: FinishTask) -> TaskView:
    """Mark a task as done; doing so again changes nothing."""
    task = await _find(params.task_id)
    if task.done_at is not None:
        return TaskView.model_validate(task)
    task.done_at = params.at or timezone.now()
    await task.asave(update_fields=["done_at"])
    view = await _updated(conn, task)
    await publish_event(TaskFinished(task=view), user_id=conn.user)
    return view


@websocket_rpc("tasks.get_stats", idempotent=True)
async def get_stats(_: Conn, params: ProjectRef) -> TaskStats:
    """Tell what there is to do in a project."""
    tasks = Task.objects.filter(project_id=params.project_id)
    still_open = [task async for task in tasks.filter(done_at=None)]
    return TaskStats(
        open=len(still_open),
        done=await tasks.exclude(done_at=None).acount(),
        hours=sum((task.estimate or Decimal(0) for task in still_open), Decimal(0)),
        by_tag=Counter(tag for task in still_open for tag in task.tags),
    )


@websocket_rpc("tasks.summarize", idempotent=True)
async def summarize(_: Conn, params: ProjectRef) -> AsyncIterator[str]:
    """Write in words what there is to do in a project.

    The text comes in pieces, each as soon as it is written; a language model's would,
    too. Nothing more is written, nor read from the database, when the reader leaves.
    """
    tasks = Task.objects.filter(project_id=params.project_id, done_at=None)
    yield f"Open tasks: {await tasks.acount()}."
    async for task in tasks.order_by("-priority", "title"):
        yield f" {task.title}."


@websocket_rpc("tasks.seen", no_wait=True)
async def seen(_: Conn, params: TaskRef) -> None:
    """Count that somebody has looked at a task."""
    await Task.objects.filter(id=params.task_id).aupdate(views=F("views") + 1)


@websocket_rpc("tasks.clear", permission=is_staff)
async def clear(conn: Conn, params: ProjectRef) -> int:
    """Delete the tasks of a project, and tell how many there were."""
    deleted, _by_model = await Task.objects.filter(
        project_id=params.project_id
    ).adelete()
    cleared = ProjectCleared(by=conn.user, tasks=deleted)
    await publish_event(cleared, project_id=params.project_id)
    return deleted


async def _find(task_id: UUID) -> Task:
    task = await Task.objects.filter(id=task_id).afirst()
    if task is None:
        raise TaskNotFound(data=TaskNotFoundData(task_id=task_id))
    return task


async def _views(tasks: QuerySet[Task]) -> list[TaskView]:
    return [TaskView.model_validate(task) async for task in tasks]


async def _updated(conn: Conn, task: Task) -> TaskView:
    """Tell everyone who watches the project."""
    view = TaskView.model_validate(task)
    event = TaskUpdated(task=view, by=conn.user)
    await publish_event(event, project_id=task.project_id)
    return view
