"""Models of other packages instead of generated ones."""

import datetime as dt
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, RootModel, ValidationError, computed_field

from ._json.base import Model
from ._json.shared import SHARED, check_shared
from ._rpc.api import Method
from ._rpc.params import params_of
from ._rpc.wire import adapter_of, decode


class Role(Enum):
    """An enum of another package."""

    ADMIN = "admin"
    MEMBER = "member"


class Cat(BaseModel):
    """A variant, told by a tag with a default."""

    kind: Literal["cat"] = "cat"
    lives: int = 9


class Pet(RootModel[Cat]):
    """What datamodel-code-generator makes of a union."""


class User(BaseModel):
    """A model of another package."""

    id: str
    role: Role = Role.MEMBER
    from_: dt.date | None = Field(default=None, alias="from")
    color: Literal["red"] | None = None
    tags: list[str] = []
    pets: list[Pet] = []

    @computed_field
    def text(self) -> str:
        """Never sent: it is not part of the params."""
        return self.id


class Team(Model):
    """A generated model around it."""

    lead: Annotated[User, SHARED]
    members: dict[str, Annotated[User, SHARED]] = Field(default_factory=dict)


PUT: Method[User] = Method("users.put", Annotated[User, SHARED], User)
TEAM: Method[Team] = Method("teams.put", Team, Team)


def sent(method: Method[Any], params: object) -> str:
    """Return the JSON of params."""
    given = params_of(method, params)
    return adapter_of(method.params).serializer.to_json(given, by_alias=True).decode()


def test_only_what_was_set_is_sent() -> None:
    user = User(id="1")
    assert sent(PUT, user) == '{"id":"1"}'
    assert sent(TEAM, Team(lead=user)) == '{"lead":{"id":"1"}}'
    assert sent(TEAM, Team(lead=user, members={"a": user})) == (
        '{"lead":{"id":"1"},"members":{"a":{"id":"1"}}}'
    )
    assert user.model_fields_set == {"id"}


def test_changes_explicit_nulls_and_tags_are_sent() -> None:
    user = User.model_validate({"id": "1", "from": None})
    user.tags.append("new")
    user.pets.append(Pet(Cat()))
    assert (
        sent(PUT, user)
        == '{"id":"1","from":null,"tags":["new"],"pets":[{"kind":"cat"}]}'
    )


def test_a_mapping_or_another_model_must_not_have_other_members() -> None:
    class Other(BaseModel):
        id: str
        page: int = 1

    assert (
        sent(PUT, {"id": "1", "from": "2020-01-02"}) == '{"id":"1","from":"2020-01-02"}'
    )
    with pytest.raises(ValidationError, match="User has no members 'page'"):
        params_of(PUT, {"id": "1", "page": 2})
    with pytest.raises(TypeError, match="Other has members that User has not: 'page'"):
        params_of(PUT, Other(id="1"))
    with pytest.raises(TypeError, match="are a User or a mapping, not int"):
        params_of(PUT, 1)


def test_results_are_the_same_class() -> None:
    user = decode(PUT.result, {"id": "1", "role": "admin", "newer": True})
    assert user == User(id="1", role=Role.ADMIN)
    team = decode(TEAM.result, {"lead": {"id": "1"}})
    assert isinstance(team, Team)
    assert type(team.lead) is User


def test_what_is_no_model_is_refused() -> None:
    class Attrs:
        pass

    check_shared(User, Role)
    with pytest.raises(TypeError, match=r"Attrs is not a Pydantic model"):
        check_shared(User, Attrs)
