"""The channels of events, each subscribed to once."""

import asyncio
import functools
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

from .api import SubscriptionToken
from .errors import (
    CallError,
    ConnectError,
    EventOverflow,
    EventPosition,
    EventsLost,
    RPCError,
)
from .hooks import begin_at
from .sdk import (
    ALREADY_SUBSCRIBED,
    NOT_AVAILABLE,
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


class Item(NamedTuple):
    """The payload of an event, and its position where the channel recovers."""

    data: object
    position: EventPosition | None


def _of_event(cause: ConnectError, event: str) -> ConnectError:
    error = ConnectError(str(cause), cause.code, method=event)
    error.__cause__ = cause
    return error


def _refused(channel: str, code: int, reason: str) -> End:
    message = f"subscription to {channel}: {reason}"
    return End(lambda event: RPCError(code, message, method=event))


def _taken(channel: str) -> End:
    reason = "it has begun already, so it cannot begin at a position"
    return _refused(channel, ALREADY_SUBSCRIBED, reason)


def _lost(position: EventPosition) -> End:
    message = "events are lost: the channel no longer has all since the position"
    return End(lambda event: EventsLost(message, position, method=event))


class Inbox:
    """The publications that wait for one iteration, and what ends it after them."""

    def __init__(self, limit: int, *, drop_oldest: bool) -> None:
        self.lossless = False
        """Whether it began at a position, and so ends where events are lost."""
        self._limit = limit
        self._drop_oldest = drop_oldest
        self._items: deque[Item] = deque()
        self._end: End | None = None
        self._changed = asyncio.Event()

    def put(self, item: Item | End) -> None:
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

    async def get(self) -> Item | End:
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

    def __init__(self, since: EventPosition | None) -> None:
        self.since = since
        """Where the subscription is to begin; None for now."""
        self.inboxes: list[Inbox] = []
        self.subscription: SDKSubscription | None = None
        self._position: EventPosition | None = None
        """Of the last publication; None while the channel does not recover."""
        self.asking = False
        """Whether a token for the subscription is being fetched."""

    def put(self, item: Item | End) -> None:
        """Hand a publication, or what ended the feed, to everyone."""
        for inbox in self.inboxes:
            inbox.put(item)

    def publish(self, publication: Any) -> None:  # noqa: ANN401
        """Hand a publication to everyone."""
        if self._position is not None and publication.offset > 0:
            self._position = EventPosition(
                offset=publication.offset, epoch=self._position["epoch"]
            )
        self.put(Item(publication.data, self._position))

    def subscribed(self, ctx: Any) -> None:  # noqa: ANN401
        """Begin to follow the positions, and end what must not miss an event."""
        self._position = None
        if ctx.recoverable:
            at = ctx.stream_position
            self._position = EventPosition(offset=at.offset, epoch=at.epoch)
        if not ctx.recovered:
            if self._position is None:
                reason = "no positions: the channel does not recover missed events"
                self.end_lossless(_refused(ctx.channel, NOT_AVAILABLE, reason))
            else:
                self.end_lossless(_lost(self._position))

    def end_lossless(self, end: End) -> None:
        """End the iterations that began at a position."""
        self.since = None
        for inbox in self.inboxes:
            if inbox.lossless:
                inbox.put(end)


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

    def join(self, channel: str, since: EventPosition | None) -> Inbox:
        """Return an inbox that gets the channel's publications, from a position on."""
        inbox = self._new_inbox()
        if since is not None:
            inbox.lossless = True
            if channel in self._feeds:
                inbox.put(_taken(channel))
                return inbox
        feed = self._feeds.setdefault(channel, Feed(since))
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

    def put(self, channel: str, publication: Any) -> None:  # noqa: ANN401
        """Take a publication from a server-side subscription, which has no position."""
        feed = self._feeds.get(channel)
        if feed is not None:
            feed.put(Item(publication.data, None))

    def end(self, cause: ConnectError | None) -> list[SDKSubscription | None]:
        """End all feeds, and return their subscriptions for the caller to end."""
        last = End(None if cause is None else functools.partial(_of_event, cause))
        feeds, self._feeds = self._feeds, {}
        for feed in feeds.values():
            feed.put(last)
        return [feed.subscription for feed in feeds.values()]

    def _subscribe(self, client: SDKClient, channel: str, feed: Feed) -> None:
        """Subscribe to a channel, unless that is done."""
        if feed.subscription is not None or feed.asking:
            return
        if channel in self._server_side:
            feed.end_lossless(_taken(channel))
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
                cause = ConnectError(reason)
                self._end(channel, End(functools.partial(_of_event, cause)))
            return
        finally:
            feed.asking = False
        if self._feeds.get(channel) is not feed:
            return
        if channel in self._server_side:
            feed.end_lossless(_taken(channel))
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
                feed.end_lossless(_taken(channel))
            elif self._feeds.get(channel) is feed:
                self._end(channel, _refused(channel, ctx.code, ctx.reason))

        handler = Handler(
            on_subscribed=feed.subscribed,
            on_publication=lambda ctx: feed.publish(ctx.pub),
            on_unsubscribed=ended,
        )
        try:
            feed.subscription = new_subscription_to(client, channel, handler, options)
        except centrifuge.DuplicateSubscriptionError as error:
            self._end(channel, _refused(channel, ALREADY_SUBSCRIBED, str(error)))
            return
        if feed.since is not None:
            begin_at(feed.subscription, feed.since["offset"], feed.since["epoch"])
            feed.since = None
        self._tasks.spawn(feed.subscription.subscribe())

    def _end(self, channel: str, end: End) -> None:
        self._feeds.pop(channel).put(end)
