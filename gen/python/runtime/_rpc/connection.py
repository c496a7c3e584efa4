"""The client that users create."""

import asyncio
import dataclasses
import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar, cast

from typing_extensions import Self, Unpack

from .api import (
    DEFAULT_TIMEOUT_S,
    MAX_EVENTS,
    MAX_FRAME_BYTES,
    CallOptions,
    Event,
    Events,
    Interceptor,
    Method,
    Place,
    State,
    Stream,
    StreamOptions,
    SubscriptionToken,
    Token,
    Transport,
)
from .call import not_connected
from .calling import Batch, Calling
from .errors import CallTimeout, ConnectError, EventPosition
from .events import End
from .session import Session, Setup
from .tasks import Tasks, guard, logger
from .wire import MISFITS, check_channel, decode, position_of, without_values

_R = TypeVar("_R")


class RPCClient:
    """Calls methods and receives events over one connection to Centrifugo.

    ``async with`` connects and closes; ``connect()`` and ``close()`` do the same by
    hand, any number of times. Lost connections come back by themselves. The class
    attributes are those of the API: a generated subclass sets them.
    """

    requests_channel: ClassVar[str] = "rpc.requests"
    """Where requests are published."""
    reply_channel: ClassVar[str] = "user#{user_id}"
    """Where replies are expected: a template."""
    api_version: ClassVar[str] = ""

    def __init__(  # noqa: PLR0913
        self,
        url: str,
        token: Token = "",
        user_id: str | None = None,
        *,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        transport: Transport = "pubsub",
        requests_channel: str | None = None,
        reply_channel: str | None = None,
        max_frame_bytes: int = MAX_FRAME_BYTES,
        meta: Mapping[str, str] | None = None,
        get_subscription_token: SubscriptionToken | None = None,
        max_events: int = MAX_EVENTS,
        drop_oldest: bool = False,
        sdk_options: Mapping[str, Any] | None = None,
        interceptors: Sequence[Interceptor] = (),
    ) -> None:
        """Prepare a connection; nothing is opened yet.

        ``token`` is a JWT or an async function that fetches one, called again when
        it expires; an ``UnauthorizedError`` from it ends the connection for good.
        ``user_id`` is by default the token's ``sub``. ``timeout_s`` is for calls that
        set none themselves. ``meta`` goes to the server with every request, next to
        that of the call, but not with the transport ``rpc``, which does not tell the
        server the caller's deadline, either.

        ``get_subscription_token`` fetches the token for the channel of an event, such as
        one that begins with ``$``; an empty one subscribes without. ``max_events`` may
        wait for an iteration that is slower than they come. The next one ends it with
        ``EventOverflow``; with ``drop_oldest``, the oldest is dropped in silence.

        ``sdk_options`` are
        arguments of ``centrifuge.Client``, such as ``headers`` or ``ssl_context``.
        ``interceptors`` go around each call and stream, the first one outermost.
        """
        self._setup = Setup(
            url,
            token,
            user_id,
            secrets.token_hex(10),
            transport,
            requests_channel or self.requests_channel,
            reply_channel or self.reply_channel,
            max_frame_bytes,
            self.api_version,
            dict(sdk_options or {}),
            get_subscription_token,
            max_events,
            drop_oldest,
        )
        self._timeout_s = timeout_s
        self._calling = Calling(
            timeout_s,
            dict(meta or {}),
            tuple(interceptors),
            native=transport == "rpc",
            begin=self._begin,
            cause=lambda: self._cause,
        )
        self._state: State = "disconnected"
        self._listeners: list[Callable[[State], None]] = []
        self._tasks = Tasks()
        self._session: Session | None = None
        self._over = False
        """Closed, or ended for good: only ``connect()`` opens it again."""
        self._cause: Exception | None = None
        """Why the last session ended, if not by ``close()``."""

    @classmethod
    def over(cls, client: object, user_id: str, **options: object) -> Self:
        """Use an existing ``centrifuge.Client``, which is never closed here.

        Its event handlers go on being called. ``options`` are those of the
        constructor; clients that share a connection need a ``reply_channel`` each.
        Only one of those who share it can subscribe to a channel, events' included.
        """
        rpc = cls("", "", user_id, **cast("dict[str, Any]", options))
        rpc._setup = dataclasses.replace(rpc._setup, borrowed=cast("Any", client))
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

    def on_state(self, listener: Callable[[State], None]) -> Callable[[], None]:
        """Call ``listener`` with each new state; returns what stops that."""
        self._listeners.append(listener)

        def stop() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return stop

    async def connect(self, *, timeout_s: float | None = None) -> None:
        """Return when calls can be answered; fail with the reason why they cannot.

        Raises ``ConnectError``, or ``CallTimeout`` when it takes too long. The last one
        who gives up before there was a connection closes the client, unless a call or
        an event has begun the connecting.
        """
        self._check_loop()
        session = self._session or self._open()
        wait = self._timeout_s if timeout_s is None else timeout_s
        session.waiting += 1
        try:
            await asyncio.wait_for(asyncio.shield(session.ready), wait)
        except (TimeoutError, asyncio.TimeoutError) as error:
            message = f"no connection within {wait:g} s"
            if session.last_error:
                message += f": {session.last_error}"
            await self._give_up(session, message)
            raise CallTimeout(message, sent=False) from error
        except asyncio.CancelledError:
            await self._give_up(session, "connecting was cancelled")
            raise
        finally:
            session.waiting -= 1

    async def close(self) -> None:
        """End pending calls and iterations, and the connection if it is our own.

        From then on calls and iterations fail with ``NotConnected``, until
        ``connect()`` opens it again.
        """
        self._check_loop()
        self._over, self._cause = True, None
        if self._session is not None:
            self._session.end("the client was closed")
        await self._tasks.wait()

    async def call(
        self,
        method: Method[_R],
        params: object = None,
        **options: Unpack[CallOptions],
    ) -> _R:
        """Call a method and return its result.

        The first call connects; while the client connects, calls wait. Cancelling the
        task gives the call up, and cancels it on the server.

        ``params`` are of the method's type, or a mapping or another Pydantic model with
        the same members: a ``ValidationError`` says what does not fit.
        """
        return await self._calling.call(method, params, **options)

    def stream(
        self,
        method: Method[_R],
        params: object = None,
        **options: Unpack[StreamOptions],
    ) -> Stream[_R]:
        """Return the results of a method that streams them; the loop over them begins the call.

        ``timeout_s`` is for the time until the first result, and between two.
        """
        return self._calling.stream(method, params, **options)

    def batch(self) -> Batch:
        """Return a caller through this client whose requests leave together.

        What it is asked for in one turn of the event loop, as by ``asyncio.gather``, goes to
        the server in one publication, as far as frames have room for it.
        """
        return Batch(self, self._calling)

    def subscribe(
        self, event: Event[_R], channel: str, *, since: EventPosition | None = None
    ) -> Events[_R]:
        """Iterate over the events on a channel; leaving the loop unsubscribes.

        The first iteration connects. It survives reconnects, ends with ``close()`` and raises when the
        subscription is refused. Payloads that do not fit the type are logged and
        left out.

        With ``since``, the events behind that position come first. Where they are not
        kept any more, then or after a reconnect, the iteration raises ``EventsLost``.
        """
        if since is not None:
            since = position_of(since)
        place = Place(since)
        return Events(self._published(event, channel, since, place), place)

    async def _published(
        self,
        event: Event[_R],
        channel: str,
        since: EventPosition | None,
        place: Place,
    ) -> AsyncIterator[_R]:
        check_channel(event.name, channel)
        session = self._begin()
        if session is None:
            raise not_connected(self._cause, method=event.name, sent=False)
        feeds = session.feeds
        inbox = feeds.join(channel, since)
        try:
            while True:
                item = await inbox.get()
                if isinstance(item, End):
                    if item.error is None:
                        return
                    raise item.error(event.name)
                try:
                    payload = decode(event.payload, item.data)
                except MISFITS as misfit:
                    text = "payload of %s does not fit its type: %s"
                    logger.error(text, event.name, without_values(misfit))
                    continue
                place.position = item.position
                yield cast("_R", payload)
        finally:
            await feeds.leave(channel, inbox)

    def _open(self) -> Session:
        self._over, self._cause = False, None
        session = Session(self._setup, self._tasks, self._set_state, self._ended)
        self._session = session
        session.start()
        return session

    def _begin(self) -> Session | None:
        """Return the session for a call or an event; the first one opens it."""
        self._check_loop()
        if self._session is None and not self._over:
            self._open().waiting += 1  # for good: no giving up ends it
        return self._session

    def _check_loop(self) -> None:
        """Refuse to be used from two event loops; one that has ended counts no more."""
        if self._session is None or self._session.loop is asyncio.get_running_loop():
            return
        if not self._session.loop.is_closed():
            message = (
                "the client is in use in another event loop: make one for each loop, "
                "or use the synchronous client"
            )
            raise RuntimeError(message)
        self._session, self._tasks = None, Tasks()
        self._set_state("disconnected")

    async def _give_up(self, session: Session, reason: str) -> None:
        """End a session that never was ready, unless others wait for that."""
        if not session.opened and session.waiting == 1:
            session.end(reason, ConnectError(reason))
            await self._tasks.wait()

    def _ended(self, session: Session, cause: Exception | None) -> None:
        if self._session is session:
            self._session, self._over, self._cause = None, True, cause
            self._set_state("disconnected")

    def _set_state(self, state: State) -> None:
        if state == self._state:
            return
        self._state = state
        for listener in list(self._listeners):
            asyncio.get_running_loop().call_soon(
                guard, "state listener", listener, state
            )
