"""What the generated models are made of, whatever the API."""

from ._json.base import Model, default_of
from ._json.exact import Flags, IntegerEnum, NumberEnum
from ._json.scalars import (
    KNOWN_FIRST,
    AnyJSON,
    Base64,
    Base64URL,
    Float,
    Open,
    OpenInteger,
    OpenNumber,
    StrictBase64,
    StrictBase64URL,
)
from ._json.tuples import FurtherItems
from ._json.unions import Unions
from ._json.unknown import UnknownInteger, UnknownNumber, UnknownString, UnknownValue

__all__ = [
    "KNOWN_FIRST",
    "AnyJSON",
    "Base64",
    "Base64URL",
    "Flags",
    "Float",
    "FurtherItems",
    "IntegerEnum",
    "Model",
    "NumberEnum",
    "Open",
    "OpenInteger",
    "OpenNumber",
    "StrictBase64",
    "StrictBase64URL",
    "Unions",
    "UnknownInteger",
    "UnknownNumber",
    "UnknownString",
    "UnknownValue",
    "default_of",
]
