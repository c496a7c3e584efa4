"""The methods that clients call over Centrifugo."""

import csv
from collections.abc import AsyncIterator
from io import StringIO

from centrifugo_rpc import Conn, publish_event, websocket_rpc

from .auth import Caller
from .models import ExportProgress, NameTaken, NameTakenData, NewName, User, UserChanged
from .orders import PAGE, OrdersDep
from .users import UsersDep


@websocket_rpc("users.me", idempotent=True)
async def me(_: Conn, caller: Caller) -> User:
    """Return one's own account."""
    return caller


@websocket_rpc("users.rename", idempotent=True, errors=[NameTaken])
async def rename(_: Conn, params: NewName, caller: Caller, users: UsersDep) -> User:
    """Take another name, and tell all windows of the user."""
    if users.is_taken(params.name, caller.id):
        raise NameTaken(data=NameTakenData(name=params.name))
    renamed = caller.model_copy(update={"name": params.name})
    users.save(renamed)
    await publish_event(UserChanged(user=renamed), user_id=renamed.id)
    return renamed


@websocket_rpc("orders.export", idempotent=True)
async def export_orders(
    _: Conn, caller: Caller, orders: OrdersDep
) -> AsyncIterator[ExportProgress]:
    """Write one's orders into a CSV file, and tell how far it is.

    It ends when the caller leaves: no page is read that nobody waits for.
    """
    file = StringIO()
    rows = csv.writer(file)
    rows.writerow(["number", "day", "price"])
    total = await orders.count(caller.id)
    for first in range(0, total, PAGE):
        yield ExportProgress(done=first, total=total, csv=None)
        for order in await orders.page(caller.id, first):
            price = f"{order.cents / 100:.2f}"
            rows.writerow([order.number, order.day, price])
    yield ExportProgress(done=total, total=total, csv=file.getvalue())
