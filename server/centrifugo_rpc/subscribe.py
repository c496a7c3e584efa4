"""Centrifugo's subscribe proxy: it asks who may subscribe to which channel."""

import asyncio
import json
import logging
import time
import traceback
from collections.abc import Mapping

from .conn import Conn, current_conn
from .errors import InternalError, PermissionDenied
from .events import Event
from .limits import RateLimit
from .metrics import Metrics
from .proxy import Answer, caller_of
from .router import MessageRouter
from .settings import Settings
from .tokens import subscription_token
from .wire import Caller, Rejected, check_caller, members

# What a client sees as the error of its subscription. After the last two, which are
# temporary, it tries again by itself.
_BAD_REQUEST = {"code": 400, "message": "bad request"}
_FORBIDDEN = {"code": 403, "message": "permission denied"}
_TOO_MANY = {"code": 1429, "message": "rate limited", "temporary": True}
_FAILED = {"code": 1500, "message": "internal server error", "temporary": True}
_LONGEST_S = 4.0  # before Centrifugo gives up, in the profiles of wsgen
_ENDS = (asyncio.CancelledError, GeneratorExit, KeyboardInterrupt)
_logger = logging.getLogger(__name__)


class _RefusalError(Exception):
    """A subscription is refused: what the client sees, and a word for the metrics."""

    def __init__(self, reason: str, error: Mapping[str, object]) -> None:
        super().__init__(reason)
        self.reason = reason
        self.error = error


class SubscribeDoor:
    """Answers the subscribe proxy from the events of a router."""

    def __init__(
        self, router: MessageRouter, settings: Settings, metrics: Metrics
    ) -> None:
        """Warn of events to which nobody may subscribe."""
        self._router = router
        self._settings = settings
        self._metrics = metrics
        self._rate = RateLimit(settings.rate, settings.burst)
        self._timeout_s = min(settings.timeout_s, _LONGEST_S)
        for event in router.registry.events.values():
            if event.undecided:
                _logger.warning(
                    "%s (%s): nobody may subscribe: it has no permission=",
                    event.name,
                    event.source,
                )

    async def answer(self, body: bytes) -> Answer:
        """Allow a subscription or refuse it."""
        try:
            caller, channel = _question(body)
            self._count(caller)
            await self._check(caller, channel)
        except _RefusalError as refusal:
            self._metrics.subscription(refusal.reason)
            return Answer(200, json.dumps({"error": refusal.error}).encode())
        self._metrics.subscription("allowed")
        return Answer(200, b'{"result":{}}')

    async def token(self, user: str, channel: str) -> str:
        """Return a subscription token, after the same questions.

        Raises ``PermissionDenied``, or ``InternalError`` if a permission failed.
        """
        try:
            await self._check(Caller(user), channel)
        except _RefusalError as refusal:
            failed = refusal.error is _FAILED
            raise (InternalError if failed else PermissionDenied) from None
        return subscription_token(self._settings, user, channel)

    def _count(self, caller: Caller) -> None:
        if not self._rate.take(caller.user, time.monotonic()):
            reason = "flood"
            raise _RefusalError(reason, _TOO_MANY)

    async def _check(self, caller: Caller, channel: str) -> None:
        """Refuse unless each event that the channel can belong to is open to the user."""
        matches = self._router.events_on(channel)
        if not matches:
            reason = "channel"
            raise _RefusalError(reason, _FORBIDDEN)
        for event, arguments in matches:
            allowed = await self._allows(event, caller, arguments)
            if allowed is None:
                reason = "failed"
                raise _RefusalError(reason, _FAILED)
            if not allowed:
                reason = "permission"
                raise _RefusalError(reason, _FORBIDDEN)

    async def _allows(
        self, event: Event, caller: Caller, arguments: Mapping[str, str]
    ) -> bool | None:
        """Ask an event; None if its permission fails, of which nobody learns more."""
        conn = Conn(caller.user, caller.client, caller.info, event.name)
        token = current_conn.set(conn)
        try:
            async with self._router.surroundings():
                asked = self._ask(event, caller.user, arguments)
                return await asyncio.wait_for(asked, self._timeout_s)
        except Exception as error:  # noqa: BLE001 -- too late, or its surroundings failed
            _report(event, error)
            return None
        finally:
            current_conn.reset(token)

    async def _ask(
        self, event: Event, user: str, arguments: Mapping[str, str]
    ) -> bool | None:
        """Ask; None if it fails. In a task of its own, SystemExit would end the worker."""
        try:
            return await event.allows(user, dict(arguments), self._router.injector)
        except _ENDS:
            raise
        except BaseException as error:  # noqa: BLE001 -- see above
            translate = self._router.translate
            if translate is not None and translate(error) is not None:
                return False  # a dependency has refused
            _report(event, error)
            return None


def _report(event: Event, error: BaseException) -> None:
    """Log a failure: neither its text nor its values, which may be arguments."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    _logger.error(
        "the permission of %s (%s) failed: %s at %s:%s",
        event.name,
        event.source,
        type(error).__name__,
        last.filename,
        last.lineno,
    )


def _question(body: bytes) -> tuple[Caller, str]:
    """Read who asks for which channel."""
    try:
        asked = members(body.decode())
        caller = check_caller(caller_of(asked))
    except Rejected:
        reason = "user"
        raise _RefusalError(reason, _FORBIDDEN) from None
    except ValueError:
        reason = "malformed"
        raise _RefusalError(reason, _BAD_REQUEST) from None
    channel = asked.value("channel")
    if not isinstance(channel, str):
        reason = "malformed"
        raise _RefusalError(reason, _BAD_REQUEST)
    return caller, channel
