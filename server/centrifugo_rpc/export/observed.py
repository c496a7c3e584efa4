"""What was met while the schemas were written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from .spec import Root

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import BaseModel


class Place(NamedTuple):
    """What a part of a schema was made of."""

    root: Root
    owner: type | None = None
    """The class whose schema it is, or None outside of all classes."""
    member: str = ""
    """The field of that class, if it is a field's."""


class Note(NamedTuple):
    """Something that the user should know about a part of a schema."""

    place: Place
    text: str


@dataclass
class Observed:
    """What was met while the schemas were written, for the advice."""

    owners: dict[type, Root] = field(default_factory=dict[type, Root])
    """Classes that have a schema, and what each was met in first."""
    sent: dict[type[BaseModel], None] = field(default_factory=dict[Any, None])
    """Models of results and events."""
    received: dict[type[BaseModel], None] = field(default_factory=dict[Any, None])
    """Models of params."""
    read: dict[type[BaseModel], set[str]] = field(default_factory=dict[Any, set[str]])
    """Members that the document shows of these."""
    sent_structs: dict[type, None] = field(default_factory=dict[Any, None])
    """Dataclasses and typed dicts of results and events."""
    sent_roots: list[Root] = field(default_factory=list[Root])
    """Results, events, and the data of errors."""
    serializers: dict[Callable[..., Any], Place] = field(
        default_factory=dict[Any, Place]
    )
    """Serializers that do not say what they return, and where each was met first."""
    class_serializers: dict[Callable[..., Any], Place] = field(
        default_factory=dict[Any, Place]
    )
    """Those of them that write whole models and dataclasses."""
    notes: list[Note] = field(default_factory=list[Note])
    """What the writer had to leave out."""
