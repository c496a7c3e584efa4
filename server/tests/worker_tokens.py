"""What workers that are started as processes find by name: a callback for tokens."""

import asyncio
import dataclasses
import threading

from centrifugo_rpc.settings import Settings
from centrifugo_rpc.subscriber import WORKER_USER
from centrifugo_rpc.tokens import connection_token
from processes import TOKEN_SECRET

CHANNELS = ("rpc.requests", "rpc.requests.workers")


def fetch() -> str:
    """Sign a token, in the place of a service that does."""
    settings = dataclasses.replace(
        Settings.from_env(), token_callback="", token_secret=TOKEN_SECRET
    )
    return connection_token(settings, WORKER_USER, channels=CHANNELS)


async def stuck() -> str:
    """Return what Centrifugo refuses, and leave a thread behind."""
    asyncio.get_running_loop().run_in_executor(None, threading.Event().wait)
    return "no.such.token"
