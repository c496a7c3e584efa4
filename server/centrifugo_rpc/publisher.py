"""Publishes replies and events over Centrifugo's HTTP API."""

import asyncio
import json
import logging
import random
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from json.encoder import encode_basestring_ascii
from secrets import token_hex
from types import SimpleNamespace
from typing import cast

from aiohttp import ClientSession, ClientTimeout, DummyCookieJar
from cent import AsyncClient, BatchRequest
from cent.exceptions import (
    CentDecodeError,
    CentError,
    CentUnauthorizedError,
)

from .metrics import Metrics
from .settings import Settings

_logger = logging.getLogger(__name__)

_MOST_COMMANDS = 200
_MOST_BYTES = 900_000  # aiohttp warns of bodies above 1 MiB
_MOST_BYTES_WAITING = 64 * 1024 * 1024
# A longer publication goes out alone, so that it does not delay others; in a batch, a
# lane has no more than this.
_LARGE = 16 * 1024
_LARGE_AT_ONCE = 2
_SHORT = 1024
_FIRST_DELAY_S = 0.05
_LONGEST_DELAY_S = 2.0
_REQUEST_TIMEOUT_S = 10.0
_NOT_HERE = {404, 405}
_OURS = {400, 413, 414}
"""HTTP codes that say that a request itself is wrong: repeating it would not help."""


class PublishError(Exception):
    """A publication did not go out."""


class APIRefusedError(PublishError):
    """None will go out: the API's key or its address is wrong."""


@dataclass(slots=True)
class _Request:
    """What cent's client needs of a request, with commands that are JSON already.

    One command goes alone, which is less work for all than a batch of one.

    cent's own batch would parse and write each reply once more, and fails as a whole
    when Centrifugo refuses one command.
    """

    api_payload: str
    api_method: str = "batch"

    def parse_response(self, content: str) -> object:
        """Return an object whose ``result`` has a list of replies as they came."""
        try:
            reply = json.loads(content)
            replies = [reply] if self.api_method == "publish" else reply["replies"]
        except (ValueError, KeyError, TypeError) as error:
            raise CentDecodeError from error
        return SimpleNamespace(result=SimpleNamespace(replies=replies))


@dataclass(eq=False)
class _Publication:
    key: tuple[str, str]
    """Of its lane."""
    command: bytes
    ends: float
    done: "asyncio.Future[None] | None" = None
    """For who waits for it."""
    failed: Callable[[], None] | None = None
    """For who only wants to know that it does not go out."""

    def succeed(self) -> None:
        """Say that it is out."""
        if self.done is not None and not self.done.done():
            self.done.set_result(None)

    def fail(self, error: PublishError) -> None:
        """Say that it never will be."""
        if self.failed is not None:
            # Later: who has just put it may not be ready to hear that.
            asyncio.get_running_loop().call_soon(self.failed)
        if self.done is not None and not self.done.done():
            self.done.set_exception(error)
            # Nobody need wait for it: once looked at, asyncio does not complain of that.
            self.done.exception()


class _Lane:
    """What waits to be published for one user, or on one channel, in order."""

    __slots__ = ("busy", "key", "size", "waiting")

    def __init__(self, key: tuple[str, str]) -> None:
        self.key = key
        self.waiting: deque[_Publication] = deque()
        self.size = 0
        """Bytes that wait, and those of a request that is under way."""
        self.busy = False
        """Whether a request with publications of this lane is under way."""

    @property
    def large(self) -> bool:
        """Whether the next publication is so large that it goes out alone."""
        return len(self.waiting[0].command) > _LARGE


