"""Runs handlers that are not async."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine


async def in_thread(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
    """Call a function in a thread of the loop's executor."""
    return await to_its_end(asyncio.to_thread(function, *args, **kwargs))


async def to_its_end(work: Coroutine[Any, Any, Any]) -> Any:  # noqa: ANN401
    """Wait for work that cannot be cancelled, also when the call is.

    So a call keeps its place among ``CONCURRENCY`` until its thread is free: else
    clients, who choose deadlines, would choose how many threads run.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
