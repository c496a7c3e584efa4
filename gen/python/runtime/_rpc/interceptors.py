"""What users put around calls."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence

from .api import CallInfo, Interceptor, Proceed
from .streams import StreamCall


def chain(interceptors: Sequence[Interceptor], last: Proceed) -> Proceed:
    """Return what goes through all interceptors, the first one outermost."""
    for interceptor in reversed(interceptors):
        last = _around(interceptor, last)
    return last


def _around(interceptor: Interceptor, proceed: Proceed) -> Proceed:
    return lambda call: interceptor(call, proceed)


class StreamChain:
    """Interceptors around a stream, whose items go past them.

    They run in a task of their own, in which ``proceed`` waits for the end of the stream.
    """

    def __init__(
        self,
        interceptors: Sequence[Interceptor],
        new_call: Callable[[CallInfo], StreamCall],
        run: Callable[[StreamCall], AsyncGenerator[object, None]],
    ) -> None:
        self._proceed = chain(interceptors, self._follow)
        self._new_call = new_call
        self._run = run
        self._call: StreamCall | None = None
        """The call that is about to be made."""
        self._ended: asyncio.Future[None]
        self._changed = asyncio.Event()

    async def items(self, info: CallInfo) -> AsyncGenerator[object, None]:
        """Iterate over the results of all calls that the interceptors make."""
        task = asyncio.ensure_future(self._proceed(info))
        task.add_done_callback(lambda _: self._changed.set())
        try:
            while (call := await self._next(task)) is not None:
                items, ended = self._run(call), self._ended
                try:
                    async for item in items:
                        yield item
                except Exception as error:  # noqa: BLE001 - they see whatever it is
                    _end(ended, error)
                else:
                    _end(ended, None)
                finally:
                    await items.aclose()
            task.result()
        finally:
            await _cancel(task)

    async def _next(self, task: "asyncio.Future[object]") -> StreamCall | None:
        """Wait for the next call that the interceptors make; None if they have ended."""
        while self._call is None and not task.done():
            self._changed.clear()
            await self._changed.wait()
        call, self._call = self._call, None
        return None if task.done() else call

    async def _follow(self, info: CallInfo) -> None:
        """Have a call made, and wait for its end."""
        call = self._call = self._new_call(info)
        ended = self._ended = asyncio.get_running_loop().create_future()
        self._changed.set()
        try:
            await ended
        finally:
            call.abandon()  # it goes on where an interceptor waits no longer


def _end(ended: "asyncio.Future[None]", error: Exception | None) -> None:
    """Tell the interceptors how a call has ended, unless they wait no longer."""
    if ended.done():
        return
    if error is None:
        ended.set_result(None)
    else:
        ended.set_exception(error)


async def _cancel(task: "asyncio.Future[object]") -> None:
    """End the interceptors of a stream that is left."""
    if not task.done():
        task.cancel()
        await asyncio.wait([task])
    if not task.cancelled():
        task.exception()  # it was raised, or comes too late
