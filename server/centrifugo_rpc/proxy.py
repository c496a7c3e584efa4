"""What Centrifugo's proxies ask and are answered, without any web framework."""

import asyncio
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from .dispatch import Dispatcher, Left
from .errors import InvalidRequest, RateLimited, ResultTooLarge, RPCError
from .limits import RateLimit
from .publisher import HTTPPublisher
from .settings import Settings
from .wire import (
    NO_METHOD,
    Caller,
    Control,
    Members,
    Rejected,
    ReplyChannels,
    Request,
    check_caller,
    error_reply,
    is_name,
    members,
    parse_batch,
    parse_batched,
    parse_control,
    parse_request,
)

SECRET_HEADER = "X-Centrifugo-RPC-Secret"
"""The static header by which Centrifugo shows that it is Centrifugo."""
MOST_BODY = 1024 * 1024
"""Bytes of a question. Centrifugo's own limit of a client's message is 64 KiB by default."""

# What a client sees as the error of its publish or RPC: Centrifugo passes on
# application codes from 400 to 1999.
_BAD_REQUEST = 400
_FORBIDDEN = 403
_RATE_LIMITED = 1429
_FORBIDDEN_REASONS = {"channel", "user", "reply_to"}
# The same for a notification, which has no reply that could say it. Each of these codes
# means that the request did not run; so they are never marked as temporary, which
# clients read as "it may have run".
_REFUSED = {
    -32700: _BAD_REQUEST,
    -32600: _BAD_REQUEST,
    -32601: 1404,
    -32001: _RATE_LIMITED,
    -32003: 1503,
}


@dataclass(slots=True)
class Answer:
    """An HTTP response with a JSON body."""

    status: int
    body: bytes


def same_secret(given: str | bytes | None, secret: str) -> bool:
    """Compare what a request brought with the secret, in the same time for any."""
    given = given.encode() if isinstance(given, str) else given or b""
    return hmac.compare_digest(given, secret.encode())


class Proxy:
    """Answers the two proxies from one dispatcher."""

    def __init__(
        self, dispatcher: Dispatcher, publisher: HTTPPublisher, settings: Settings
    ) -> None:
        """Refuse to start without a secret."""
        settings.require_proxy_secret()
        settings.require(
            "api_key", "replies are published through Centrifugo's HTTP API"
        )
        self._dispatcher = dispatcher
        # Refusals are answered as often as requests are; more get a native error.
        self._refusals = RateLimit(settings.rate, settings.burst)
        self._intake = Intake(dispatcher, publisher, settings, self._refusals)
        self._requests = settings.requests_channels()
        self._secret = settings.proxy_secret

    def knows(self, secret: str | bytes | None) -> bool:
        """Whether a request's header holds the secret; wrong ones are counted."""
        known = same_secret(secret, self._secret)
        if not known:
            reason = "secret"
            detail = f"it came without the right {SECRET_HEADER}"
            self._dispatcher.drop(Rejected(reason, detail))
        return known

    def publish(self, body: bytes) -> Answer:
        """Accept a publication to the requests channel; its reply goes out later."""
        try:
            outer = _outer(body)
            caller = check_caller(caller_of(outer))
            self._check_channel(outer.value("channel"), caller.user)
            refused = self._intake.take(outer.text("data"), caller)
        except (Rejected, ValueError) as error:
            return self._refuse(error)
        if refused is not None:
            return _error(_REFUSED[refused.code], refused.message)
        # Centrifugo goes on to publish what it is told to: nothing of the request,
        # and not into the channel's history.
        return Answer(200, b'{"result":{"data":{},"skip_history":true}}')

    async def rpc(self, body: bytes, left: Left | None = None) -> Answer:
        """Answer a native RPC; its data are the bare params.

        Centrifugo gives its question up when the caller has gone: then ``left`` returns.
        """
        try:
            outer = _outer(body)
            caller = check_caller(caller_of(outer))
            refusal = admit_message(self._dispatcher, self._refusals, caller.user)
            request = _native(outer, caller)
        except (Rejected, ValueError) as error:
            return self._refuse(error)
        reply = self._dispatcher.ask(request, refusal, left)
        # A caller that goes away, as by closing a tab, cancels only what its method says.
        text = reply.result() if reply.done() else await asyncio.shield(reply)
        return Answer(200, b'{"result":{"data":' + (text or b"null") + b"}}")

    def _check_channel(self, channel: object, user: str) -> None:
        if not self._requests.takes(channel, user):
            reason = "channel"
            raise Rejected(reason, f"clients may not publish on {channel!r:.100}")

    def _refuse(self, error: Exception) -> Answer:
        self._dispatcher.drop(error)
        if isinstance(error, Rejected) and error.reason in _FORBIDDEN_REASONS:
            return _error(_FORBIDDEN, "permission denied")
        if isinstance(error, Rejected) and error.reason == "flood":
            return _error(_RATE_LIMITED, "rate limited")
        return _error(_BAD_REQUEST, "bad request")


