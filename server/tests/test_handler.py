"""What can be registered, what is refused, and what the user is told."""

# ruff: noqa: ARG001, ARG002 -- a handler has arguments that a test does not need

from __future__ import annotations

import math
import threading
import warnings
from collections.abc import (  # noqa: TC003 -- types of results
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Callable,
    Generator,
    Iterable,
    Iterator,
)
from dataclasses import dataclass
from functools import partial, wraps
from inspect import unwrap
from typing import TYPE_CHECKING, Annotated, Any, Generic, Literal, TypeVar

import pytest
from asgiref.sync import sync_to_async
from centrifugo_rpc import (
    Conn,
    MessageRouter,
    RegistrationError,
    RPCError,
    RPCWarning,
    current_conn,
    discover_rpc_methods_from_router,
)
from pydantic import BaseModel, Field, RootModel
from typing_extensions import TypedDict

if TYPE_CHECKING:
    from decimal import Decimal


class Params(BaseModel):
    value: int = 0


class Result(BaseModel):
    value: int


Item = TypeVar("Item")


class Page(BaseModel, Generic[Item]):
    items: list[Item]


class Cat(BaseModel):
    kind: Literal["cat"] = "cat"


class Dog(BaseModel):
    kind: Literal["dog"] = "dog"


@pytest.fixture
def router() -> MessageRouter:
    return MessageRouter()


def test_types_options_and_docstring_are_read(router: MessageRouter) -> None:
    class Gone(RPCError):
        """It was here."""

        code = 410
        data: Result

    @router.rpc(
        "a.b", idempotent=True, timeout=2.5, errors=[Gone], deprecated="Use `a.c`."
    )
    async def handler(conn: Conn, params: Params) -> Page[Result]:
        """Return a page.

        Always the first one.
        """
        return Page(items=[])

    (info,) = discover_rpc_methods_from_router(router)
    assert info.name == "a.b"
    assert info.params_type is Params
    assert info.result_type is Page[Result]
    assert info.doc == "Return a page.\n\nAlways the first one."
    assert (info.idempotent, info.timeout, info.no_wait) == (True, 2.5, False)
    assert info.deprecated == "Use `a.c`."
    assert [(e.code, e.name, e.data) for e in info.errors] == [(410, "Gone", Result)]
    assert info.errors[0].doc == "It was here."
    assert info.source.file == __file__


@pytest.mark.parametrize(
    ("hint", "given", "value"),
    [
        (list[Result], [Result(value=1)], b'[{"value":1}]'),
        (Result | None, None, b"null"),
        (int | str, "a", b'"a"'),
        (Page[Result], Page[Result](items=[]), b'{"items":[]}'),
        (Annotated[int, Field(ge=0)], 3, b"3"),
        (Annotated[Cat | Dog, Field(discriminator="kind")], Dog(), b'{"kind":"dog"}'),
        (RootModel[list[int]], RootModel[list[int]]([1]), b"[1]"),
    ],
)
async def test_results_of_any_type_are_sent(
    router: MessageRouter, hint: object, given: object, value: bytes
) -> None:
    async def handler(conn: Conn) -> Any:
        return given

    handler.__annotations__["return"] = hint
    router.add("a", handler)

    assert await router.handle(Conn("1", method="a"), b"") == value


async def test_classes_of_a_function_are_found(router: MessageRouter) -> None:
    class Local(BaseModel):
        value: int

    def register() -> None:
        @router.rpc("a")
        async def handler(conn: Conn, params: Local) -> list[Local]:
            return [params]

    register()
    assert await router.call("a", {"value": 3}, user="1") == [Local(value=3)]


async def test_params_can_be_a_union_of_models(router: MessageRouter) -> None:
    @router.rpc("a")
    async def handler(conn: Conn, params: Cat | Dog) -> str:
        return type(params).__name__

    assert await router.call("a", {"kind": "dog"}, user="1") == "Dog"


async def test_methods_partials_and_wrapped_functions_are_handlers(
    router: MessageRouter,
) -> None:
    class Service:
        async def get(self, conn: Conn, params: Params) -> int:
            return params.value

    async def add(summand: int, conn: Conn, params: Params) -> int:
        """Add two numbers."""
        return params.value + summand

    @wraps(add)
    async def logged(*args: Any, **kwargs: Any) -> int:
        return await add(*args, **kwargs) + 1

    class Doubler:
        async def __call__(self, conn: Conn, params: Params) -> int:
            return 2 * params.value

    async def scale(conn: Conn, params: Params, factor: int) -> int:
        return factor * params.value

    def at_once(conn: Conn, params: Params) -> int:
        return -params.value

    router.add("method", Service().get)
    router.add("object", Doubler())
    router.add("named", partial(scale, factor=5))
    router.add("thread", sync_to_async(at_once))
    router.add("partial", partial(add, 10))
    router.add("wrapped", partial(logged, 100))

    params = {"value": 1}
    assert await router.call("method", params, user="1") == 1
    assert await router.call("partial", params, user="1") == 11
    assert await router.call("object", params, user="1") == 2
    assert await router.call("named", params, user="1") == 5
    assert await router.call("thread", params, user="1") == -1
    assert await router.call("wrapped", params, user="1") == 102
    docs = {info.name: info.doc for info in router.registry.methods()}
    assert docs["partial"] == docs["wrapped"] == "Add two numbers."


