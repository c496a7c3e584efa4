"""Makes calls of Python's client, 32 at once, and says how much processor time they took.

    PYTHONPATH=../../../gen/python python batches.py URL USER TOKEN

Each line of standard input is ``single`` or ``batch`` and a number of rounds; each line of
standard output the seconds.
"""  # noqa: INP001 - a program, not part of a package

import asyncio
import sys
import time

from pydantic import BaseModel
from runtime._rpc import Caller, Method, RPCClient

AT_ONCE = 32


class Text(BaseModel):
    """What is echoed."""

    text: str


ECHO: Method[Text] = Method("echo", Text, Text)


async def calls(caller: Caller, rounds: int) -> None:
    """Make calls, each round once the last one has ended."""
    params = Text(text="hello")
    for _ in range(rounds):
        results = await asyncio.gather(
            *(caller.call(ECHO, params) for _ in range(AT_ONCE))
        )
        if results != [params] * AT_ONCE:
            message = f"the worker says {results}"
            raise ValueError(message)


async def main() -> None:
    """Do what the lines say."""
    url, user, token = sys.argv[1:]
    async with RPCClient(url, token, user) as rpc:
        callers: dict[str, Caller] = {"single": rpc, "batch": rpc.batch()}
        while line := await asyncio.to_thread(sys.stdin.readline):
            kind, rounds = line.split()
            before = time.process_time()
            await calls(callers[kind], int(rounds))
            print(time.process_time() - before, flush=True)  # noqa: T201


if __name__ == "__main__":
    asyncio.run(main())
