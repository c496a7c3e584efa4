"""Finds the handler of a call and runs it: validation, permission, middleware."""

from __future__ import annotations

import asyncio
import inspect
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from . import injection
from .conn import Conn, current_conn
from .errors import (
    InternalError,
    MethodNotFound,
    PermissionDenied,
    RPCError,
    is_code,
)
from .events import AccessOptions, Event, Publisher, check_payload, make_event
from .handler import Handler, Options, check_types, make_handler
from .registry import RPCRegistry
from .streams import Emit, Reading, each
from .threads import in_thread
from .typeinfo import RegistrationError, Source, caller_scope, source_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import FrameType

    from typing_extensions import Unpack

    from .injection import Injector
    from .registry import RPCMethodInfo

Next = Callable[[Conn], Awaitable[object]]
Middleware = Callable[[Conn, Next], Awaitable[object]]
"""Runs around each call: ``async def middleware(conn, call_next)``.

``await call_next(conn)`` asks for the permission, validates the params, runs the
handler and returns its result.
"""

Function = TypeVar("Function", bound=Callable[..., Any])
MiddlewareFunction = TypeVar("MiddlewareFunction", bound=Middleware)
Model = TypeVar("Model", bound=type)

_log = logging.getLogger("centrifugo_rpc")
# Ends the task that the call runs in, or the program that calls from a test.
_ENDS = (asyncio.CancelledError, GeneratorExit, KeyboardInterrupt)


