"""Tests: neither a worker nor Centrifugo is needed."""

from centrifugo_rpc import MessageRouter, PermissionDenied
from centrifugo_rpc.testing import recorded_events
from django.contrib.auth.models import User
from django.test import TestCase

from .models import Task
from .schemas import ByTag, NewTask, ProjectRef, TaskSearch, TaskView

PROJECT = "first"


class TaskTests(TestCase):
    """Calls methods as clients do, in the transaction of each test."""

    async def add(self, title: str, *tags: str) -> TaskView:
        """Call ``tasks.add``."""
        params = NewTask(project_id=PROJECT, title=title, tags=[*tags])
        task: TaskView = await MessageRouter.default.call(
            "tasks.add", params, user="456"
        )
        return task

    async def test_a_new_task_is_told_to_who_watches_the_project(self) -> None:
        """The event has what the result has."""
        with recorded_events() as events:
            task = await self.add("Try this")
        data = {"task": task.model_dump(mode="json"), "by": "456"}
        assert events == [(f"tasks:{PROJECT}", data)]
        assert await Task.objects.acount() == 1

    async def test_tasks_are_found_by_tag(self) -> None:
        """Others of the project are not."""
        with recorded_events():
            await self.add("Find this", "new")
            await self.add("Not this")
        params = TaskSearch(project_id=PROJECT, filter=ByTag(tag="new"))
        tasks = await MessageRouter.default.call("tasks.search", params, user="456")
        assert [task.title for task in tasks] == ["Find this"]

    async def test_a_summary_comes_in_pieces(self) -> None:
        """One for each task."""
        with recorded_events():
            await self.add("Write it")
            await self.add("Plan it")
        pieces = MessageRouter.default.stream(
            "tasks.summarize", ProjectRef(project_id=PROJECT), user="456"
        )
        assert [piece async for piece in pieces] == [
            "Open tasks: 2.",
            " Plan it.",
            " Write it.",
        ]

    async def test_only_staff_may_watch_what_staff_do(self) -> None:
        """A channel of one user is open to that user alone."""
        staff = await User.objects.acreate(username="staff", is_staff=True)
        router = MessageRouter.default
        for user, channel, allowed in [
            (str(staff.pk), f"audit:{PROJECT}", True),
            ("456", f"audit:{PROJECT}", False),
            ("456", "own:#456", True),
            ("456", f"own:#{staff.pk}", False),
            ("456", f"tasks:{PROJECT}", True),
        ]:
            assert await router.may_subscribe(user, channel) is allowed, channel

    async def test_only_staff_may_clear_a_project(self) -> None:
        """Its tasks stay for everyone else."""
        with recorded_events():
            await self.add("Keep this")
        params = ProjectRef(project_id=PROJECT)
        with self.assertRaises(PermissionDenied):  # noqa: PT027 -- no pytest here
            await MessageRouter.default.call("tasks.clear", params, user="456")
        assert await Task.objects.acount() == 1
