"""Typed events: models that the server publishes on channels."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypedDict

from pydantic import PydanticUserError, TypeAdapter
from pydantic.errors import PydanticUndefinedAnnotation

from .access import Access, EventPermission, PermissionCheck, access_of
from .channels import USER, ChannelTemplate
from .handler import check_wire_name, dump_json
from .typeinfo import RegistrationError, Scope, Source

if TYPE_CHECKING:
    from collections.abc import Generator

    from .injection import Injector


class Publisher(Protocol):
    """Publishes on a channel; the worker brings one along."""

    async def publish(self, channel: str, data: bytes) -> None:
        """Publish JSON."""


class AccessOptions(TypedDict, total=False):
    """Who may subscribe to an event."""

    access: Access
    """By default ``user`` for a channel that ends with ``#{user_id}``, ``permission``
    for one with other placeholders, else ``public``."""
    permission: EventPermission
    """What decides where ``access`` is ``permission``, which it then need not say."""


@dataclass(frozen=True)
class Event:
    """One event: its wire name, its channel, its payload, and who may subscribe."""

    name: str
    template: ChannelTemplate
    """Its ``{placeholders}`` are arguments of ``publish_event``."""
    payload_type: Any
    payload: TypeAdapter[Any]
    doc: str
    source: Source
    access: Access
    check: PermissionCheck | None
    """What decides, where ``access`` is ``permission``."""
    said: bool
    """Whether somebody has said who may subscribe; else it follows from the channel."""

    @property
    def channel(self) -> str:
        """The template as text."""
        return self.template.text

    @property
    def undecided(self) -> bool:
        """Whether nobody may subscribe because there is no permission to ask."""
        private = self.channel.startswith("$")
        return self.access == "permission" and self.check is None and not private

    def fill(self, arguments: dict[str, object]) -> str:
        """Return the channel for these arguments."""
        return self.template.fill(arguments)

    def encode(self, payload: object) -> bytes:
        """Write a payload; raise ``ValueError`` if it is not of the event's type."""
        return dump_json(self.payload, payload)

    async def allows(
        self, user: str, arguments: dict[str, str], injector: Injector | None
    ) -> bool:
        """Whether a user may subscribe to the channel with these arguments."""
        if not user:
            return False
        if self.access == "user":
            return arguments[USER] == user
        if self.access == "permission":
            check = self.check
            return check is not None and await check.allows(user, arguments, injector)
        return True


def make_event(  # noqa: PLR0913 -- what is said about an event
    name: str,
    channel: str,
    payload: Any,  # noqa: ANN401
    doc: str,
    source: Source,
    *,
    access: str | None = None,
    permission: EventPermission | None = None,
    scope: Scope | None = None,
) -> Event:
    """Make an event; refuse names and channels that clients could not use."""
    try:
        check_wire_name(name)
        template = ChannelTemplate(channel)
        asked = permission is not None
        decided = access_of(template, access, permission=asked)
        check = (
            PermissionCheck(permission, template, scope or {}) if permission else None
        )
    except ValueError as error:
        message = f"{source}: event {name!r}: {error}"
        raise RegistrationError(message) from None
    with _explained(name, source):
        adapter = TypeAdapter[Any](payload)
    said = access is not None or asked
    return Event(name, template, payload, adapter, doc, source, decided, check, said)


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
