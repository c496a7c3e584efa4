"""An API as plain data: what a document is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

REQUESTS = "rpc.requests"
REPLY = "user#{user_id}"


@dataclass(frozen=True)
class Error:
    """An error that a method declares; ``data`` is a type, or None for no data."""

    code: int
    name: str
    data: object = None
    summary: str = ""
    description: str = ""


@dataclass(frozen=True)
class Method:
    """One RPC method; ``params`` and ``result`` are types, or None for none."""

    name: str
    params: object = None
    result: object = None
    summary: str = ""
    description: str = ""
    errors: Sequence[Error] = ()
    deprecated: bool | str = False
    notify: bool = False
    idempotent: bool = False
    timeout_ms: int | None = None
    cancel_on_disconnect: bool = False
    """Whether a call ends when its caller has gone."""
    stream: bool = False
    """Whether it replies with any number of results."""


@dataclass(frozen=True)
class Event:
    """One event; ``{placeholders}`` of the channel are the caller's arguments."""

    name: str
    channel: str
    payload: object
    summary: str = ""
    description: str = ""
    access: str = "public"


@dataclass(frozen=True)
class Api:
    """Everything that a manifest says."""

    title: str
    version: str
    methods: Sequence[Method]
    events: Sequence[Event] = ()
    requests: str = REQUESTS
    reply: str = REPLY


Key = tuple[str, str]
"""Wire name of a method or event, and a role.

A role is ``params``, ``result``, ``payload``, or ``error.`` and an error's name.
"""


@dataclass(frozen=True)
class Root:
    """A type that needs a schema; sent is true for what the server sends."""

    key: Key
    sent: bool
    type: Any

    @property
    def name(self) -> str:
        """Wire name of its method or event."""
        return self.key[0]

    @property
    def role(self) -> str:
        """What it is there."""
        return self.key[1]


def error_role(error: Error) -> str:
    """Return the role of an error's data."""
    return f"error.{error.name}"


def roots(api: Api) -> list[Root]:
    """List what needs a schema, in the order of the document."""
    found: list[Root] = []
    for method in api.methods:
        found.append(Root((method.name, "params"), sent=False, type=method.params))
        found.append(Root((method.name, "result"), sent=True, type=method.result))
        found.extend(
            Root((method.name, error_role(e)), sent=True, type=e.data)
            for e in method.errors
        )
    found.extend(
        Root((e.name, "payload"), sent=True, type=e.payload) for e in api.events
    )
    return [root for root in found if root.type is not None]
