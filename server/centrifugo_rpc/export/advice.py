"""Warns where a schema cannot be trusted."""

from __future__ import annotations

import inspect
import re
import typing
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import AliasChoices, AliasPath, BaseModel, Secret, SecretBytes, SecretStr

from centrifugo_rpc.blame import is_library
from centrifugo_rpc.typeinfo import Source, annotations_of, source_of

from .observed import Place

if TYPE_CHECKING:
    from collections.abc import Callable

    from centrifugo_rpc.registry import RPCRegistry

    from .observed import Observed
    from .spec import Root

_SECRETS = (Secret, SecretBytes, SecretStr)


class Advice(NamedTuple):
    """One piece of advice."""

    source: Source
    text: str


def advice(registry: RPCRegistry, observed: Observed) -> list[Advice]:
    """List what should be looked at, in the order of files and lines."""
    found = [
        _undescribed(registry, observed, function) for function in observed.serializers
    ]
    found += [
        Advice(place_in_code(registry, note.place), note.text)
        for note in observed.notes
    ]
    found += _secrets(registry, observed)
    found += _unsaid(registry)
    for model, shown in observed.read.items():
        found += _hidden(model, shown)
        if model in observed.sent:
            found += _split(model, shown)
    return sorted(set(found))


def _undescribed(
    registry: RPCRegistry, observed: Observed, function: Callable[..., Any]
) -> Advice:
    """Ask for the return type of a serializer, or name the class that has it."""
    of_class = observed.class_serializers.get(function)
    source = source_of(function)
    if is_library(source.file):
        place = of_class or observed.serializers[function]
        source = place_in_code(registry, place)
    promise = ", and no member as always sent" if of_class else ""
    return Advice(
        source,
        f"serializer {function.__qualname__} does not say what it returns: the "
        f"document shows the type of its input{promise}; annotate its return type",
    )


def _unsaid(registry: RPCRegistry) -> list[Advice]:
    """Ask who may subscribe to events about which nothing is said."""
    return [
        Advice(
            event.source,
            f"{event.name}: nobody may subscribe to {event.channel}, since nothing "
            "says who may: set permission= to a function of the user and the "
            'channel\'s arguments, or access="public"',
        )
        for event in registry.events.values()
        if event.undecided and not event.said
    ]


def _secrets(registry: RPCRegistry, observed: Observed) -> list[Advice]:
    """Find secrets that are sent: as stars, which is no use to anybody."""
    found: list[Advice] = []
    for model in observed.sent:
        fields = model.model_fields.items()
        hints = {name: one.annotation for name, one in fields if not one.exclude}
        computed = model.__pydantic_decorators__.computed_fields.items()
        hints |= {name: one.info.return_type for name, one in computed}
        found += _secret_members(model, hints)
    for struct in observed.sent_structs:
        found += _secret_members(struct, _hints(struct))
    found += [
        Advice(place_of(registry, root), f"{root.name}: the {root.role} is a secret")
        for root in observed.sent_roots
        if _secret(root.type)
    ]
    return found


def _secret_members(owner: type, hints: dict[str, Any]) -> list[Advice]:
    return [
        Advice(
            field_source(owner, name),
            f"{owner.__name__}.{name} is a secret in a result or an event",
        )
        for name, hint in hints.items()
        if _secret(hint)
    ]


def _hints(struct: type) -> dict[str, Any]:
    try:
        return typing.get_type_hints(struct)
    except NameError:  # local to a function
        return annotations_of(struct)


def _hidden(model: type[BaseModel], shown: set[str]) -> list[Advice]:
    """Find fields that a worker does not read from where the document shows them."""
    return [
        Advice(
            field_source(model, name),
            f"{model.__name__}.{name} is not read from the name that the document "
            "shows, so what clients send is ignored or refused: use an alias that is "
            "one name, and read by alias",
        )
        for name in model.model_fields
        if not _read_names(model, name) & shown
    ]


