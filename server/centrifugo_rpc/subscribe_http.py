"""The subscribe proxy of a worker that serves no HTTP otherwise."""

import asyncio
import contextlib

from .proxy import MOST_BODY, SECRET_HEADER, Answer, same_secret
from .subscribe import SubscribeDoor

_READ_S = 5.0
_CHUNK = 65536
_PATH = "/centrifugo/subscribe"
_REASONS = {
    200: "OK",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    411: "Length Required",
    413: "Content Too Large",
}


async def serve_subscriptions(
    address: str, door: SubscribeDoor, secret: str
) -> asyncio.Server:
    """Answer Centrifugo's posts at ``host:port``; close the result to end it."""

    async def answer(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        # Whoever sends nonsense, or nothing at all, gets no answer.
        errors = (OSError, ValueError, asyncio.TimeoutError, EOFError)
        try:
            with contextlib.suppress(*errors, asyncio.LimitOverrunError):
                asked = await asyncio.wait_for(_read(reader, secret), _READ_S)
                reply = asked if isinstance(asked, Answer) else await door.answer(asked)
                writer.write(_response(reply))
                await writer.drain()
                if isinstance(asked, Answer):
                    await asyncio.wait_for(_read_rest(reader, writer), _READ_S)
        finally:
            writer.close()

    host, _, port = address.rpartition(":")
    return await asyncio.start_server(answer, host or None, int(port))


async def _read(reader: asyncio.StreamReader, secret: str) -> bytes | Answer:
    """Return the body of Centrifugo's question, or why it gets no answer."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.split("\r\n")
    method, target, _ = first.split(" ")
    pairs = [line.partition(":") for line in lines]
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    given = headers.get(SECRET_HEADER.lower(), "")
    length = headers.get("content-length", "")
    status = 0
    if target.partition("?")[0] != _PATH:
        status = 404
    elif method != "POST":
        status = 405
    elif not same_secret(given, secret):
        status = 401
    elif not (length.isascii() and length.isdecimal()):
        status = 411
    elif len(length) > len(str(MOST_BODY)) or int(length) > MOST_BODY:
        status = 413
    if status:
        return Answer(status, b"{}")
    return await reader.readexactly(int(length))


async def _read_rest(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Read what still comes of a refused question.

    A connection that is closed before that is reset, and takes the answer with it.
    """
    writer.write_eof()
    while await reader.read(_CHUNK):
        pass


def _response(answer: Answer) -> bytes:
    return (
        f"HTTP/1.1 {answer.status} {_REASONS[answer.status]}\r\n"
        "Content-Type: application/json\r\n"
        f"Content-Length: {len(answer.body)}\r\n"
        "Connection: close\r\n\r\n"
    ).encode() + answer.body
