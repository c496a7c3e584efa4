"""Calls: validation, errors, permission, middleware, and what is logged."""

# ruff: noqa: ARG001 -- a handler has its arguments even where a test needs none

from __future__ import annotations

import asyncio
import datetime as dt
import json
import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

import pytest
from centrifugo_rpc import (
    Conn,
    InternalError,
    InvalidParams,
    MessageRouter,
    MethodNotFound,
    ParseError,
    PermissionDenied,
    RPCError,
    current_conn,
)
from pydantic import BaseModel, ConfigDict, Field, field_validator

if TYPE_CHECKING:
    from centrifugo_rpc.router import Next


class Params(BaseModel):
    model_config = ConfigDict(strict=True)

    at: dt.datetime
    pair: tuple[int, str] = (1, "a")
    secret: int = 0

    @field_validator("secret")
    @classmethod
    def check(cls, value: int) -> int:
        if value < 0:
            message = "too small"
            raise ValueError(message)
        return value


class Result(BaseModel):
    wire_name: int = Field(serialization_alias="wireName")
    share: float = 0.5


class Cat(BaseModel):
    kind: Literal["cat"] = "cat"


class Dog(BaseModel):
    kind: Literal["dog"] = "dog"


class Loose(BaseModel):
    """Writes what is not JSON."""

    model_config = ConfigDict(ser_json_inf_nan="constants")

    share: float


class Gone(RPCError):
    code = 410
    message = "it is gone"
    data: Result


CONN = Conn("7", client="c", method="a", correlation_id="id-1")


@pytest.fixture
def router() -> MessageRouter:
    return MessageRouter()


async def test_strict_params_are_read_from_json(router: MessageRouter) -> None:
    @router.rpc("a")
    async def handler(conn: Conn, params: Params) -> Result:
        assert params.pair == (2, "b")
        return Result(wire_name=params.at.year)

    text = b'{"at": "2025-03-01T12:00:00Z", "pair": [2, "b"]}'
    assert await router.handle(CONN, text) == b'{"wireName":2025,"share":0.5}'


@pytest.mark.parametrize(
    ("text", "issues"),
    [
        (b"{}", [{"loc": ["at"], "msg": "Field required", "type": "missing"}]),
        (
            b'{"at": "2025-03-01T12:00:00Z", "secret": -4711}',
            [
                {
                    "loc": ["secret"],
                    "msg": "Value error, too small",
                    "type": "value_error",
                }
            ],
        ),
    ],
)
async def test_invalid_params_are_explained_without_the_input(
    router: MessageRouter, text: bytes, issues: object
) -> None:
    @router.rpc("a")
    async def handler(conn: Conn, params: Params) -> None: ...

    with pytest.raises(InvalidParams) as caught:
        await router.handle(CONN, text)
    assert json.loads(caught.value.to_json()) == {
        "code": -32602,
        "message": "invalid params",
        "data": issues,
    }


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (b"[1]", InvalidParams),
        (b"7", InvalidParams),
        (b"{", ParseError),
        (b"\xff", ParseError),
        (b'"' + b"[" * 5000, ParseError),
    ],
)
async def test_params_that_are_no_object_are_refused(
    router: MessageRouter, text: bytes, error: type[Exception]
) -> None:
    @router.rpc("a")
    async def handler(conn: Conn, params: Params) -> None: ...

    with pytest.raises(error):
        await router.handle(CONN, text)


class Tagged(BaseModel):
    one: Annotated[Cat | Dog, Field(discriminator="kind")] | None = None
    by_name: dict[str, int | list[int]] = {}


async def test_an_unknown_tag_is_not_repeated(router: MessageRouter) -> None:
    @router.rpc("a")
    async def handler(conn: Conn, params: Tagged) -> None: ...

    with pytest.raises(InvalidParams) as caught:
        await router.handle(CONN, b'{"one": {"kind": "my-password"}}')
    message = (
        "Input tag found using 'kind' does not match any of the expected tags: "
        "'cat', 'dog'"
    )
    expected = {"loc": ["one"], "msg": message, "type": "union_tag_invalid"}
    assert caught.value.data == [expected]


async def test_issues_are_short_whatever_the_keys(router: MessageRouter) -> None:
    @router.rpc("a")
    async def handler(conn: Conn, params: Tagged) -> None: ...

    long: dict[str, object] = {"k" * 60_000 + str(number): {} for number in range(300)}
    with pytest.raises(InvalidParams) as caught:
        await router.handle(CONN, json.dumps({"by_name": long}).encode())
    assert caught.value.data[0]["loc"][1] == "k" * 300 + "…"
    assert len(caught.value.to_json()) < 50_000


