"""Requests that leave together, in one publication."""

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .call import Call

_MOST_REQUESTS = 100


class Group:
    """Tells which requests may leave together."""


class Request(NamedTuple):
    """A request that is about to leave."""

    call: "Call"
    reply: "asyncio.Future[object]"
    data: object


class Batches:
    """Holds requests until the end of a turn of the event loop."""

    def __init__(
        self, max_frame_bytes: int, send: Callable[[str, list[Request]], None]
    ) -> None:
        self._max = max_frame_bytes
        self._send = send
        self._waiting: dict[tuple[Group, str], list[Request]] = {}

    def put(self, group: Group, channel: str, request: Request) -> None:
        """Have a request sent with others of its group and channel."""
        waiting = self._waiting.get((group, channel))
        if waiting is None:
            waiting = self._waiting[group, channel] = []
            asyncio.get_running_loop().call_soon(self._flush, group, channel)
        waiting.append(request)

    def _flush(self, group: Group, channel: str) -> None:
        waiting = self._waiting.pop((group, channel))
        # What has ended meanwhile, such as a call that was cancelled, never leaves.
        requests = [request for request in waiting if not request.reply.done()]
        for part in self._parts(channel, requests):
            self._send(channel, part)

    def _parts(self, channel: str, requests: list[Request]) -> Iterator[list[Request]]:
        """Divide requests into those that fit into a frame."""
        command = {"channel": channel, "data": data_of([])}
        room = self._max - len(json.dumps({"id": 2**32 - 1, "publish": command}))
        sizes = [request.call.most_bytes for request in requests]
        if sum(sizes) > room:
            # As the SDK writes them; the other is quick, but only an upper bound.
            sizes = [len(json.dumps(request.data)) + 2 for request in requests]
        part: list[Request] = []
        left = room
        for request, size in zip(requests, sizes, strict=True):
            if part and (size > left or len(part) == _MOST_REQUESTS):
                yield part
                part, left = [], room
            part.append(request)
            left -= size
        if part:
            yield part


def data_of(requests: list[Request]) -> object:
    """Return what is published for requests; one alone is published as it is."""
    if len(requests) == 1:
        return requests[0].data
    return {"batch": [request.data for request in requests]}
