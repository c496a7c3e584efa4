"""Typed events: models that the server publishes on channels."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from pydantic import PydanticUserError, TypeAdapter
from pydantic.errors import PydanticUndefinedAnnotation

from .handler import check_wire_name, dump_json
from .typeinfo import RegistrationError, Source

if TYPE_CHECKING:
    from collections.abc import Generator

_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")


class Publisher(Protocol):
    """Publishes on a channel; the worker brings one along."""

    async def publish(self, channel: str, data: bytes) -> None:
        """Publish JSON."""


@dataclass(frozen=True)
class Event:
    """One event: its wire name, its channel, and the type of its payload."""

    name: str
    channel: str
    """A template: ``{placeholders}`` are arguments of ``publish_event``."""
    payload_type: Any
    payload: TypeAdapter[Any]
    doc: str
    source: Source

    @property
    def placeholders(self) -> list[str]:
        """Names of the channel's arguments, in their order."""
        return _PLACEHOLDER.findall(self.channel)

    def fill(self, arguments: dict[str, object]) -> str:
        """Return the channel for these arguments."""
        if set(arguments) != set(self.placeholders):
            expected = ", ".join(self.placeholders) or "no arguments"
            given = ", ".join(arguments) or "none"
            message = f"channel {self.channel!r} takes {expected}; given: {given}"
            raise TypeError(message)
        return _PLACEHOLDER.sub(lambda m: _text(m[1], arguments[m[1]]), self.channel)

    def encode(self, payload: object) -> bytes:
        """Write a payload; raise ``ValueError`` if it is not of the event's type."""
        return dump_json(self.payload, payload)


def make_event(
    name: str,
    channel: str,
    payload: Any,  # noqa: ANN401
    doc: str,
    source: Source,
) -> Event:
    """Make an event; refuse names and channels that clients could not use."""
    try:
        check_wire_name(name)
        _check_channel(channel)
    except ValueError as error:
        message = f"{source}: event {name!r}: {error}"
        raise RegistrationError(message) from None
    with _explained(name, source):
        adapter = TypeAdapter[Any](payload)
    return Event(name, channel, payload, adapter, doc, source)


def check_payload(event: Event) -> None:
    """Refuse a payload with names that are defined nowhere, once all modules are there."""
    with _explained(event.name, event.source):
        event.payload.rebuild()


@contextmanager
def _explained(name: str, source: Source) -> Generator[None, None, None]:
    try:
        yield
    except PydanticUndefinedAnnotation as error:
        message = (
            f"{source}: event {name!r} has a payload with an unknown name: "
            f"{error.message}"
        )
        raise RegistrationError(message) from error
    except PydanticUserError as error:
        problem = error.message.splitlines()[0]
        message = f"{source}: event {name!r} has a payload that is no JSON: {problem}"
        raise RegistrationError(message) from error


def _check_channel(channel: str) -> None:
    names = _PLACEHOLDER.findall(channel)
    rest = _PLACEHOLDER.sub("", channel)
    if not channel or "{" in rest or "}" in rest:
        message = f"{channel!r} is no channel: write a placeholder as {{name}}"
        raise ValueError(message)
    if len(set(names)) != len(names):
        message = f"channel {channel!r} has a placeholder twice"
        raise ValueError(message)


def _text(name: str, value: object) -> str:
    if isinstance(value, Enum):
        value = value.value
    # A bool or a None would be written as Python writes it: never what is meant.
    if isinstance(value, bool) or not isinstance(value, str | int | UUID):
        message = f"channel argument {name!r} must be a text, a number or a UUID"
        raise TypeError(message)
    return str(value)
