"""A call that a worker runs: what is known of it from its admission to its end."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from .errors import RPCError
from .limits import Turn
from .streams import Stream
from .wire import Request, error_reply

Answer = Callable[["bytes | None"], None]
"""Takes the envelope of a reply; None where there is nothing to say."""


@dataclass(eq=False, slots=True)
class Call:
    """A request that was admitted."""

    request: Request
    answer: Answer
    started: float
    deadline: float
    left: float
    """Seconds from its start to its deadline."""
    turn: Turn
    key: str = ""
    """Its name among all calls; empty if it has no correlation id."""
    claimed: bool = False
    """Whether its key is claimed in the store for retries."""
    stream: Stream | None = None
    ran: bool = False
    """Whether the handler has ended."""
    ended: bool = False
    """Whether it was answered before its handler has ended."""
    stopped: bool = False
    """Whether its task was cancelled, by us."""
    settled: bool = False
    timer: asyncio.TimerHandle | None = None
    task: "asyncio.Task[None] | None" = None
    leave: Callable[[], object] | None = None
    """Ends the watch over its caller."""

    def stop(self) -> None:
        """Cancel its handler."""
        self.stopped = True
        if self.task is not None:
            self.task.cancel()

    def failed(self, error: RPCError) -> bytes:
        """Return the reply, or the last message of a stream, that says so."""
        return (
            self.stream.end(error) if self.stream else error_reply(self.request, error)
        )


def about(request: Request) -> dict[str, str]:
    """Return what log records of a request carry."""
    return {
        "method": request.method,
        "correlation_id": request.correlation_id,
        "user": request.caller.user,
    }
