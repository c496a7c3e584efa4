"""Tasks that run in the background."""

import asyncio
import logging
import sys
from collections.abc import Callable, Coroutine
from typing import Any

logger = logging.getLogger(__name__.replace("._rpc.tasks", ".rpc_client"))


class Tasks:
    """Tasks that end with the connection, and those that end it."""

    def __init__(self) -> None:
        self._all: set[asyncio.Task[Any]] = set()
        self._lasting: set[asyncio.Task[Any]] = set()

    def spawn(self, work: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        """Start a task, in the next turn of the event loop."""
        return self._keep(asyncio.create_task(work), self.finished)

    def spawn_now(
        self,
        work: Coroutine[Any, Any, Any],
        then: "Callable[[asyncio.Task[Any]], None] | None" = None,
    ) -> None:
        """Start a task at once, where Python can, which costs less.

        ``then`` is called when it ends, and has to call ``finished``.
        """
        loop = asyncio.get_running_loop()
        if sys.version_info >= (3, 12):
            task = asyncio.Task(work, loop=loop, eager_start=True)
        else:
            task = loop.create_task(work)
        self._keep(task, then or self.finished)

    def spawn_lasting(self, work: Coroutine[Any, Any, Any]) -> None:
        """Start a task that ``cancel`` spares."""
        task = self.spawn(work)
        self._lasting.add(task)
        task.add_done_callback(self._lasting.discard)

    def _keep(
        self,
        task: "asyncio.Task[Any]",
        then: "Callable[[asyncio.Task[Any]], None]",
    ) -> "asyncio.Task[Any]":
        self._all.add(task)
        task.add_done_callback(then)
        return task

    def finished(self, task: "asyncio.Task[Any]") -> None:
        """Forget a task that has ended; its error was seen."""
        self._all.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.debug("background task failed: %s", error)

    def cancel(self) -> None:
        """Cancel all but the current task and those that last."""
        for task in self._all - self._lasting - {asyncio.current_task()}:
            task.cancel()

    async def wait(self) -> None:
        """Return when all that run now have ended, the current one aside."""
        others = self._all - {asyncio.current_task()}
        if others:
            await asyncio.wait(others)


def guard(what: str, function: Callable[..., object], *args: object) -> None:
    """Call a function whose errors break nothing here."""
    try:
        function(*args)
    except Exception:
        logger.exception(what)
