"""Tuples that may have further items."""

from typing import Any, get_args

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema
from typing_extensions import Unpack


class FurtherItems:
    """Lets a tuple have further items, of one type."""

    def __init__(self, kind: Any) -> None:  # noqa: ANN401
        """Take any number of items of this type behind the declared ones."""
        self.kind = kind

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Build a tuple of any length."""
        parts = [
            part
            for part in get_args(source)
            if getattr(part, "__origin__", None) is not Unpack
        ]
        items = [handler.generate_schema(part) for part in [*parts, self.kind]]
        return core_schema.tuple_schema(items, variadic_item_index=len(parts))
