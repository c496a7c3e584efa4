"""Tokens and the user ids in them."""

import asyncio
import logging
from typing import Any, cast

import centrifuge
import centrifuge.client
import pytest

from ._rpc.connection import RPCClient
from ._rpc.errors import (
    ConnectError,
    NotConnected,
)
from ._rpc.sdk import UnauthorizedError
from .scripted_broker import (
    ECHO,
    NEWS,
    Broker,
    Params,
    client_of,
    jwt,
)


@pytest.mark.parametrize("token", ["", None])
async def test_token_function_that_returns_nothing(broker: Broker, token: Any) -> None:  # noqa: ANN401
    async def fetch() -> str:
        return cast("str", token)

    with pytest.raises(ConnectError, match="the token function returned nothing"):
        await RPCClient(broker.url, fetch).connect()


async def test_token_function_that_is_not_async(broker: Broker) -> None:
    fetch = cast("Any", lambda: jwt("456"))
    with pytest.raises(ConnectError, match="returned str, not an awaitable"):
        await RPCClient(broker.url, fetch).connect()


async def test_token_function_that_somebody_cancels(broker: Broker) -> None:
    async def fetch() -> str:
        raise asyncio.CancelledError

    with pytest.raises(ConnectError, match="the token function was cancelled"):
        await RPCClient(broker.url, fetch).connect()


def tokens_expire(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the first token need a refresh at once, and failed ones another."""
    broker.connect_reply |= {"expires": True, "ttl": 0.01}
    monkeypatch.setattr(centrifuge.client, "_REFRESH_RETRY_MIN_DELAY", 0.01)
    monkeypatch.setattr(centrifuge.client, "_REFRESH_RETRY_MAX_DELAY", 0.02)


async def test_reason_names_nothing_that_works_again(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens_expire(broker, monkeypatch)
    outcomes: list[str | OSError] = [jwt("456"), OSError("blip"), jwt("456")]

    async def fetch() -> str:
        outcome = outcomes.pop(0)
        if isinstance(outcome, OSError):
            raise outcome
        return outcome

    async with RPCClient(broker.url, fetch) as rpc:
        ended = asyncio.Event()
        rpc.on_state(lambda _: ended.set())
        await broker.seen("refresh")
        await broker.sessions[0].socket.close(3503, "force disconnect")
        await ended.wait()
        with pytest.raises(NotConnected, match=r"force disconnect \(code 3503\)$"):
            await rpc.call(ECHO, Params())


async def test_user_who_is_logged_out_ends_the_connection(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens_expire(broker, monkeypatch)
    tokens, logged_out = [jwt("456")], asyncio.Event()

    async def fetch() -> str:
        if not tokens:
            await logged_out.wait()
            message = "logged out"
            raise UnauthorizedError(message)
        return tokens.pop()

    async with RPCClient(broker.url, fetch) as rpc:
        logged_out.set()
        with pytest.raises(ConnectError, match=r"unauthorized.*; logged out"):
            await anext(rpc.subscribe(NEWS, "news:1"))


async def test_rejected_token_fails_connect(broker: Broker) -> None:
    broker.rejects = (3500, "invalid token")
    with pytest.raises(ConnectError, match="invalid token") as caught:
        await client_of(broker).connect()
    assert caught.value.code == 3500


async def test_token_function_and_user_ids(broker: Broker) -> None:
    async def fetch() -> str:
        return jwt("789")

    async with RPCClient(broker.url, fetch) as rpc:
        await rpc.call(ECHO, Params())
        data = (await broker.seen("publish"))["publish"]["data"]
    assert data["reply_to"] == "user#789"
    with pytest.raises(ConnectError, match=r"'456'.*'789'"):
        await RPCClient(broker.url, fetch, "456").connect()
    with pytest.raises(ConnectError, match="user id is not known"):
        await RPCClient(broker.url, "opaque").connect()
    with pytest.raises(ConnectError, match="','"):
        await RPCClient(broker.url, "opaque", "1,2").connect()


async def test_no_form_of_a_client_and_no_log_holds_its_token(
    broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    token = jwt("456") + "-secret"
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.INFO, logger="websockets.server")  # the test's own
    options = {"headers": {"X-Key": "header-secret"}}
    async with RPCClient(broker.url, token, sdk_options=options) as rpc:
        assert await rpc.call(ECHO, Params(text="value-secret"))
        assert "-secret" not in repr(vars(rpc)) + str(rpc)
    assert "-secret" not in caplog.text


@pytest.mark.parametrize("name", ["centrifuge", "websockets.client"])
def test_debug_lines_that_may_hold_tokens_are_for_who_asks_by_name(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    logger = logging.getLogger(name)
    assert logger.level == logging.NOTSET
    caplog.set_level(logging.DEBUG)
    logger.debug("not asked for")
    logger.info("harmless")
    caplog.set_level(logging.DEBUG, logger=name)
    logger.debug("asked for")
    assert caplog.messages == ["harmless", "asked for"]
