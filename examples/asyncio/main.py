"""One method, answered without a web framework: the README tells how to run it."""

import asyncio
import signal

from centrifugo_rpc import Conn, MessageRouter
from centrifugo_rpc.settings import Settings
from centrifugo_rpc.subscriber import Subscriber
from pydantic import BaseModel

router = MessageRouter(title="Greetings API")


class Greeting(BaseModel):
    """Words, and whose they are."""

    text: str
    from_user: str


class Name(BaseModel):
    """Whom to greet."""

    name: str = "world"


@router.rpc("greetings.hello", idempotent=True, timeout=2)
async def hello(conn: Conn, params: Name) -> Greeting:
    """Greet somebody."""
    return Greeting(text=f"Hello, {params.name}!", from_user=conn.user)


async def main() -> None:
    """Answer calls until SIGINT or SIGTERM, then finish those that run."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await Subscriber(router, Settings.from_env()).run(stop)


if __name__ == "__main__":
    asyncio.run(main())
