"""The channels of events, each subscribed to once."""

import asyncio
import functools
from collections.abc import Callable
from typing import Any

from .errors import CallError, ConnectError, RPCError
from .sdk import (
    ALREADY_SUBSCRIBED,
    Handler,
    SDKClient,
    SDKSubscription,
    centrifuge,
    drop_subscription,
    new_subscription_to,
)
from .tasks import Tasks


class End:
    """Ends an iteration: with an error of its own, made for its event, or without."""

    def __init__(self, error: Callable[[str], CallError] | None = None) -> None:
        self.error = error


def _of_event(cause: ConnectError, event: str) -> ConnectError:
    error = ConnectError(str(cause), cause.code, method=event)
    error.__cause__ = cause
    return error


class Feed:
    """The subscription to one channel, shared by all who iterate over it."""

    def __init__(self) -> None:
        self.queues: list[asyncio.Queue[object]] = []
        self.subscription: SDKSubscription | None = None

    def put(self, item: object) -> None:
        """Hand a publication, or what ended the feed, to everyone."""
        for queue in self.queues:
            queue.put_nowait(item)


class Feeds:
    """The feeds of all channels that somebody iterates over."""

    def __init__(self, tasks: Tasks, server_side: set[str]) -> None:
        self._tasks = tasks
        self._server_side = server_side
        """Channels that the server subscribes the connection to."""
        self._client: SDKClient | None = None
        self._feeds: dict[str, Feed] = {}

    def listen(self, client: SDKClient) -> None:
        """Subscribe to the channels of all feeds, now and later, over a client."""
        self._client = client
        for channel, feed in list(self._feeds.items()):
            self._subscribe(client, channel, feed)

    def join(self, channel: str) -> "asyncio.Queue[object]":
        """Return a queue that gets the channel's publications."""
        feed = self._feeds.setdefault(channel, Feed())
        queue: asyncio.Queue[object] = asyncio.Queue()
        feed.queues.append(queue)
        if self._client is not None:
            self._subscribe(self._client, channel, feed)
        return queue

    async def leave(self, channel: str, queue: "asyncio.Queue[object]") -> None:
        """Remove a queue; the last one unsubscribes."""
        feed = self._feeds.get(channel)
        if feed is None or queue not in feed.queues:
            return  # the feed has ended
        feed.queues.remove(queue)
        if not feed.queues:
            del self._feeds[channel]
            if self._client is not None:
                await drop_subscription(self._client, feed.subscription)

    def put(self, channel: str, item: object) -> None:
        """Take a publication from a server-side subscription."""
        feed = self._feeds.get(channel)
        if feed is not None:
            feed.put(item)

    def end(self, cause: ConnectError | None) -> list[SDKSubscription | None]:
        """End all feeds, and return their subscriptions for the caller to end."""
        last = End(None if cause is None else functools.partial(_of_event, cause))
        feeds, self._feeds = self._feeds, {}
        for feed in feeds.values():
            feed.put(last)
        return [feed.subscription for feed in feeds.values()]

    def _subscribe(self, client: SDKClient, channel: str, feed: Feed) -> None:
        """Subscribe to a channel, unless that is done."""
        if feed.subscription is not None or channel in self._server_side:
            return

        def ended(ctx: Any) -> None:  # noqa: ANN401
            if not ctx.code:
                return  # by ourselves
            subscription, feed.subscription = feed.subscription, None
            if subscription is not None:
                client.remove_subscription(subscription)
            if ctx.code == ALREADY_SUBSCRIBED:
                self._server_side.add(channel)
            elif self._feeds.get(channel) is feed:
                self._fail(
                    channel, ctx.code, f"subscription to {channel}: {ctx.reason}"
                )

        handler = Handler(
            on_publication=lambda ctx: feed.put(ctx.pub.data), on_unsubscribed=ended
        )
        try:
            feed.subscription = new_subscription_to(client, channel, handler)
        except centrifuge.DuplicateSubscriptionError as error:
            self._fail(channel, ALREADY_SUBSCRIBED, str(error))
        else:
            self._tasks.spawn(feed.subscription.subscribe())

    def _fail(self, channel: str, code: int, reason: str) -> None:
        """End the feed of a channel that cannot be subscribed to."""
        feed = self._feeds.pop(channel)
        feed.put(End(lambda event: RPCError(code, reason, method=event)))
