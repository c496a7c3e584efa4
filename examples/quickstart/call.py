"""Calls the method with the generated client: ``python call.py TOKEN``."""

import asyncio
import sys

from sdk.python import APIClient, CentrifugoRPCClient, Name

URL = "ws://127.0.0.1:8000/connection/websocket"


async def main(token: str) -> None:
    """Call it, and show what comes back."""
    async with CentrifugoRPCClient(URL, token) as rpc:
        greeting = await APIClient(rpc).greetings_hello(Name(name="Ada"), timeout_s=30)
        print(f"{greeting.text} (from user {greeting.from_user})")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
