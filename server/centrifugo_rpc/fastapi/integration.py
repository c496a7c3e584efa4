"""The router with Centrifugo's doors and the token endpoints, and the worker behind it."""

# No postponed annotations: FastAPI reads those of local functions, with local names.

import functools
import logging
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.exceptions import HTTPException
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from centrifugo_rpc import endpoints
from centrifugo_rpc.metrics import CONTENT_TYPE
from centrifugo_rpc.router import MessageRouter
from centrifugo_rpc.settings import PREFIX, Settings
from centrifugo_rpc.store import Store
from centrifugo_rpc.threads import to_its_end

from .depends import Dependencies, translated

try:
    from centrifugo_rpc.proxy import SECRET_HEADER, Answer

    from .worker import Proxied, Subscribed, Worker
except ImportError as error:
    _what = f"{error}: install centrifugo-rpc[fastapi]"
    raise ImportError(_what) from error

_logger = logging.getLogger(__name__)


class ConnectionToken(BaseModel):
    """What a client needs to connect."""

    token: str
    user: str
    url: str = Field(description="Centrifugo's WebSocket.")


class SubscriptionToken(BaseModel):
    """What a client needs to subscribe to a channel."""

    token: str
    channel: str


class CentrifugoRPC:
    """Serves the methods of a ``MessageRouter`` in a FastAPI application.

    ``router`` has what Centrifugo asks and, where ``user`` is given, tokens for
    clients; an application that includes it runs ``lifespan`` with its own. Only there
    are settings read: importing, ``app.openapi()`` and tests of handlers need none.
    """

    def __init__(  # noqa: PLR0913 -- all but the first have defaults
        self,
        app: FastAPI,
        messages: MessageRouter | None = None,
        *,
        user: Callable[..., Any] | None = None,
        settings: Settings | Callable[[], Settings] = Settings.from_env,
        store: Store | None = None,
        prefix: str = "/centrifugo",
        token_ttl_s: float = 3600.0,
    ) -> None:
        """Prepare; nothing is opened and no setting is read.

        ``user`` is a dependency that returns the id of the user who is logged in. The
        default ``messages`` are ``MessageRouter.default``, with the application's
        title and version.
        """
        if messages is None:
            messages = MessageRouter.default
            messages.title, messages.version = app.title, app.version
        self.messages = messages
        messages.injector = Dependencies(app)
        messages.translate = translated
        messages.in_thread = _in_thread
        self._given = settings
        self._store = store
        self._token_ttl_s = token_ttl_s
        self._worker: Worker | None = None
        self.router = APIRouter(
            prefix=prefix, tags=["centrifugo"], lifespan=self.lifespan
        )
        for door in ("publish", "rpc", "subscribe"):
            self._add_door(door)
        if user is not None:
            self._add_tokens(user)

    @functools.cached_property
    def settings(self) -> Settings:
        """The settings, read when they are needed first."""
        return self._given() if callable(self._given) else self._given

    @asynccontextmanager
    async def lifespan(self, _: object = None) -> AsyncGenerator[None, None]:
        """Run the worker; ``router`` brings it along wherever it is included."""
        settings = self.settings
        if not (settings.api_key or settings.proxy_secret):
            _logger.warning(
                "%sAPI_KEY and %sPROXY_SECRET are not set: Centrifugo is refused, and "
                "events are not published",
                PREFIX,
                PREFIX,
            )
            yield
            return
        async with self._open(settings) as worker:
            self._worker = worker
            try:
                yield
            finally:
                self._worker = None

    def _open(self, settings: Settings) -> Worker:
        if settings.subscribe:
            return Subscribed(self.messages, settings, self._store)
        return Proxied(self.messages, settings, self._store)

    def connection_token(
        self,
        user: str,
        *,
        ttl_s: float | None = None,
        channels: Sequence[str] | None = None,
        info: object = None,
    ) -> str:
        """Return a token with which a user connects to Centrifugo.

        It subscribes the user to ``channels``: to the reply channel, if nothing else is
        said, unless each connection has a reply channel of its own. Handlers see
        ``info``, which is JSON, as ``conn.info``. ``ValueError`` if Centrifugo cannot
        have a user with such an id.
        """
        return endpoints.connection_token(
            self.settings,
            user,
            channels=channels,
            ttl_s=self._token_ttl_s if ttl_s is None else ttl_s,
            info=info,
        )

    async def metrics(self) -> Response:
        """Show this process's counters to Prometheus: ``app.get("/metrics")(rpc.metrics)``."""
        text = self._worker.metrics.text() if self._worker else ""
        return Response(text, media_type=CONTENT_TYPE)

    async def readyz(self) -> Response:
        """Tell whether this process takes requests: ``app.get("/readyz")(rpc.readyz)``."""
        problem = await self._worker.problem() if self._worker else "not started"
        return JSONResponse({"status": problem or "ok"}, 503 if problem else 200)

    def _add_door(self, door: str) -> None:
        async def ask(request: Request) -> Response:
            answer = Answer(503, b"{}")
            if self._worker is not None:
                secret = request.headers.get(SECRET_HEADER)
                answer = await self._worker.answer(door, secret, request.receive)
            return Response(answer.body, answer.status, media_type="application/json")

        self.router.post(f"/{door}", include_in_schema=False)(ask)

    def _add_tokens(self, user: Callable[..., Any]) -> None:
        async def get_connection_token(
            name: Annotated[object, Depends(user)], response: Response
        ) -> ConnectionToken:
            """Get a token for the connection to Centrifugo."""
            response.headers["Cache-Control"] = "no-store"
            with _refusals():
                user_id = endpoints.checked_id(str(name))
            token = self.connection_token(user_id)
            given = endpoints.connection(self.settings, user_id, token)
            return ConnectionToken(**given)

        async def get_subscription_token(
            channel: str, name: Annotated[object, Depends(user)], response: Response
        ) -> SubscriptionToken:
            """Get a token for a channel, if the user may subscribe to it."""
            response.headers["Cache-Control"] = "no-store"
            if self._worker is None:
                raise HTTPException(503, "not started")
            with _refusals():
                user_id = endpoints.checked_id(str(name))
                door = self._worker.subscribe_door
                given = await endpoints.subscription(door, user_id, channel)
            return SubscriptionToken(**given)

        self.router.get("/token")(get_connection_token)
        self.router.get("/subscription_token")(get_subscription_token)


@contextmanager
def _refusals() -> Generator[None, None, None]:
    """Raise refusals as FastAPI's own."""
    try:
        yield
    except endpoints.RefusedError as refused:
        raise HTTPException(refused.status, str(refused)) from refused


async def _in_thread(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
    """Call a handler that is not async where FastAPI calls such endpoints."""
    return await to_its_end(run_in_threadpool(function, *args, **kwargs))
