"""What is registered: the methods and events of one API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .typeinfo import RegistrationError

if TYPE_CHECKING:
    from .events import Event
    from .handler import DeclaredError, Handler, OnDisconnect
    from .typeinfo import Source


@dataclass(frozen=True)
class RPCMethodInfo:
    """One method as a generator of clients sees it."""

    name: str
    params_type: Any
    """None if the method takes no params."""
    result_type: Any
    """None if the method returns nothing; the type of each item of a stream."""
    stream: bool
    """Whether it replies with any number of results."""
    doc: str
    no_wait: bool
    idempotent: bool
    timeout: float | None
    on_disconnect: OnDisconnect
    errors: tuple[DeclaredError, ...]
    deprecated: bool | str
    source: Source


class RPCRegistry:
    """Methods and events by wire name, in the order of their registration."""

    def __init__(self) -> None:
        """Start empty."""
        self.handlers: dict[str, Handler] = {}
        self.events: dict[str, Event] = {}

    def add_handler(self, handler: Handler) -> None:
        """Add a method; refuse a name that is taken."""
        self._claim(handler.name, handler.source)
        self.handlers[handler.name] = handler

    def add_event(self, event: Event) -> None:
        """Add an event; refuse a name that is taken."""
        self._claim(event.name, event.source)
        self.events[event.name] = event

    def events_of(self, payload: object) -> list[Event]:
        """Return the events whose payload type is the class of a payload."""
        for base in type(payload).__mro__:
            found = [e for e in self.events.values() if e.payload_type is base]
            if found:
                return found
        return []

    def methods(self) -> list[RPCMethodInfo]:
        """Describe every method."""
        return [
            RPCMethodInfo(
                name=h.name,
                params_type=h.params_type,
                result_type=h.result_type,
                stream=h.stream,
                doc=h.doc,
                no_wait=h.no_wait,
                idempotent=h.idempotent,
                timeout=h.timeout,
                on_disconnect=h.on_disconnect,
                errors=h.errors,
                deprecated=h.deprecated,
                source=h.source,
            )
            for h in self.handlers.values()
        ]

    def _claim(self, name: str, source: Source) -> None:
        first = self.handlers.get(name) or self.events.get(name)
        if first is None:
            return
        message = f"{source}: {name!r} is registered already, at {first.source}"
        if first.source == source:
            message += " (is the module imported under two names?)"
        raise RegistrationError(message)
