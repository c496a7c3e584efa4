"""The store in Redis: replies for retries, and messages between workers by pub/sub.

A claim is a key whose value names the worker and, by a number, the claim itself; the reply
takes its place. So a message about a call finds its worker, and a claim that was made
although its answer got lost is known again.
"""

import asyncio
import itertools
import json
import logging
import random
import uuid
from typing import Any, Protocol, cast

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from .store import Hear, call_key

_logger = logging.getLogger(__name__)

_CLAIM = b"\0"  # no reply begins with it: they are JSON
_TRIES = 5
_CONNECTIONS = 32
_TIMEOUT_S = 1.0
_HEALTH_S = 15
_LISTEN_S = 5.0
_FIRST_DELAY_S = 0.1
_LONGEST_DELAY_S = 5.0
_FORGET = """
if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end
return 0
"""


# All that is used of the client, whose types say less.


class _PubSub(Protocol):
    async def subscribe(self, *channels: str) -> None: ...
    async def get_message(
        self, *, ignore_subscribe_messages: bool, timeout: float | None
    ) -> dict[str, Any] | None: ...
    async def aclose(self) -> None: ...


class _Client(Protocol):
    async def set(
        self, name: str, value: bytes, *, px: int, nx: bool = False
    ) -> object: ...
    async def get(self, name: str) -> bytes | None: ...
    async def eval(self, script: str, keys: int, *arguments: object) -> object: ...
    async def publish(self, channel: str, message: bytes) -> int: ...
    async def ping(self) -> object: ...
    def pubsub(self) -> _PubSub: ...
    async def aclose(self) -> None: ...


class RedisStore:
    """Keeps claims and replies in Redis; see ``Store``."""

    def __init__(self, url: str, prefix: str) -> None:
        """Take ``redis://``, ``rediss://`` or ``unix://``; nothing is opened yet."""
        pool = cast("Any", BlockingConnectionPool).from_url(
            url,
            max_connections=_CONNECTIONS,
            timeout=_TIMEOUT_S,
            socket_timeout=_TIMEOUT_S,
            socket_connect_timeout=_TIMEOUT_S,
            health_check_interval=_HEALTH_S,
            # A connection of the pool may be one that Redis has closed.
            retry=Retry(NoBackoff(), 1),
        )
        self._client: _Client = cast("Any", Redis).from_pool(pool)
        self._prefix = prefix
        self._id = uuid.uuid4().hex
        self._numbers = itertools.count()
        self._claims: dict[str, bytes] = {}

    async def begin(self, key: str, lease_s: float) -> bytes | None:
        """See ``Store``."""
        claim = _CLAIM + f"{self._id}:{next(self._numbers)}".encode()
        try:
            stored = await self._claim(self._name(key), claim, _ms(lease_s))
        except BaseException:
            self._claims.setdefault(key, claim)  # it may have been made
            raise
        if stored == claim:
            self._claims[key] = claim
            return None
        return b"" if stored.startswith(_CLAIM) else stored

    async def _claim(self, name: str, claim: bytes, lease_ms: int) -> bytes:
        """Return what the key holds then, which is the claim if it was free."""
        for _ in range(_TRIES):
            if await self._client.set(name, claim, px=lease_ms, nx=True):
                return claim
            # It is ours if the client has asked twice, as the first answer got lost.
            stored = await self._client.get(name)
            if stored is not None:
                return stored
            # It has ended between the two commands.
        message = "Redis neither takes nor returns a key"
        raise RuntimeError(message)

    async def finish(self, key: str, reply: bytes, keep_s: float) -> None:
        """See ``Store``."""
        self._claims.pop(key, None)
        await self._client.set(self._name(key), reply, px=_ms(keep_s))

    async def forget(self, key: str) -> None:
        """See ``Store``; the claim of another worker stays."""
        claim = self._claims.pop(key, None)
        if claim is not None:
            await self._client.eval(_FORGET, 1, self._name(key), claim)

    async def tell(self, user: str, correlation_id: str, message: bytes) -> None:
        """See ``Store``; all workers are told of a call that nobody has claimed yet."""
        stored = await self._client.get(self._name(call_key(user, correlation_id)))
        if stored is not None and not stored.startswith(_CLAIM):
            return  # it has ended
        owner = stored[len(_CLAIM) :].decode().partition(":")[0] if stored else ""
        if owner == self._id:
            return
        text = json.dumps([self._id, user, correlation_id, message.decode("latin-1")])
        await self._client.publish(self._channel(owner), text.encode())

    async def listen(self, hear: Hear) -> None:
        """See ``Store``; while Redis is away, what is told is lost."""
        delay = _FIRST_DELAY_S
        while True:
            pubsub = self._client.pubsub()
            try:
                await pubsub.subscribe(self._channel(self._id), self._channel(""))
                while True:
                    message = await pubsub.get_message(
                        ignore_subscribe_messages=True, timeout=_LISTEN_S
                    )
                    delay = _FIRST_DELAY_S
                    if message is not None:
                        self._heard(message["data"], hear)
            except (RedisError, OSError) as error:
                _logger.warning("cannot hear other workers: %s", error)
            finally:
                await pubsub.aclose()
            await asyncio.sleep(delay * random.uniform(0.5, 1))  # noqa: S311 -- a pause
            delay = min(2 * delay, _LONGEST_DELAY_S)

    async def check(self) -> None:
        """See ``Store``."""
        await self._client.ping()

    async def close(self) -> None:
        """See ``Store``."""
        await self._client.aclose()

    def _heard(self, data: bytes, hear: Hear) -> None:
        try:
            sender, user, correlation_id, text = json.loads(data)
            if sender != self._id:
                hear(user, correlation_id, text.encode("latin-1"))
        except Exception:
            _logger.exception("a message of another worker")

    def _name(self, key: str) -> str:
        return f"{self._prefix}:call:{key}"

    def _channel(self, worker: str) -> str:
        return (
            f"{self._prefix}:worker:{worker}" if worker else f"{self._prefix}:workers"
        )


def _ms(seconds: float) -> int:
    return max(1, round(seconds * 1000))