class _Queue:
    """The lanes that may send now: small publications, and large ones, each in turn."""

    def __init__(self) -> None:
        self._lanes: dict[tuple[str, str], _Lane] = {}
        self._small: OrderedDict[_Lane, None] = OrderedDict()
        self._large: OrderedDict[_Lane, None] = OrderedDict()
        self.size = 0

    def __bool__(self) -> bool:
        """Whether anything waits or is under way."""
        return bool(self._lanes)

    def size_of(self, key: tuple[str, str]) -> int:
        """Return how many bytes of a lane are not out yet."""
        lane = self._lanes.get(key)
        return lane.size if lane else 0

    def put(self, publication: _Publication) -> None:
        """Append a publication to its lane."""
        key, size = publication.key, len(publication.command)
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = _Lane(key)
        lane.waiting.append(publication)
        lane.size += size
        self.size += size
        self._line_up(lane)

    def take_small(self) -> list[_Publication]:
        """Take a batch: of each lane in turn, and not much of any."""
        batch: list[_Publication] = []
        room: dict[_Lane, int] = {}
        size = 0
        while self._small and len(batch) < _MOST_COMMANDS and size < _MOST_BYTES:
            lane, _ = self._small.popitem(last=False)
            publication = lane.waiting.popleft()
            batch.append(publication)
            size += len(publication.command)
            left = room[lane] = room.get(lane, _LARGE) - len(publication.command)
            if left > 0 and lane.waiting and not lane.large:
                self._small[lane] = None
        for lane in room:
            lane.busy = True
            self._small.pop(lane, None)
        return batch

    def take_large(self) -> list[_Publication]:
        """Take one large publication, of the next lane."""
        if not self._large:
            return []
        lane, _ = self._large.popitem(last=False)
        lane.busy = True
        return [lane.waiting.popleft()]

    def finish(self, batch: list[_Publication]) -> None:
        """Let the lanes of a batch send on, behind those that wait."""
        for publication in batch:
            lane, size = self._lanes[publication.key], len(publication.command)
            lane.size -= size
            self.size -= size
            lane.busy = False
        for key in dict.fromkeys(publication.key for publication in batch):
            lane = self._lanes[key]
            if lane.waiting:
                self._line_up(lane)
            else:
                del self._lanes[lane.key]

    def _line_up(self, lane: _Lane) -> None:
        if not lane.busy:
            (self._large if lane.large else self._small).setdefault(lane)


