"""A session: its connections, one after another, and the calls over them."""

import asyncio
import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from .api import DEFAULT_TIMEOUT_S, State, SubscriptionToken, Token, Transport
from .batches import Batches, Request, data_of
from .call import Call, TryAgain
from .errors import ConnectError, ConnectionLost, MethodNotFoundError, RPCError
from .events import Feeds, Inbox
from .frames import check_frames
from .sdk import (
    ALREADY_SUBSCRIBED,
    NOT_ALLOWED,
    NOT_RUN,
    NOT_RUN_BY_WORKER,
    NOTIFY_NOT_FOUND,
    TEMPORARY,
    TOKEN_EXPIRED,
    UNAUTHORIZED,
    UNSUBSCRIBED,
    Handler,
    SDKClient,
    SDKSubscription,
    Unsent,
    centrifuge,
    check_protocol,
    drop_subscription,
    join_frames,
    new_subscription_to,
    open_error,
    remove_handler,
    skip_ready_wait,
)
from .streams import StreamCall
from .tasks import Tasks
from .wire import Requests, check_url, fill_template, user_of

_MAX_OWED = 1000
"""How many cancellations wait for a connection."""

_EXPIRED = "the token has expired, and there is no function that fetches another"


@dataclass(frozen=True)
class Setup:
    """The arguments of a client."""

    url: str
    token: Token = field(repr=False)
    user_id: str | None
    nonce: str
    transport: Transport
    requests_channel: str
    reply_channel: str
    max_frame_bytes: int
    api_version: str
    sdk_options: Mapping[str, Any] = field(repr=False)
    get_subscription_token: SubscriptionToken | None
    max_events: int
    drop_oldest: bool
    borrowed: SDKClient | None = None


