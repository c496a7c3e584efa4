"""How a client makes calls: one by one, or with others in a batch."""

import functools
from collections.abc import (
    AsyncGenerator,
    Callable,
    Mapping,
    Sequence,
)
from dataclasses import dataclass, replace
from typing import Any, TypeVar, cast

from typing_extensions import Self, Unpack

from .api import (
    Caller,
    CallInfo,
    CallOptions,
    Event,
    Events,
    Interceptor,
    Method,
    Stream,
    StreamOptions,
    events_of,
)
from .batches import Group
from .call import Call
from .errors import EventPosition
from .interceptors import StreamChain, chain
from .params import params_of
from .session import Session
from .streams import StreamCall, check_stream
from .wire import result_of

_R = TypeVar("_R")
_C = TypeVar("_C", bound=Call)
_AnyCaller = TypeVar("_AnyCaller", bound=Caller)


@dataclass(frozen=True)
class Calling:
    """What a client was told for all of its calls, and how it makes them."""

    timeout_s: float
    meta: Mapping[str, str]
    interceptors: Sequence[Interceptor]
    native: bool
    begin: Callable[[], Session | None]
    """Opens the session, or returns the one that is open."""
    cause: Callable[[], Exception | None]
    """Returns why there is none."""
    group: Group | None = None
    """The requests that leave together."""

    def together(self) -> Self:
        """Return the same for calls whose requests leave together."""
        return replace(self, group=Group())

    async def call(
        self,
        method: Method[_R],
        params: object = None,
        **options: Unpack[CallOptions],
    ) -> _R:
        """Call a method and return its result."""
        params = params_of(method, params)
        meta, limit = self._meta_of(options), self._limit_of(method, options)
        if not self.interceptors:
            return cast("_R", await self._run(Call(method, params, meta, limit)))

        async def run(info: CallInfo) -> object:
            return await self._run(_call_of(Call, method, params, info))

        info = _info_of(method, params, meta, limit)
        return cast("_R", await chain(self.interceptors, run)(info))

    async def _run(self, call: Call) -> object:
        """Make a call."""
        call.group = self.group
        try:
            session = self.begin()
            if session is None:
                raise call.not_connected(self.cause())
            return result_of(call, await session.run(call))
        finally:
            call.close()

    def stream(
        self,
        method: Method[_R],
        params: object = None,
        **options: Unpack[StreamOptions],
    ) -> Stream[_R]:
        """Return the results of a method that streams them; the loop begins the call."""
        window = check_stream(method, options.get("window"), native=self.native)
        params = params_of(method, params)
        meta, limit = self._meta_of(options), self._limit_of(method, options)
        kind = functools.partial(StreamCall, window=window)
        if self.interceptors:
            new_call = functools.partial(_call_of, kind, method, params)
            around = StreamChain(
                self.interceptors, new_call, lambda call: self._items(lambda: call)
            )
            info = _info_of(method, params, meta, limit, stream=True)
            items = around.items(info)
        else:
            items = self._items(lambda: kind(method, params, meta, limit))
        return Stream(cast("AsyncGenerator[_R, None]", items))

    async def _items(
        self, new_call: Callable[[], StreamCall]
    ) -> AsyncGenerator[object, None]:
        """Make the call of a stream, and iterate over its results."""
        call = new_call()
        call.group = self.group
        try:
            session = self.begin()
            if session is None:
                raise call.not_connected(self.cause())
            try:
                await session.begin(call)
                while await call.has_next():
                    yield call.take()
            finally:
                session.leave(call)
        finally:
            call.close()

    def _meta_of(self, options: CallOptions) -> dict[str, str]:
        return {**self.meta, **(options.get("meta") or {})}

    def _limit_of(self, method: Method[Any], options: CallOptions) -> float:
        limit = options.get("timeout_s")
        if limit is not None:
            return limit
        return self.timeout_s if method.timeout_s is None else method.timeout_s


class Batch:
    """Calls through a client, whose requests leave together."""

    def __init__(self, client: Caller, calling: Calling) -> None:
        self._client = client
        self._calling = calling.together()

    async def call(
        self,
        method: Method[_R],
        params: object = None,
        **options: Unpack[CallOptions],
    ) -> _R:
        """Call a method and return its result."""
        return await self._calling.call(method, params, **options)

    def stream(
        self,
        method: Method[_R],
        params: object = None,
        **options: Unpack[StreamOptions],
    ) -> Stream[_R]:
        """Return the results of a method that streams them; the loop begins the call."""
        return self._calling.stream(method, params, **options)

    def subscribe(
        self, event: Event[_R], channel: str, *, since: EventPosition | None = None
    ) -> Events[_R]:
        """Iterate over the events on a channel, which have nothing to do with batches."""
        return events_of(self._client, event, channel, since)

    def batch(self) -> "Batch":
        """Return another one, which has nothing to do with this."""
        return Batch(self._client, self._calling)


def batch_of(caller: _AnyCaller) -> _AnyCaller:
    """Return a caller whose requests leave together.

    One that knows no batches, such as a fake in tests, is returned as it is.
    """
    make: Callable[[], _AnyCaller] | None = getattr(caller, "batch", None)
    return caller if make is None else make()


def _call_of(
    kind: Callable[[Method[Any], object, dict[str, str], float], _C],
    method: Method[Any],
    params: object,
    info: CallInfo,
) -> _C:
    """Return the call that the interceptors go on with."""
    if info.params is not params:
        params = params_of(method, info.params)
    call = kind(method, params, dict(info.meta), info.timeout_s)
    call.id = info.correlation_id
    return call


def _info_of(
    method: Method[Any],
    params: object,
    meta: Mapping[str, str],
    timeout_s: float,
    *,
    stream: bool = False,
) -> CallInfo:
    return CallInfo(
        method.name,
        params,
        meta,
        timeout_s,
        stream=stream,
        notify=method.notify,
        idempotent=method.idempotent,
    )
