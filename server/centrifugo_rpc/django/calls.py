"""What each call runs in, so that handlers may use the ORM."""

import asyncio
from collections.abc import Callable
from typing import Any

from asgiref.sync import SyncToAsync, ThreadSensitiveContext, sync_to_async
from django.db import connections
from typing_extensions import Self


class CallThread(ThreadSensitiveContext):
    """Gives a call a thread of its own, which starts with its first query.

    Elsewhere all queries of a process wait for one another in one thread. Database
    connections belong to threads, so a call never meets one that has gone stale, and
    its own are closed (or go back to their pool) when it ends.
    """

    async def __aenter__(self) -> Self:
        """Start a call, also where another context is active."""
        self._outer = SyncToAsync.thread_sensitive_context.set(self)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """End a call; the base class would wait for a query in a way that blocks the loop.

        A call that was cancelled keeps its place until its query ends: else clients,
        who choose deadlines, would choose how many connections are open.
        """
        SyncToAsync.thread_sensitive_context.reset(self._outer)
        thread = SyncToAsync.context_to_thread_executor.pop(self, None)
        if thread is None:
            return
        closed = thread.submit(connections.close_all)
        thread.shutdown(wait=False)
        if kind is not None and issubclass(kind, asyncio.CancelledError):
            await asyncio.shield(asyncio.wrap_future(closed))


async def in_thread_of_call(
    function: Callable[..., Any],
    /,
    *args: Any,  # noqa: ANN401
    **kwargs: Any,  # noqa: ANN401
) -> Any:  # noqa: ANN401
    """Run a handler that is not async in the thread that its call has for queries."""
    return await sync_to_async(function)(*args, **kwargs)
