"""Calls and events over a Centrifugo connection: what the typed client stands on."""

import asyncio
import base64
import importlib
import json
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, Literal, Protocol, TypeAlias, TypeVar, cast

from pydantic import TypeAdapter, ValidationError
from typing_extensions import Self

# Where requests go, where replies are expected, and the version of the API:
# the generator fills these in.
REQUESTS_CHANNEL = "rpc.requests"
REPLY_CHANNEL = "user#{user_id}"
API_VERSION = ""

DEFAULT_TIMEOUT_S = 10.0
MAX_FRAME_BYTES = 65_536
"""Longest request that Centrifugo takes by default; it cuts off longer ones."""

State: TypeAlias = Literal["disconnected", "connecting", "connected"]
Transport: TypeAlias = Literal["pubsub", "rpc"]
Token: TypeAlias = str | Callable[[], Awaitable[str]]

_R = TypeVar("_R")
_logger = logging.getLogger(__name__)


class CallError(Exception):
    """Base of everything that a call can fail with, cancellation aside."""

    def __init__(
        self,
        message: str,
        *,
        method: str = "",
        correlation_id: str = "",
        sent: bool = True,
    ) -> None:
        """Describe the call: its wire name, its id and whether it may have run."""
        super().__init__(f"{method}: {message}" if method else message)
        self.method = method
        self.correlation_id = correlation_id
        self.sent = sent
        """False: the request certainly did not run, and is safe to repeat."""


class RPCError(CallError):
    """The server answered with an error."""

    declared_code: ClassVar[int | None] = None
    data_type: ClassVar[Any] = None

    def __init__(  # noqa: PLR0913
        self,
        code: int,
        message: str,
        data: Any = None,  # noqa: ANN401
        *,
        method: str = "",
        correlation_id: str = "",
        sent: bool = True,
    ) -> None:
        """Keep what the server said: its code, message and data."""
        super().__init__(
            f"{message} (code {code})",
            method=method,
            correlation_id=correlation_id,
            sent=sent,
        )
        self.code = code
        self.message = message
        self.data: Any = data


class InvalidParamsError(RPCError):
    """The server refused the params: code -32602."""

    @property
    def issues(self) -> list[dict[str, Any]]:
        """What is wrong: ``loc``, ``msg`` and ``type`` of each problem."""
        return cast("list[dict[str, Any]]", self.data) if self.data else []


class MethodNotFoundError(RPCError):
    """The server does not know the method: code -32601."""


class CallTimeout(CallError, TimeoutError):
    """No reply came in time. If ``sent``, the outcome is unknown."""


class ConnectionLost(CallError):
    """The connection broke, or was closed, before the reply came."""


class RequestTooLarge(CallError):
    """The request does not fit into a frame; nothing was sent."""


class NotConnected(CallError):
    """There is no connection: ``connect()`` was not called, or it has ended."""


class ConnectError(CallError):
    """Connecting failed for good; ``code`` is Centrifugo's, if it gave one."""

    def __init__(self, message: str, code: int = 0) -> None:
        """Say why."""
        super().__init__(message, sent=False)
        self.code = code


@dataclass(frozen=True)
class Method(Generic[_R]):
    """What the client has to know of a method; ``_R`` is the type of its result."""

    name: str
    params: Any = None
    result: Any = None
    errors: tuple[type[RPCError], ...] = ()
    idempotent: bool = False
    notify: bool = False
    timeout_s: float | None = None


@dataclass(frozen=True)
class Event(Generic[_R]):
    """What the client has to know of an event; ``_R`` is the type of its payload."""

    name: str
    payload: Any


class Caller(Protocol):
    """What an ``APIClient`` needs: a ``CentrifugoRPCClient``, or a fake in tests."""

    async def call(
        self,
        method: Method[_R],
        params: object = None,
        *,
        timeout_s: float | None = None,
    ) -> _R:
        """Call a method and return its result."""
        ...

    def subscribe(self, event: Event[_R], channel: str) -> AsyncIterator[_R]:
        """Iterate over the events on a channel."""
        ...


# The SDK has no type annotations that a checker can see. All that is used of it:


class _Subscription(Protocol):
    async def subscribe(self) -> None: ...
    async def unsubscribe(self) -> None: ...


