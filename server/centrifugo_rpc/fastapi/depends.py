"""``Depends`` in handlers and permissions, solved by FastAPI itself.

FastAPI solves dependencies for requests to its routes, and offers no other way that is
public. So each function that asks for some gets a small application with one route,
which asks for the same and calls the function.
"""

import inspect
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Annotated, Any, NoReturn, cast

from fastapi import Depends, FastAPI
from fastapi.exceptions import FastAPIError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from centrifugo_rpc.conn import Conn, current_conn
from centrifugo_rpc.errors import RPCError
from centrifugo_rpc.injection import Asking
from centrifugo_rpc.typeinfo import RegistrationError


async def _conn() -> Conn:  # FastAPI would call it in a thread if it were not async
    conn = current_conn.get()
    if conn is None:
        message = "CurrentConn is for calls over Centrifugo: this is another request"
        raise RuntimeError(message)
    return conn


CurrentConn = Annotated[Conn, Depends(_conn)]
"""The call, for dependencies: ``def current_user(conn: CurrentConn) -> User``."""


@dataclass(eq=False)
class _Call:
    """What is called once all dependencies are there."""

    run: Callable[..., Awaitable[object]]
    result: object = None


_current: ContextVar[_Call] = ContextVar("_current")


class Dependencies:
    """Fills in what functions ask for; an ``Injector``."""

    def __init__(self, app: FastAPI) -> None:
        """Take the application whose ``dependency_overrides`` and ``state`` count."""
        self._app = app
        self._routes: dict[Asking, FastAPI] = {}

    def check(self, asking: Asking) -> None:
        """Refuse dependencies on a request's query, headers, cookies or body."""
        operation: dict[str, Any] = self._route(asking).openapi()["paths"]["/"]["post"]
        wanted = [
            f"{one['in']} parameter {one['name']!r}"
            for one in operation.get("parameters", ())
        ]
        wanted += [word for word in ("requestBody", "security") if word in operation]
        if wanted:
            message = (
                f"{asking.source}: a dependency asks for {', '.join(wanted)} of an HTTP "
                "request: a call over Centrifugo has none; take CurrentConn instead"
            )
            raise RegistrationError(message)

    async def call(
        self, asking: Asking, run: Callable[..., Awaitable[object]]
    ) -> object:
        """See ``Injector``."""
        route = self._route(asking)
        # Tests may have replaced either since the last call.
        route.dependency_overrides = self._app.dependency_overrides
        route.state = self._app.state
        call = _Call(run)
        token = _current.set(call)
        try:
            await route(_scope(), _receive, _send)
        finally:
            _current.reset(token)
        return call.result

    def _route(self, asking: Asking) -> FastAPI:
        if asking not in self._routes:
            self._routes[asking] = _make_route(asking)
        return self._routes[asking]


def _make_route(asking: Asking) -> FastAPI:
    async def endpoint(**given: object) -> Response:
        call = _current.get()
        call.result = await call.run(**given)
        return Response()

    signature = inspect.Signature(asking.parameters)
    endpoint.__signature__ = signature  # type: ignore[attr-defined]
    route = FastAPI(openapi_url=None)
    # Its own handlers would answer these over HTTP.
    for kind in list(route.exception_handlers):
        route.add_exception_handler(kind, _raise)
    try:
        route.add_api_route("/", endpoint, methods=["POST"], response_class=Response)
    except FastAPIError as error:
        message = f"{asking.source}: {error}"
        raise RegistrationError(message) from error
    return route


def translated(error: BaseException) -> RPCError | None:
    """Return what callers get for an ``HTTPException``: its status as the code."""
    if not isinstance(error, HTTPException):
        return None
    detail = cast("object", error.detail)  # FastAPI's may be any JSON
    if isinstance(detail, str):
        return RPCError(error.status_code, detail)
    return RPCError(error.status_code, "error", detail)


def _raise(_: Request, error: Exception) -> NoReturn:
    raise error


def _scope() -> dict[str, Any]:
    return {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/",
        "query_string": b"",
        "headers": [],
    }


async def _receive() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _send(_: object) -> None:
    """Drop the response: the result is not in it."""
