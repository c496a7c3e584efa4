"""Typed events: registration, channels, and what is published."""

from __future__ import annotations

import math
from enum import Enum
from typing import Any
from uuid import UUID

import pytest
from centrifugo_rpc import MessageRouter, RegistrationError
from pydantic import BaseModel, ConfigDict, Field


class Published:
    """Keeps what is published."""

    def __init__(self) -> None:
        self.items: list[tuple[str, bytes]] = []

    async def publish(self, channel: str, data: bytes) -> None:
        self.items.append((channel, data))


class Kind(str, Enum):
    TASK = "task"


@pytest.fixture
def router() -> MessageRouter:
    router = MessageRouter()
    router.publisher = Published()
    return router


def published(router: MessageRouter) -> list[tuple[str, bytes]]:
    assert isinstance(router.publisher, Published)
    return router.publisher.items


async def test_an_event_is_found_by_its_model(router: MessageRouter) -> None:
    @router.channel("tasks:{project_id}:{kind}", name="task.updated")
    class Updated(BaseModel):
        """A task has changed."""

        task: int = Field(serialization_alias="taskId")

    class Special(Updated):
        pass

    await router.publish_event(Updated(task=1), project_id="a", kind=Kind.TASK)
    await router.publish_event(Special(task=2), project_id=7, kind=UUID(int=0))
    assert published(router) == [
        ("tasks:a:task", b'{"taskId":1}'),
        ("tasks:7:00000000-0000-0000-0000-000000000000", b'{"taskId":2}'),
    ]
    assert router.registry.events["task.updated"].doc == "A task has changed."


async def test_an_event_can_be_a_union(router: MessageRouter) -> None:
    event = router.add_event("a", "all", int | str)
    await router.publish(event, 3)
    await router.publish(event, "x")
    assert published(router) == [("all", b"3"), ("all", b'"x"')]


class Model(BaseModel):
    value: int = 0


async def test_a_number_that_is_no_json_is_published_as_null(
    router: MessageRouter,
) -> None:
    class Loose(BaseModel):
        model_config = ConfigDict(ser_json_inf_nan="constants")
        share: float

    router.channel("all", name="a")(Loose)
    await router.publish_event(Loose(share=math.inf))
    assert published(router) == [("all", b'{"share":null}')]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({}, "takes id; given: none"),
        ({"id": 1, "more": 2}, "takes id; given: id, more"),
        ({"id": None}, "'id' must be a text"),
        ({"id": True}, "'id' must be a text"),
    ],
)
async def test_wrong_channel_arguments_are_refused(
    router: MessageRouter, arguments: Any, problem: str
) -> None:
    event = router.add_event("a", "a:{id}", Model)
    with pytest.raises(TypeError, match=problem):
        await router.publish(event, Model(), **arguments)
    assert published(router) == []


async def test_an_ambiguous_or_unknown_payload_is_refused(
    router: MessageRouter,
) -> None:
    with pytest.raises(TypeError, match="Model is the payload of no event"):
        await router.publish_event(Model())
    router.channel("a", name="a")(Model)
    router.channel("b", name="b")(Model)
    with pytest.raises(TypeError, match="payload of 'a' and 'b'"):
        await router.publish_event(Model())


async def test_without_a_worker_nothing_can_be_published() -> None:
    router = MessageRouter()
    event = router.add_event("a", "a", Model)
    with pytest.raises(RuntimeError, match=r"router\.publisher"):
        await router.publish(event, Model())


@pytest.mark.parametrize("channel", ["", "a:{", "a:}", "a:{b c}", "{a}:{a}"])
def test_broken_templates_are_refused(router: MessageRouter, channel: str) -> None:
    with pytest.raises(RegistrationError, match=r"test_events.py:\d+: event 'a'"):
        router.add_event("a", channel, Model)


def test_a_name_is_taken_by_a_method_or_an_event(router: MessageRouter) -> None:
    @router.rpc("a")
    async def handler(conn: object) -> None: ...

    with pytest.raises(RegistrationError, match="'a' is registered already"):
        router.add_event("a", "a", Model)
