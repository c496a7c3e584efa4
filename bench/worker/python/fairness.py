"""Measures how much large results of one user delay another user's small calls.

One user makes 200 calls a second with results of 500 KB, over an HTTP API that takes
5 MB a second in all; another makes a small call every 50 ms. It prints the median time
from a small call to its reply at the API, alone and beside the other user, and the ratio,
and fails if that is more than 5:

    PYTHONPATH=server python bench/worker/python/fairness.py
"""  # noqa: INP001 -- a script

import asyncio
import json
import multiprocessing
import statistics
import sys
import time
from multiprocessing.connection import Connection

from aiohttp import web
from centrifugo_rpc import Conn, MessageRouter
from centrifugo_rpc.asgi import ProxyApp, create_app
from centrifugo_rpc.settings import Settings
from pydantic import BaseModel

RATE = 5_000_000
CHUNK = 16_384
SECRET = "0123456789abcdef"
MOST = 5  # times as long
HEADER = (b"x-centrifugo-rpc-secret", SECRET.encode())


class Text(BaseModel):
    """Params and result of the small call."""

    text: str


router = MessageRouter()


@router.rpc("echo")
async def echo(_: Conn, params: Text) -> Text:
    """Return the params."""
    return params


@router.rpc("large")
async def large(_: Conn) -> str:
    """Return 500 KB."""
    return "x" * 500_000


def api(pipe: Connection) -> None:
    """Play a slow HTTP API; send the delay of each small reply that arrives."""
    turn = asyncio.Lock()

    async def take(request: web.Request) -> web.Response:
        body = bytearray()
        async for chunk in request.content.iter_chunked(CHUNK):
            body += chunk
            async with turn:
                await asyncio.sleep(len(chunk) / RATE)
        now = time.monotonic()
        given = json.loads(body)
        batch = given.get("commands")
        commands = [one["publish"] for one in batch] if batch else [given]
        for command in commands:
            if command["channel"] == "user#small":
                pipe.send(now - float(command["data"]["correlation_id"]))
        replies: list[object] = [{"publish": {}} for _ in commands]
        return web.json_response({"replies": replies} if batch else {"result": {}})

    async def serve() -> None:
        app = web.Application(client_max_size=10**8)
        app.router.add_post("/api/{method}", take)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        pipe.send(runner.addresses[0][1])
        await asyncio.Event().wait()

    asyncio.run(serve())


async def publish(app: ProxyApp, user: str, method: str, number: str) -> None:
    """Let Centrifugo ask about a request, without a web server between."""
    data = {"method": method, "params": {"text": "hi"}, "correlation_id": number}
    body = {"user": user, "channel": "rpc.requests", "data": data}

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": json.dumps(body).encode()}

    async def send(_: object) -> None: ...

    path = "/centrifugo/publish"
    scope = {"type": "http", "method": "POST", "path": path, "headers": [HEADER]}
    await app(scope, receive, send)


async def small_calls(app: ProxyApp, pipe: Connection, count: int) -> float:
    """Make small calls one after another; return the median delay in seconds."""
    delays: list[float] = []
    for _ in range(count):
        await publish(app, "small", "echo", repr(time.monotonic()))
        delays.append(await asyncio.to_thread(pipe.recv))
        await asyncio.sleep(0.05)
    return statistics.median(delays)


async def large_calls(app: ProxyApp) -> None:
    """Make 200 calls a second, and 400 more at once."""
    for number in range(400):
        await publish(app, "large", "large", f"burst {number}")
    while True:
        await publish(app, "large", "large", repr(time.monotonic()))
        await asyncio.sleep(1 / 200)


async def measure(pipe: Connection) -> float:
    """Print both medians; return their ratio."""
    url = f"http://127.0.0.1:{pipe.recv()}/api"
    settings = Settings(api_url=url, api_key="key", proxy_secret=SECRET, publish_s=1)
    app = create_app(router, settings)
    alone = await small_calls(app, pipe, 100)
    other = asyncio.ensure_future(large_calls(app))
    await asyncio.sleep(2)
    beside = await small_calls(app, pipe, 100)
    other.cancel()
    await app.close()
    sys.stdout.write(
        f"a small call alone {alone * 1000:.1f} ms, beside large ones "
        f"{beside * 1000:.1f} ms: {beside / alone:.1f} times\n"
    )
    return beside / alone


def main() -> None:
    """Run the API in a process of its own."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=api, args=(theirs,), daemon=True)
    process.start()
    ratio = asyncio.run(measure(ours))
    process.kill()
    if ratio > MOST:
        sys.exit(f"more than {MOST} times")


if __name__ == "__main__":
    main()
