"""The worker for development: one process that subscribes to the requests channel.

Every subscriber gets every request, so two of them run each call twice. In
production Centrifugo asks the ASGI application instead: see ``asgi``.
"""

import asyncio
import functools
import importlib
import json
import logging
import random
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, cast
from urllib.parse import urlsplit

from .dispatch import Dispatcher
from .limits import RateLimit
from .logs import hide_frames
from .metrics import Metrics
from .proxy import Intake
from .publisher import APIRefusedError, HTTPPublisher, PublishError
from .readiness import Readiness
from .router import MessageRouter
from .settings import PREFIX, Settings, SettingsError
from .store import Store
from .target import TargetError, load_function
from .tokens import (
    TokenCallback,
    TokenError,
    ask_for_token,
    channels_of,
    connection_token,
)
from .wire import Caller, Rejected

_logger = logging.getLogger(__name__)

WORKER_USER = "svc-rpc-worker"
_CONNECT_CALLED = 0
_NO_PING = 2
_INVALID_TOKEN = 3500
# Nobody else can tell a caller that a request was refused, so that few are dropped.
_REFUSALS_PER_S = 2_000.0
_REFUSALS_AT_ONCE = 50_000
_TOKEN_TTL_S = 3600.0
_FIRST_DELAY_S = 0.2
_LONGEST_DELAY_S = 20.0
_LONGEST_RECONNECT_S = 5.0


class WorkerError(Exception):
    """The worker cannot start; the message says what to do."""


# All that is used of the SDK, whose types a checker cannot see.


class _Client(Protocol):
    async def connect(self) -> None: ...
    async def disconnect(self) -> None: ...


class _Handler:
    """Passes the SDK's events on, without ever waiting or raising.

    The SDK reads nothing while a handler runs, and stops for good when one raises.
    """

    def __init__(self, **handlers: Callable[[Any], None]) -> None:
        self._handlers = handlers

    def __getattr__(self, name: str) -> Callable[[Any], Awaitable[None]]:
        """Make what the SDK calls for an event, once for each."""
        handler = self._handlers.get(name)

        async def handle(ctx: object) -> None:
            try:
                if handler is not None:
                    handler(ctx)
            except Exception:
                _logger.exception("handling %s", name)

        setattr(self, name, handle)
        return handle


