"""What a handler knows about the call it answers."""

from __future__ import annotations

import time
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
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
    deadline: float | None = None
    """When the caller stops waiting, on the clock of ``time.monotonic()``."""
    meta: Mapping[str, str] = field(default_factory=dict[str, str])
    """What the client adds to a call, such as ``traceparent``."""

    @property
    def time_left(self) -> float | None:
        """Seconds until the deadline, at least 0; None if there is none."""
        if self.deadline is None:
            return None
        return max(0.0, self.deadline - time.monotonic())


current_conn: ContextVar[Conn | None] = ContextVar("current_conn", default=None)
"""The call that the running task answers; for log records and the like."""
