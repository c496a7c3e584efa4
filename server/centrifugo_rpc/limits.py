"""Limits of a worker: how often and how much at once, in all and of one user."""

import asyncio
from collections import OrderedDict, deque
from dataclasses import dataclass


class RateLimit:
    """A bucket of tokens for each user: ``burst`` of them, refilled at ``rate``."""

    _MOST_USERS = 10_000

    def __init__(self, rate: float, burst: int) -> None:
        """Fill the buckets of users who are seen for the first time."""
        self._rate = rate
        self._burst = float(burst)
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, user: str, now: float) -> bool:
        """Take a token; False if the bucket is empty."""
        if self._rate <= 0:
            return True
        left, then = self._buckets.pop(user, (self._burst, now))
        left = min(self._burst, left + (now - then) * self._rate)
        allowed = left >= 1
        self._buckets[user] = (left - 1 if allowed else left, now)
        if len(self._buckets) > self._MOST_USERS:
            # Who was quiet for longest has a full bucket again, or nearly.
            self._buckets.popitem(last=False)
        return allowed


@dataclass
class _Usage:
    """What one user has under way."""

    running: int = 0
    waiting: int = 0


class Turn:
    """One request's place, or its wait for one."""

    def __init__(self, user: str, wait: "asyncio.Future[None] | None") -> None:
        """Without a future the place is there already."""
        self.user = user
        self.wait = wait

    @property
    def placed(self) -> bool:
        """Whether the wait is over and the place was taken."""
        return self.wait is None or (self.wait.done() and not self.wait.cancelled())


class Slots:
    """Places for running handlers; who finds none waits in order of arrival.

    A user who has his own share of places waits without holding up others.
    """

    def __init__(self, total: int, of_one_user: int) -> None:
        """Set how many places there are, and a user's share."""
        self._total = total
        self._share = of_one_user
        self._users: dict[str, _Usage] = {}
        self._queue: deque[Turn] = deque()
        self.running = 0

    @property
    def waiting(self) -> int:
        """How many wait for a place."""
        return len(self._queue)

    def waiting_of(self, user: str) -> int:
        """Return how many of a user's requests wait."""
        usage = self._users.get(user)
        return usage.waiting if usage else 0

    def free(self, user: str) -> bool:
        """Whether a user would get a place at once."""
        usage = self._users.get(user)
        share_left = usage is None or usage.running < self._share
        return self.running < self._total and share_left

    def enter(self, user: str) -> Turn:
        """Take a place, or join the queue; ``leave`` must follow."""
        usage = self._users.setdefault(user, _Usage())
        if self.free(user):
            self._take(usage)
            return Turn(user, None)
        usage.waiting += 1
        turn = Turn(user, asyncio.get_running_loop().create_future())
        self._queue.append(turn)
        return turn

    def leave(self, turn: Turn) -> None:
        """Give the place back, to the first in the queue who may have it."""
        usage = self._users[turn.user]
        if turn.placed:
            self.running -= 1
            usage.running -= 1
            self._call_next()
        else:
            self._queue.remove(turn)
            usage.waiting -= 1
        if usage.running == usage.waiting == 0:
            del self._users[turn.user]

    def _take(self, usage: _Usage) -> None:
        usage.running += 1
        self.running += 1

    def _call_next(self) -> None:
        for turn in self._queue:
            # Who was cancelled is about to leave the queue.
            if turn.wait and not turn.wait.done() and self.free(turn.user):
                self._queue.remove(turn)
                usage = self._users[turn.user]
                usage.waiting -= 1
                self._take(usage)
                turn.wait.set_result(None)
                return
