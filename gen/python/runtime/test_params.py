"""What a call takes as params: its own model, a mapping, another model."""

import datetime as dt
import uuid
from collections import OrderedDict
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field, ValidationError, computed_field

from ._json.base import Model
from ._rpc.api import Method
from ._rpc.params import params_of
from ._rpc.wire import adapter_of
from .scripted_broker import ECHO, VOID, Broker, client_of


class Search(Model):
    """The generated params."""

    id: uuid.UUID
    from_: dt.date | None = Field(
        default=None, validation_alias="from", serialization_alias="from"
    )
    kind: Literal["search"] = "search"
    limit: int = 20


class Find(Model):
    """Params of another method, by chance with the same members."""

    id: uuid.UUID


class ServerSearch(BaseModel):
    """The back end's own model."""

    id: uuid.UUID
    from_: dt.date | None = Field(default=None, alias="from")
    kind: Literal["search"] = "search"
    limit: int = 20

    @computed_field
    def text(self) -> str:
        """Never sent: it is no part of the params."""
        return f"{self.id}"


class ServerSearchByPage(ServerSearch):
    """One with a member that the API does not know."""

    page: int = 1


class ServerNote(BaseModel):
    """Something else."""

    text: str


SEARCH: Method[Any] = Method("search", Search)
ID = uuid.UUID("0190163d-8694-739b-aea5-966c26f8ad91")


def sent(method: Method[Any], params: object) -> Any:  # noqa: ANN401
    taken = params_of(method, params)
    return adapter_of(method.params).dump_python(taken, mode="json", by_alias=True)


def test_own_model_is_sent_as_it_is() -> None:
    params = Search(id=ID)
    assert params_of(SEARCH, params) is params


@pytest.mark.parametrize(
    "params",
    [
        {"id": ID, "from": dt.date(2025, 1, 31)},
        {"id": str(ID), "from": "2025-01-31"},
        OrderedDict(id=ID, from_=dt.date(2025, 1, 31)),
    ],
    ids=["values", "texts", "attributes"],
)
def test_mapping_is_validated(params: Any) -> None:  # noqa: ANN401
    expected = {"id": str(ID), "from": "2025-01-31", "kind": "search"}
    assert sent(SEARCH, params) == expected


def test_mapping_that_does_not_fit() -> None:
    with pytest.raises(ValidationError, match="limit"):
        params_of(SEARCH, {"id": ID, "limit": "many"})


def test_model_of_the_server() -> None:
    params = ServerSearch.model_validate({"id": ID, "from": "2025-01-31"})
    assert sent(SEARCH, params)["from"] == "2025-01-31"
    assert "text" not in sent(SEARCH, params)
    assert sent(SEARCH, Find(id=ID))["id"] == str(ID)


def test_model_of_another_shape() -> None:
    with pytest.raises(TypeError, match=r"ByPage .* Search has not: 'page'"):
        params_of(SEARCH, ServerSearchByPage(id=ID))
    with pytest.raises(ValidationError, match="id"):
        params_of(Method("find", Find), ServerNote(text="hello"))


@pytest.mark.parametrize("params", [None, "text", 5, [1], ID, object()], ids=repr)
def test_anything_else_is_a_type_error(params: object) -> None:
    name = type(params).__name__
    with pytest.raises(
        TypeError, match=rf"search are a Search or a mapping, not {name}$"
    ):
        params_of(SEARCH, params)


def test_params_that_may_be_left_out() -> None:
    assert params_of(ECHO, None) is None
    assert params_of(VOID, None) is None
    with pytest.raises(TypeError, match="void takes no params"):
        params_of(VOID, {})


def test_params_that_are_a_map() -> None:
    counts: Method[Any] = Method("count", dict[str, int])
    assert params_of(counts, {"a": 1}) == {"a": 1}
    with pytest.raises(TypeError, match="not int"):
        params_of(counts, 1)


async def test_a_wrong_type_fails_before_anything_is_sent(broker: Broker) -> None:
    rpc = client_of(broker)
    with pytest.raises(TypeError, match="not str"):
        await rpc.call(ECHO, "hello")
    assert rpc.state == "disconnected"
    assert not broker.sessions
    async with rpc:
        assert (await rpc.call(ECHO, {"text": "mapping"})).text == "mapping"
