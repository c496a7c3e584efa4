"""The channels of events, each subscribed to once."""

import asyncio
import functools
from collections import deque
from collections.abc import Callable
from typing import Any

from .api import SubscriptionToken
from .errors import CallError, ConnectError, EventOverflow, RPCError
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


class Inbox:
    """The publications that wait for one iteration, and what ends it after them."""

    def __init__(self, limit: int, *, drop_oldest: bool) -> None:
        self._limit = limit
        self._drop_oldest = drop_oldest
        self._items: deque[object] = deque()
        self._end: End | None = None
        self._changed = asyncio.Event()

    def put(self, item: object) -> None:
        """Add a publication, or an end; nothing is added after that."""
        if self._end is not None:
            return
        if isinstance(item, End):
            self._end = item
        elif len(self._items) < self._limit:
            self._items.append(item)
        elif self._drop_oldest:
            self._items.popleft()
            self._items.append(item)
        else:
            self._end = End(self._overflow)
        self._changed.set()

    async def get(self) -> object:
        """Wait for the next publication or the end."""
        while not self._items:
            if self._end is not None:
                return self._end
            self._changed.clear()
            await self._changed.wait()
        return self._items.popleft()

    def _overflow(self, event: str) -> CallError:
        message = f"the iteration is too slow: more than {self._limit} events wait"
        return EventOverflow(message, method=event, sent=False)


class Feed:
    """The subscription to one channel, shared by all who iterate over it."""

    def __init__(self) -> None:
        self.inboxes: list[Inbox] = []
        self.subscription: SDKSubscription | None = None
        self.asking = False
        """Whether a token for the subscription is being fetched."""

    def put(self, item: object) -> None:
        """Hand a publication, or what ended the feed, to everyone."""
        for inbox in self.inboxes:
            inbox.put(item)


class Feeds:
    """The feeds of all channels that somebody iterates over."""

    def __init__(
        self,
        tasks: Tasks,
        server_side: set[str],
        new_inbox: Callable[[], Inbox],
        get_token: SubscriptionToken | None,
    ) -> None:
        self._tasks = tasks
        self._new_inbox = new_inbox
        self._get_token = get_token
        self._server_side = server_side
        """Channels that the server subscribes the connection to."""
        self._client: SDKClient | None = None
        self._feeds: dict[str, Feed] = {}

    def listen(self, client: SDKClient) -> None:
        """Subscribe to the channels of all feeds, now and later, over a client."""
        self._client = client
        for channel, feed in list(self._feeds.items()):
            self._subscribe(client, channel, feed)

    def join(self, channel: str) -> Inbox:
        """Return an inbox that gets the channel's publications."""
        feed = self._feeds.setdefault(channel, Feed())
        inbox = self._new_inbox()
        feed.inboxes.append(inbox)
        if self._client is not None:
            self._subscribe(self._client, channel, feed)
        return inbox

    async def leave(self, channel: str, inbox: Inbox) -> None:
        """Remove an inbox; the last one unsubscribes."""
        feed = self._feeds.get(channel)
        if feed is None or inbox not in feed.inboxes:
            return  # the feed has ended
        feed.inboxes.remove(inbox)
        if not feed.inboxes:
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
        if feed.subscription is not None or feed.asking or channel in self._server_side:
            return
        if self._get_token is None:
            self._subscribe_with(client, channel, feed, {})
        else:
            feed.asking = True
            self._tasks.spawn(self._ask(self._get_token, client, channel, feed))

    async def _ask(
        self,
        get_token: SubscriptionToken,
        client: SDKClient,
        channel: str,
        feed: Feed,
    ) -> None:
        """Fetch the token for a channel, then subscribe."""
        try:
            token = await get_token(channel)
        except Exception as error:  # noqa: BLE001 - whatever the function raises
            if self._feeds.get(channel) is feed:
                reason = f"subscription to {channel}: cannot fetch a token: {error}"
                self._end(channel, functools.partial(_of_event, ConnectError(reason)))
            return
        finally:
            feed.asking = False
        if self._feeds.get(channel) is not feed or channel in self._server_side:
            return
        options = {"token": token, "get_token": get_token} if token else {}
        self._subscribe_with(client, channel, feed, options)

    def _subscribe_with(
        self, client: SDKClient, channel: str, feed: Feed, options: dict[str, Any]
    ) -> None:
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
            feed.subscription = new_subscription_to(client, channel, handler, options)
        except centrifuge.DuplicateSubscriptionError as error:
            self._fail(channel, ALREADY_SUBSCRIBED, str(error))
        else:
            self._tasks.spawn(feed.subscription.subscribe())

    def _fail(self, channel: str, code: int, reason: str) -> None:
        """End the feed of a channel that cannot be subscribed to."""
        self._end(channel, lambda event: RPCError(code, reason, method=event))

    def _end(self, channel: str, error: Callable[[str], CallError]) -> None:
        self._feeds.pop(channel).put(End(error))