class Intake:
    """Takes publications to the requests channel, and publishes their replies."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        publisher: HTTPPublisher,
        settings: Settings,
        refusals: RateLimit,
    ) -> None:
        """Take the worker's parts, and how many refusals of a user are answered."""
        self._dispatcher = dispatcher
        self._publisher = publisher
        self._refusals = refusals
        self._channels = ReplyChannels(settings.reply_channel)
        self._history_bytes = settings.history_bytes
        self._timeout_s = settings.timeout_s

    def take(
        self, data: bytes, caller: Caller | None, age_s: float = 0.0
    ) -> RPCError | None:
        """Run a request or a batch; ``Rejected`` if the sender gets no answer.

        It is counted before it is read: reading takes time, too. Return why a
        request was refused if no reply tells it: of a notification, or at the end.
        A request may have been on its way for ``age_s``, which is time of its deadline.
        """
        sender = check_caller(caller)
        control = parse_control(data)
        if control is not None:
            self._control(sender.user, control)
            return None
        refusal = admit_message(self._dispatcher, self._refusals, sender.user)
        batch = parse_batch(data)
        if batch is not None:
            return self._take_batch(batch, sender, refusal, age_s)
        request = parse_request(data, sender, self._channels)
        return self._start(request, refusal, age_s)

    def _take_batch(
        self, batch: list[bytes], sender: Caller, refusal: RPCError | None, age_s: float
    ) -> RPCError | None:
        """Run each request of a batch as if it had come alone.

        The first was counted; where the others are too many for a refusal each, none
        runs. Return and raise as ``take`` does, but raise only if all have failed.
        """
        allowed = admit_more(
            self._dispatcher, self._refusals, sender.user, len(batch) - 1
        )
        allowed += refusal is None
        ends = [
            self._take_batched(
                data, sender, None if place < allowed else RateLimited(), age_s
            )
            for place, data in enumerate(batch)
        ]
        dropped = [end for end in ends if isinstance(end, Rejected)]
        last = dropped.pop() if len(dropped) == len(batch) else None
        for error in dropped:
            self._dispatcher.drop(error)
        if last is not None:
            raise last
        return next((end for end in ends if isinstance(end, RPCError)), None)

    def _take_batched(
        self, data: bytes, sender: Caller, refusal: RPCError | None, age_s: float
    ) -> RPCError | Rejected | None:
        """Run a request of a batch; return what ``take`` would return or raise."""
        try:
            request = parse_batched(data, sender, self._channels)
            return self._start(request, refusal, age_s)
        except Rejected as error:
            return error

    def _start(
        self, request: Request, refusal: RPCError | None, age_s: float
    ) -> RPCError | None:
        """Run a request that was read; see ``take``."""
        if age_s:
            left = (request.timeout_s or self._timeout_s) - age_s
            if left <= 0:
                reason = "stale"
                raise Rejected(reason, "it was recovered after its deadline")
            request = replace(request, timeout_s=left)
        if request.reply_to and not self._publisher.has_room(request.caller.user):
            refusal = RateLimited(message="too many replies are waiting")
        replies = _Replies(self._publisher, request, self._history_bytes)
        refused = self._dispatcher.start(request, replies, refusal, replies)
        told = request.reply_to and not self._publisher.closing
        return None if told else refused

    def _control(self, user: str, control: Control) -> None:
        """Hand over what a user says about a call; it counts if there is no such call."""
        named = user, control.correlation_id, control.message
        if self._dispatcher.control(*named):
            return
        if admit_message(self._dispatcher, self._refusals, user) is None:
            self._dispatcher.pass_on(*named)