class HTTPPublisher:
    """Publishes over Centrifugo's HTTP API; users take turns.

    Each user's replies are sent in order, and so are the events of each channel. Small
    publications that arrive while a request is under way go out together in the next
    one. A large one goes out alone, over a connection that small ones do not need.
    """

    def __init__(self, settings: Settings, metrics: Metrics | None = None) -> None:
        """Take the API's address; nothing is opened yet."""
        self._settings = settings
        self._metrics = metrics or Metrics()
        self._queue = _Queue()
        self._client: AsyncClient | None = None
        self._senders: list[asyncio.Task[None]] = []
        self._more = asyncio.Event()
        self._progress: asyncio.Future[None] | None = None
        self._closing = False
        self._failing = False
        self._rejecting = False
        text = "1 while the last request to the HTTP API failed."
        self._metrics.gauge("api_failing", text, lambda: int(self._failing))
        text = "Bytes that wait to be published, or are being published."
        self._metrics.gauge("publishing_bytes", text, lambda: self._queue.size)

    @property
    def closing(self) -> bool:
        """Whether nothing is taken any more."""
        return self._closing

    async def publish(self, channel: str, data: bytes) -> None:
        """Publish an event, which is JSON; ``PublishError`` if that fails for good."""
        await self.put(channel, data)

    def has_room(self, user: str, size: int = 0) -> bool:
        """Whether so many more bytes of replies to a user may wait.

        Short ones have room for longer, as they may be the errors that replace others.
        """
        waiting, most = self._queue.size_of((user, "")), self._settings.user_reply_bytes
        if 0 < size <= _SHORT:
            return waiting + size <= 2 * most
        return waiting + size <= most and self._queue.size + size <= _MOST_BYTES_WAITING

    def has_room_of_stream(self, user: str, size: int) -> bool:
        """Whether a message of a stream may wait as well.

        Streams leave half of the room to the replies of other calls. A message that is
        larger than half a user's room waits until it is the user's only one.
        """
        waiting, most = self._queue.size_of((user, "")), self._settings.user_reply_bytes
        fits = waiting == 0 or waiting + size <= most // 2
        return fits and self._queue.size + size <= _MOST_BYTES_WAITING // 2

    async def progress(self) -> None:
        """Wait until something has gone out, or failed to."""
        if self._progress is None:
            self._progress = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._progress)

    def put(
        self, channel: str, data: bytes, *, user: str = "", skip_history: bool = False
    ) -> "asyncio.Future[None]":
        """Queue a publication; the future ends when it is out, or never will be.

        With a user it is a reply to that user. Without one it is an event, which gets
        a key, so that Centrifugo delivers it once though a request is repeated. A
        reply has none: Centrifugo would swallow the repeated reply to a retry.
        """
        one = self._publication(channel, data, user, skip_history=skip_history)
        one.done = asyncio.get_running_loop().create_future()
        self._put(one, channel, user, len(data))
        return one.done

    def send(
        self,
        channel: str,
        data: bytes,
        *,
        user: str,
        skip_history: bool = False,
        failed: Callable[[], None] | None = None,
    ) -> None:
        """Queue a reply that nobody waits for; ``failed`` is called if it will never be out."""
        one = self._publication(channel, data, user, skip_history=skip_history)
        one.failed = failed
        self._put(one, channel, user, len(data))

    def _publication(
        self, channel: str, data: bytes, user: str, *, skip_history: bool
    ) -> _Publication:
        command = b'{"channel":%s,"data":%s%s%s}' % (
            encode_basestring_ascii(channel).encode(),  # quicker than json.dumps
            data,
            b',"skip_history":true' if skip_history else b"",
            b"" if user else b',"idempotency_key":"%s"' % token_hex(16).encode(),
        )
        ends = time.monotonic() + self._settings.publish_s
        return _Publication((user, "" if user else channel), command, ends)

    def _put(
        self, publication: _Publication, channel: str, user: str, size: int
    ) -> None:
        """Queue a publication, unless it cannot go out."""
        fits = self._queue.size + size <= _MOST_BYTES_WAITING
        if user:
            fits = self.has_room(user, size)
        if self._closing or not fits:
            reason = "the worker stops" if self._closing else "too much is waiting"
            self._metrics.published("failed")
            if not self._rejecting:  # the first of several is logged
                message = "publications do not go out any more: %r: %s"
                _logger.error(message, channel, reason)
            self._rejecting = True
            error = PublishError(f"cannot publish on {channel!r}: {reason}")
            publication.fail(error)
            return
        self._queue.put(publication)
        self._more.set()
        if not self._senders:
            loop = asyncio.get_running_loop()
            takes = [self._queue.take_small] + [self._queue.take_large] * _LARGE_AT_ONCE
            self._senders = [loop.create_task(self._send_all(take)) for take in takes]

    async def close(self) -> None:
        """Send what waits, as long as that is worth trying, and disconnect."""
        self._closing = True
        self._more.set()
        if self._senders:
            await asyncio.wait(self._senders)
        if self._client is not None:
            await self._client.close()

    async def _send_all(self, take: Callable[[], list[_Publication]]) -> None:
        """Send what ``take`` returns, until all is sent and the publisher closes."""
        while self._queue or not self._closing:
            batch = take()
            if not batch:
                self._more.clear()
                await self._more.wait()
                # A turn of the loop, in which others may join the batch.
                await asyncio.sleep(0)
                continue
            try:
                await self._deliver(batch)
            except Exception as error:
                _logger.exception("publishing failed")
                self._fail(batch, PublishError(f"publishing failed: {error!r}"))
            self._queue.finish(batch)
            if self._progress is not None:
                self._progress.set_result(None)
                self._progress = None
            self._rejecting = self._rejecting and bool(self._queue)
            self._more.set()

    async def _deliver(self, batch: list[_Publication]) -> None:
        """Send a batch; repeat that while the API is down."""
        delay = _FIRST_DELAY_S
        while batch := await self._try(batch):
            await asyncio.sleep(random.uniform(delay / 2, delay))  # noqa: S311
            delay = min(delay * 2, _LONGEST_DELAY_S)

    async def _try(self, batch: list[_Publication]) -> list[_Publication]:
        """Send a batch once; return what is to be repeated."""
        try:
            replies = await self._request(batch)
        except CentError as error:
            return await self._handle(error, batch)
        if self._failing:
            _logger.info("the HTTP API is back")
        self._failing = False
        self._settle(batch, replies)
        return []

    async def _handle(
        self, error: CentError, batch: list[_Publication]
    ) -> list[_Publication]:
        """Look at why a whole request failed; return what is to be repeated."""
        status = getattr(error, "status_code", 0)
        if status in _OURS:
            await self._deliver_one_by_one(batch, error)
            return []
        if not self._failing:
            _logger.warning("the HTTP API fails: %s", str(error) or repr(error))
        self._failing = True
        if isinstance(error, CentUnauthorizedError):
            reason = "the HTTP API refuses RPC_WORKER_API_KEY"
        elif status in _NOT_HERE:
            reason = "RPC_WORKER_API_URL is not the HTTP API; it ends in /api"
        else:
            return self._still_worth_it(batch, str(error) or repr(error))
        self._fail(batch, APIRefusedError(reason))
        return []

    async def _deliver_one_by_one(
        self, batch: list[_Publication], error: CentError
    ) -> None:
        """Find the publication for which Centrifugo refuses a whole request."""
        if len(batch) == 1:
            self._failing = False
            self._fail(batch, PublishError(f"Centrifugo refuses it: {error}"))
            return
        for publication in batch:
            await self._deliver([publication])

    async def check(self) -> None:
        """Raise ``PublishError`` unless the HTTP API is there and takes the key."""
        if self._closing:
            raise PublishError
        try:
            await self._open().batch(cast("BatchRequest", _Request('{"commands":[]}')))
        except CentDecodeError:
            pass  # it has answered
        except CentError as error:
            status = getattr(error, "status_code", 0)
            if status not in _OURS:
                raise PublishError(str(error) or repr(error)) from error

    async def ask(self, commands: Sequence[bytes]) -> list[object]:
        """Send commands that publish nothing, in one request; return the reply to each.

        ``PublishError`` if there is none. A command is not repeated.
        """
        try:
            return await self._batch(commands)
        except CentError as error:
            raise PublishError(str(error) or repr(error)) from error

    def _open(self) -> AsyncClient:
        """Return the client; the first call makes it."""
        if self._client is None:
            # Bodies are JSON already. cent would set the timeout of each request
            # in a way that makes aiohttp look for whom to warn.
            session = ClientSession(
                json_serialize=str,
                timeout=ClientTimeout(total=_REQUEST_TIMEOUT_S),
                cookie_jar=DummyCookieJar(),
            )
            self._client = AsyncClient(
                self._settings.api_url.rstrip("/"),
                self._settings.api_key,
                timeout=None,
                session=session,
            )
        return self._client

    async def _request(self, batch: list[_Publication]) -> list[object]:
        if len(batch) > 1:
            return await self._batch([b'{"publish":%s}' % one.command for one in batch])
        return await self._send(_Request(batch[0].command.decode(), "publish"), 1)

    async def _batch(self, commands: Sequence[bytes]) -> list[object]:
        body = b'{"commands":[%s]}' % b",".join(commands)
        return await self._send(_Request(body.decode()), len(commands))

    async def _send(self, request: _Request, count: int) -> list[object]:
        """Return the replies to so many commands."""
        result = await self._open().batch(cast("BatchRequest", request))
        if len(result.replies) != count:
            raise CentDecodeError
        return cast("list[object]", result.replies)

    def _still_worth_it(
        self, batch: list[_Publication], error: str
    ) -> list[_Publication]:
        """Give up on what has been tried for too long."""
        now = time.monotonic()
        over = [one for one in batch if one.ends <= now]
        self._fail(over, PublishError(f"the HTTP API does not answer: {error}"))
        repeated = [one for one in batch if one.ends > now]
        self._metrics.published("retried", len(repeated))
        return repeated

    def _settle(self, batch: list[_Publication], replies: list[object]) -> None:
        """Tell who published what became of it."""
        ok = 0
        for publication, reply in zip(batch, replies, strict=True):
            error = cast("dict[str, object]", reply).get("error")
            if error:
                refused = PublishError(f"Centrifugo refuses it: {error}")
                self._fail([publication], refused)
                continue
            ok += 1
            publication.succeed()
        self._metrics.published("ok", ok)

    def _fail(self, batch: list[_Publication], error: PublishError) -> None:
        if not batch:
            return
        _logger.error("%d publications did not go out: %s", len(batch), error)
        self._metrics.published("failed", len(batch))
        for publication in batch:
            publication.fail(type(error)(*error.args))
