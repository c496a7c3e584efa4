"""What a handler knows about the call it answers."""

from __future__ import annotations

import time
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping


class Running(Protocol):
    """What a worker knows of a call."""

    @property
    def stopped(self) -> bool:
        """Whether nobody waits for its end any longer."""
        ...


class _NotStopped:
    stopped = False


_NOT_STOPPED = _NotStopped()


@dataclass(frozen=True, init=False)
class Conn:
    """The caller, and the call itself; the first argument of every handler."""

    user: str
    """Id of the user, as Centrifugo states it: a client cannot choose it."""
    client: str = ""
    """Id of the user's connection."""
    info: Any = None
    """The connection's ``info``, from its token."""
    method: str = ""
    """Wire name of the method."""
    correlation_id: str = ""
    """The client's id of the call, or one that the worker made up where it sent none."""
    ends: float | None = None
    """The deadline on the clock of ``time.monotonic()``."""
    meta: Mapping[str, str] = field(default_factory=dict[str, str])
    """What the client adds to a call, such as ``traceparent``."""
    running: Running = field(default=_NOT_STOPPED, repr=False, compare=False)
    """The call in its worker."""

    def __init__(  # noqa: PLR0913, PLR0917 -- one for each field
        self,
        user: str,
        client: str = "",
        info: Any = None,  # noqa: ANN401
        method: str = "",
        correlation_id: str = "",
        ends: float | None = None,
        meta: Mapping[str, str] | None = None,
        running: Running = _NOT_STOPPED,
    ) -> None:
        """Set all fields at once: that of a frozen dataclass sets each by a call."""
        vars(self).update(
            user=user,
            client=client,
            info=info,
            method=method,
            correlation_id=correlation_id,
            ends=ends,
            meta={} if meta is None else meta,
            running=running,
        )

    @cached_property
    def deadline(self) -> datetime | None:
        """When the call is cancelled, in UTC; None if there is no such time."""
        if self.time_left is None:
            return None
        return datetime.now(timezone.utc) + timedelta(seconds=self.time_left)

    @property
    def time_left(self) -> float | None:
        """Seconds until the deadline, at least 0; None if there is none."""
        if self.ends is None:
            return None
        return max(0.0, self.ends - time.monotonic())

    @property
    def cancelled(self) -> bool:
        """Whether nobody waits for the call any longer.

        It was cancelled, its time is up, or the worker ends. An async handler is told by
        a ``CancelledError``; one in a thread may look here, from any thread.
        """
        return self.running.stopped


current_conn: ContextVar[Conn | None] = ContextVar("current_conn", default=None)
"""The call that the running task answers; for log records and the like."""