async def test_a_flood_of_issues_is_cut(router: MessageRouter) -> None:
    class Many(BaseModel):
        numbers: list[int]

    @router.rpc("a")
    async def handler(conn: Conn, params: Many) -> None: ...

    with pytest.raises(InvalidParams) as caught:
        await router.handle(CONN, json.dumps({"numbers": ["x"] * 10000}).encode())
    assert len(caught.value.data) == 100

    with pytest.raises(InvalidParams) as caught:
        await router.handle(CONN, json.dumps({"numbers": ["x"] * 10001}).encode())
    message = "10001 problems are too many to list"
    assert caught.value.data == [{"loc": [], "msg": message, "type": "too_many"}]


@pytest.mark.parametrize("text", [b"", b"null", b" null ", b"{}"])
async def test_params_may_be_left_out_if_nothing_is_required(
    router: MessageRouter, text: bytes
) -> None:
    class Optional(BaseModel):
        value: int = 5

    @router.rpc("a")
    async def handler(conn: Conn, params: Optional) -> int:
        return params.value

    assert await router.handle(CONN, text) == b"5"


async def test_a_handler_without_params_ignores_them(router: MessageRouter) -> None:
    @router.rpc("a")
    async def handler(conn: Conn) -> None: ...

    assert await router.handle(CONN, b'{"more": 1}') == b"null"


async def test_an_unknown_method_is_an_error(router: MessageRouter) -> None:
    with pytest.raises(MethodNotFound) as caught:
        await router.handle(Conn("1", method="secret.method"), b"{}")
    assert caught.value.to_json() == b'{"code":-32601,"message":"method not found"}'


async def test_a_typed_error_carries_its_data(router: MessageRouter) -> None:
    @router.rpc("a", errors=[Gone])
    async def handler(conn: Conn) -> None:
        raise Gone(data=Result(wire_name=3, share=math.nan))

    with pytest.raises(Gone) as caught:
        await router.handle(CONN, b"")
    assert json.loads(caught.value.to_json()) == {
        "code": 410,
        "message": "it is gone",
        "data": {"wireName": 3, "share": None},
    }


def test_an_error_needs_a_code() -> None:
    with pytest.raises(TypeError, match="RPCError has no code"):
        RPCError()
    for code in ("not allowed", 0, True, 1.5):
        with pytest.raises(TypeError, match="code of RPCError must be a whole number"):
            RPCError(code)  # type: ignore[arg-type]  # what is caught here
    error = RPCError(409, "closed", {"a": 1})
    assert str(error) == "409: closed"
    assert error.to_json() == b'{"code":409,"message":"closed","data":{"a":1}}'


class Unwritable:
    pass


