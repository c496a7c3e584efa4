"""Admission: which requests may run, now or soon, and how much of a worker they take."""

import time

from .errors import InvalidRequest, RateLimited, Unavailable
from .handler import Handler
from .limits import RateLimit, Slots, Turn
from .metrics import Metrics
from .router import MessageRouter
from .settings import PREFIX, Settings, SettingsError
from .streams import Outlet
from .wire import Request


class Admission:
    """The limits of one worker process, in all and of each user."""

    def __init__(
        self, router: MessageRouter, settings: Settings, metrics: Metrics
    ) -> None:
        """Take the limits; ``SettingsError`` if one is that of no method."""
        self._method_rates = {
            method: RateLimit(*rate)
            for method, rate in settings.rates_of_methods().items()
        }
        unknown = self._method_rates.keys() - router.registry.handlers.keys()
        if unknown:
            names = ", ".join(sorted(unknown))
            message = f"{PREFIX}METHOD_RATES names methods that do not exist: {names}"
            raise SettingsError(message)
        self._router = router
        self._settings = settings
        self._rate = RateLimit(settings.rate, settings.burst)
        self._slots = Slots(settings.concurrency, settings.user_concurrency)
        self._streams = Slots(settings.streams, settings.user_streams)
        metrics.gauge("running", "Handlers that run now.", lambda: self._slots.running)
        metrics.gauge("streams", "Streams that run now.", lambda: self._streams.running)
        metrics.gauge(
            "queue_depth",
            "Requests that wait for a place.",
            lambda: self._slots.waiting,
        )

    def may_send(self, user: str, count: int) -> int:
        """Count messages of a user; return how many there may be."""
        return self._rate.take_up_to(user, time.monotonic(), count)

    def enter(self, handler: Handler, user: str) -> Turn:
        """Take a place for a call that was admitted; ``leave`` must follow."""
        return (self._streams if handler.stream else self._slots).enter(user)

    def leave(self, turn: Turn, *, stream: bool) -> None:
        """Give the place back."""
        (self._streams if stream else self._slots).leave(turn)

    def admit(self, request: Request, outlet: Outlet | None) -> Handler:
        """Return the handler of a request that may run, now or soon."""
        user = request.caller.user
        handler = self._router.find(request.method)
        rate = self._method_rates.get(request.method)
        if rate is not None and not rate.take(user, time.monotonic()):
            raise RateLimited(message="too many calls of this method")
        if handler.stream:
            self._admit_stream(request, outlet)
            return handler
        if self._slots.free(user):
            return handler
        if self._slots.waiting >= self._settings.queue:
            raise Unavailable(message="the worker is overloaded")
        if self._slots.waiting_of(user) >= self._settings.user_queue:
            raise RateLimited(message="too many calls at once")
        return handler

    def _admit_stream(self, request: Request, outlet: Outlet | None) -> None:
        """Refuse a stream that cannot go out, or that is one too many."""
        if outlet is None:
            message = "the method streams its results, which native RPC cannot"
            raise InvalidRequest(message=message)
        if not request.correlation_id:
            message = "the method streams its results: a notification gets none"
            raise InvalidRequest(message=message)
        if self._streams.running >= self._settings.streams:
            raise Unavailable(message="the worker has too many streams")
        if not self._streams.free(request.caller.user):
            raise RateLimited(message="too many streams at once")