class Subscriber:
    """Takes requests from the requests channel and publishes their replies.

    ``token`` is called for each connection, and before a token expires; it comes
    before the settings, which sign tokens with ``token_secret`` or name such a function
    as ``token_callback``. Its tokens must name the channels of ``channels``.
    """

    def __init__(
        self,
        router: MessageRouter,
        settings: Settings,
        *,
        token: TokenCallback | None = None,
        store: Store | None = None,
    ) -> None:
        """Prepare; nothing is opened yet."""
        settings.require(
            "api_key", "replies are published through Centrifugo's HTTP API"
        )
        callback = token or _callback(settings)
        self._token = functools.partial(self._ask, callback) if callback else self._sign
        self.metrics = Metrics()
        self.publisher = HTTPPublisher(settings, self.metrics)
        self.dispatcher = Dispatcher(
            router, settings, store, self.metrics, self.publisher.ask
        )
        self._readiness = Readiness(self.dispatcher, self.publisher)
        router.publisher = self.publisher
        self._settings = settings
        self._requests = settings.requests_channels()
        for template in self._requests.templates:
            message = (
                f"no worker can subscribe to {template.text!r}, which has placeholders: "
                "use the publish proxy (centrifugo_rpc.asgi)"
            )
            raise SettingsError(message)
        refusals = RateLimit(_REFUSALS_PER_S, _REFUSALS_AT_ONCE)
        self._intake = Intake(self.dispatcher, self.publisher, settings, refusals)
        self._control = f"{settings.requests_channel}.workers"
        self._id = uuid.uuid4().hex
        self._others: set[str] = set()
        self.connected = asyncio.Event()
        """Set while requests arrive; the first time not before the HTTP API was tried."""
        self._subscribed = False
        self._api_tried = False
        self._api_refuses = False
        self._ended: asyncio.Future[str] | None = None
        self._recovering = False
        # When something arrived last, and since when requests may be missing.
        self._heard = self._missing_since = 0.0
        self._stopping = False
        self._was_connected = False

    @property
    def channels(self) -> list[str]:
        """The server-side channels that the worker's token must name."""
        return [*self._requests.fixed, self._control]

    async def problem(self) -> str:
        """Return why requests do not arrive or cannot be answered; empty if they can."""
        if not self.connected.is_set() and not self._stopping:
            return "not connected"
        return "shutting down" if self._stopping else await self._readiness.problem()

    @property
    def others(self) -> int:
        """How many other workers were seen on the requests channel."""
        return len(self._others)

    async def run(self, stop: asyncio.Event) -> None:
        """Answer requests until ``stop``, then finish what runs.

        ``WorkerError`` if Centrifugo refuses the first connection or publication for
        good. Later it may be reconfigured or restarted, and the worker tries until it succeeds.
        """
        _logger.warning(
            "this worker must be the only one on %r: several answer every request "
            "several times; for more, use the proxies (centrifugo_rpc.asgi)",
            self._settings.requests_channel,
        )
        stopped = asyncio.ensure_future(stop.wait())
        client: _Client | None = None
        delay = _FIRST_DELAY_S
        try:
            while not stop.is_set():
                client = self._open()
                ended = self._ended = asyncio.get_running_loop().create_future()
                opening = asyncio.ensure_future(client.connect())
                opening.add_done_callback(self._on_opened)
                await asyncio.wait(
                    {stopped, ended}, return_when=asyncio.FIRST_COMPLETED
                )
                opening.cancel()
                if not ended.done():
                    break
                if self._api_refuses or not self._was_connected:
                    raise WorkerError(ended.result())
                _logger.error("%s; connecting once more", ended.result())
                wait = random.uniform(delay / 2, delay)  # noqa: S311 -- no secret
                await asyncio.wait({stopped}, timeout=wait)
                delay = min(delay * 2, _LONGEST_DELAY_S)
        finally:
            stopped.cancel()
            await self._close(client)

    async def _close(self, client: _Client | None) -> None:
        self._stopping = True
        if client is not None:
            await client.disconnect()
        await self.dispatcher.drain()
        await self.publisher.close()

    def _open(self) -> _Client:
        sdk = cast("Any", importlib.import_module("centrifuge"))
        hide_frames("centrifuge", "websockets.client")
        events = _Handler(
            on_connected=self._on_connected,
            on_connecting=self._on_connecting,
            on_disconnected=self._on_disconnected,
            on_error=self._on_error,
            on_subscribed=self._on_subscribed,
            on_unsubscribed=self._on_unsubscribed,
            on_publication=self._on_publication,
        )
        # Protobuf passes data on as they were sent, JSON would parse them.
        return cast(
            "_Client",
            sdk.Client(
                self._settings.ws_url,
                events=events,
                get_token=self._token,
                use_protobuf=True,
                name="centrifugo-rpc",
                max_reconnect_delay=_LONGEST_RECONNECT_S,
            ),
        )

    async def _sign(self) -> str:
        return connection_token(
            self._settings, WORKER_USER, channels=self.channels, ttl_s=_TOKEN_TTL_S
        )

    async def _ask(self, callback: TokenCallback) -> str:
        """Ask a callback; what it raises goes to ``_on_error``, and the SDK asks once more."""
        token = await ask_for_token(callback)
        named = channels_of(token)
        for channel in self._requests.fixed:
            if named is not None and channel not in named:
                _logger.error(
                    "the worker's token does not name the channel %r, "
                    "so that no request may arrive",
                    channel,
                )
        return token

    def _on_error(self, ctx: Any) -> None:  # noqa: ANN401 -- the SDK's
        cause = ctx.error.__cause__ if isinstance(ctx.error, TokenError) else None
        _logger.warning("connection to Centrifugo: %s", ctx.error, exc_info=cause)

    def _on_connected(self, _: object) -> None:
        self._was_connected = True
        _logger.info("connected to %s", urlsplit(self._settings.ws_url).hostname)

    def _on_opened(self, opening: "asyncio.Task[None]") -> None:
        error = None if opening.cancelled() else opening.exception()
        if error is not None:
            self._end(f"cannot connect: {error!r}")

    def _on_connecting(self, ctx: Any) -> None:  # noqa: ANN401 -- the SDK's
        self._mark_disconnected(ctx.code)
        if ctx.code != _CONNECT_CALLED and self._was_connected:
            _logger.warning("connection lost, reconnecting: %s", ctx.reason)

    def _on_disconnected(self, ctx: Any) -> None:  # noqa: ANN401 -- the SDK's
        self._mark_disconnected()
        why = f"Centrifugo ended the connection: {ctx.reason}"
        if ctx.code == _INVALID_TOKEN:
            why += "; it must be signed with Centrifugo's client.token.hmac_secret_key"
        self._end(why)

    def _mark_disconnected(self, code: int = 0) -> None:
        if self._subscribed:
            # A link that has gone silent was broken at some time before that.
            now = time.monotonic()
            self._missing_since = self._heard if code == _NO_PING else now
        self._subscribed = False
        self.connected.clear()

    def _end(self, reason: str) -> None:
        if self._ended is not None and not self._ended.done():
            self._ended.set_result(reason)

    def _on_subscribed(self, ctx: Any) -> None:  # noqa: ANN401 -- the SDK's
        if ctx.recovered:
            # The SDK hands over what was missed before it reads on.
            self._recovering = True
            asyncio.get_running_loop().call_soon(self._recovered)
        if ctx.channel == self._settings.requests_channel:
            self._subscribed = True
            self._heard = time.monotonic()
            self._say({"hello": self._id})
            if self._api_tried:
                self.connected.set()

    def _recovered(self) -> None:
        self._recovering = False

    def _on_unsubscribed(self, ctx: Any) -> None:  # noqa: ANN401 -- the SDK's
        if ctx.channel in self._requests.fixed:
            if ctx.channel == self._requests.main:
                self._mark_disconnected()
            _logger.error("Centrifugo ended the subscription to %r", ctx.channel)

    def _on_publication(self, ctx: Any) -> None:  # noqa: ANN401 -- the SDK's
        publication = ctx.pub
        if ctx.channel == self._control and not self._recovering:
            self._on_other(publication)
        elif ctx.channel in self._requests.fixed:
            self._on_request(publication)

    def _on_request(self, publication: Any) -> None:  # noqa: ANN401 -- the SDK's
        now = time.monotonic()
        # Nobody says when a missed request was sent: at most so long ago.
        age_s = now - self._missing_since if self._recovering else 0.0
        self._heard = now
        info = publication.info
        caller = info and Caller(info.user, info.client, _json(info.conn_info))
        try:
            self._intake.take(publication.data, caller, age_s)
        except Rejected as error:
            self.dispatcher.drop(error)

    def _on_other(self, publication: Any) -> None:  # noqa: ANN401 -- the SDK's
        """Warn of another worker, and answer its greeting."""
        message = _json(publication.data)
        if publication.info is not None or not isinstance(message, dict):
            return
        words = cast("dict[str, object]", message)
        other = words.get("hello") or words.get("here")
        if not isinstance(other, str) or other == self._id:
            return
        if other not in self._others:
            self._others.add(other)
            _logger.error(
                "another worker is on %r: every request is answered twice; stop one",
                self._settings.requests_channel,
            )
        if "hello" in words:
            self._say({"here": self._id})

    def _say(self, words: dict[str, str]) -> None:
        def note(done: "asyncio.Future[None]") -> None:
            error = None if done.cancelled() else done.exception()
            if isinstance(error, PublishError):
                _logger.warning("cannot look for other workers: %s", error)
            if not self._api_tried:
                self._try_api(error)

        said = self.publisher.put(self._control, json.dumps(words).encode())
        said.add_done_callback(note)

    def _try_api(self, error: BaseException | None) -> None:
        """Look at the first publication: where it is refused, no reply will go out."""
        self._api_tried = True
        if isinstance(error, APIRefusedError):
            self._api_refuses = True
            self._end(str(error))
        elif self._subscribed:
            self.connected.set()


def _callback(settings: Settings) -> TokenCallback | None:
    """Return the function that the settings name; None if they have a secret."""
    if not settings.token_callback:
        why = (
            "it signs the worker's connection token, unless "
            f"{PREFIX}TOKEN_CALLBACK names a function that returns one"
        )
        settings.require("token_secret", why)
        return None
    try:
        return load_function(settings.token_callback)
    except TargetError as error:
        message = f"{PREFIX}TOKEN_CALLBACK: {error}"
        raise SettingsError(message) from error


def _json(data: bytes | None) -> object:
    try:
        return json.loads(data) if data else None
    except ValueError:
        return None