@pytest.mark.parametrize(
    "error",
    [
        ValueError("password is hunter2"),
        RPCError(400, "bad", Unwritable()),
        SystemExit("bye"),
    ],
)
async def test_other_errors_are_logged_and_not_told(
    router: MessageRouter, error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    @router.rpc("a")
    async def handler(conn: Conn) -> None:
        raise error

    with pytest.raises(InternalError) as caught:
        await router.handle(CONN, b"")
    assert caught.value.to_json() == b'{"code":-32603,"message":"internal error"}'
    assert caught.value.__cause__ is error
    (record,) = caplog.records
    assert "id-1" in record.getMessage()
    assert "test_router.py" in record.getMessage()
    assert vars(record)["correlation_id"] == "id-1"
    assert f"{type(error).__name__}: {error}" in caplog.text


async def test_a_result_of_the_wrong_type_is_an_internal_error(
    router: MessageRouter, caplog: pytest.LogCaptureFixture
) -> None:
    @router.rpc("a")
    async def handler(conn: Conn) -> Result:
        return {"wire_name": "x"}  # type: ignore[return-value]

    with pytest.raises(InternalError):
        await router.handle(CONN, b"")
    assert "serialized value may not be as expected" in caplog.text


@pytest.mark.parametrize("share", [math.nan, math.inf, -math.inf])
async def test_numbers_that_are_no_json_are_sent_as_null(
    router: MessageRouter, share: float
) -> None:
    @router.rpc("a")
    async def handler(conn: Conn) -> Loose:
        return Loose(share=share)

    @router.rpc("b")
    async def failing(conn: Conn) -> None:
        raise RPCError(400, "bad", Loose(share=share))

    assert await router.handle(CONN, b"") == b'{"share":null}'
    with pytest.raises(RPCError) as caught:
        await router.handle(Conn("7", method="b"), b"")
    assert json.loads(caught.value.to_json())["data"] == {"share": None}


async def test_a_result_may_speak_of_infinity(router: MessageRouter) -> None:
    @router.rpc("a")
    async def handler(conn: Conn) -> str:
        return "Infinity and NaN"

    assert await router.handle(CONN, b"") == b'"Infinity and NaN"'


async def test_a_validation_error_of_the_handler_is_not_the_callers(
    router: MessageRouter,
) -> None:
    @router.rpc("a")
    async def handler(conn: Conn) -> None:
        Result.model_validate({})

    with pytest.raises(InternalError):
        await router.handle(CONN, b"")


async def test_cancelling_passes_through(router: MessageRouter) -> None:
    started = asyncio.Event()

    @router.rpc("a")
    async def handler(conn: Conn) -> None:
        started.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(router.handle(CONN, b""))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def is_seven(conn: Conn) -> bool:
    return conn.user == "7"


async def is_seven_soon(conn: Conn) -> bool:
    return conn.user == "7"


async def test_middleware_sees_a_denied_call_and_may_change_conn(
    router: MessageRouter,
) -> None:
    denied: list[str] = []

    @router.middleware
    async def audit(conn: Conn, call_next: Next) -> object:
        try:
            return await call_next(replace(conn, info=conn.user))
        except PermissionDenied:
            denied.append(conn.user)
            raise

    @router.rpc("a", permission=lambda conn: conn.info == "7")
    async def handler(conn: Conn) -> None: ...

    await router.call("a", user="7")
    with pytest.raises(PermissionDenied):
        await router.call("a", user="8")
    assert denied == ["8"]


@pytest.mark.parametrize("permission", [is_seven, is_seven_soon])
async def test_permission_is_asked_before_params_are_read(
    router: MessageRouter, permission: Any
) -> None:
    @router.rpc("a", permission=permission)
    async def handler(conn: Conn, params: Params) -> None: ...

    with pytest.raises(InvalidParams):
        await router.handle(CONN, b"{}")
    with pytest.raises(PermissionDenied):
        await router.handle(Conn("8", method="a"), b"{}")


async def test_middleware_runs_around_each_call(router: MessageRouter) -> None:
    seen: list[object] = []

    @router.middleware
    async def outer(conn: Conn, call_next: Next) -> object:
        seen.append(f"outer {conn.method}")
        try:
            return await call_next(conn)
        except InvalidParams:
            seen.append("invalid")
            raise

    @router.middleware
    async def inner(conn: Conn, call_next: Next) -> object:
        result = await call_next(conn)
        seen.append(result)
        return 2

    @router.rpc("a")
    async def handler(conn: Conn, params: Params) -> int:
        return 1

    good = b'{"at": "2025-03-01T12:00:00Z"}'
    assert await router.handle(CONN, good) == b"2"
    with pytest.raises(InvalidParams):
        await router.handle(CONN, b"{}")
    assert seen == ["outer a", 1, "outer a", "invalid"]


def test_middleware_must_be_async(router: MessageRouter) -> None:
    def middleware(conn: Conn, call_next: Next) -> Any:
        return call_next(conn)

    with pytest.raises(TypeError, match=r"test_router.py:\d+: middleware must be"):
        router.middleware(middleware)


async def test_the_running_call_is_in_a_context_variable(
    router: MessageRouter,
) -> None:
    arrived = asyncio.Barrier(2) if hasattr(asyncio, "Barrier") else None

    @router.rpc("a")
    async def handler(conn: Conn) -> str:
        if arrived:
            await arrived.wait()
        current = current_conn.get()
        assert current is conn
        return current.user

    texts = await asyncio.gather(
        *(router.handle(Conn(user, method="a"), b"") for user in ("1", "2"))
    )
    assert texts == [b'"1"', b'"2"']
    assert current_conn.get() is None


async def test_calls_of_tests_travel_as_json(router: MessageRouter) -> None:
    class Echo(BaseModel):
        model_config = ConfigDict(extra="forbid")

        at: dt.datetime
        wire: int = Field(default=1, alias="wireName")

    @router.rpc("a")
    async def handler(conn: Conn, params: Echo) -> Echo:
        assert conn.time_left is not None
        assert 0 < conn.time_left <= 60
        assert conn.info == {"plan": "free"}
        return params

    at = dt.datetime(2025, 3, 1, tzinfo=dt.timezone.utc)
    given = Echo(at=at, wireName=2)
    options: Any = {"user": "1", "info": {"plan": "free"}, "timeout_s": 60}
    assert await router.call("a", given, **options) == given
    assert await router.call("a", {"at": at, "wireName": 2}, **options) == given
    with pytest.raises(InvalidParams):
        await router.call("a", {"at": at, "unknown": 2}, **options)


def test_time_left_is_never_negative() -> None:
    assert Conn("1").time_left is None
    assert Conn("1", ends=time.monotonic() - 5).time_left == 0


class Owner(BaseModel):
    pets: list[Annotated[Cat | Dog, Field(discriminator="kind")]] = []
    by_name: dict[str, Tagged] = {}


async def test_call_sends_tags_but_no_other_defaults(router: MessageRouter) -> None:
    @router.rpc("a")
    async def handler(conn: Conn, params: Owner) -> Owner:
        return params

    owner = Owner(pets=[Dog()], by_name={"x": Tagged(one=Cat())})
    got = await router.call("a", owner, user="1")
    assert got == owner
    assert got.by_name["x"].model_fields_set == {"one"}
    assert owner.pets[0].model_fields_set == set(), "the test's own is not changed"
