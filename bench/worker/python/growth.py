"""Measures what twice the input costs the worker: from a question to its answer.

Each case is a native call of a shape that invites quadratic work, or many of them. It prints
the time of the processor for n and for 8 n, and the mean growth of these three doublings:
about 2 where the time is in proportion to the input, about 4 where it is quadratic. It fails
if a case grows more than a limit:

    PYTHONPATH=server python bench/worker/python/growth.py [limit [rounds]]
"""  # noqa: INP001 -- a script

import asyncio
import gc
import json
import logging
import sys
import time
from collections.abc import Callable
from typing import Any

from centrifugo_rpc import Conn, MessageRouter
from centrifugo_rpc.asgi import ProxyApp, create_app
from centrifugo_rpc.settings import Settings
from pydantic import BaseModel

LIMIT = 2.3
ROUNDS = 9
SECRET = "0123456789abcdef"
HEADER = (b"x-centrifugo-rpc-secret", SECRET.encode())


class Row(BaseModel):
    """An item of the params."""

    id: int
    name: str = ""


class Node(BaseModel):
    """Params that hold themselves."""

    next: "list[Node]" = []


class Params(BaseModel):
    """Params of all cases but one."""

    rows: list[Row] = []
    texts: dict[str, str] = {}
    text: str = ""


router = MessageRouter()


@router.rpc("take")
async def take(_: Conn, params: Params) -> Params:
    """Return the params."""
    return params


@router.rpc("nest")
async def nest(_: Conn, params: Node) -> Node:
    """Return the params."""
    return params


def call(params: str, method: str = "take") -> bytes:
    """Return what Centrifugo asks about a native call."""
    name = json.dumps(method)
    return f'{{"user":"456","method":{name},"data":{params}}}'.encode()


def deep(levels: int) -> str:
    """Return params in params."""
    return '{"next":[' * levels + '{"next":[]}' + "]}" * levels


CASES: list[tuple[str, int, Callable[[int], list[bytes]]]] = [
    (
        "items of params",
        1000,
        lambda n: [call('{"rows":[' + '{"id":1,"name":"x"},' * n + '{"id":2}]}')],
    ),
    (
        "items that are refused",
        1000,
        lambda n: [call('{"rows":[' + '{"id":"x"},' * n + '{"id":2}]}')],
    ),
    (
        "members of params",
        2000,
        lambda n: [
            call('{"texts":{' + ",".join(f'"k{i}":"x"' for i in range(n)) + "}}")
        ],
    ),
    (
        "members that nobody declared",
        2000,
        lambda n: [call("{" + ",".join(f'"k{i}":[1]' for i in range(n)) + "}")],
    ),
    (
        "escapes in a text",
        8000,
        lambda n: [call('{"text":"' + r"\"\\\u00e4" * n + '"}')],
    ),
    ("length of a text", 100_000, lambda n: [call('{"text":"' + "x" * n + '"}')]),
    ("length of a method's name", 100_000, lambda n: [call("{}", "m" * n)]),
    ("calls with params in params", 5, lambda n: [call(deep(n), "nest")] * 100),
    ("depth that is refused", 5000, lambda n: [call(deep(n), "nest")]),
    ("brackets that are not closed", 50_000, lambda n: [call('{"text":' + "[" * n)]),
    ("calls at once", 50, lambda n: [call('{"text":"x"}')] * n),
]


async def ask(app: ProxyApp, body: bytes) -> None:
    """Ask as Centrifugo does, without a web server between."""

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body}

    async def send(_: object) -> None: ...

    path = "/centrifugo/rpc"
    scope: dict[str, Any] = {
        "type": "http",
        "method": "POST",
        "path": path,
        "headers": [HEADER],
    }
    await app(scope, receive, send)


async def measure(app: ProxyApp, questions: list[bytes]) -> float:
    """Return the seconds of the processor that the answers take."""
    gc.collect()
    start = time.process_time()
    await asyncio.gather(*(ask(app, body) for body in questions))
    return time.process_time() - start


async def table(limit: float, rounds: int) -> bool:
    """Print the table; return whether all cases stay below the limit."""
    settings = Settings(
        api_url="http://127.0.0.1:1/api",
        api_key="key",
        proxy_secret=SECRET,
        rate=0,  # as many calls as there are
        queue=1000,
        user_queue=1000,
    )
    app = create_app(router, settings)
    gc.disable()  # collected between runs, so that it does not fall on one of them
    good = True
    write = sys.stdout.write
    write(f"{'case':32} {'size':>8} {'n':>10} {'8n':>10} {'growth':>8}\n")
    for name, size, questions in CASES:
        one, eight = questions(size), questions(8 * size)
        small = large = float("inf")
        for _ in range(rounds):
            small = min(small, await measure(app, one), await measure(app, one))
            large = min(large, await measure(app, eight), await measure(app, eight))
        growth = (large / small) ** (1 / 3)
        good = good and growth <= limit
        write(
            f"{name:32} {size:8} {1000 * small:7.1f} ms {1000 * large:7.1f} ms "
            f"{growth:8.2f}\n"
        )
    await app.close()
    return good


def main() -> None:
    """Fail if a case grows more than the limit."""
    limit = float(sys.argv[1]) if len(sys.argv) > 1 else LIMIT
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else ROUNDS  # noqa: PLR2004
    logging.disable()
    if not asyncio.run(table(limit, rounds)):
        sys.exit(f"a case grows more than {limit} times")


if __name__ == "__main__":
    main()
