"""Limits of a worker: how often and how much at once, in all and of one user."""

import asyncio
from collections import OrderedDict


class RateLimit:
    """A bucket of tokens for each user: ``burst`` of them, refilled at ``rate``."""

    _MOST_USERS = 10_000

    def __init__(self, rate: float, burst: int) -> None:
        """Fill the buckets of users who are seen for the first time."""
        self._rate = rate
        self._burst = float(burst)
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, user: str, now: float, count: int = 1) -> bool:
        """Take so many tokens; False, and none is taken, if there are fewer."""
        return self._take(user, now, count, count) == count

    def take_up_to(self, user: str, now: float, most: int) -> int:
        """Take so many tokens, or as many as there are; return how many."""
        return self._take(user, now, 0, most)

    def _take(self, user: str, now: float, least: int, most: int) -> int:
        if self._rate <= 0:
            return most
        left, then = self._buckets.pop(user, (self._burst, now))
        left = min(self._burst, left + (now - then) * self._rate)
        taken = min(most, int(left))
        taken = taken if taken >= least else 0
        self._buckets[user] = (left - taken, now)
        if len(self._buckets) > self._MOST_USERS:
            # The bucket of the user who was quiet for longest is full, or nearly.
            self._buckets.popitem(last=False)
        return taken


class _Usage:
    """What one user has under way."""

    __slots__ = ("running", "waiting")

    def __init__(self) -> None:
        self.running = 0
        # In order of arrival; from such a dict any of them is taken at once.
        self.waiting: OrderedDict[Turn, None] = OrderedDict()


class Turn:
    """One request's place, or its wait for one."""

    __slots__ = ("user", "wait")

    def __init__(self, user: str, wait: "asyncio.Future[None] | None") -> None:
        """Without a future the place is there already."""
        self.user = user
        self.wait = wait

    @property
    def placed(self) -> bool:
        """Whether the wait is over and the place was taken."""
        return self.wait is None or (self.wait.done() and not self.wait.cancelled())


class Slots:
    """Places for running handlers; users who find none take turns.

    A free place goes to the next waiting user who has fewer places than one user may
    have. So a user with many requests in the queue does not hold up one with few.
    """

    def __init__(self, total: int, of_one_user: int) -> None:
        """Set how many places there are, and a user's share."""
        self._total = total
        self._share = of_one_user
        self._users: dict[str, _Usage] = {}
        # Users who wait and may have a place, the next one first.
        self._next: OrderedDict[str, None] = OrderedDict()
        self.running = 0
        self.waiting = 0
        """How many wait for a place."""

    def waiting_of(self, user: str) -> int:
        """Return how many of a user's requests wait."""
        usage = self._users.get(user)
        return len(usage.waiting) if usage else 0

    def free(self, user: str) -> bool:
        """Whether a user would get a place at once."""
        usage = self._users.get(user)
        share_left = usage is None or usage.running < self._share
        return self.running < self._total and share_left

    def enter(self, user: str) -> Turn:
        """Take a place, or join the queue; ``leave`` must follow."""
        free = self.free(user)
        usage = self._users.get(user)
        if usage is None:
            usage = self._users[user] = _Usage()
        if free:
            self._take(usage)
            return Turn(user, None)
        turn = Turn(user, asyncio.get_running_loop().create_future())
        usage.waiting[turn] = None
        self.waiting += 1
        self._line_up(user, usage)
        return turn

    def leave(self, turn: Turn) -> None:
        """Give the place back, to the next who may have it."""
        usage = self._users[turn.user]
        if turn.placed:
            self.running -= 1
            usage.running -= 1
            self._line_up(turn.user, usage)
            self._call_next()
        else:
            del usage.waiting[turn]
            self.waiting -= 1
            if not usage.waiting:
                self._next.pop(turn.user, None)
        if usage.running == len(usage.waiting) == 0:
            del self._users[turn.user]

    def _take(self, usage: _Usage) -> None:
        usage.running += 1
        self.running += 1

    def _line_up(self, user: str, usage: _Usage) -> None:
        """Put a user who may have a place behind the others, once."""
        if usage.waiting and usage.running < self._share:
            self._next.setdefault(user)

    def _call_next(self) -> None:
        """Hand the place that has become free over."""
        while self._next:
            user, _ = self._next.popitem(last=False)
            usage = self._users[user]
            for turn in usage.waiting:
                # A request that was cancelled is about to leave the queue.
                if turn.wait is not None and not turn.wait.done():
                    self._call(turn, usage)
                    return

    def _call(self, turn: Turn, usage: _Usage) -> None:
        del usage.waiting[turn]
        self.waiting -= 1
        self._take(usage)
        self._line_up(turn.user, usage)
        if turn.wait is not None:
            turn.wait.set_result(None)