class _Replies:
    """Publishes the reply to a request, or the messages of its stream."""

    __slots__ = ("_history_bytes", "_publisher", "_request")

    def __init__(
        self, publisher: HTTPPublisher, request: Request, history_bytes: int
    ) -> None:
        self._publisher = publisher
        self._request = request
        self._history_bytes = history_bytes

    def __call__(self, text: bytes | None) -> None:
        """Publish a reply; one for which there is no room becomes an error."""
        request = self._request
        if text is None or not request.reply_to or self._publisher.closing:
            return
        if not self.may_end(len(text)):
            error = ResultTooLarge(message="too many replies are waiting")
            text = error_reply(request, error)
        self.put(text)

    def has_room(self, size: int) -> bool:
        """See ``Outlet``."""
        return self._publisher.has_room_of_stream(self._request.caller.user, size)

    def may_end(self, size: int) -> bool:
        """See ``Outlet``; the same holds for the reply to a call."""
        return self._publisher.has_room(self._request.caller.user, size)

    async def room(self, size: int) -> None:
        """See ``Outlet``."""
        while not (self.has_room(size) or self._publisher.closing):
            await self._publisher.progress()

    def put(self, text: bytes, failed: Callable[[], None] | None = None) -> None:
        """See ``Outlet``."""
        self._publisher.send(
            self._request.reply_to,
            text,
            user=self._request.caller.user,
            skip_history=len(text) > self._history_bytes,
            failed=failed,
        )


def admit_message(
    dispatcher: Dispatcher, refusals: RateLimit, user: str
) -> RPCError | None:
    """Count a message of a user; return the refusal of one that is too many.

    ``Rejected`` if there are so many that refusals are not answered any more.
    """
    if dispatcher.may_send(user):
        return None
    _count_refusals(refusals, user, 1)
    return RateLimited()


def admit_more(
    dispatcher: Dispatcher, refusals: RateLimit, user: str, count: int
) -> int:
    """Count so many more messages of a user; return how many of them may run.

    ``Rejected`` as above if the refusals of the others are too many.
    """
    allowed = dispatcher.may_send(user, count)
    _count_refusals(refusals, user, count - allowed)
    return allowed


def _count_refusals(refusals: RateLimit, user: str, count: int) -> None:
    if not refusals.take(user, time.monotonic(), count):
        reason = "flood"
        raise Rejected(reason, f"too many requests of user {user!r}")


def _outer(body: bytes) -> Members:
    """Read what Centrifugo sends."""
    outer = members(body.decode())
    if outer.value("b64data"):
        reason = "malformed"
        detail = "it has b64data: turn binary encoding off for this proxy"
        raise Rejected(reason, detail)
    return outer


def caller_of(outer: Members) -> Caller:
    """Return who has sent something, as Centrifugo says."""
    user, client = outer.value("user"), outer.value("client")
    return Caller(
        user=user if isinstance(user, str) else "",
        client=client if isinstance(client, str) else "",
        info=outer.value("meta"),
    )


def _native(outer: Members, caller: Caller) -> Request:
    method = outer.value("method")
    if not isinstance(method, str):
        reason = "malformed"
        raise Rejected(reason, "the body names no method")
    error = None if is_name(method) else InvalidRequest(message=NO_METHOD)
    return Request(caller, method, outer.text("data"), error=error)


def _error(code: int, message: str) -> Answer:
    error = {"code": code, "message": message}
    return Answer(200, json.dumps({"error": error}).encode())