class MessageRouter:
    """The methods and events of one API.

    ``@websocket_rpc`` registers with ``MessageRouter.default``; make instances of
    your own for several APIs in one process, and in tests.
    """

    default: ClassVar[MessageRouter]

    def __init__(self, *, title: str = "API", version: str = "1.0.0") -> None:
        """Start empty; title and version are those of the exported document."""
        self.title = title
        self.version = version
        self.registry = RPCRegistry()
        self.publisher: Publisher | None = None
        self.surroundings: Callable[[], AbstractAsyncContextManager[object]]
        """What a worker runs each call in, outside of middleware; ``call`` does not."""
        self.surroundings = nullcontext
        self.in_thread: Callable[..., Awaitable[Any]] = in_thread
        """What calls handlers that are not async, with their arguments."""
        self.injector: Injector | None = None
        """What fills in the parameters of handlers that are none of a call."""
        self.translate: Callable[[BaseException], RPCError | None] | None = None
        """What makes errors for the caller of a framework's exceptions."""
        self._middleware: list[Middleware] = []

    def rpc(
        self, name: str, **options: Unpack[Options]
    ) -> Callable[[Function], Function]:
        """Register the decorated ``async def handler(conn, params) -> result``.

        One that is not async runs in a thread.
        """
        _check_name(name, "rpc")

        def decorate(function: Function) -> Function:
            scope = caller_scope(_caller())
            self.registry.add_handler(make_handler(name, function, scope, **options))
            return function

        return decorate

    def add(
        self,
        name: str,
        function: Callable[..., object],
        **options: Unpack[Options],
    ) -> None:
        """Register a function that is defined somewhere else."""
        scope = caller_scope(_caller())
        self.registry.add_handler(make_handler(name, function, scope, **options))

    def middleware(self, function: MiddlewareFunction) -> MiddlewareFunction:
        """Run a function around each call; the first one is the outermost."""
        asynchronous: bool = inspect.iscoroutinefunction(function)
        if not asynchronous:
            message = f"{source_of(function)}: middleware must be `async def`"
            raise RegistrationError(message)
        self._middleware.append(function)
        return function

    def channel(
        self, channel: str, *, name: str, **access: Unpack[AccessOptions]
    ) -> Callable[[Model], Model]:
        """Register the decorated class as the payload of an event."""

        def decorate(model: Model) -> Model:
            scope = caller_scope(_caller())
            doc = inspect.cleandoc(model.__doc__ or "")
            source = source_of(model)
            event = make_event(name, channel, model, doc, source, scope=scope, **access)
            self.registry.add_event(event)
            return model

        return decorate

    def add_event(
        self,
        name: str,
        channel: str,
        payload: object,
        *,
        doc: str = "",
        **access: Unpack[AccessOptions],
    ) -> Event:
        """Register an event with a payload of any type, such as a union."""
        frame = _caller()
        source = Source(frame.f_code.co_filename, frame.f_lineno)
        scope = caller_scope(frame)
        event = make_event(name, channel, payload, doc, source, scope=scope, **access)
        self.registry.add_event(event)
        return event

    async def may_subscribe(self, user: str, channel: str) -> bool:
        """Whether every event that a channel can belong to is open to a user.

        Raises what a permission raises.
        """
        found = self.events_on(channel)
        for event, arguments in found:
            if not await event.allows(user, arguments, self.injector):
                return False
        return bool(found)

    def events_on(self, channel: str) -> list[tuple[Event, dict[str, str]]]:
        """Return the events that a channel can belong to, and its arguments for each."""
        matches = [
            (event, event.template.match(channel))
            for event in self.registry.events.values()
        ]
        return [(event, given) for event, given in matches if given is not None]

    def find(self, method: str) -> Handler:
        """Return the handler of a method, or raise ``MethodNotFound``."""
        handler = self.registry.handlers.get(method)
        if handler is None:
            raise MethodNotFound
        return handler

    def check(self) -> None:
        """Refuse methods and events whose types have names that are defined nowhere.

        Every worker does this when it starts: by then all modules are imported.
        """
        for handler in self.registry.handlers.values():
            check_types(handler)
            injection.check(handler.asking, self.injector)
            if handler.permission_asking:
                injection.check(handler.permission_asking, self.injector)
        for event in self.registry.events.values():
            check_payload(event)
            if event.check:
                injection.check(event.check.asking, self.injector)

    def check_permissions(self) -> None:
        """Refuse methods without a permission; ``everyone`` is one."""
        open_to_all = [
            f"{handler.source}: {handler.name!r}"
            for handler in self.registry.handlers.values()
            if handler.permission is None
        ]
        if open_to_all:
            message = (
                "REQUIRE_PERMISSION is set, and these methods have no permission; write "
                f"permission=everyone where that is meant: {', '.join(open_to_all)}"
            )
            raise RegistrationError(message)

    async def handle(
        self, conn: Conn, params: bytes, emit: Emit | None = None
    ) -> bytes:
        """Answer one call: JSON in, JSON out.

        The items of a stream go to ``emit``, and there is no result. Raises nothing but
        ``RPCError``, and what ends tasks.
        """
        handler = self.find(conn.method)
        async with self.surroundings():
            _, text = await self._answer(handler, conn, params, emit)
        return text

    async def call(  # noqa: PLR0913 -- what tests set apart
        self,
        method: str,
        params: object = None,
        *,
        user: str,
        info: object = None,
        meta: Mapping[str, str] | None = None,
        timeout_s: float | None = None,
    ) -> Any:  # noqa: ANN401 -- the type is the handler's
        """Call a method as a client would, and return what its handler returned.

        For tests: params are a model or a dict, and travel as JSON.
        """
        handler = self.find(method)
        if handler.stream:
            message = f"{method} yields its results: iterate over `router.stream(...)`"
            raise TypeError(message)
        ends = None if timeout_s is None else time.monotonic() + timeout_s
        conn = Conn(user=user, info=info, method=method, ends=ends, meta=meta or {})
        value, _ = await self._answer(handler, conn, handler.encode_params(params))
        return value

    def stream(
        self,
        method: str,
        params: object = None,
        *,
        user: str,
        info: object = None,
        meta: Mapping[str, str] | None = None,
    ) -> AsyncGenerator[Any, None]:
        """Iterate over what a method yields, as a client would.

        For tests, as ``call`` is. A loop that is left early cancels the handler as
        soon as this generator is closed: ``async with aclosing(router.stream(...))``.
        """
        handler = self.find(method)
        if not handler.stream:
            message = f"{method} yields nothing: await `router.call(...)`"
            raise TypeError(message)
        text = handler.encode_params(params)
        reading = Reading()
        conn = Conn(
            user=user, info=info, method=method, meta=meta or {}, running=reading
        )
        return reading.items(partial(self._answer, handler, conn, text))

    async def publish_event(self, payload: object, /, **arguments: object) -> None:
        """Publish an event, which is found by the payload's class."""
        events = self.registry.events_of(payload)
        if len(events) != 1:
            known = " and ".join(repr(event.name) for event in events) or "no event"
            message = f"{type(payload).__name__} is the payload of {known}"
            raise TypeError(message)
        await self.publish(events[0], payload, **arguments)

    async def publish(
        self, event: Event, payload: object, /, **arguments: object
    ) -> None:
        """Publish a certain event."""
        channel, data = event.fill(arguments), event.encode(payload)
        if self.publisher is None:
            message = "nothing can be published yet: no worker has set router.publisher"
            raise RuntimeError(message)
        await self.publisher.publish(channel, data)

    async def _answer(
        self, handler: Handler, conn: Conn, params: bytes, emit: Emit | None = None
    ) -> tuple[object, bytes]:
        """Run a handler; return its result, and the JSON of it."""
        token = current_conn.set(conn)
        try:
            value = await self._chain(handler, params, emit)(conn)
            return value, b"" if handler.stream else handler.encode_result(value)
        except RPCError as error:
            if not _sendable(error):
                report(handler, conn)
                raise InternalError from error
            raise
        except _ENDS:
            raise
        except BaseException as error:
            # Also SystemExit, which libraries raise and which would end the worker.
            known = self.translate(error) if self.translate else None
            if known is not None and _sendable(known):
                raise known from error
            report(handler, conn)
            raise InternalError from error
        finally:
            current_conn.reset(token)

    def _chain(self, handler: Handler, params: bytes, emit: Emit | None) -> Next:
        """Put the middleware around the handler."""
        step: Next = partial(self._step, handler, params, emit)
        for middleware in reversed(self._middleware):
            step = partial(_call_middleware, middleware, step)
        return step

    async def _step(
        self, handler: Handler, params: bytes, emit: Emit | None, conn: Conn
    ) -> object:
        """Ask for the permission and run the handler: what middleware runs around."""
        if handler.permission_asking and not await injection.call(
            handler.permission_asking,
            self.injector,
            partial(handler.permission_asking.function, conn),
        ):
            raise PermissionDenied
        given = handler.decode_params(params)
        return await self._run(handler, conn, given, emit)

    def _run(
        self, handler: Handler, conn: Conn, params: object, emit: Emit | None
    ) -> Awaitable[object]:
        """Call the function of a handler, in a thread if it is not async."""
        function = handler.asking.function
        if handler.stream:
            if emit is None:
                message = f"{handler.name} yields its results, which nobody takes"
                raise TypeError(message)
            thread = self.in_thread if handler.blocking else None
            function = partial(each, function, handler.encode_result, emit, thread)
        elif handler.blocking:
            function = partial(self.in_thread, function)
        args = (conn,) if handler.params is None else (conn, params)
        if handler.asking.parameters:
            run = partial(function, *args)
            return injection.call(handler.asking, self.injector, run)
        return function(*args)


