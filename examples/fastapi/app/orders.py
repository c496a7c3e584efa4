"""The orders of users; in place of a database."""

import asyncio
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated

from fastapi import Depends

PAGE = 10
_FIRST_DAY = date(2025, 2, 1)


@dataclass
class Order:
    """What somebody has bought."""

    number: int
    day: date
    cents: int


class Orders:
    """Who has bought what: everybody 40 things, a week apart."""

    async def count(self, user_id: str) -> int:
        """Return how many orders a user has."""
        del user_id
        return 40

    async def page(self, user_id: str, first: int) -> list[Order]:
        """Return the orders from the first of a page on. It takes its time."""
        await asyncio.sleep(0.3)
        last = min(first + PAGE, await self.count(user_id))
        return [
            Order(n + 1, _FIRST_DAY + timedelta(weeks=n), 1999 + 100 * n)
            for n in range(first, last)
        ]


_ORDERS = Orders()


def get_orders() -> Orders:
    """Return what a session of a database would be."""
    return _ORDERS


OrdersDep = Annotated[Orders, Depends(get_orders)]
