"""Calls REST and RPC with the generated clients: ``python call.py [URL [BEARER]]``."""

import asyncio
import sys
from typing import TypeVar
from urllib.request import Request, urlopen

from openapi.python.models import ConnectionToken, User
from opensdk.python import APIClient, CentrifugoRPCClient, NewName, UserChanged
from pydantic import BaseModel

URL = "http://127.0.0.1:9000"
Model = TypeVar("Model", bound=BaseModel)


def show(source: str, user: User) -> None:
    """Print a user. It is one type, whether REST, a method or an event brought it."""
    print(f"{source}: {user.name}, here since {user.joined_at:%Y-%m-%d}")


def get(url: str, bearer: str, model: type[Model]) -> Model:
    """Call REST."""
    headers = {"Authorization": f"Bearer {bearer}"}
    with urlopen(Request(url, headers=headers)) as response:  # noqa: S310 -- ours
        return model.model_validate_json(response.read())


async def first_change(api: APIClient, user_id: str) -> UserChanged:
    """Wait for an event."""
    return await anext(api.on_user_changed(user_id))


async def export_orders(api: APIClient) -> None:
    """Show how far a long job is, and its result: a stream."""
    async for progress in api.orders_export():
        print(f"export: {progress.done} of {progress.total} orders")
        if progress.csv is not None:
            print("last line:", progress.csv.splitlines()[-1])


async def main(url: str = URL, bearer: str = "token-of-bob") -> None:
    """Show the user, take another name, show what comes back, and export the orders."""
    show("REST", get(f"{url}/users/me", bearer, User))
    connection = get(f"{url}/centrifugo/token", bearer, ConnectionToken)
    async with CentrifugoRPCClient(connection.url, connection.token) as rpc:
        api = APIClient(rpc)
        changed = asyncio.create_task(first_change(api, connection.user))
        # Until the event of it comes: the subscription begins meanwhile.
        while not changed.done():
            renamed = await api.users_rename(NewName(name="Alan"))
            await asyncio.wait({changed}, timeout=0.1)
        show("RPC", renamed)
        show("event", changed.result().user)
        await export_orders(api)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
