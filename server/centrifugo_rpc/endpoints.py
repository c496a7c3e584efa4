"""What the token endpoints of FastAPI and of Django have in common."""

from collections.abc import Sequence

from . import tokens
from .errors import InternalError, PermissionDenied
from .settings import Settings
from .subscribe import SubscribeDoor


class RefusedError(Exception):
    """There is no token: the message is for the client, ``status`` that of the response."""

    def __init__(self, status: int, message: str) -> None:
        """Say why."""
        super().__init__(message)
        self.status = status


def checked_id(user: str) -> str:
    """Return the id of a user who asks for a token."""
    try:
        return tokens.user_id(user)
    except ValueError as error:
        raise RefusedError(403, str(error)) from error


def connection_token(
    settings: Settings,
    user: str,
    *,
    ttl_s: float,
    channels: Sequence[str] | None = None,
    info: object = None,
) -> str:
    """Return a user's token, which subscribes to the reply channel if nothing else is said.

    ``ValueError`` if Centrifugo cannot have a user with such an id.
    """
    name = tokens.user_id(user)
    if channels is None:
        channels = tokens.reply_channels(settings, name)
    return tokens.connection_token(
        settings, name, channels=channels, ttl_s=ttl_s, info=info
    )


def connection(settings: Settings, user: str, token: str) -> dict[str, str]:
    """Return what a client needs to connect."""
    return {"token": token, "user": user, "url": settings.ws_url}


async def subscription(door: SubscribeDoor, user: str, channel: str) -> dict[str, str]:
    """Return what a client needs to subscribe, if the subscribe proxy would allow it."""
    try:
        return {"token": await door.token(user, channel), "channel": channel}
    except PermissionDenied:
        raise RefusedError(403, "permission denied") from None
    except InternalError:
        raise RefusedError(503, "internal server error") from None
