"""Models of the back end against what the documents say of them."""

import datetime as dt
import uuid
from decimal import Decimal
from enum import Enum
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, Field, computed_field

from ._json.compare import Expected

T = TypeVar("T")


class Role(Enum):
    ADMIN = "admin"
    MEMBER = "member"


class Page(BaseModel, Generic[T]):
    items: list[T]


class User(BaseModel):
    id: uuid.UUID
    from_: dt.date | None = Field(default=None, alias="from")
    role: Role = Role.MEMBER
    kind: Literal["a", "b"] = "a"
    balance: Decimal | None = None
    limits: dict[str, float] = Field(default_factory=dict)
    place: tuple[int, str] | None = None
    boss: "User | None" = None
    pages: Page[Role] | None = None
    anything: Any = None
    text: str = Field(default=None, validate_default=False)  # type: ignore[assignment]

    @computed_field
    def name(self) -> str:
        return str(self.id)


USER = {
    "id": "uuid",
    "from?": "date | null",
    "role?": "Role",
    "kind?": '"a" | "b"',
    "balance?": "decimal | null",
    "limits?": "{number}",
    "place?": "(integer, string) | null",
    "boss?": "User | null",
    "pages?": "PageRole | null",
    "anything?": "any",
    "text?": "null | string",
}


def test_what_is_the_same_is_not_mentioned() -> None:
    assert Expected(User, USER, params=True).differences() == []
    assert Expected(User, {**USER, "name": "string"}, results=True).differences() == []
    assert Expected(Role, ["admin", "member"]).differences() == []


def test_each_difference_is_named() -> None:
    where = f"{__name__}.User"
    members = {**USER, "id": "string", "kind": '"a" | "b"', "gone?": "integer"}
    del members["limits?"], members["kind?"]
    assert Expected(User, members, params=True).differences() == [
        f"{where}.id is uuid, but string in the documents",
        f"{where}.kind may be left out, but not in the documents",
        f"{where} lacks 'gone', which the documents have",
        f"{where} has 'limits', which the documents lack",
    ]
    assert Expected(Role, ["admin", "guest"]).differences() == [
        f"{__name__}.Role lacks 'guest', which the documents have",
        f"{__name__}.Role has 'member', which the documents lack",
    ]
