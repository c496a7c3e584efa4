"""Loops over streams in code without asyncio."""

import gc
from collections.abc import Callable

import pytest

from ._rpc.errors import ConnectionLost, NotConnected
from ._rpc.sync import SyncStream
from .scripted_broker import COUNT, Result, Source
from .test_sync import Running, client_of, nothing_left, server

__all__ = ["nothing_left", "server"]


def soon(server: Running, source: Source) -> str:
    """Return the next call that is cancelled."""

    async def get() -> str:
        return await source.cancelled.get()

    cancelled: str = server.do(get())
    return cancelled


def test_items_come_in_order_to_the_end(server: Running) -> None:
    server.broker.answer = source = Source(50)
    with client_of(server) as api:
        stream = api._stream(COUNT, window=4)
        assert [item.text for item in stream] == [str(i + 1) for i in range(50)]
        assert list(stream) == []
    assert source.cancelled.empty()


@pytest.mark.parametrize("leave", [SyncStream.close, lambda _: None])
def test_leaving_the_loop_cancels_the_call(
    server: Running, leave: Callable[[SyncStream[Result]], None]
) -> None:
    server.broker.answer = source = Source(50)
    with client_of(server) as api:
        stream = api._stream(COUNT)
        for _ in stream:
            break
        leave(stream)
        del stream
        gc.collect()
        assert soon(server, source)


def test_block_around_a_loop_ends_the_call(server: Running) -> None:
    server.broker.answer = source = Source(50)
    with client_of(server) as api:
        with api._stream(COUNT) as stream:
            next(stream)
        assert soon(server, source)
        assert list(stream) == []


def test_closed_client_ends_a_loop_with_an_error(server: Running) -> None:
    server.broker.answer = Source(50)
    api = client_of(server)
    stream, unused = api._stream(COUNT), api._stream(COUNT)
    next(stream)
    api.close()
    with pytest.raises(ConnectionLost, match="count: the client was closed"):
        list(stream)
    with pytest.raises(NotConnected, match="count"):
        next(unused)
    with pytest.raises(NotConnected, match="count"):
        api._stream(COUNT)


def test_window_is_checked_at_the_call(server: Running) -> None:
    with client_of(server) as api, pytest.raises(ValueError, match="window"):
        api._stream(COUNT, window=0)