async def test_a_handler_that_is_not_async_runs_in_a_thread(
    router: MessageRouter,
) -> None:
    @router.rpc("threads")
    def handler(conn: Conn, params: Params) -> list[str]:
        in_it = current_conn.get()
        assert in_it is conn
        return [threading.current_thread().name] * params.value

    here = threading.current_thread().name
    assert here not in await router.call("threads", {"value": 2}, user="1")


class Team(BaseModel):
    members: list[Member]


async def count(conn: Nowhere, params: Team) -> int:  # type: ignore[name-defined]  # noqa: F821
    return len(params.members)


COUNTING = MessageRouter()
COUNTING.add("count", count)


class Member(BaseModel):
    name: str


async def test_a_model_may_be_completed_later() -> None:
    """The type of ``conn`` is never looked at: it may be for type checkers only."""
    params = {"members": [{"name": "Ada"}]}
    assert await COUNTING.call("count", params, user="1") == 1


async def _asynchronous(conn: Conn) -> None: ...
@wraps(_asynchronous)
def _wrapper(conn: Conn) -> Any:
    return _asynchronous(conn)


async def _yields_list(conn: Conn) -> list[int]:  # type: ignore[misc]
    yield 1


async def _yields_anything(conn: Conn) -> AsyncIterator:  # type: ignore[type-arg]
    yield 1


async def _yields_none(conn: Conn) -> AsyncIterator[None]:
    yield


def _thread_yields_async(conn: Conn) -> AsyncIterator[int]:  # type: ignore[misc]
    yield 1


async def _yields_router(conn: Conn) -> AsyncIterator[MessageRouter]:
    yield MessageRouter.default


@wraps(_yields_none)
async def _wraps_stream(conn: Conn) -> Any:
    return _yields_none(conn)


async def _no_conn() -> None: ...
async def _too_many(conn: Conn, params: Params, more: int) -> None: ...
async def _keyword(conn: Conn, *, params: Params) -> None: ...
async def _untyped(conn: Conn, params) -> None: ...  # type: ignore[no-untyped-def]  # noqa: ANN001
async def _no_return(conn: Conn): ...  # type: ignore[no-untyped-def]  # noqa: ANN202
async def _unknown(conn: Conn, params: Missing) -> None: ...  # type: ignore[name-defined]  # noqa: F821
async def _checking(conn: Conn) -> Decimal: ...  # type: ignore[empty-body]
async def _optional(conn: Conn, params: Params | None) -> None: ...
async def _number(conn: Conn, params: int) -> None: ...
async def _root(conn: Conn, params: RootModel[list[int]]) -> None: ...
async def _thread(conn: Conn) -> MessageRouter: ...  # type: ignore[empty-body]
async def _no_conn_but_params(params: Params) -> None: ...
async def _swapped(params: Params, conn: Conn) -> None: ...
async def _twice(conn: Conn, params: Conn) -> None: ...
async def _iterable(conn: Conn) -> Iterable[int]: ...  # type: ignore[empty-body]
async def _iterables(conn: Conn) -> dict[str, list[Iterable[int]]]: ...  # type: ignore[empty-body]
async def _callable(conn: Conn) -> Callable[[], int]: ...  # type: ignore[empty-body]


@pytest.mark.parametrize(
    ("function", "problem"),
    [
        (_yields_list, "yields, but returns list[int]: write `-> AsyncIterator[Item]`"),
        (_yields_anything, "write `-> AsyncIterator[Item]`"),
        (_yields_none, "yields None: give its items a type"),
        (_thread_yields_async, "write `-> Iterator[Item]`"),
        (_yields_router, "has a result type that cannot be JSON"),
        (_wraps_stream, "yields, but is wrapped in an `async def` that returns"),
        (_no_conn, "must take (conn) or (conn, params)"),
        (_too_many, "must take (conn) or (conn, params)"),
        (_keyword, "must take (conn) or (conn, params)"),
        (_untyped, "needs a type of 'params'"),
        (_no_return, "needs a return type (`-> None` if there is no result)"),
        (_unknown, "uses the name 'Missing', which is not known here"),
        (_checking, "uses the name 'Decimal', which is not known here"),
        (_optional, "cannot have params that are None"),
        (_number, "must have params that are JSON objects, not int"),
        (_root, "must have params that are JSON objects, not list"),
        (_thread, "has a result type that cannot be JSON"),
        (_wrapper, "is wrapped in a function that is not async"),
        (_no_conn_but_params, "takes Params as its first parameter: that is conn"),
        (_swapped, "takes Params as its first parameter: that is conn"),
        (_twice, "must take conn first, then params"),
        (_iterable, "write `list[...]`, not `Iterable`"),
        (_iterables, "write `list[...]`, not `Iterable`"),
        (_callable, "which cannot be JSON"),
    ],
)
def test_what_cannot_be_served_is_refused(
    router: MessageRouter, function: Any, problem: str
) -> None:
    with pytest.raises(TypeError) as caught:
        router.add("a.b", function)
    assert problem in str(caught.value)
    assert f"handler {function.__name__} of 'a.b'" in str(caught.value)
    line = unwrap(function).__code__.co_firstlineno
    assert str(caught.value).split(": ")[0].endswith(f"test_handler.py:{line}")
    assert router.registry.handlers == {}


