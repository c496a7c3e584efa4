"""Calls and events over a Centrifugo connection: what the typed client stands on."""

import asyncio
import base64
import importlib
import json
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import (
    Any,
    ClassVar,
    Generic,
    Literal,
    Protocol,
    TypeAlias,
    TypedDict,
    TypeVar,
    cast,
)

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError, from_json, to_json
from typing_extensions import Self, Unpack

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


class CallOptions(TypedDict, total=False):
    """What a call may be given besides its params."""

    timeout_s: float | None
    """From the call to its reply, connecting included."""
    meta: Mapping[str, str] | None
    """Goes to the server with the request, such as a ``traceparent``."""


class Caller(Protocol):
    """What an ``APIClient`` needs: a ``CentrifugoRPCClient``, or a fake in tests."""

    async def call(
        self,
        method: Method[_R],
        params: object = None,
        **options: Unpack[CallOptions],
    ) -> _R:
        """Call a method and return its result."""
        ...

    def subscribe(self, event: Event[_R], channel: str) -> AsyncIterator[_R]:
        """Iterate over the events on a channel."""
        ...


# The SDK has no type annotations that a checker can see. All that is used of it:


class _Subscription(Protocol):
    events: Any
    state: Any

    async def subscribe(self) -> None: ...
    async def unsubscribe(self) -> None: ...


class _Client(Protocol):
    events: Any
    state: Any
    ready: Callable[..., Awaitable[None]]

    async def connect(self) -> None: ...
    async def disconnect(self) -> None: ...
    async def publish(self, channel: str, data: object, timeout: float) -> object: ...
    async def rpc(self, method: str, data: object, timeout: float) -> Any: ...  # noqa: ANN401
    def get_subscription(self, channel: str) -> _Subscription | None: ...
    def new_subscription(self, channel: str, events: object) -> _Subscription: ...
    def remove_subscription(self, sub: _Subscription) -> None: ...


_sdk = cast("Any", importlib.import_module("centrifuge"))