def _split(model: type[BaseModel], shown: set[str]) -> list[Advice]:
    """Find fields with one name in params and another in results."""
    found: list[Advice] = []
    for name, info in model.model_fields.items():
        read = _read_names(model, name) & shown
        sent = info.serialization_alias or name
        if read and sent not in read:
            found.append(_aliases(model, name, min(read), sent))
    return found


def _aliases(model: type[BaseModel], name: str, read: str, sent: str) -> Advice:
    return Advice(
        field_source(model, name),
        f"{model.__name__}.{name} is {read!r} in params and {sent!r} in results: "
        "clients get two types of one model; use one alias",
    )


def _read_names(model: type[BaseModel], name: str) -> set[str]:
    """Return the members that a field may be read from; a path is none of them."""
    config = model.model_config
    alias = model.model_fields[name].validation_alias
    by_name = config.get("validate_by_name") or config.get("populate_by_name")
    names = {name} if alias is None or by_name else set[str]()
    if alias is not None and config.get("validate_by_alias", True):
        choices = alias.choices if isinstance(alias, AliasChoices) else [alias]
        for one in choices:
            path = one.path if isinstance(one, AliasPath) else [one]
            if len(path) == 1:
                names.add(str(path[0]))
    return names


def _secret(hint: Any) -> bool:  # noqa: ANN401
    """Tell whether a type has a secret in it, models within it left aside."""
    todo, seen = [hint], list[Any]()
    while todo:
        one = todo.pop()
        if any(one is other for other in seen):  # an alias that names itself
            continue
        seen.append(one)
        origin = typing.get_origin(one) or one
        if isinstance(origin, type) and issubclass(origin, _SECRETS):
            return True
        todo += [*typing.get_args(one), getattr(one, "__value__", None)]
    return False


def place_in_code(registry: RPCRegistry, place: Place) -> Source:
    """Return the user's line that declares something, or else the one that uses it."""
    root, owner, member = place
    if owner is not None:
        for source in (field_source(owner, member), source_of(owner)):
            if not is_library(source.file):
                return source
    return place_of(registry, root)


def place_of(registry: RPCRegistry, root: Root) -> Source:
    """Return where the method or event of a root is."""
    return _registered(registry, root.name) or Source("?", 0)


def place_in(
    registry: RPCRegistry, observed: Observed, path: tuple[str, ...]
) -> Source:
    """Return where the code is that a place in a document comes from."""
    owners = {_key(one.__name__): one for one in observed.owners}
    for number, name in enumerate(path):
        # Where two classes have one name, their modules are in front of it.
        key = name.rpartition("-")[0] or name
        if owner := owners.get(key) or owners.get(key.rpartition("__")[2]):
            member = "".join(path[number + 2 : number + 3])
            place = Place(observed.owners[owner], owner, member)
            return place_in_code(registry, place)
        if source := _registered(registry, name):
            return source
    return Source("?", 0)


def _key(name: str) -> str:
    """Return the name that Pydantic gives the definition of a class."""
    return re.sub(r"[^a-zA-Z0-9.\-_]", "_", name)


def _registered(registry: RPCRegistry, name: str) -> Source | None:
    known = registry.handlers.get(name) or registry.events.get(name)
    return known.source if known else None


def field_source(model: type, name: str) -> Source:
    """Return the line that declares a field, or else that of its class."""
    for base in model.__mro__:
        if name not in annotations_of(base):
            continue
        place = source_of(base)
        try:
            lines, _ = inspect.getsourcelines(base)
        except (OSError, TypeError):
            return place
        for number, line in enumerate(lines):
            if re.match(rf"\s+{re.escape(name)}\s*:", line):
                return Source(place.file, place.line + number)
        return place
    # A computed field is a property, or a cached one.
    member: Any = inspect.getattr_static(model, name, None)
    return source_of(getattr(member, "fget", getattr(member, "func", model)))
