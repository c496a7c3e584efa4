"""Turns what a router has registered into plain data for the document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from centrifugo_rpc.typeinfo import RegistrationError

from .spec import REPLY, REQUESTS, Api, Error, Event, Method

if TYPE_CHECKING:
    from centrifugo_rpc import events as registered
    from centrifugo_rpc.handler import DeclaredError, Handler
    from centrifugo_rpc.router import MessageRouter


def describe(
    router: MessageRouter, *, requests: str = REQUESTS, reply: str = REPLY
) -> Api:
    """Describe the methods and events of a router."""
    router.check()
    handlers = list(router.registry.handlers.values())
    _check_errors(handlers)
    return Api(
        title=router.title,
        version=router.version,
        methods=[_method(handler) for handler in handlers],
        events=[_event(event) for event in router.registry.events.values()],
        requests=requests,
        reply=reply,
    )


def _event(event: registered.Event) -> Event:
    summary, description = split_doc(_doc(event))
    return Event(
        event.name,
        event.channel,
        event.payload_type,
        summary=summary,
        description=description,
        access=event.access,
    )


def _doc(event: registered.Event) -> str:
    """Return what somebody has written about an event."""
    name = getattr(event.payload_type, "__name__", "")
    # Dataclasses and named tuples without a docstring get one: their signature.
    return "" if name and event.doc.startswith(f"{name}(") else event.doc


def split_doc(doc: str) -> tuple[str, str]:
    """Split a docstring into its first paragraph, as one line, and the rest."""
    summary, _, description = doc.strip().partition("\n\n")
    return " ".join(summary.split()), description.strip()


def _method(handler: Handler) -> Method:
    summary, description = split_doc(handler.doc)
    timeout = handler.timeout
    return Method(
        handler.name,
        handler.params_type,
        handler.result_type,
        summary=summary,
        description=description,
        errors=[
            Error(item.code, item.name, item.data, *split_doc(item.doc))
            for item in handler.errors
        ],
        deprecated=handler.deprecated,
        notify=handler.no_wait,
        idempotent=handler.idempotent,
        # The deadline of a stream in a document is one for each silence, which its
        # handler's own is not.
        timeout_ms=None
        if timeout is None or handler.stream
        else max(1, round(timeout * 1000)),
        cancel_on_disconnect=handler.on_disconnect == "cancel",
        stream=handler.stream,
    )


def _check_errors(handlers: list[Handler]) -> None:
    """Refuse two errors of one name: the clients have one class for both."""
    known: dict[str, DeclaredError] = {}
    for item in (error for handler in handlers for error in handler.errors):
        first = known.setdefault(item.name, item)
        if (first.code, first.data) != (item.code, item.data):
            message = (
                f"{item.source}: error {item.name} has another code or other data "
                f"than the one at {first.source}; rename one of them"
            )
            raise RegistrationError(message)
