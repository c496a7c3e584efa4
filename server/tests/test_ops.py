"""The pages of a worker that serves no HTTP otherwise."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from centrifugo_rpc.ops import serve_pages

Port = int


@pytest.fixture
async def port() -> AsyncIterator[Port]:
    async def healthy() -> tuple[int, str]:
        return 200, "ok\n"

    server = await serve_pages("127.0.0.1:0", {"/healthz": healthy})
    yield server.sockets[0].getsockname()[1]
    server.close()


async def ask(port: Port, request: bytes) -> tuple[str, str]:
    """Send bytes; return the status line and the body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    head, _, body = (await reader.read()).decode().partition("\r\n\r\n")
    writer.close()
    return head.partition("\r\n")[0], body


@pytest.mark.parametrize(
    ("request_line", "status", "body"),
    [
        ("GET /healthz HTTP/1.1", "HTTP/1.1 200 OK", "ok\n"),
        ("GET /healthz?probe=1 HTTP/1.1", "HTTP/1.1 200 OK", "ok\n"),
        ("HEAD /healthz HTTP/1.1", "HTTP/1.1 200 OK", ""),
        ("POST /healthz HTTP/1.1", "HTTP/1.1 405 Method Not Allowed", "only GET\n"),
        ("GET /else HTTP/1.1", "HTTP/1.1 404 Not Found", "not found\n"),
    ],
)
async def test_pages(port: Port, request_line: str, status: str, body: str) -> None:
    request = f"{request_line}\r\nHost: x\r\n\r\n".encode()
    assert await ask(port, request) == (status, body)


@pytest.mark.parametrize(
    "nonsense", [b"\r\n\r\n", b"GET\r\n\r\n", b"\xff \xff 1\r\n\r\n"]
)
async def test_nonsense_gets_no_answer_and_leaves_no_trace(
    port: Port, nonsense: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    assert await ask(port, nonsense) == ("", "")
    assert not caplog.records
    assert await ask(port, b"GET /healthz HTTP/1.1\r\n\r\n") == (
        "HTTP/1.1 200 OK",
        "ok\n",
    )
