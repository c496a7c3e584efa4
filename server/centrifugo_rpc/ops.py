"""Three pages about a worker that otherwise serves no HTTP."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping

from .metrics import CONTENT_TYPE

Page = Callable[[], Awaitable[tuple[int, str]]]
"""Returns the status and the text of a page."""

_READ_S = 5.0
_REASONS = {
    200: "OK",
    404: "Not Found",
    405: "Method Not Allowed",
    503: "Service Unavailable",
}


async def serve_pages(address: str, pages: Mapping[str, Page]) -> asyncio.Server:
    """Serve GET requests at ``host:port``; close the result to end it."""

    async def answer(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        # A client that sends nonsense, or nothing at all, gets no answer.
        errors = (OSError, ValueError, asyncio.TimeoutError, EOFError)
        try:
            with contextlib.suppress(*errors, asyncio.LimitOverrunError):
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _READ_S)
                writer.write(await _answer(head.decode(), pages))
                await writer.drain()
        finally:
            writer.close()

    host, _, port = address.rpartition(":")
    return await asyncio.start_server(answer, host or None, int(port))


async def _answer(head: str, pages: Mapping[str, Page]) -> bytes:
    """Return the response to a request; ``ValueError`` if the text is not one."""
    method, target, _ = head.partition("\r\n")[0].split(" ")
    if method not in {"GET", "HEAD"}:
        return _response(405, "only GET\n")
    page = pages.get(target.partition("?")[0], _missing)
    return _response(*await page(), body=method == "GET")


async def _missing() -> tuple[int, str]:
    return 404, "not found\n"


def _response(status: int, text: str, *, body: bool = True) -> bytes:
    data = text.encode()
    return (
        f"HTTP/1.1 {status} {_REASONS[status]}\r\n"
        f"Content-Type: {CONTENT_TYPE}\r\n"
        f"Content-Length: {len(data)}\r\n"
        "Connection: close\r\n\r\n"
    ).encode() + (data if body else b"")