class _Client(Protocol):
    events: Any
    state: Any

    async def connect(self) -> None: ...
    async def disconnect(self) -> None: ...
    async def publish(self, channel: str, data: object, timeout: float) -> object: ...
    async def rpc(self, method: str, data: object, timeout: float) -> Any: ...  # noqa: ANN401
    def new_subscription(self, channel: str, events: object) -> _Subscription: ...
    def remove_subscription(self, sub: _Subscription) -> None: ...


_sdk = cast("Any", importlib.import_module("centrifuge"))

_ALREADY_SUBSCRIBED = 105
_NOT_RUN = {101, 102, 103, 104, 105, 106, 107, 108, 112}
"""Codes that say that a request was refused before anybody saw it."""


class _Handler:
    """Hands the SDK's events on; events that nobody listens to are dropped.

    The SDK waits for its handlers before it reads on, and disconnects when one
    raises. So no handler here waits for anything, and all catch what others raise.
    """

    def __init__(self, **handlers: Callable[[Any], None]) -> None:
        self.also: object = None
        """The handlers of who brought the connection along, called after ours."""
        self._handlers = handlers

    def __getattr__(self, name: str) -> Callable[[Any], Awaitable[None]]:
        handler = self._handlers.get(name)

        async def handle(ctx: object) -> None:
            if handler is not None:
                try:
                    handler(ctx)
                except Exception:
                    _logger.exception("handling %s", name)
            if self.also is not None:
                await getattr(self.also, name)(ctx)

        return handle


@dataclass
class _Pending:
    """A call that waits for its reply."""

    method: Method[Any]
    id: str
    reply: "asyncio.Future[object]"
    sent: bool = False

    def fail(self, error: type[CallError], message: str) -> None:
        """End the call, unless it has ended."""
        if not self.reply.done():
            self.reply.set_exception(error(message, **self.about()))

    def about(self) -> dict[str, Any]:
        """Return what every error of the call carries."""
        name = self.method.name
        return {"method": name, "correlation_id": self.id, "sent": self.sent}


@dataclass
class _Feed:
    """The subscription to one channel, shared by all who iterate over it."""

    queues: "list[asyncio.Queue[object]]" = field(
        default_factory=list["asyncio.Queue[object]"]
    )
    subscription: _Subscription | None = None

    def put(self, item: object) -> None:
        """Hand a publication, or the error that ended the feed, to everyone."""
        for queue in self.queues:
            queue.put_nowait(item)


class _End(Exception):
    """Ends an iteration without an error."""


