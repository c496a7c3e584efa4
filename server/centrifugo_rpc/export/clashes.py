"""Finds names that differ here, and are the same in a generated client.

wsgen refuses them, with places in the documents, unless its configuration renames one:
so here they are advice, with places in the code.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from centrifugo_rpc.typeinfo import source_of

from .advice import Advice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from centrifugo_rpc.registry import RPCRegistry
    from centrifugo_rpc.typeinfo import Source

    from .observed import Observed

# Where a word begins inside of a name: fooBar, HTTPUrl; but userIDs is two words.
_BEGIN = re.compile(
    r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])(?![A-Z]s(?![a-z]))"
)


class _Named(NamedTuple):
    """Something that has an identifier in a client."""

    language: str
    identifier: str
    what: str
    source: Source


def clashes(registry: RPCRegistry, observed: Observed) -> list[Advice]:
    """List pairs of names that one client cannot tell apart."""
    found: dict[tuple[str, str], Advice] = {}
    for names in (_calls(registry), _types(registry, observed)):
        known: dict[tuple[str, str], _Named] = {}
        for one in names:
            first = known.setdefault((one.language, one.identifier), one)
            if first.what != one.what:
                found.setdefault((first.what, one.what), _advice(first, one))
    return list(found.values())


def words(name: str) -> list[str]:
    """Split a name as wsgen does: ``tasks.getHTTPUrl`` is tasks, get, http, url."""
    parts = re.split(r"[^A-Za-z0-9]+", name)
    return [word.lower() for part in parts for word in _BEGIN.split(part) if word]


def _calls(registry: RPCRegistry) -> Iterator[_Named]:
    """List the members of the clients; events are ``on…``."""
    for handler in registry.handlers.values():
        what = f"method {handler.name!r}"
        pascal = _pascal(handler.name)
        yield _Named("Python", "_".join(words(handler.name)), what, handler.source)
        typescript = pascal[:1].lower() + pascal[1:]
        yield _Named("TypeScript", typescript, what, handler.source)
        yield _Named("Go", pascal, what, handler.source)
    for event in registry.events.values():
        what = f"event {event.name!r}"
        pascal = _pascal(event.name)
        snake = "_".join(["on", *words(event.name)])
        yield _Named("Python", snake, what, event.source)
        yield _Named("TypeScript", f"on{pascal}", what, event.source)
        yield _Named("Go", f"On{pascal}", what, event.source)


def _types(registry: RPCRegistry, observed: Observed) -> Iterator[_Named]:
    """List models and errors, which are classes side by side."""
    for model in {**observed.received, **observed.sent}:
        name = model.__name__
        parts = re.split(r"[^A-Za-z0-9]+", name)
        identifier = "".join(part[:1].upper() + part[1:] for part in parts)
        yield _Named("the clients", identifier, f"model {name!r}", source_of(model))
    for handler in registry.handlers.values():
        for error in handler.errors:
            what = f"error {error.name!r}"
            yield _Named("the clients", error.name, what, error.source)


def _pascal(name: str) -> str:
    return "".join(word[:1].upper() + word[1:] for word in words(name))


def _advice(first: _Named, second: _Named) -> Advice:
    return Advice(
        second.source,
        f"{second.what} and {first.what} at {first.source} are both "
        f"{second.identifier} in {second.language}: rename one of them, here or under "
        "`rename` in the configuration of wsgen",
    )