_ALREADY_SUBSCRIBED = 105
_NOT_ALLOWED = {103, 107}
_NOT_RUN = {101, 102, 103, 104, 105, 106, 107, 108, 112}
"""Codes that say that a request was refused before anybody saw it."""
_MISFITS = (ValidationError, PydanticSerializationError)
"""What decoding raises; the latter where text is no Unicode, or nesting is too deep."""


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
    meta: dict[str, str]
    reply: "asyncio.Future[object]"
    sent: bool = False
    again: bool = False
    """Whether the request was sent before, over a connection that was lost."""

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
        request, next to that of the call. ``sdk_options`` are arguments of
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
        self._handler = _Handler()
        self._borrowed: _Client | None = None
        self._client: _Client | None = None
        self._state: State = "disconnected"
        self._listeners: list[Callable[[State], object]] = []
        self._pending: dict[str, _Pending] = {}
        self._feeds: dict[str, _Feed] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._leaving: set[asyncio.Task[Any]] = set()
        """Those that end a connection; nothing cancels them."""
        self._adapters: dict[int, TypeAdapter[Any]] = {}
        self._ready: asyncio.Future[None] | None = None
        self._generation = 0
        """Counts the connections that were ended for good."""
        self._reset()

    def _reset(self) -> None:
        self._user_id = ""
        self._reply_channel = ""
        self._replies: _Subscription | None = None
        self._server_side: set[str] = set()
        self._recoverable = False
        self._last_error = ""

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

        def stop() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return stop

    async def connect(self, *, timeout_s: float | None = None) -> None:
        """Return when calls can be answered; fail with the reason why they cannot.

        Raises ``ConnectError``, or ``CallTimeout`` when it takes too long.
        """
        opens = self._ready is None
        if self._ready is None:
            self._reset()
            self._ready = asyncio.get_running_loop().create_future()
            self._set_state("connecting")
            self._spawn(self._open())
        generation = self._generation
        wait = self._timeout_s if timeout_s is None else timeout_s
        try:
            await asyncio.wait_for(asyncio.shield(self._ready), wait)
        except BaseException as error:
            reason = f": {self._last_error}" if self._last_error else ""
            # Who else waits is not given up on, nor what was opened meanwhile.
            if opens and generation == self._generation:
                await self.close()
            if isinstance(error, TimeoutError | asyncio.TimeoutError):
                message = f"no connection within {wait:g} s{reason}"
                raise CallTimeout(message, sent=False) from error
            raise

    async def close(self) -> None:
        """End pending calls and iterations, and the connection if it is our own."""
        self._end("the client was closed", _End())
        tasks = self._tasks - {asyncio.current_task()}
        if tasks:
            await asyncio.wait(tasks)

    async def call(
        self,
        method: Method[_R],
        params: object = None,
        **options: Unpack[CallOptions],
    ) -> _R:
        """Call a method and return its result.

        Cancelling the task gives the call up.
        """
        loop = asyncio.get_running_loop()
        limit = options.get("timeout_s")
        if limit is None:
            limit = self._timeout_s if method.timeout_s is None else method.timeout_s
        deadline = loop.time() + limit
        meta = {**self._meta, **(options.get("meta") or {})}
        pending = _Pending(method, secrets.token_hex(16), meta, loop.create_future())
        timer = loop.call_at(
            deadline,
            lambda: pending.fail(CallTimeout, f"no reply within {limit:g} s"),
        )
        try:
            while True:
                generation = self._generation
                try:
                    reply = await self._exchange(pending, params, deadline)
                except ConnectionLost:
                    if not method.idempotent or generation != self._generation:
                        raise
                    pending.again, pending.reply = True, loop.create_future()
                else:
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
            self._listen(client, channel, feed)
            while True:
                item = await queue.get()
                if isinstance(item, _End):
                    return
                if isinstance(item, CallError):
                    item.method = event.name
                    raise item
                try:
                    payload = self._decode(event.payload, item)
                except _MISFITS:
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
        generation = self._generation
        try:
            token = self._token if isinstance(self._token, str) else await self._token()
            if generation != self._generation:
                return
            self._user_id = _user_of(token, self._given_user_id)
            self._reply_channel = self._fill_reply_channel()
            await self._attach(token).connect()
        except ConnectError as error:
            self._end(str(error), error)
        except Exception as error:  # noqa: BLE001 - whatever the token function raises
            reason = f"cannot connect: {error or type(error).__name__}"
            failure = ConnectError(reason)
            failure.__cause__ = error
            self._end(reason, failure)

    async def _fresh_token(self) -> str:
        """Fetch a token for the SDK; ``close()`` cancels that."""
        token = await self._spawn(cast("Callable[[], Any]", self._token)())
        try:
            _user_of(token, self._user_id or None)
        except ConnectError as error:
            self._last_error = str(error)
            raise _sdk.UnauthorizedError(str(error)) from error
        return cast("str", token)

    def _fill_reply_channel(self) -> str:
        user_id = self._user_id
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
        return template.replace("{nonce}", self._nonce)

    def _attach(self, token: str) -> _Client:
        """Make a connection, or use the one brought along, and listen to it."""
        handler = _Handler(
            on_connected=self._current(self._on_connected),
            on_connecting=self._current(self._on_reconnecting),
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
            refresh = None if isinstance(self._token, str) else self._fresh_token
            options = {"token": token, "get_token": refresh, **self._sdk_options}
            client = cast("_Client", _sdk.Client(self._url, events=handler, **options))
            _hasten(client)
        self._client, self._handler = client, handler
        if client.state == _sdk.ClientState.CONNECTED:
            self._on_connected(None)
        return client

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
        for channel, feed in self._feeds.items():
            self._listen(client, channel, feed)
        if self._transport == "rpc":
            self._answerable()
        elif self._reply_channel not in self._server_side and self._replies is None:
            handler = _Handler(
                on_subscribed=self._current(self._on_replies_subscribed),
                on_subscribing=self._current(self._on_connecting),
                on_unsubscribed=self._current(self._on_replies_refused),
                on_error=self._current(self._on_error),
                on_publication=self._current(lambda ctx: self._on_reply(ctx.pub)),
            )
            try:
                self._replies = _subscription(client, self._reply_channel, handler)
            except _sdk.DuplicateSubscriptionError as error:
                self._end(str(error), ConnectError(str(error)))
            else:
                self._spawn(self._replies.subscribe())

    def _on_replies_subscribed(self, ctx: Any) -> None:  # noqa: ANN401
        self._recoverable = bool(ctx.recoverable)
        if not ctx.recovered:
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
            f"cannot subscribe to the reply channel {self._reply_channel!r}: "
            f"{ctx.reason} (code {ctx.code})"
        )
        if ctx.code in _NOT_ALLOWED:
            message += (
                ". Either put the channel into the token's `channels`, so that the "
                "server subscribes the connection, or allow user-limited channels "
                "(`allow_user_limited_channels`) in the channel's namespace."
            )
        self._end(message, ConnectError(message, ctx.code))

    def _on_server_subscribed(self, ctx: Any) -> None:  # noqa: ANN401
        self._server_side.add(ctx.channel)
        if ctx.channel == self._reply_channel and self._transport == "pubsub":
            self._on_replies_subscribed(ctx)

    def _on_server_unsubscribed(self, ctx: Any) -> None:  # noqa: ANN401
        self._server_side.discard(ctx.channel)
        if ctx.channel == self._reply_channel:
            self._on_connecting(ctx)
            self._lose("the server ended the subscription to the reply channel")
        self._settle(ctx)

    def _on_server_publication(self, ctx: Any) -> None:  # noqa: ANN401
        if ctx.channel == self._reply_channel:
            self._on_reply(ctx.pub)
        elif ctx.channel in self._feeds:
            self._feeds[ctx.channel].put(ctx.pub.data)

    def _on_error(self, ctx: Any) -> None:  # noqa: ANN401
        self._last_error = str(ctx.error) or type(ctx.error).__name__

    def _on_reconnecting(self, ctx: object) -> None:
        self._server_side.clear()  # the server subscribes each connection anew
        self._on_connecting(ctx)

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
        self._end(reason, ConnectError(reason, ctx.code))

    def _answerable(self) -> None:
        self._last_error = ""
        if self._ready is not None and not self._ready.done():
            self._ready.set_result(None)
        self._set_state("connected")

    def _end(self, reason: str, last: Exception) -> None:
        """Stop for good: nothing waits any more, until ``connect()`` is called."""
        ready, self._ready = self._ready, None
        client, self._client = self._client, None
        self._generation += 1
        if ready is not None and not ready.done():
            ready.set_exception(
                last if isinstance(last, ConnectError) else ConnectError(reason)
            )
            ready.exception()  # nobody may be waiting
        for pending in list(self._pending.values()):
            pending.fail(ConnectionLost, reason)
        feeds, self._feeds = self._feeds, {}
        for feed in feeds.values():
            feed.put(last)
        for task in self._tasks - self._leaving - {asyncio.current_task()}:
            task.cancel()
        if client is not None:
            subscriptions = [self._replies, *(f.subscription for f in feeds.values())]
            leaving = self._spawn(self._leave(client, self._handler, subscriptions))
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)
        self._set_state("disconnected")

    async def _leave(
        self,
        client: _Client,
        handler: _Handler,
        subscriptions: "list[_Subscription | None]",
    ) -> None:
        if client is not self._borrowed:
            await client.disconnect()
            return
        if client.events is handler:
            client.events = handler.also
        for subscription in subscriptions:
            await _drop(client, subscription)

    def _lose(self, reason: str) -> None:
        """End the calls whose replies can no longer come."""
        for pending in list(self._pending.values()):
            pending.fail(ConnectionLost, reason)

    def _set_state(self, state: State) -> None:
        if state == self._state:
            return
        self._state = state
        for listener in list(self._listeners):
            asyncio.get_running_loop().call_soon(_notify, listener, state)

    def _listen(self, client: _Client, channel: str, feed: _Feed) -> None:
        """Subscribe to an event's channel, unless that is done."""
        if feed.subscription is not None or channel in self._server_side:
            return

        def ended(ctx: Any) -> None:  # noqa: ANN401
            if not ctx.code:
                return  # by ourselves
            subscription, feed.subscription = feed.subscription, None
            if subscription is not None:
                client.remove_subscription(subscription)
            if ctx.code == _ALREADY_SUBSCRIBED:
                self._server_side.add(channel)
            elif self._feeds.get(channel) is feed:
                del self._feeds[channel]
                message = f"subscription to {channel}: {ctx.reason}"
                feed.put(RPCError(ctx.code, message))

        handler = _Handler(
            on_publication=lambda ctx: feed.put(ctx.pub.data), on_unsubscribed=ended
        )
        feed.subscription = _subscription(client, channel, handler)
        self._spawn(feed.subscription.subscribe())

    def _spawn(
        self,
        work: Any,  # noqa: ANN401
        then: "Callable[[asyncio.Task[Any]], None] | None" = None,
    ) -> "asyncio.Task[Any]":
        """Start a task; ``then`` is called when it ends, and has to call ``_finished``."""
        task: asyncio.Task[Any] = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(then or self._finished)
        return task

    def _finished(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _logger.debug("request failed: %s", error)

    # Calling.

    async def _until_ready(self, pending: _Pending) -> None:
        """Wait for the connection, or for the end of the call."""
        while not pending.reply.done():
            ready = self._ready
            if ready is None:
                message = "not connected: call connect()"
                raise NotConnected(message, **pending.about())
            if ready.done() and ready.exception() is None:
                return
            waits: list[asyncio.Future[Any]] = [ready, pending.reply]
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            error = ready.exception() if ready.done() else None
            if error is not None and not pending.reply.done():
                raise NotConnected(str(error), **pending.about()) from error

    def _request(self, pending: _Pending, params: object, left_s: float) -> object:
        """Return what is sent, if it fits into a frame."""
        method = pending.method
        body: object = {}
        if params is not None:
            # By way of text, the only place where NaN is null.
            serializer = self._adapter(method.params).serializer
            body = from_json(serializer.to_json(params, by_alias=True))
        # Native RPC names the method and matches replies itself: bare params do.
        if self._transport == "rpc":
            self._check_size(pending, {"rpc": {"method": method.name, "data": body}})
            return body
        data: dict[str, object] = {"method": method.name, "params": body}
        if not method.notify:
            data["correlation_id"] = pending.id
            data["reply_to"] = self._reply_channel
            data["timeout_ms"] = max(1, int(left_s * 1000))
        if pending.meta:
            data["meta"] = {"api": API_VERSION, **pending.meta}
        channel = self._requests_channel
        self._check_size(pending, {"publish": {"channel": channel, "data": data}})
        return data

    def _check_size(self, pending: _Pending, command: dict[str, object]) -> None:
        """Refuse what does not fit into a frame, written as the SDK writes it."""
        frame = {"id": 2**32 - 1, **command}
        # Quick far from the limit: escapes make the SDK's text at most six times as
        # long as this one. Metadata may be text that only the SDK's way can write.
        if not pending.meta and 6 * len(to_json(frame)) <= self._max_frame_bytes:
            return
        size = len(json.dumps(frame))
        if size > self._max_frame_bytes:
            message = f"{size} bytes do not fit into {self._max_frame_bytes}"
            raise RequestTooLarge(message, **pending.about())

    async def _exchange(
        self, pending: _Pending, params: object, deadline: float
    ) -> object:
        """Send the request once there is a connection, and wait for its reply."""
        await self._until_ready(pending)
        client, method, reply = self._client, pending.method, pending.reply
        if client is None or reply.done():
            return await reply  # it timed out, or the reply to the first request came
        left_s = deadline - asyncio.get_running_loop().time()
        data = self._request(pending, params, left_s)
        pending.sent = True
        self._pending[pending.id] = pending
        if self._transport == "rpc":
            work = client.rpc(method.name, data, timeout=left_s)
        else:
            work = client.publish(self._requests_channel, data, timeout=left_s)
        self._spawn(work, lambda task: self._acknowledged(pending, reply, task))
        return await reply

    def _acknowledged(
        self,
        pending: _Pending,
        reply: "asyncio.Future[object]",
        task: "asyncio.Task[Any]",
    ) -> None:
        """Look at what became of a request; its reply may be there already."""
        self._finished(task)
        if task.cancelled() or reply.done():
            return
        error, method = task.exception(), pending.method
        if error is None:
            if method.notify:
                reply.set_result({})
            elif self._transport == "rpc":
                reply.set_result(task.result().data)
            return
        if isinstance(error, _sdk.ReplyError):
            code, temporary = int(cast("Any", error).code), cast("Any", error).temporary
            pending.sent = pending.again or temporary or code not in _NOT_RUN
            message = str(cast("Any", error).message)
            reply.set_exception(RPCError(code, message, **pending.about()))
        elif isinstance(error, _sdk.OperationTimeoutError):
            return  # the call's own timer is about to fire
        elif self._recoverable and not (method.notify or method.idempotent):
            return  # the reply may come yet
        else:
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
        except _MISFITS as invalid:
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
            except _MISFITS:
                kind = RPCError
        message = str(body.get("message", "error"))
        return kind(number, message, data, **pending.about())

    def _decode(self, kind: Any, value: object) -> object:  # noqa: ANN401
        """Validate a JSON value as JSON: that differs from Python's values."""
        return self._adapter(kind).validator.validate_json(to_json(value))

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


def _hasten(client: _Client) -> None:
    """Spare each command the SDK's wait for a connection that is there.

    That wait makes a task and a timer, which cost as much as sending does.
    """
    wait = client.ready

    async def ready(timeout: float | None = None) -> None:
        if client.state != _sdk.ClientState.CONNECTED:
            await wait(timeout)

    client.ready = ready


def _subscription(client: _Client, channel: str, handler: _Handler) -> _Subscription:
    """Make a subscription, in the place of one of ours that is just being left."""
    before = client.get_subscription(channel)
    unsubscribed = _sdk.SubscriptionState.UNSUBSCRIBED
    if before and before.state == unsubscribed and isinstance(before.events, _Handler):
        client.remove_subscription(before)
    return client.new_subscription(channel, events=handler)


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
        claim = cast("dict[str, object]", claims).get("sub")
        subject = claim if isinstance(claim, str) else ""
    if given is not None and subject and given != subject:
        message = f"user_id is {given!r}, but the token is for {subject!r}"
        raise ConnectError(message)
    return subject if given is None else given
