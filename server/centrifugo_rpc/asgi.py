"""An ASGI application for Centrifugo's proxies, without a framework.

::

    settings = Settings.from_env()
    application = create_app(MessageRouter.default, settings)

Run it as any other (``uvicorn myapp.worker:application``), in as many processes as
there are, behind any load balancer; or mount it into a larger application.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, cast

from .dedupe import DedupeStore
from .dispatch import Dispatcher
from .metrics import Metrics
from .router import MessageRouter
from .settings import Settings

try:
    from .proxy import SECRET_HEADER, Answer, Proxy
    from .publisher import HTTPPublisher
    from .subscribe import SubscribeDoor
except ImportError as error:
    _what = f"{error}: install centrifugo-rpc[asgi]"
    raise ImportError(_what) from error

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

# Centrifugo's own limit of a client's message is 64 KiB by default.
_MOST_BODY = 1024 * 1024
_ASKED = {"/centrifugo/publish", "/centrifugo/rpc", "/centrifugo/subscribe"}
_JSON = b"application/json"
_TEXT = b"text/plain; version=0.0.4; charset=utf-8"
_HEADER = SECRET_HEADER.lower().encode()


def create_app(
    router: MessageRouter,
    settings: Settings | None = None,
    *,
    dedupe: DedupeStore | None = None,
    metrics: bool = True,
) -> "ProxyApp":
    """Make the application; ``SettingsError`` if the secret or the API key is missing.

    Workers in several processes share a ``dedupe`` store, so that each recognises a
    retry of a request that another one has answered. ``metrics=False`` leaves out
    ``/metrics``, which shows the names of all methods to everybody who reaches it.
    """
    return ProxyApp(
        router, settings or Settings.from_env(), dedupe, show_metrics=metrics
    )


class ProxyApp:
    """The application: three proxy endpoints, and three for operations."""

    def __init__(
        self,
        router: MessageRouter,
        settings: Settings,
        dedupe: DedupeStore | None,
        *,
        show_metrics: bool,
    ) -> None:
        """Build everything; the first request opens the connection to the HTTP API."""
        self._show_metrics = show_metrics
        self.metrics = Metrics()
        self.publisher = HTTPPublisher(settings, self.metrics)
        self.dispatcher = Dispatcher(router, settings, dedupe, self.metrics)
        self._proxy = Proxy(self.dispatcher, self.publisher, settings)
        self._door = SubscribeDoor(router, settings, self.metrics)
        router.publisher = self.publisher

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one scope of the ASGI server."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)
        else:
            message = f"cannot serve {scope['type']}: WebSockets are Centrifugo's"
            raise ValueError(message)

    async def close(self) -> None:
        """Finish what runs and send its replies; call it where the server has no lifespan."""
        await self.dispatcher.drain()
        await self.publisher.close()

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
        kind = _TEXT if path == "/metrics" else _JSON
        if path in _ASKED:
            answer = await self._ask(path, scope, receive)
        else:
            answer = self._look(path)
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
        if not self._proxy.knows(dict(scope["headers"]).get(_HEADER)):
            return Answer(401, b"{}")
        body = await _read(receive)
        if body is None:
            return Answer(413, b"{}")
        if path == "/centrifugo/publish":
            return self._proxy.publish(body)
        if path == "/centrifugo/subscribe":
            return await self._door.answer(body)
        return await self._proxy.rpc(body)

    def _look(self, path: str) -> Answer:
        """Answer whoever watches the process."""
        if path == "/healthz":
            return Answer(200, b'{"status":"ok"}')
        if path == "/readyz":
            # Whatever the HTTP API does: taking every worker out would help nobody.
            if self.dispatcher.draining:
                return Answer(503, b'{"status":"shutting down"}')
            return Answer(200, b'{"status":"ok"}')
        if path == "/metrics" and self._show_metrics:
            return Answer(200, self.metrics.text().encode())
        return Answer(404, b"{}")


async def _read(receive: Receive) -> bytes | None:
    """Return a request's body; None if it is too long."""
    body = bytearray()  # appending to bytes would copy all of it for each chunk
    while True:
        message = await receive()
        body += cast("bytes", message.get("body", b""))
        if len(body) > _MOST_BODY:
            return None
        if not message.get("more_body", False):
            return bytes(body)