class Session:
    """One connection after another, and the calls that run over them."""

    def __init__(
        self,
        setup: Setup,
        tasks: Tasks,
        on_state: Callable[[State], None],
        on_end: "Callable[[Session, Exception | None], None]",
    ) -> None:
        self.over = False
        self.loop = asyncio.get_running_loop()
        self.ready: asyncio.Future[None] = self.loop.create_future()
        """Done while calls can be answered; fails when the session ends."""
        self.waiting = 0
        """How many wait in ``connect()``."""
        self.opened = False
        """Whether it was ready once."""
        self.last_error = ""
        self._failure: ConnectError | None = None
        """Why the SDK is about to end the connection, where it does not know itself."""
        self._setup = setup
        self._native = setup.transport == "rpc"
        self._tasks = tasks
        self._on_state = on_state
        self._on_end = on_end
        self._client: SDKClient | None = None
        self._handler = Handler()
        self._calls: dict[str, Call] = {}
        self._owed: dict[str, str] = {}
        """Ids of calls that are to be cancelled, and their requests channels."""
        self._requests = Requests(
            setup.transport,
            setup.requests_channel,
            setup.max_frame_bytes,
            setup.api_version,
        )
        self._batches = Batches(setup.max_frame_bytes, self._send)
        self._user_id = ""
        self._reply_channel = ""
        self._replies: SDKSubscription | None = None
        self._server_side: set[str] = set()
        self._recoverable = False
        self.feeds = Feeds(
            tasks,
            self._server_side,
            functools.partial(Inbox, setup.max_events, drop_oldest=setup.drop_oldest),
            setup.get_subscription_token,
        )

    # Calling.

    async def run(self, call: Call) -> object:
        """Send a request and return its reply."""
        try:
            return await self._attempts(call)
        except asyncio.CancelledError:
            if not call.is_answered():
                self._cancel(call)
            raise
        except ConnectionLost:
            self._cancel(call)
            raise
        finally:
            self._calls.pop(call.id, None)

    async def begin(self, call: StreamCall) -> None:
        """Send the request of a stream and wait for its first message.

        ``leave`` has to follow, whatever comes of it.
        """
        call.on_ack, call.on_broken = self._acknowledge, self._cancel
        await self._attempts(call)

    def leave(self, call: StreamCall) -> None:
        """Forget a stream; the worker is told where it does not know of the end."""
        self._calls.pop(call.id, None)
        if not call.over:
            self._cancel(call)

    async def _attempts(self, call: Call) -> object:
        """Send a request, again where that is allowed, until there is a reply."""
        call.why_not_sent = lambda: self.last_error
        while True:
            call.again = call.sent
            try:
                return await self._exchange(call)
            except ConnectionLost:
                if self.over or (call.sent and not call.can_repeat()):
                    raise
                call.repeat()
            except TryAgain as refused:
                call.repeat()
                # The reply to the first request may still come.
                await asyncio.wait([call.reply], timeout=refused.pause_s)

    async def _exchange(self, call: Call) -> object:
        """Send the request once there is a connection, and wait for its reply."""
        if self.over or not self.ready.done():
            await self._until_ready(call)
        method, reply = call.method, call.reply
        if self._client is None or reply.done():
            return await reply  # it timed out, or the reply to the first request came
        request = Request(call, reply, self._requests.data(call))
        self._calls[call.id] = call
        channel = self._channel_of(call)
        if call.group is None or self._native or method.notify or call.again:
            self._send(channel, [request])
        else:
            self._batches.put(call.group, channel, request)
        return await reply

    def _send(self, channel: str, requests: list[Request]) -> None:
        """Send requests in one publication; a native RPC is always alone."""
        client = cast("SDKClient", self._client)
        data = data_of(requests)
        for request in requests:
            request.call.sending()
        wait_s = max(request.call.ack_timeout_s() for request in requests)
        if self._native:
            method = requests[0].call.method
            work = client.rpc(method.name, data, timeout=wait_s)
        else:
            work = client.publish(channel, data, timeout=wait_s)
        self._tasks.spawn_now(work, functools.partial(self._acknowledged, requests))

    async def _until_ready(self, call: Call) -> None:
        """Wait for the connection, or for the end of the call."""
        while not call.reply.done():
            ready = self.ready
            if not ready.done():
                waits: list[asyncio.Future[Any]] = [ready, call.reply]
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            elif (error := ready.exception()) is not None:
                raise call.not_connected(cast("Exception", error))
            else:
                return

    def _acknowledged(self, requests: list[Request], task: "asyncio.Task[Any]") -> None:
        """Handle the ack of requests; their replies may have come already."""
        self._tasks.finished(task)
        if task.cancelled():
            return
        error = task.exception()
        for call, reply, _ in requests:
            if error is None or _is_lost(error):
                call.acknowledged = True
                if call.unwanted:
                    self._cancel(call)
            if not reply.done():
                self._without_reply(call, reply, task)

    def _without_reply(
        self,
        call: Call,
        reply: "asyncio.Future[object]",
        task: "asyncio.Task[Any]",
    ) -> None:
        """Take from the ack what it says of the reply."""
        error, method = task.exception(), call.method
        if error is None:
            if self._native:
                answer = task.result().data
                empty = method.notify and answer is None
                reply.set_result({} if empty else answer)
            elif method.notify:
                reply.set_result({})
        elif isinstance(error, centrifuge.ReplyError):
            reply.set_exception(_refusal(call, error))
        elif isinstance(error, centrifuge.OperationTimeoutError):
            return  # the call's own timer is about to fire
        elif isinstance(error, Unsent):
            call.sent = call.again
            call.connection_lost(str(error))
        elif self._recoverable and not (method.notify or call.can_repeat()):
            return  # the reply may come yet
        else:
            call.connection_lost(str(error) or "the connection was lost")

    def _on_reply(self, publication: Any) -> None:  # noqa: ANN401
        # Only clients' publications have info: such a reply is forged.
        data: object = publication.data
        if publication.info is not None or not isinstance(data, dict):
            return
        reply = cast("dict[str, object]", data)
        call = self._calls.get(str(reply.get("correlation_id")))
        if call is not None:
            call.deliver(reply)

    def _cancel(self, call: Call) -> None:
        """Tell the worker that nobody waits for a call, once that is acknowledged."""
        if self.over or call.method.notify or self._native:
            return
        call.unwanted = not call.acknowledged
        if not call.acknowledged:
            return
        self._owed[call.id] = self._channel_of(call)
        if len(self._owed) > _MAX_OWED:
            del self._owed[next(iter(self._owed))]
        self._cancel_owed()

    def _cancel_owed(self) -> None:
        """Send the cancellations, unless they have to wait for a connection."""
        client = self._client
        if client is None or client.state != centrifuge.ClientState.CONNECTED:
            return
        while self._owed and self.ready.done():
            call_id = next(iter(self._owed))
            data = {"method": "rpc.cancel", "correlation_id": call_id}
            self._control(self._owed.pop(call_id), data, self._tasks.finished)

    def _acknowledge(self, call: StreamCall, seq: int) -> None:
        """Tell the worker how much of a stream was taken."""

        def acknowledged(task: "asyncio.Task[Any]") -> None:
            self._tasks.finished(task)
            error = None if task.cancelled() else task.exception()
            if isinstance(error, centrifuge.ReplyError) and _is_temporary(error):
                call.acknowledge_later()

        data = {"method": "rpc.ack", "correlation_id": call.id, "params": {"seq": seq}}
        self._control(self._channel_of(call), data, acknowledged)

    def _control(
        self,
        channel: str,
        data: Mapping[str, object],
        then: "Callable[[asyncio.Task[Any]], None]",
    ) -> None:
        """Publish a message about a call. A break may lose it."""
        if self.over or self._client is None:
            return
        work = self._client.publish(channel, data, timeout=DEFAULT_TIMEOUT_S)
        self._tasks.spawn_now(work, then)

    def _channel_of(self, call: Call) -> str:
        return call.method.channel or self._setup.requests_channel

    def _end_calls(self, reason: str) -> None:
        """End the calls whose replies can no longer come."""
        for call in list(self._calls.values()):
            call.connection_lost(reason)

    # Connecting.

    def start(self) -> None:
        """Begin to connect; ``ready`` tells when that is done."""
        self._on_state("connecting")
        self._tasks.spawn(self._open())

    async def _open(self) -> None:
        setup = self._setup
        try:
            if setup.borrowed is None:
                check_url(setup.url)
            else:
                check_protocol(setup.borrowed)
            token = await self._fetch_token()
            if self.over:
                return
            self._user_id = user_of(token, setup.user_id)
            if setup.transport == "pubsub":
                channel = fill_template(setup.reply_channel, self._user_id, setup.nonce)
                self._reply_channel = self._requests.reply_channel = channel
            await self._attach(token).connect()
        except ConnectError as error:
            self.end(str(error), error)
        except Exception as error:  # noqa: BLE001 - whatever the token function raises
            reason = f"cannot connect: {error or type(error).__name__}"
            failure = ConnectError(reason)
            failure.__cause__ = error
            self.end(reason, failure)

    async def _fetch_token(self) -> str:
        if isinstance(self._setup.token, str):
            return self._setup.token
        fetching = cast("object", self._setup.token())
        if not inspect.isawaitable(fetching):
            what = type(fetching).__name__
            message = f"the token function returned {what}, not an awaitable"
            raise TypeError(message)
        try:
            token: object = await fetching
        except asyncio.CancelledError as error:
            if self.over:
                raise
            message = "the token function was cancelled"  # not by us: all wait for it
            raise RuntimeError(message) from error
        if not isinstance(token, str) or not token:
            what = "nothing" if not token else type(token).__name__
            message = f"the token function returned {what}, not a token"
            raise TypeError(message)
        return token

    async def _fresh_token(self) -> str:
        """Fetch a token for the SDK; ``close()`` cancels that."""
        if isinstance(self._setup.token, str):
            self._failure = ConnectError(_EXPIRED, TOKEN_EXPIRED)
            raise centrifuge.UnauthorizedError(_EXPIRED)
        try:
            token: str = await self._tasks.spawn(self._fetch_token())
            user_of(token, self._user_id or None)
        except (ConnectError, centrifuge.UnauthorizedError) as error:
            self.last_error = str(error)
            raise centrifuge.UnauthorizedError(str(error)) from error
        return token

    def _attach(self, token: str) -> SDKClient:
        """Make a connection, or use the one brought along, and listen to it."""
        setup = self._setup
        handler = Handler(
            on_connected=self._until_end(self._on_connected),
            on_connecting=self._until_end(self._on_reconnecting),
            on_disconnected=self._until_end(self._on_disconnected),
            on_error=self._until_end(self._on_error),
            on_subscribed=self._until_end(self._on_server_subscribed),
            on_unsubscribed=self._until_end(self._on_server_unsubscribed),
            on_publication=self._on_server_publication,
        )
        if setup.borrowed is not None:
            client = setup.borrowed
            handler.also, client.events = client.events, handler
        else:
            options: dict[str, Any] = {
                "token": token,
                "get_token": self._fresh_token,
                **setup.sdk_options,
            }
            client = cast(
                "SDKClient", centrifuge.Client(setup.url, events=handler, **options)
            )
            skip_ready_wait(client)
            check_frames(client, self._on_bad_frame)
            join_frames(client, setup.max_frame_bytes, self._tasks, self._calls)
        self._client, self._handler = client, handler
        if client.state == centrifuge.ClientState.CONNECTED:
            self._on_connected(None)
        return client

    def _until_end(self, handler: Callable[[Any], None]) -> Callable[[Any], None]:
        """Return a handler that does nothing once the session is over."""

        def handle(ctx: object) -> None:
            if not self.over:
                handler(ctx)

        return handle

    def _on_connected(self, _: object) -> None:
        # The SDK reports server-side subscriptions right after this event.
        asyncio.get_running_loop().call_soon(self._until_end(self._settle), None)

    def _settle(self, _: object) -> None:
        client = self._client
        if client is None or client.state != centrifuge.ClientState.CONNECTED:
            return
        self.feeds.listen(client)
        if self._native:
            self._answerable()
        elif self._reply_channel not in self._server_side and self._replies is None:
            self._subscribe_replies(client)

    def _subscribe_replies(self, client: SDKClient) -> None:
        handler = Handler(
            on_subscribed=self._until_end(self._on_replies_subscribed),
            on_subscribing=self._until_end(self._on_connecting),
            on_unsubscribed=self._until_end(self._on_replies_refused),
            on_error=self._until_end(self._on_error),
            on_publication=lambda ctx: self._on_reply(ctx.pub),
        )
        try:
            self._replies = new_subscription_to(client, self._reply_channel, handler)
        except centrifuge.DuplicateSubscriptionError as error:
            reason = f"{error}; clients that share it need a {{nonce}} in reply_channel"
            self.end(reason, ConnectError(reason))
        else:
            self._tasks.spawn(self._replies.subscribe())

    def _on_replies_subscribed(self, ctx: Any) -> None:  # noqa: ANN401
        self._recoverable = bool(ctx.recoverable)
        if not ctx.recovered:
            self._end_calls("the reply channel could not be recovered")
        self._answerable()
        for call in self._calls.values():
            call.resume()

    def _on_replies_refused(self, ctx: Any) -> None:  # noqa: ANN401
        replies, self._replies = self._replies, None
        if self._client is not None and replies is not None:
            self._client.remove_subscription(replies)
        if ctx.code == ALREADY_SUBSCRIBED:
            self._server_side.add(self._reply_channel)
            self._answerable()
            return
        if ctx.code >= UNSUBSCRIBED:
            self._on_replies_lost(ctx)
            return
        message = (
            f"cannot subscribe to the reply channel {self._reply_channel!r}: "
            f"{ctx.reason} (code {ctx.code})"
        )
        if ctx.code in NOT_ALLOWED:
            message += (
                ". Either put the channel into the token's `channels`, so that the "
                "server subscribes the connection, or allow user-limited channels "
                "(`allow_user_limited_channels`, or its `channel_regex`) in the "
                "channel's namespace."
            )
        self.end(message, ConnectError(message, ctx.code))

    def _on_server_subscribed(self, ctx: Any) -> None:  # noqa: ANN401
        self._server_side.add(ctx.channel)
        if ctx.channel == self._reply_channel:
            self._on_replies_subscribed(ctx)

    def _on_server_unsubscribed(self, ctx: Any) -> None:  # noqa: ANN401
        self._server_side.discard(ctx.channel)
        if ctx.channel == self._reply_channel:
            self._on_replies_lost(ctx)
        else:
            self._settle(ctx)

    def _on_replies_lost(self, ctx: object) -> None:
        """Subscribe to the reply channel again; its subscription has ended."""
        self._hold()
        self._end_calls("the server ended the subscription to the reply channel")
        self._on_connecting(ctx)
        self._settle(ctx)

    def _on_server_publication(self, ctx: Any) -> None:  # noqa: ANN401
        if ctx.channel == self._reply_channel:
            self._on_reply(ctx.pub)
        else:
            self.feeds.put(ctx.channel, ctx.pub)

    def _on_error(self, ctx: Any) -> None:  # noqa: ANN401
        if self.ready.done():
            return  # it says nothing of why there is no connection
        self.last_error, final = open_error(ctx.error)
        if final and not self.opened:
            reason = f"cannot connect: {self.last_error}"
            self.end(reason, ConnectError(reason))

    def _on_bad_frame(self, reason: str) -> None:
        if not self.ready.done():
            self.last_error = reason

    def _on_reconnecting(self, ctx: object) -> None:
        self._server_side.clear()  # the server subscribes each connection anew
        self._on_connecting(ctx)

    def _on_connecting(self, _: object) -> None:
        client = self._client
        if client is None or client.state == centrifuge.ClientState.DISCONNECTED:
            return  # for good: that event, with its reason, is next
        self._hold()
        self._on_state("connecting")
        if not self._recoverable:
            self._end_calls("the connection was lost")

    def _hold(self) -> None:
        """Let what is to be sent wait."""
        if self.ready.done():
            self.ready = asyncio.get_running_loop().create_future()

    def _on_disconnected(self, ctx: Any) -> None:  # noqa: ANN401
        if self._failure is not None:
            self.end(str(self._failure), self._failure)
            return
        reason = f"disconnected: {ctx.reason} (code {ctx.code})"
        if ctx.code == UNAUTHORIZED and self.last_error:
            reason += f"; {self.last_error}"
        self.end(reason, ConnectError(reason, ctx.code))

    def _answerable(self) -> None:
        self.last_error = ""
        self.opened = True
        if not self.ready.done():
            self.ready.set_result(None)
        self._on_state("connected")
        self._cancel_owed()

    # Ending.

    def end(self, reason: str, cause: ConnectError | None = None) -> None:
        """Stop for good: nothing waits any more. ``cause`` ends the iterations, too."""
        if self.over:
            return
        self.over = True
        self._owed.clear()
        self._hold()
        self.ready.set_exception(cause or ConnectError(reason))
        self.ready.exception()  # nobody may be waiting
        self._end_calls(reason)
        subscriptions = [self._replies, *self.feeds.end(cause)]
        self._tasks.cancel()
        if self._client is not None:
            self._tasks.spawn_lasting(self._leave(self._client, subscriptions))
        self._on_end(self, cause)

    async def _leave(
        self, client: SDKClient, subscriptions: list[SDKSubscription | None]
    ) -> None:
        if client is not self._setup.borrowed:
            await client.disconnect()
            return
        remove_handler(client, self._handler)
        for subscription in subscriptions:
            await drop_subscription(client, subscription)


def _refusal(call: Call, error: Any) -> RPCError | TryAgain:  # noqa: ANN401
    """Return what ends an attempt that Centrifugo, or a proxy, has refused."""
    code, temporary = int(error.code), bool(error.temporary)
    refused = code in NOT_RUN_BY_WORKER or (code in NOT_RUN and not temporary)
    call.sent = call.again or not refused
    if call.can_repeat() and _is_temporary(error):
        pause_s = call.retry_pause_s()
        if pause_s is not None:
            return TryAgain(pause_s)
    unknown = call.method.notify and code == NOTIFY_NOT_FOUND
    kind = MethodNotFoundError if unknown else RPCError
    return kind(code, str(error.message), **call.about())


def _is_lost(error: BaseException) -> bool:
    """Tell whether the ack of a request that may have left can no longer come."""
    known = (centrifuge.ReplyError, centrifuge.OperationTimeoutError, Unsent)
    return not isinstance(error, known)


def _is_temporary(error: Any) -> bool:  # noqa: ANN401
    return bool(error.temporary) or int(error.code) in TEMPORARY