class CentrifugoRPCClient:
    """Calls methods and receives events over one connection to Centrifugo.

    ``async with`` connects and closes; ``connect()`` and ``close()`` do the same by
    hand, any number of times. Lost connections come back by themselves.
    """

    def __init__(  # noqa: PLR0913
        self,
        url: str,
        token: Token = "",
        user_id: str | None = None,
        *,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        transport: Transport = "pubsub",
        requests_channel: str = REQUESTS_CHANNEL,
        reply_channel: str = REPLY_CHANNEL,
        max_frame_bytes: int = MAX_FRAME_BYTES,
        meta: Mapping[str, str] | None = None,
        sdk_options: Mapping[str, Any] | None = None,
    ) -> None:
        """Prepare a connection; nothing is opened yet.

        ``token`` is a JWT or an async function that fetches one, called again when
        it expires. ``user_id`` is by default the token's ``sub``. ``timeout_s`` is
        for calls that set none themselves. ``meta`` goes to the server with every
        request, such as a ``traceparent``. ``sdk_options`` are arguments of
        ``centrifuge.Client``, such as ``headers`` or ``ssl_context``.
        """
        self._url = url
        self._token = token
        self._given_user_id = user_id
        self._timeout_s = timeout_s
        self._transport = transport
        self._requests_channel = requests_channel
        self._reply_template = reply_channel
        self._max_frame_bytes = max_frame_bytes
        self._meta = dict(meta or {})
        self._sdk_options = dict(sdk_options or {})
        self._nonce = secrets.token_hex(10)
        self._borrowed: _Client | None = None
        self._client: _Client | None = None
        self._state: State = "disconnected"
        self._listeners: list[Callable[[State], object]] = []
        self._pending: dict[str, _Pending] = {}
        self._feeds: dict[str, _Feed] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._adapters: dict[int, TypeAdapter[Any]] = {}
        self._reset()

    def _reset(self) -> None:
        self._ready: asyncio.Future[None] | None = None
        self._reply_channel = ""
        self._replies: _Subscription | None = None
        self._server_side: set[str] = set()
        self._recoverable = False
        self._last_error = ""
        self._generation = getattr(self, "_generation", 0) + 1

    @classmethod
    def over(cls, client: object, user_id: str, **options: object) -> Self:
        """Use an existing ``centrifuge.Client``, which is never closed here.

        Its event handlers go on being called. ``options`` are those of the
        constructor.
        """
        rpc = cls("", "", user_id, **cast("dict[str, Any]", options))
        rpc._borrowed = cast("_Client", client)
        return rpc

    async def __aenter__(self) -> Self:
        """Connect."""
        await self.connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close."""
        await self.close()

    @property
    def state(self) -> State:
        """``connected`` means that calls are answered at once."""
        return self._state

    def on_state(self, listener: Callable[[State], object]) -> Callable[[], None]:
        """Call ``listener`` with each new state; returns what stops that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def connect(self, *, timeout_s: float | None = None) -> None:
        """Return when calls can be answered; fail with the reason why they cannot.

        Raises ``ConnectError``, or ``CallTimeout`` when it takes too long.
        """
        if self._ready is None:
            self._reset()
            self._ready = asyncio.get_running_loop().create_future()
            self._set_state("connecting")
            try:
                await self._open()
            except BaseException:
                await self.close()
                raise
        wait = self._timeout_s if timeout_s is None else timeout_s
        try:
            await asyncio.wait_for(asyncio.shield(self._ready), wait)
        except (TimeoutError, asyncio.TimeoutError) as error:
            reason = f": {self._last_error}" if self._last_error else ""
            await self.close()
            message = f"no connection within {wait:g} s{reason}"
            raise CallTimeout(message, sent=False) from error
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """End pending calls and iterations, and the connection if it is our own."""
        client, self._client = self._client, None
        mine = [self._replies, *(feed.subscription for feed in self._feeds.values())]
        self._end(ConnectionLost, "the client was closed", _End())
        if client is None:
            return
        if client is not self._borrowed:
            await client.disconnect()
        else:
            for subscription in mine:
                await _drop(client, subscription)
            client.events = client.events.also
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def call(
        self,
        method: Method[_R],
        params: object = None,
        *,
        timeout_s: float | None = None,
    ) -> _R:
        """Call a method and return its result.

        ``timeout_s`` counts from here to the reply, connecting included. Cancelling
        the task gives the call up.
        """
        loop = asyncio.get_running_loop()
        limit = timeout_s or method.timeout_s or self._timeout_s
        deadline = loop.time() + limit
        pending = _Pending(method, secrets.token_hex(16), loop.create_future())
        timer = loop.call_at(
            deadline,
            lambda: pending.fail(CallTimeout, f"no reply within {limit:g} s"),
        )
        try:
            await self._until_ready(pending)
            data = self._request(pending, params, deadline - loop.time())
            reply = await self._exchange(pending, data, deadline - loop.time())
            return cast("_R", self._result_of(pending, reply))
        finally:
            timer.cancel()
            self._pending.pop(pending.id, None)
            if not pending.reply.cancelled() and not pending.reply.cancel():
                pending.reply.exception()  # seen, even where the task was cancelled

    async def subscribe(self, event: Event[_R], channel: str) -> AsyncIterator[_R]:
        """Iterate over the events on a channel; leaving the loop unsubscribes.

        The iteration survives reconnects, ends with ``close()`` and raises when the
        subscription is refused. Payloads that do not fit the type are logged and
        left out.
        """
        client = self._client
        if client is None or self._ready is None:
            message = "not connected: call connect()"
            raise NotConnected(message, method=event.name, sent=False)
        feed = self._feeds.setdefault(channel, _Feed())
        queue: asyncio.Queue[object] = asyncio.Queue()
        feed.queues.append(queue)
        try:
            if len(feed.queues) == 1 and channel not in self._server_side:
                feed.subscription = self._listen(client, channel, feed)
                await feed.subscription.subscribe()
            while True:
                item = await queue.get()
                if isinstance(item, _End):
                    return
                if isinstance(item, CallError):
                    item.method = event.name
                    raise item
                try:
                    payload = self._decode(event.payload, item)
                except ValidationError:
                    _logger.exception("payload of %s", event.name)
                    continue
                yield cast("_R", payload)
        finally:
            feed.queues.remove(queue)
            if not feed.queues and self._feeds.get(channel) is feed:
                del self._feeds[channel]
                await _drop(client, feed.subscription)

    # Connecting.

    async def _open(self) -> None:
        token = self._token if isinstance(self._token, str) else await self._token()
        user_id = _user_of(token, self._given_user_id)
        template = self._reply_template
        if "{user_id}" in template and self._transport == "pubsub":
            if not user_id:
                message = (
                    "the user id is not known: pass user_id, or a token with a sub"
                )
                raise ConnectError(message)
            if set(user_id) & set(",#:"):
                message = f"a user id cannot hold ',', '#' or ':': {user_id!r}"
                raise ConnectError(message)
        template = template.replace("{user_id}", user_id)
        self._reply_channel = template.replace("{nonce}", self._nonce)
        handler = _Handler(
            on_connected=self._current(self._on_connected),
            on_connecting=self._current(self._on_connecting),
            on_disconnected=self._current(self._on_disconnected),
            on_error=self._current(self._on_error),
            on_subscribed=self._current(self._on_server_subscribed),
            on_unsubscribed=self._current(self._on_server_unsubscribed),
            on_publication=self._current(self._on_server_publication),
        )
        if self._borrowed is not None:
            client = self._borrowed
            handler.also, client.events = client.events, handler
        else:
            refresh = None if isinstance(self._token, str) else self._token
            options = {"token": token, "get_token": refresh, **self._sdk_options}
            client = cast("_Client", _sdk.Client(self._url, events=handler, **options))
        self._client = client
        if client.state == _sdk.ClientState.CONNECTED:
            self._on_connected(None)
        else:
            self._spawn(client.connect())

    def _current(self, handler: Callable[[Any], None]) -> Callable[[Any], None]:
        """Return a handler that is deaf once this connection was closed."""
        generation = self._generation

        def handle(ctx: object) -> None:
            if generation == self._generation and self._client is not None:
                handler(ctx)

        return handle

    def _on_connected(self, _: object) -> None:
        # The SDK reports server-side subscriptions right after this event.
        asyncio.get_running_loop().call_soon(self._current(self._settle), None)

    def _settle(self, _: object) -> None:
        client = self._client
        if client is None or client.state != _sdk.ClientState.CONNECTED:
            return
        if self._transport == "rpc":
            self._answerable()
        elif self._reply_channel not in self._server_side and self._replies is None:
            handler = _Handler(
                on_subscribed=self._current(self._on_replies_subscribed),
                on_subscribing=self._current(self._on_connecting),
                on_unsubscribed=self._current(self._on_replies_refused),
                on_publication=self._current(lambda ctx: self._on_reply(ctx.pub)),
            )
            self._replies = client.new_subscription(self._reply_channel, events=handler)
            self._spawn(self._replies.subscribe())

    def _on_replies_subscribed(self, ctx: Any) -> None:  # noqa: ANN401
        self._recoverable = bool(ctx.recoverable)
        if ctx.was_recovering and not ctx.recovered:
            self._lose("the reply channel could not be recovered")
        self._answerable()

    def _on_replies_refused(self, ctx: Any) -> None:  # noqa: ANN401
        replies, self._replies = self._replies, None
        if self._client is not None and replies is not None:
            self._client.remove_subscription(replies)
        if ctx.code == _ALREADY_SUBSCRIBED:
            self._server_side.add(self._reply_channel)
            self._answerable()
            return
        message = (
            f"subscribing to the reply channel {self._reply_channel!r} was refused: "
            f"{ctx.reason} (code {ctx.code}). Either put the channel into the "
            "token's `channels`, so that the server subscribes the connection, or "
            "allow user-limited channels (`allow_user_limited_channels`) in the "
            "channel's namespace."
        )
        self._end(NotConnected, message, ConnectError(message, ctx.code))

    def _on_server_subscribed(self, ctx: Any) -> None:  # noqa: ANN401
        self._server_side.add(ctx.channel)
        if ctx.channel == self._reply_channel and self._transport == "pubsub":
            self._on_replies_subscribed(ctx)

    def _on_server_unsubscribed(self, ctx: Any) -> None:  # noqa: ANN401
        self._server_side.discard(ctx.channel)
        if ctx.channel == self._reply_channel:
            self._on_connecting(ctx)
            self._settle(ctx)

    def _on_server_publication(self, ctx: Any) -> None:  # noqa: ANN401
        if ctx.channel == self._reply_channel:
            self._on_reply(ctx.pub)
        elif ctx.channel in self._feeds:
            self._feeds[ctx.channel].put(ctx.pub.data)

    def _on_error(self, ctx: Any) -> None:  # noqa: ANN401
        self._last_error = str(ctx.error) or type(ctx.error).__name__

    def _on_connecting(self, _: object) -> None:
        client = self._client
        if client is None or client.state == _sdk.ClientState.DISCONNECTED:
            return  # for good: that event, with its reason, is next
        if self._ready is not None and self._ready.done():
            self._ready = asyncio.get_running_loop().create_future()
        self._set_state("connecting")
        if not self._recoverable:
            self._lose("the connection was lost")

    def _on_disconnected(self, ctx: Any) -> None:  # noqa: ANN401
        reason = f"disconnected: {ctx.reason} (code {ctx.code})"
        if self._last_error:
            reason += f"; {self._last_error}"
        self._end(ConnectionLost, reason, ConnectError(reason, ctx.code))

    def _answerable(self) -> None:
        if self._ready is not None and not self._ready.done():
            self._ready.set_result(None)
        self._set_state("connected")

    def _end(self, error: type[CallError], reason: str, last: Exception) -> None:
        """Stop for good: nothing waits any more, until ``connect()`` is called."""
        ready, self._ready = self._ready, None
        self._generation += 1
        if ready is not None and not ready.done():
            ready.set_exception(
                last if isinstance(last, ConnectError) else ConnectError(reason)
            )
            ready.exception()  # nobody may be waiting
        for pending in list(self._pending.values()):
            pending.fail(error if pending.sent else NotConnected, reason)
        feeds, self._feeds = self._feeds, {}
        for feed in feeds.values():
            feed.put(last)
        self._set_state("disconnected")

    def _lose(self, reason: str) -> None:
        """End the calls whose replies can no longer come."""
        for pending in list(self._pending.values()):
            if pending.sent:
                pending.fail(ConnectionLost, reason)

    def _set_state(self, state: State) -> None:
        if state == self._state:
            return
        self._state = state
        for listener in list(self._listeners):
            asyncio.get_running_loop().call_soon(_notify, listener, state)

    def _listen(self, client: _Client, channel: str, feed: _Feed) -> _Subscription:
        def refused(ctx: Any) -> None:  # noqa: ANN401
            if ctx.code == _ALREADY_SUBSCRIBED:
                self._server_side.add(channel)
            elif ctx.code:
                feed.put(RPCError(ctx.code, f"subscription to {channel}: {ctx.reason}"))

        handler = _Handler(
            on_publication=lambda ctx: feed.put(ctx.pub.data), on_unsubscribed=refused
        )
        return client.new_subscription(channel, events=handler)

    def _spawn(self, work: Any) -> "asyncio.Task[Any]":  # noqa: ANN401
        task: asyncio.Task[Any] = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _logger.debug("request failed: %s", error)

    # Calling.

    async def _until_ready(self, pending: _Pending) -> None:
        while True:
            ready = self._ready
            if ready is None:
                message = "not connected: call connect()"
                raise NotConnected(message, **pending.about())
            if ready.done() and ready.exception() is None:
                return
            waits: list[asyncio.Future[Any]] = [ready, pending.reply]
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            if pending.reply.done():
                pending.reply.result()  # raises: there is no reply yet
            if ready.done() and (error := ready.exception()) is not None:
                raise NotConnected(str(error), **pending.about()) from error

    def _request(self, pending: _Pending, params: object, left_s: float) -> object:
        """Return what is sent, if it fits into a frame."""
        method = pending.method
        body: object = {}
        if params is not None:
            adapter = self._adapter(method.params)
            body = json.loads(adapter.dump_json(params, by_alias=True))
        # Native RPC names the method and matches replies itself: bare params do.
        data = body
        if self._transport == "pubsub":
            envelope: dict[str, object] = {"method": method.name, "params": body}
            if not method.notify:
                envelope["correlation_id"] = pending.id
                envelope["reply_to"] = self._reply_channel
                envelope["timeout_ms"] = max(1, int(left_s * 1000))
            if self._meta:
                envelope["meta"] = {"api": API_VERSION, **self._meta}
            data = envelope
        command = {"id": 2**32 - 1, "publish": {"channel": self._requests_channel}}
        size = len(json.dumps(data)) + len(json.dumps(command)) + len(', "data": ')
        if size > self._max_frame_bytes:
            message = f"{size} bytes do not fit into {self._max_frame_bytes}"
            raise RequestTooLarge(message, **pending.about())
        return data

    async def _exchange(self, pending: _Pending, data: object, left_s: float) -> object:
        client, method = self._client, pending.method
        if client is None:
            message = "not connected: call connect()"
            raise NotConnected(message, **pending.about())
        pending.sent = True
        if self._transport == "rpc":
            work = client.rpc(method.name, data, timeout=left_s)
        else:
            work = client.publish(self._requests_channel, data, timeout=left_s)
            if not method.notify:
                self._pending[pending.id] = pending
        task = self._spawn(work)
        task.add_done_callback(lambda done: self._acknowledged(pending, done))
        return await pending.reply

    def _acknowledged(self, pending: _Pending, task: "asyncio.Task[Any]") -> None:
        """Look at what became of a request; its reply may be there already."""
        if task.cancelled() or pending.reply.done():
            return
        error = task.exception()
        if error is None:
            if pending.method.notify:
                pending.reply.set_result({})
            elif self._transport == "rpc":
                pending.reply.set_result(task.result().data)
            return
        if isinstance(error, _sdk.ReplyError):
            code, temporary = int(cast("Any", error).code), cast("Any", error).temporary
            pending.sent = temporary or code not in _NOT_RUN
            message = str(cast("Any", error).message)
            pending.reply.set_exception(RPCError(code, message, **pending.about()))
        elif isinstance(error, _sdk.OperationTimeoutError):
            return  # the call's own timer is about to fire
        elif not self._recoverable or pending.id not in self._pending:
            pending.fail(ConnectionLost, str(error) or "the connection was lost")

    def _on_reply(self, publication: Any) -> None:  # noqa: ANN401
        # Only the server publishes without info: a client's publication is forged.
        data: object = publication.data
        if publication.info is not None or not isinstance(data, dict):
            return
        reply = cast("dict[str, object]", data)
        pending = self._pending.get(str(reply.get("correlation_id")))
        if pending is not None and not pending.reply.done():
            pending.reply.set_result(reply)

    def _result_of(self, pending: _Pending, reply: object) -> object:
        method = pending.method
        body = cast("dict[str, Any]", reply) if isinstance(reply, dict) else {}
        error = body.get("error")
        if error is not None:
            raise self._error_of(pending, error)
        if method.result is None:
            return None
        try:
            return self._decode(method.result, body.get("result"))
        except ValidationError as invalid:
            message = f"the result does not fit its type: {invalid}"
            data = body.get("result")
            raise RPCError(-32603, message, data, **pending.about()) from invalid

    def _error_of(self, pending: _Pending, error: object) -> RPCError:
        body = cast("dict[str, Any]", error) if isinstance(error, dict) else {}
        code, data = body.get("code"), body.get("data")
        number = code if isinstance(code, int) else -32603
        kinds: dict[int | None, type[RPCError]] = {
            -32602: InvalidParamsError,
            -32601: MethodNotFoundError,
        }
        kinds.update({kind.declared_code: kind for kind in pending.method.errors[::-1]})
        kind = kinds.get(number, RPCError)
        if kind.data_type is not None:
            try:
                data = self._decode(kind.data_type, data)
            except ValidationError:
                kind = RPCError
        message = str(body.get("message", "error"))
        return kind(number, message, data, **pending.about())

    def _decode(self, kind: Any, value: object) -> object:  # noqa: ANN401
        """Validate a JSON value as JSON: that differs from Python's values."""
        return self._adapter(kind).validate_json(json.dumps(value))

    def _adapter(self, kind: Any) -> TypeAdapter[Any]:  # noqa: ANN401
        # By identity: types live as long as their descriptors, and not all hash.
        adapter = self._adapters.get(id(kind))
        if adapter is None:
            adapter = self._adapters[id(kind)] = TypeAdapter(kind)
        return adapter


def _notify(listener: Callable[[State], object], state: State) -> None:
    try:
        listener(state)
    except Exception:
        _logger.exception("state listener")


async def _drop(client: _Client, subscription: _Subscription | None) -> None:
    if subscription is not None:
        await subscription.unsubscribe()
        client.remove_subscription(subscription)


def _user_of(token: str, given: str | None) -> str:
    """Return the user id, from the token's ``sub`` where none is given."""
    subject = ""
    payload = [*token.split("."), "", ""][1]
    try:
        claims: object = json.loads(
            base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
        )
    except ValueError:
        claims = None
    if isinstance(claims, dict):
        subject = str(cast("dict[str, object]", claims).get("sub", ""))
    if given is not None and subject and given != subject:
        message = f"user_id is {given!r}, but the token is for {subject!r}"
        raise ConnectError(message)
    return subject if given is None else given
