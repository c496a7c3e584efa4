"""Values that only a newer server knows: they are kept, and written as they came."""

from typing import Any

from pydantic import GetCoreSchemaHandler, RootModel
from pydantic_core import CoreSchema, core_schema
from typing_extensions import Self


class UnknownValue(RootModel[Any]):
    """A variant of a union that only a newer server knows.

    ``root`` is its JSON value. The unions that tell their variants apart by a member
    have a subclass each, in which that member is None.
    """


class UnknownString(str):
    """A string that is not among the known values, or not of the known form."""

    __slots__ = ()

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[Self], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Take any string."""
        strict = core_schema.str_schema(strict=True)
        return core_schema.no_info_after_validator_function(cls, strict)


class UnknownInteger(int):
    """An integer that is not among the known values."""

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[Self], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Take any integer."""
        return core_schema.no_info_after_validator_function(
            cls,
            core_schema.int_schema(),
            serialization=core_schema.simple_ser_schema("int"),
        )


class UnknownNumber(float):
    """A number that is not among the known values."""

    __slots__ = ()

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[Self], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Take any number."""
        return core_schema.no_info_after_validator_function(
            cls,
            core_schema.float_schema(),
            serialization=core_schema.plain_serializer_function_ser_schema(float),
        )