MessageRouter.default = MessageRouter()


async def _call_middleware(middleware: Middleware, step: Next, conn: Conn) -> object:
    return await middleware(conn, step)


def _sendable(error: RPCError) -> bool:
    try:
        error.to_json()
    except Exception:  # noqa: BLE001 -- a subclass may have changed anything
        return False
    return is_code(error.code)


def report(handler: Handler, conn: Conn) -> None:
    """Log the exception that is being handled; the caller learns nothing of it."""
    # The client chose the id: as a literal it cannot fake a line of the log.
    _log.exception(
        "%s (%s) failed, correlation id %r",
        handler.name,
        handler.source,
        conn.correlation_id,
        extra={
            "method": handler.name,
            "correlation_id": conn.correlation_id,
            "user": conn.user,
        },
    )


def _caller() -> FrameType:
    """Return the frame that called the function that calls this one."""
    frame = inspect.currentframe()
    for _ in range(2):
        frame = frame.f_back if frame else None
    if frame is None:
        message = "this Python has no stack frames"
        raise RuntimeError(message)
    return frame


def _check_name(name: object, decorator: str) -> None:
    """Refuse the handler in place of its name: a decorator without parentheses."""
    if inspect.isfunction(name):
        message = (
            f"{source_of(name)}: a name is missing: write "
            f'@{decorator}("users.me"), for example'
        )
        raise RegistrationError(message)


def websocket_rpc(
    name: str, **options: Unpack[Options]
) -> Callable[[Function], Function]:
    """Register the decorated ``async def handler(conn, params) -> result``.

    One that is not async runs in a thread.
    """
    _check_name(name, "websocket_rpc")
    return MessageRouter.default.rpc(name, **options)


def discover_rpc_methods_from_router(router: MessageRouter) -> list[RPCMethodInfo]:
    """Describe every method of a router."""
    return router.registry.methods()


def centrifugo_channel(
    channel: str, *, name: str, **access: Unpack[AccessOptions]
) -> Callable[[Model], Model]:
    """Register the decorated class as the payload of an event."""
    return MessageRouter.default.channel(channel, name=name, **access)


def everyone(_: Conn) -> bool:
    """Allow every user with a connection; the ``permission`` of an open method."""
    return True


async def publish_event(payload: object, /, **arguments: object) -> None:
    """Publish an event of the default router, found by the payload's class."""
    await MessageRouter.default.publish_event(payload, **arguments)
