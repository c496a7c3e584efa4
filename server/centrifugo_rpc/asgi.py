"""An ASGI application for Centrifugo's proxies, without a framework.

::

    settings = Settings.from_env()
    application = create_app(MessageRouter.default, settings)

Run it as any other (``uvicorn myapp.worker:application``), in as many processes as
there are, behind any load balancer; or mount it into a larger application.
"""

import json
from collections.abc import Awaitable, Callable

from .metrics import CONTENT_TYPE
from .router import MessageRouter
from .settings import Settings
from .store import Store

try:
    from .doors import Doors, Message, Receive
    from .proxy import SECRET_HEADER, Answer
except ImportError as error:
    _what = f"{error}: install centrifugo-rpc[asgi]"
    raise ImportError(_what) from error

Scope = Message
Send = Callable[[Message], Awaitable[None]]

_ASKED = {"/centrifugo/publish", "/centrifugo/rpc", "/centrifugo/subscribe"}
_JSON = b"application/json"
_HEADER = SECRET_HEADER.lower().encode()


def create_app(
    router: MessageRouter,
    settings: Settings | None = None,
    *,
    store: Store | None = None,
    metrics: bool = True,
) -> "ProxyApp":
    """Make the application; ``SettingsError`` if the secret or the API key is missing.

    Workers in several processes share a ``store``, so that each recognises a
    retry of a request that another one has answered. ``metrics=False`` leaves out
    ``/metrics``, which shows the names of all methods to everybody who reaches it.
    """
    return ProxyApp(
        router, settings or Settings.from_env(), store, show_metrics=metrics
    )


class ProxyApp(Doors):
    """The application: three proxy endpoints, and three for operations."""

    def __init__(
        self,
        router: MessageRouter,
        settings: Settings,
        store: Store | None,
        *,
        show_metrics: bool,
    ) -> None:
        """Build everything; the first request opens the connection to the HTTP API."""
        super().__init__(router, settings, store)
        self._show_metrics = show_metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one scope of the ASGI server."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)
        else:
            message = f"cannot serve {scope['type']}: WebSockets are Centrifugo's"
            raise ValueError(message)

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self.close()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Mounted applications see the whole path, and where they are mounted.
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        kind = CONTENT_TYPE.encode() if path == "/metrics" else _JSON
        if path in _ASKED:
            answer = await self._ask(path, scope, receive)
        else:
            answer = await self._look(path)
        headers = [
            (b"content-type", kind),
            (b"content-length", str(len(answer.body)).encode()),
        ]
        start = {"type": "http.response.start", "status": answer.status}
        await send({**start, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    async def _ask(self, path: str, scope: Scope, receive: Receive) -> Answer:
        """Answer Centrifugo."""
        if scope["method"] != "POST":
            return Answer(405, b"{}")
        secret = dict(scope["headers"]).get(_HEADER)
        return await self.answer(path.rpartition("/")[2], secret, receive)

    async def _look(self, path: str) -> Answer:
        """Answer whoever watches the process."""
        if path == "/healthz":
            return Answer(200, b'{"status":"ok"}')
        if path == "/readyz":
            problem = await self.readiness.problem()
            status = json.dumps({"status": problem or "ok"}).encode()
            return Answer(503 if problem else 200, status)
        if path == "/metrics" and self._show_metrics:
            return Answer(200, self.metrics.text().encode())
        return Answer(404, b"{}")