async def _iterates(conn: Conn) -> AsyncIterator[Result]:
    yield Result(value=1)


async def _generates(conn: Conn, params: Params) -> AsyncGenerator[Result, None]:
    yield Result(value=params.value)


async def _can_be_iterated(conn: Conn) -> AsyncIterable[Result]:
    yield Result(value=1)


def _iterates_in_thread(conn: Conn) -> Iterator[Result]:
    yield Result(value=1)


def _generates_in_thread(conn: Conn) -> Generator[Result, None, str]:
    yield Result(value=1)
    return "not sent"


class _Callable:
    async def __call__(self, conn: Conn) -> AsyncIterator[Result]:
        yield Result(value=1)


@wraps(_iterates)
def _wrapped(conn: Conn) -> AsyncIterator[Result]:
    return _iterates(conn)


@pytest.mark.parametrize(
    "function",
    [
        _iterates,
        _can_be_iterated,
        _iterates_in_thread,
        _generates_in_thread,
        _Callable(),
        _wrapped,
        partial(_generates, params=Params(value=1)),
    ],
)
async def test_a_handler_that_yields_is_a_stream(
    router: MessageRouter, function: Any
) -> None:
    router.add("a", function)
    (method,) = discover_rpc_methods_from_router(router)
    assert method.stream
    assert method.result_type is Result
    assert [item.value async for item in router.stream("a", user="1")] == [1]


def test_control_messages_keep_their_names(router: MessageRouter) -> None:
    for name in ("rpc.cancel", "rpc.ack"):
        with pytest.raises(TypeError, match="is a name of the protocol's own"):
            router.add(name, _iterates)


def _error(code: object, name: str = "Bad") -> Any:
    return type(name, (RPCError,), {"code": code})


@pytest.mark.parametrize("kind", [staticmethod, classmethod])
def test_decorators_in_the_wrong_order_are_explained(
    router: MessageRouter, kind: Any
) -> None:
    async def handler(conn: Conn) -> None: ...

    with pytest.raises(TypeError, match=f"put @{kind.__name__} above this decorator"):
        router.add("a", kind(handler))


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"errors": [_error(-1)]}, "codes of applications are positive"),
        ({"errors": [type("Bad", (RPCError,), {})]}, "whose code is None"),
        ({"errors": [ValueError]}, "not a subclass of RPCError"),
        ({"errors": [_error(4), _error(4, "B")]}, "declares the error code 4 twice"),
        ({"timeout": 0}, "it must be positive"),
        ({"timeout": math.nan}, "it must be positive"),
        ({"timeout": "5"}, "timeout of '5'; it must be positive seconds"),
        ({"errors": RPCError}, "write a list"),
        ({"permission": "admin"}, "permission 'admin', which is not a function"),
        ({"no_wait": True, "errors": [_error(4)]}, "sends no reply"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    router: MessageRouter, options: Any, problem: str
) -> None:
    async def handler(conn: Conn) -> None: ...

    with pytest.raises(RegistrationError, match=problem):
        router.add("a", handler, **options)


def test_a_name_is_taken_once(router: MessageRouter) -> None:
    @router.rpc("a")
    async def first(conn: Conn) -> None: ...

    async def second(conn: Conn) -> None: ...

    with pytest.raises(RegistrationError) as caught:
        router.add("a", second)
    places = [f.__code__.co_firstlineno for f in (second, first)]
    for line in places:
        assert f"test_handler.py:{line}" in str(caught.value)


@pytest.mark.parametrize("name", ["", "1a", "a/b", "a b", "ä", "a\n"])
def test_names_that_no_document_can_have_are_refused(
    router: MessageRouter, name: str
) -> None:
    async def handler(conn: Conn) -> None: ...

    with pytest.raises(RegistrationError, match="cannot be a wire name"):
        router.add(name, handler)


class Typed(TypedDict):
    value: int


@dataclass
class Data:
    value: int


async def test_types_that_are_no_models_are_served_with_a_warning(
    router: MessageRouter,
) -> None:
    async def handler(conn: Conn, params: Typed) -> Data:
        return Data(params["value"])

    with pytest.warns(RPCWarning) as caught:
        router.add("a", handler)
    texts = [str(item.message) for item in caught]
    assert len(texts) == 2
    assert "params Typed is not a Pydantic model" in texts[0]
    assert "result Data is not a Pydantic model" in texts[1]
    assert caught[0].lineno == handler.__code__.co_firstlineno
    assert await router.handle(Conn("1", method="a"), b'{"value":1}') == b'{"value":1}'


def test_models_and_plain_results_give_no_warning(router: MessageRouter) -> None:
    async def handler(conn: Conn, params: Params) -> dict[str, list[int]]:
        return {}

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        router.add("a", handler)
