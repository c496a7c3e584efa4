"""What the SDK does not make public, or does not mean to be replaced, and is used all the same.

Nothing else here does that. The requirements bound the SDK's version for its sake, and
a test holds each name to the SDK that is installed.
"""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Protocol, TypeAlias, cast

Commands: TypeAlias = list[dict[str, Any]]
Send: TypeAlias = Callable[[Commands], Coroutine[Any, Any, None]]

_PROTOBUF = "_use_protobuf"
_CODEC = "_codec"
_SEND = "_send_commands"
_READY = "ready"
_RECOVER, _OFFSET, _EPOCH = "_recover", "_offset", "_epoch"
USED: Mapping[str, tuple[str, ...]] = {
    "Client": (_PROTOBUF, _CODEC, _SEND, _READY),
    "Client._codec": ("encode_commands", "decode_replies"),
    "Subscription": (_RECOVER, _OFFSET, _EPOCH),
}
"""All of it, by what has it."""


class Codec(Protocol):
    """Reads and writes frames; both methods may be replaced."""

    encode_commands: Callable[[Commands], object]
    decode_replies: Callable[[str], Commands]


def uses_protobuf(client: object) -> bool:
    """Tell whether the payloads of a connection are bytes."""
    return bool(getattr(client, _PROTOBUF, False))


def codec_of(client: object) -> Codec | None:
    """Return the codec of a connection; None if the SDK has none that is known here."""
    codec: object = getattr(client, _CODEC, None)
    known = all(hasattr(codec, name) for name in USED["Client._codec"])
    return cast("Codec", codec) if known else None


def replace_send(client: object, make: Callable[[Send], Send]) -> None:
    """Replace what sends commands, each of which would have a frame of its own."""
    send: Send | None = getattr(client, _SEND, None)
    if send is not None:
        setattr(client, _SEND, make(send))


def replace_ready(
    client: object, ready: Callable[..., Coroutine[Any, Any, None]]
) -> None:
    """Replace what commands wait for before they are sent."""
    setattr(client, _READY, ready)


def begin_at(subscription: object, offset: int, epoch: str) -> None:
    """Let a new subscription recover what came behind a position, as after a break.

    The public way, ``get_state``, tells of a failure without saying where the channel stands.
    """
    setattr(subscription, _RECOVER, True)
    setattr(subscription, _OFFSET, offset)
    setattr(subscription, _EPOCH, epoch)
