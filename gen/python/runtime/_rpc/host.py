"""A thread with an event loop, for clients of code without asyncio."""

import asyncio
import atexit
import os
import threading
import weakref
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from .connection import RPCClient

_R = TypeVar("_R")

_STOP_S = 1.0
"""How long to wait for the end of what is left of a closed client."""


class Stopped(Exception):
    """The client was closed, and its loop does no more work."""


class Host:
    """A client in an event loop of its own; any thread may have work done there."""

    def __init__(self, new_rpc: Callable[[], RPCClient]) -> None:
        """Start the thread."""
        self.pid = os.getpid()
        self.rpc = new_rpc()
        # Reentrant: the garbage collector may forget an iteration at any point.
        self._lock = threading.RLock()
        self._stopping = False
        self._started: Future[asyncio.Event] = Future()
        self._closed: Future[None] = Future()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve()),
            name=type(self.rpc).__name__,
            daemon=True,
        )
        self._thread.start()
        self._stop = self._started.result()
        _running.add(self)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        stop = asyncio.Event()
        self._started.set_result(stop)
        await stop.wait()
        await self.rpc.close()
        self._closed.set_result(None)
        # The SDK closes the socket in the background.
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if others:
            await asyncio.wait(others, timeout=_STOP_S)

    def begin(self, work: Callable[[], Coroutine[Any, Any, _R]]) -> "Future[_R] | None":
        """Begin work in the loop, unless that is about to end."""
        if self.pid != os.getpid():
            return None  # the thread is one of the parent process
        with self._lock:
            # What is handed over before the loop is told to stop still ends there.
            if self._stopping:
                return None
            return asyncio.run_coroutine_threadsafe(work(), self._loop)

    def run(self, work: Callable[[], Coroutine[Any, Any, _R]]) -> _R:
        """Do work in the loop, and return what it returns.

        A ``KeyboardInterrupt`` while waiting gives the work up.
        """
        if threading.current_thread() is self._thread:
            message = "a function that the client calls cannot wait for the client"
            raise RuntimeError(message)
        doing = self.begin(work)
        if doing is None:
            raise Stopped
        try:
            return doing.result()
        except BaseException:
            doing.cancel()
            raise

    def stop(self) -> None:
        """Close the client, and end the thread."""
        self.stop_soon()
        self._closed.result()
        self.join()

    def stop_soon(self) -> None:
        """Do the same without waiting for it."""
        if self.pid != os.getpid():
            return
        with self._lock:
            if not self._stopping:
                self._stopping = True
                self._loop.call_soon_threadsafe(self._stop.set)

    def join(self) -> None:
        """Wait for the end of the thread, which a slow token function may delay."""
        if self.pid == os.getpid():
            self._thread.join(_STOP_S)


_running: "weakref.WeakSet[Host]" = weakref.WeakSet()


@atexit.register
def _stop_all() -> None:
    """Close at the end of the program what nobody has closed."""
    hosts = list(_running)
    for host in hosts:
        host.stop_soon()
    for host in hosts:
        host.join()
