"""Flags are integers on the wire, whose constants the document names."""

from __future__ import annotations

import json
from enum import Flag, IntFlag
from typing import Any

import pytest
from centrifugo_rpc import Conn, InvalidParams, MessageRouter
from centrifugo_rpc.export.models import export_models
from centrifugo_rpc.export.spec import Api, Method
from pydantic import BaseModel, ConfigDict


class Right(Flag):
    """What somebody may do."""

    READ = 1
    WRITE = 2
    SEE = 1
    ALL = 3


class Bits(IntFlag):
    LOW = 1
    HIGH = 1 << 62


class Empty(Flag):
    NONE = 0


class Grant(BaseModel):
    rights: Right
    bits: Bits = Bits.LOW | Bits.HIGH
    several: list[Right] = []
    maybe: Right | None = None


class Bare(BaseModel):
    model_config = ConfigDict(use_enum_values=True)

    rights: Right


def definitions(**types: Any) -> dict[str, Any]:
    found: dict[str, Any] = export_models(Api("a", "1", [Method("a", **types)])).models[
        "$defs"
    ]
    return found


@pytest.mark.parametrize("direction", ["params", "result"])
def test_a_flag_is_an_integer_with_named_constants(direction: str) -> None:
    found = definitions(**{direction: Grant})
    assert found["Right"] == {
        "title": "Right",
        "description": "What somebody may do.",
        "type": "integer",
        "minimum": 0,
        "x-enum-flags": {"READ": 1, "WRITE": 2, "ALL": 3},
    }
    # Where Python is 3.10, ~Bits.LOW is -2.
    assert found["Bits"] == {
        "title": "Bits",
        "type": "integer",
        "x-enum-flags": {"LOW": 1, "HIGH": 1 << 62},
    }
    grant = found["Grant"]["properties"]
    assert grant["rights"] == {"$ref": "#/$defs/Right"}
    assert grant["bits"] == {"$ref": "#/$defs/Bits", "default": (1 << 62) + 1}


@pytest.mark.parametrize("direction", ["params", "result"])
def test_flags_whose_values_are_used_are_the_same(direction: str) -> None:
    found = definitions(**{direction: Bare})
    assert found["Right"]["x-enum-flags"] == {"READ": 1, "WRITE": 2, "ALL": 3}
    assert found["Right"]["type"] == "integer"


def test_constants_stay_in_the_order_of_their_values() -> None:
    flags = definitions(result=Grant)["Right"]["x-enum-flags"]
    assert list(flags) == ["READ", "WRITE", "ALL"]


def test_a_flag_of_one_member_that_is_zero() -> None:
    assert definitions(result=Empty)["Empty"]["x-enum-flags"] == {"NONE": 0}


CONN = Conn("7", method="a")


@pytest.fixture
def router() -> MessageRouter:
    router = MessageRouter()

    async def same(_: Conn, params: Grant) -> Grant:
        assert isinstance(params.rights, Right)
        assert isinstance(params.bits, Bits)
        return params

    router.add("a", same)
    return router


@pytest.mark.parametrize(("rights", "bits"), [(0, 0), (1, 1), (3, 1 << 62), (2, 6)])
async def test_combinations_are_taken_and_sent(
    router: MessageRouter, rights: int, bits: int
) -> None:
    params = {"rights": rights, "bits": bits, "several": [rights], "maybe": rights}
    sent = await router.handle(CONN, json.dumps(params).encode())
    assert json.loads(sent) == params


async def test_bits_that_no_member_has_are_refused(router: MessageRouter) -> None:
    with pytest.raises(InvalidParams) as caught:
        await router.handle(CONN, b'{"rights": 4}')
    assert caught.value.data[0]["loc"] == ["rights"]
