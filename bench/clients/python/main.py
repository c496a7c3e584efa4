"""Times the generated Python client and handwritten ones on the official SDK.

    PYTHONPATH=../../../fixtures/tasks python main.py URL PAIRS CALLS USER TOKEN USER TOKEN

The first user is for the generated client, the second for the handwritten ones. Each
measurement is a line of JSON on standard output. Of the handwritten clients, "baseline"
uses Pydantic models for params and results, as the generated client does, and "untyped"
uses dicts: the difference between them is what Pydantic costs.
"""  # noqa: INP001 - a program, not part of a package

import asyncio
import importlib
import json
import secrets
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeAlias, cast

from opensdk.python import (
    APIClient,
    CentrifugoRPCClient,
    TaskStatsParams,
    TaskStatsResult,
)
from pydantic import TypeAdapter

# The SDK has no type annotations that a checker can see.
_sdk = cast("Any", importlib.import_module("centrifuge"))

Call: TypeAlias = Callable[[], Awaitable[object]]

_params = TypeAdapter(TaskStatsParams)
_result = TypeAdapter(TaskStatsResult)


class ByHand:
    """A handwritten client without errors, deadlines and checks of the size."""

    def __init__(self, url: str, token: str, user: str) -> None:
        """Prepare a connection; nothing is opened yet."""
        handler = _sdk.ClientEventHandler()
        handler.on_publication = self._on_publication
        self.client = _sdk.Client(url, token=token, events=handler)
        self._reply_to = f"user#{user}"
        self._pending: dict[str, asyncio.Future[object]] = {}

    async def get_stats(self, params: TaskStatsParams) -> TaskStatsResult:
        """Call with a model and return one."""
        dumped = _params.dump_python(params, mode="json")
        return _result.validate_python(await self.call("tasks.get_stats", dumped))

    async def call(self, method: str, params: object) -> object:
        """Call a method and return the result as the SDK returns it."""
        call_id = secrets.token_hex(16)
        reply = self._pending[call_id] = asyncio.get_running_loop().create_future()
        request = {
            "method": method,
            "params": params,
            "correlation_id": call_id,
            "reply_to": self._reply_to,
        }
        await self.client.publish("rpc.requests", request)
        return await reply

    async def _on_publication(self, ctx: Any) -> None:  # noqa: ANN401
        reply = ctx.pub.data
        self._pending.pop(reply["correlation_id"]).set_result(reply["result"])


async def measure(name: str, call: Call, calls: int, in_flight: int) -> None:
    """Make calls, up to ``in_flight`` at a time, and print how long they took."""
    latencies: list[float] = []

    async def work(numbers: Iterator[int]) -> None:
        for _ in numbers:
            start = time.perf_counter()
            await call()
            latencies.append(time.perf_counter() - start)

    numbers = iter(range(calls))
    start = time.perf_counter()
    await asyncio.gather(*(work(numbers) for _ in range(in_flight)))
    seconds = time.perf_counter() - start
    measured = {
        "name": name,
        "in_flight": in_flight,
        "seconds": seconds,
        "latencies": latencies,
    }
    sys.stdout.write(json.dumps(measured) + "\n")


async def main() -> None:
    """Measure each client in turn; the first turn is for warming up."""
    url, pairs, calls, user, token, by_hand_user, by_hand_token = sys.argv[1:]
    by_hand = ByHand(url, by_hand_token, by_hand_user)
    await by_hand.client.connect()
    async with CentrifugoRPCClient(url, token, user) as rpc:
        api = APIClient(rpc)
        methods: dict[str, Call] = {
            "client": lambda: api.tasks_get_stats(TaskStatsParams(user_id="456")),
            "baseline": lambda: by_hand.get_stats(TaskStatsParams(user_id="456")),
            "untyped": lambda: by_hand.call("tasks.get_stats", {"user_id": "456"}),
        }
        for in_flight in (1, 64):
            for turn in range(int(pairs) + 1):
                names = sorted(methods, reverse=turn % 2 == 0)
                for name in names:
                    await measure(name, methods[name], int(calls), in_flight)
    await by_hand.client.disconnect()


if __name__ == "__main__":
    asyncio.run(main())
