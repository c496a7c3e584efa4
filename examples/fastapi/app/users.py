"""The users; in place of a database."""

from datetime import datetime, timezone
from typing import Annotated

from fastapi import Depends

from .models import User


class Users:
    """Who has an account."""

    def __init__(self) -> None:
        """Start with two of them."""
        joined_at = datetime(2025, 1, 31, 12, tzinfo=timezone.utc)
        ada = User(id="456", name="Ada", email="ada@example.com", joined_at=joined_at)
        bob = User(id="789", name="Bob", email=None, joined_at=joined_at)
        self._by_id = {one.id: one for one in (ada, bob)}

    def find(self, user_id: str) -> User | None:
        """Return a user."""
        return self._by_id.get(user_id)

    def is_taken(self, name: str, by_other_than: str) -> bool:
        """Whether somebody else has a name."""
        return any(
            one.name == name and one.id != by_other_than for one in self._by_id.values()
        )

    def save(self, user: User) -> None:
        """Keep a user."""
        self._by_id[user.id] = user


_USERS = Users()


def get_users() -> Users:
    """Return what a session of a database would be."""
    return _USERS


UsersDep = Annotated[Users, Depends(get_users)]
