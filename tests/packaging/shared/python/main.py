"""The models of the REST client and those of the WebSocket client are the same."""

import asyncio
from datetime import datetime, timezone
from typing import Any

from acme_api.models import Cat, Pet, Role, ShippingAddress, UserInput, UserOutput
from realtime import APIClient, Note, User
from realtime._rpc.params import params_of
from realtime._rpc.wire import adapter_of, decode

REPLIES = {
    "users.get": {
        "id": "1",
        "role": "admin",
        "joined": "2025-01-31T08:30:00Z",
        "age": None,
        "home": {"street": "Main", "number": 1},
        "pets": [{"kind": "cat", "lives": 9}],
    },
    "users.put": {"items": []},
}


class Fake:
    """Answers calls, and notes what would be sent."""

    def __init__(self) -> None:
        """Nothing was sent yet."""
        self.sent = ""

    async def call(self, method: Any, params: object = None, **_: Any) -> Any:  # noqa: ANN401
        """Answer a call as a server does."""
        given = params_of(method, params)
        text = adapter_of(method.params).serializer.to_json(given, by_alias=True)
        self.sent = text.decode()
        return decode(method.result, REPLIES[method.name])

    def subscribe(self, *_: Any, **__: Any) -> Any:  # noqa: ANN401
        """Nobody listens here."""
        raise NotImplementedError


async def main() -> None:
    """Take a user from one client to the other."""
    fake = Fake()
    api = APIClient(fake)
    got: UserOutput = await api.users_get({"id": "1"})
    same: User = got
    note = Note(text="x", by=got, seen={"1": Role.admin})
    by: UserOutput = note.by
    user = UserInput(
        id=by.id,
        joined=datetime(2025, 1, 31, tzinfo=timezone.utc),
        home=ShippingAddress(street="Main", number=1),
        pets=[Pet(Cat(kind="cat", lives=9))],
    )
    await api.users_put(user)
    print(User is UserOutput, type(same) is UserOutput, fake.sent)


asyncio.run(main())
