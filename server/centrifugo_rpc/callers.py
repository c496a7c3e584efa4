"""Watches whether callers are still there, for methods that end with them.

Nothing tells a back end that a client has gone. But Centrifugo's HTTP API says how many
connections are on a channel: with none on its reply channel, nobody waits for a call.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from json.encoder import encode_basestring_ascii
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from .metrics import Metrics
    from .settings import Settings

_logger = logging.getLogger(__name__)

Ask = Callable[[Sequence[bytes]], Awaitable[Sequence[object]]]
"""Sends commands to the HTTP API in one request, and returns the reply to each."""

_MOST_AT_ONCE = 200
_NOT_AVAILABLE = 108


class _Channel:
    """A reply channel, and the calls that are answered on it."""

    __slots__ = ("called", "calls", "empty_since")

    def __init__(self) -> None:
        self.called = 0.0
        """When the last of the calls came: then its caller was there."""
        self.calls: dict[object, Callable[[], None]] = {}
        """What is called for each when its caller is gone."""
        self.empty_since: float | None = None


class Callers:
    """Asks about the reply channels of running calls, as long as there are any.

    One request is under way at a time, with one question for each channel, however many
    calls it has.
    """

    def __init__(self, settings: Settings, metrics: Metrics, ask: Ask) -> None:
        """Take how often to ask, and whom; nobody is asked before the first call."""
        self._every_s = settings.presence_s
        self._gone_s = settings.gone_s
        self._metrics = metrics
        self._ask = ask
        self._channels: dict[str, _Channel] = {}
        self._asking: asyncio.Task[None] | None = None
        self._failing = False
        text = "Reply channels that Centrifugo is asked about."
        metrics.gauge("watched_channels", text, lambda: len(self._channels))

    def watch(self, name: str, gone: Callable[[], None]) -> Callable[[], None]:
        """Call ``gone`` once nobody is on a channel any longer.

        Return what ends this; it must be called once.
        """
        channel = self._channels.setdefault(name, _Channel())
        channel.called = time.monotonic()
        call = object()
        channel.calls[call] = gone
        if self._asking is None or self._asking.done():
            self._asking = asyncio.ensure_future(self._watch())
        return functools.partial(self._leave, name, call)

    async def close(self) -> None:
        """Ask no more."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.wait([self._asking])

    def _leave(self, name: str, call: object) -> None:
        channel = self._channels[name]
        del channel.calls[call]
        if not channel.calls:
            del self._channels[name]

    async def _watch(self) -> None:
        while self._channels:
            await asyncio.sleep(self._every_s)
            names = list(self._channels)
            for first in range(0, len(names), _MOST_AT_ONCE):
                await self._look(names[first : first + _MOST_AT_ONCE])

    async def _look(self, names: list[str]) -> None:
        """Ask how many connections are on some channels."""
        asked = time.monotonic()
        commands = [
            b'{"presence_stats":{"channel":%s}}'
            % encode_basestring_ascii(name).encode()
            for name in names
        ]
        try:
            replies = await self._ask(commands)
        except Exception as error:  # noqa: BLE001 -- whatever it is, the next one may be answered
            replies = [{"error": repr(error)}] * len(names)
        counts = [_count(reply) for reply in replies]
        self._note_failures(replies, counts)
        for name, count in zip(names, counts, strict=True):
            self._judge(name, count, asked)

    def _judge(self, name: str, count: int | None, asked: float) -> None:
        """End the calls of a channel that has been empty for long enough.

        A channel counts as not empty where Centrifugo does not know.
        """
        channel = self._channels.get(name)
        if channel is None:
            return
        if count != 0 or channel.called >= asked:
            channel.empty_since = None
            return
        if channel.empty_since is None:
            channel.empty_since = asked
        if asked - channel.empty_since >= self._gone_s:
            for gone in list(channel.calls.values()):
                gone()

    def _note_failures(
        self, replies: Sequence[object], counts: list[int | None]
    ) -> None:
        """Count the questions without an answer, and log the first of several."""
        failed = [
            reply for reply, count in zip(replies, counts, strict=True) if count is None
        ]
        self._metrics.presence_failed(len(failed))
        if failed and not self._failing:
            _logger.error(
                "cannot tell whether callers are still there, so that no disconnect "
                "cancels a call: %s",
                _reason(failed[0]),
            )
        self._failing = bool(failed)


def _count(reply: object) -> int | None:
    """Return how many connections a reply counts, or None if it does not say."""
    stats = _object(reply).get("presence_stats")
    if not isinstance(stats, dict):
        return None
    # As in all of Centrifugo's JSON, a number that is zero may be left out.
    count = cast("dict[str, object]", stats).get("num_clients", 0)
    return count if isinstance(count, int) else None


def _reason(reply: object) -> object:
    """Say what is wrong, and how to mend what is most likely."""
    error = _object(reply).get("error")
    if _object(error).get("code") == _NOT_AVAILABLE:
        return (
            "the namespace of the reply channels needs `presence: true` in Centrifugo's "
            "configuration, which `wsgen centrifugo-config` writes"
        )
    return error or reply


def _object(value: object) -> dict[str, object]:
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}
