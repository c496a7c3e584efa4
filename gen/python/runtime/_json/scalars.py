"""Scalars that Pydantic alone does not read, keep or write as the wire needs it."""

import base64
import binascii
import math
from typing import Annotated, Any, TypeAlias, TypeVar, get_args

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import (
    CoreSchema,
    PydanticSerializationUnexpectedValue,
    core_schema,
)

from .unknown import UnknownInteger, UnknownNumber, UnknownString

_T = TypeVar("_T")

AnyJSON: TypeAlias = Any
"""Any JSON value."""

KNOWN_FIRST = Field(union_mode="left_to_right")
"""Makes a value a member of its enum where the enum knows it."""

Open: TypeAlias = Annotated[_T | UnknownString, KNOWN_FIRST]
"""Known strings, and those of a newer server."""
OpenInteger: TypeAlias = Annotated[_T | UnknownInteger, KNOWN_FIRST]
"""Known integers, and those of a newer server."""
OpenNumber: TypeAlias = Annotated[_T | UnknownNumber, KNOWN_FIRST]
"""Known numbers, and those of a newer server."""


class _NullIsNaN:
    """Reads null as NaN."""

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Build a schema that looks at numbers first."""
        nan = core_schema.no_info_after_validator_function(
            lambda _: math.nan, core_schema.none_schema()
        )
        return core_schema.union_schema(
            [handler(source), nan],
            mode="left_to_right",
            custom_error_type="float_type",
            serialization=core_schema.simple_ser_schema("float"),
        )


Float: TypeAlias = Annotated[float, _NullIsNaN()]
"""A number; JSON has no NaN, so it travels as null."""


class _EncodedBytes(bytes):
    """Bytes that remember their text, where alphabets or padding leave a choice."""

    text: str


class _Base64Text:
    """Reads and writes bytes as Base64 text, in one of its alphabets.

    Where the type allows an ``UnknownString``, text of the other alphabet is read as
    well, and text that is no Base64 at all is kept.
    """

    def __init__(self, *, url_safe: bool) -> None:
        """Use the alphabet with "-" and "_", or the one with "+" and "/"."""
        self._encode = base64.urlsafe_b64encode if url_safe else base64.b64encode
        self._foreign = "+/" if url_safe else "-_"

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Build a schema for the bytes alone or for the bytes and other text."""
        tolerant = UnknownString in get_args(source)
        return core_schema.no_info_plain_validator_function(
            self._read_any if tolerant else self._read,
            serialization=core_schema.plain_serializer_function_ser_schema(
                self._write, when_used="json"
            ),
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Describe the text."""
        return {"type": "string", "contentEncoding": "base64"}

    def _read_any(self, value: object) -> object:
        if isinstance(value, UnknownString):
            return value
        try:
            return self._decode(value)
        except binascii.Error:
            return UnknownString(value)

    def _read(self, value: object) -> bytes:
        if isinstance(value, str) and set(self._foreign) & set(value):
            message = "Input should be Base64 of the other alphabet"
            raise ValueError(message)
        return self._decode(value)

    def _decode(self, value: object) -> bytes:
        if isinstance(value, bytes):
            return value
        if not isinstance(value, str):
            message = "Input should be Base64 text or bytes"
            raise ValueError(message)  # noqa: TRY004 - Pydantic wants a ValueError
        text = value.translate({ord("-"): "+", ord("_"): "/"})
        if not text.isascii():
            raise binascii.Error
        data = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
        if base64.b64encode(data).decode() == value and text == value:
            return data
        encoded = _EncodedBytes(data)
        encoded.text = value
        return encoded

    def _write(self, value: object) -> str:
        if isinstance(value, _EncodedBytes):
            return value.text
        if isinstance(value, bytes):
            return self._encode(value).decode()
        if isinstance(value, str):
            return value
        message = "Expected bytes"
        raise PydanticSerializationUnexpectedValue(message)


_STANDARD, _URL_SAFE = _Base64Text(url_safe=False), _Base64Text(url_safe=True)

Base64: TypeAlias = Annotated[bytes | UnknownString, _STANDARD]
"""Bytes that travel as Base64 text; text that is none is kept."""
Base64URL: TypeAlias = Annotated[bytes | UnknownString, _URL_SAFE]
"""Bytes that travel as URL-safe Base64 text; text that is none is kept."""
StrictBase64: TypeAlias = Annotated[bytes, _STANDARD]
"""Bytes that travel as Base64 text."""
StrictBase64URL: TypeAlias = Annotated[bytes, _URL_SAFE]
"""Bytes that travel as URL-safe Base64 text."""
