"""Tests of the handlers: no Centrifugo, no settings, no secrets."""

import asyncio
from collections.abc import Iterator
from contextlib import aclosing

import pytest
from app.main import app
from app.models import ExportProgress, NameTaken, User
from app.orders import PAGE, Order, Orders, get_orders
from app.users import Users, get_users
from centrifugo_rpc import MessageRouter
from centrifugo_rpc.testing import recorded_events


@pytest.fixture(autouse=True)
def users() -> Iterator[Users]:
    """Give each test users of its own."""
    users = Users()
    app.dependency_overrides[get_users] = lambda: users
    yield users
    app.dependency_overrides.clear()


class FewOrders(Orders):
    """Some orders, at once; knows which pages were read."""

    def __init__(self) -> None:
        """Begin with no page read."""
        self.read: list[int] = []

    async def count(self, user_id: str) -> int:
        """Return more than fit on a page."""
        del user_id
        return PAGE + 1

    async def page(self, user_id: str, first: int) -> list[Order]:
        """Return no orders."""
        del user_id
        self.read.append(first)
        return []


@pytest.fixture
def orders() -> FewOrders:
    """Give a test orders of its own."""
    orders = FewOrders()
    app.dependency_overrides[get_orders] = lambda: orders
    return orders


def rename(name: str) -> User:
    """Call the method as user 456."""
    call = MessageRouter.default.call("users.rename", {"name": name}, user="456")
    user: User = asyncio.run(call)
    return user


def test_a_new_name(users: Users) -> None:
    """It is kept, and told."""
    with recorded_events() as events:
        assert rename("Grace").name == "Grace"
    found = users.find("456")
    assert found is not None
    assert found.name == "Grace"
    [event] = events
    assert (event.channel, event.data["user"]["name"]) == ("own:#456", "Grace")


def test_a_name_that_is_taken() -> None:
    """Nobody else's name can be had."""
    with pytest.raises(NameTaken) as raised, recorded_events() as events:
        rename("Bob")
    assert raised.value.data.name == "Bob"
    assert events == []


def export(*, leave_at: int | None = None) -> list[ExportProgress]:
    """Read the stream as user 456, to its end or until so much is done."""

    async def read() -> list[ExportProgress]:
        seen: list[ExportProgress] = []
        stream = MessageRouter.default.stream("orders.export", user="456")
        async with aclosing(stream) as progress:
            async for one in progress:
                seen.append(one)
                if one.done == leave_at:
                    break
        return seen

    return asyncio.run(read())


def test_an_export(orders: FewOrders) -> None:
    """It tells how far it is, and has the file at the end."""
    seen = export()
    assert [one.done for one in seen] == [0, PAGE, PAGE + 1]
    assert [one.csv for one in seen] == [None, None, "number,day,price\r\n"]
    assert orders.read == [0, PAGE]


def test_an_export_that_is_left(orders: FewOrders) -> None:
    """Nothing more is read for somebody who has gone."""
    export(leave_at=PAGE)
    assert orders.read == [0]
