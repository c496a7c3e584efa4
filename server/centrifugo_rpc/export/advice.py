"""Warns where a schema cannot be trusted."""

from __future__ import annotations

import inspect
import re
import typing
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import AliasChoices, AliasPath, BaseModel, Secret, SecretBytes, SecretStr

from centrifugo_rpc.typeinfo import Source, annotations_of, source_of

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from .models import Observed

_SECRETS = (Secret, SecretBytes, SecretStr)


class Advice(NamedTuple):
    """One piece of advice."""

    source: Source
    text: str


def advice(observed: Observed) -> list[Advice]:
    """List what should be looked at, in the order of files and lines."""
    found = [
        Advice(
            source_of(function),
            f"serializer {function.__qualname__} does not say what it returns: the "
            "document shows the type of its input; annotate its return type",
        )
        for function in observed.serializers
    ]
    for model in observed.sent:
        for name, info in model.model_fields.items():
            if _secret(info.annotation):
                text = f"{model.__name__}.{name} is a secret in a result or an event"
                found.append(Advice(field_source(model, name), text))
    for model in observed.sent:
        if model in observed.received:
            found += [_aliases(model, *item) for item in _split_fields(model)]
    return sorted(set(found))


def _split_fields(model: type[BaseModel]) -> list[tuple[str, str, str]]:
    """List fields with two wire names: name, that of params, that of results."""
    both: list[tuple[str, str, str]] = []
    for name, info in model.model_fields.items():
        read, sent = _read_name(info) or name, info.serialization_alias or name
        if read != sent:
            both.append((name, read, sent))
    return both


def _aliases(model: type[BaseModel], name: str, read: str, sent: str) -> Advice:
    return Advice(
        field_source(model, name),
        f"{model.__name__}.{name} is {read!r} in params and {sent!r} in results: "
        "clients get two types of one model; use one alias",
    )


def _read_name(info: FieldInfo) -> str | None:
    """Return the alias that the document shows: the first of several."""
    alias = info.validation_alias
    if isinstance(alias, AliasChoices):
        alias = alias.choices[0]
    if isinstance(alias, AliasPath):
        alias = str(alias.path[0])
    return alias


def _secret(hint: Any) -> bool:  # noqa: ANN401
    """Tell whether a type has a secret in it, models within it left aside."""
    origin = typing.get_origin(hint) or hint
    if isinstance(origin, type) and issubclass(origin, _SECRETS):
        return True
    return any(_secret(item) for item in typing.get_args(hint))


def field_source(model: type[BaseModel], name: str) -> Source:
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
    return source_of(model)
