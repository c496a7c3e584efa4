"""Who may subscribe to an event: what is registered, and who is let in."""

from __future__ import annotations

import functools
import uuid
from enum import Enum
from typing import Any, Literal
from uuid import UUID

import pytest
from centrifugo_rpc import MessageRouter, RegistrationError
from centrifugo_rpc.channels import ChannelTemplate
from pydantic import BaseModel


class Model(BaseModel):
    value: int = 0


class Kind(str, Enum):
    BOOK = "book"
    FILM = "film"


@pytest.fixture
def router() -> MessageRouter:
    return MessageRouter()


async def nobody(user: str, **_: object) -> bool:  # noqa: ARG001
    return False


async def everybody(user: str, **_: object) -> bool:  # noqa: ARG001
    return True


async def with_number(user: str, order_id: int) -> bool:
    return user == "456" and order_id == 7


@pytest.mark.parametrize(
    ("channel", "access"),
    [
        ("news", "public"),
        ("orders:{order_id}", "permission"),
        ("orders#{user_id}", "user"),
        ("inbox:{box}#{user_id}", "user"),
        ("users:{user_id}", "permission"),
        ("a#{box}#{user_id}", "permission"),
        ("a#{user_id}.x", "permission"),
    ],
)
def test_access_follows_from_the_channel(
    router: MessageRouter, channel: str, access: str
) -> None:
    event = router.add_event("a", channel, Model)
    assert event.access == access
    assert event.undecided == (access == "permission")


@pytest.mark.parametrize(
    ("channel", "options", "problem"),
    [
        ("a:{order_id}", {"access": "everybody"}, "one of public, user, permission"),
        ("a:{order_id}", {"access": "user"}, "does not end with #{user_id}"),
        ("a#{b}#{user_id}", {"access": "user"}, "has another #"),
        ("a#{user_id}", {"access": "public"}, "asks nobody"),
        ("a#{user_id}", {"permission": nobody}, "asks nobody"),
        ("a:{order_id}", {"access": "permission"}, "there is no permission= to ask"),
        ("a", {"access": "public", "permission": nobody}, "is never asked"),
        ("a:{b}{c}", {}, "nothing between two placeholders"),
        ("a:{b}", {"permission": with_number}, r"must take \(user, b\)"),
        ("a:{order_id}", {"permission": lambda user: True}, "is not async"),  # noqa: ARG005
        ("a:{order_id}", {"permission": True}, "is not async"),
    ],
)
def test_what_makes_no_sense_is_refused_at_the_start(
    router: MessageRouter, channel: str, options: Any, problem: str
) -> None:
    with pytest.raises(
        RegistrationError, match=rf"test_access.py:\d+: event 'a': .*{problem}"
    ):
        router.add_event("a", channel, Model, **options)
    assert not router.registry.events


def test_a_permission_is_for_the_users_id_and_known_types(
    router: MessageRouter,
) -> None:
    async def of_conn(conn: int, order_id: int) -> bool:
        return bool(conn) and bool(order_id)

    async def more(user: str, order_id: int, what: str) -> bool:
        return bool(user) and bool(order_id) and bool(what)

    async def unknown(user: str, order_id: Missing) -> bool:  # type: ignore[name-defined]  # noqa: F821
        return bool(user) and bool(order_id)

    functions: list[tuple[Any, str]] = [
        (of_conn, "takes the user's id first"),
        (more, "must take"),
        (unknown, "'Missing', which is not known here"),
    ]
    for function, problem in functions:
        with pytest.raises(RegistrationError, match=problem):
            router.add_event("a", "a:{order_id}", Model, permission=function)


async def test_only_the_permitted_user_is_let_in(router: MessageRouter) -> None:
    router.add_event("a", "orders:{order_id}", Model, permission=with_number)
    assert await router.may_subscribe("456", "orders:7")
    for user, channel in [
        ("999", "orders:7"),
        ("", "orders:7"),
        ("456", "orders:8"),
        # Not as the worker would write it: no event is published there.
        *[("456", f"orders:{text}") for text in ("07", "7.0", "+7", "7 ", "٧", "1_0")],
        *[("456", f"orders:{text}") for text in ("", "x", "7#456", "7\n")],
        ("456", "orders:7:"),
        ("456", "orders"),
        ("456", "xorders:7"),
        ("456", "$orders:7"),
        ("456", "rpc.requests"),
        ("456", ""),
    ]:
        assert not await router.may_subscribe(user, channel), (user, channel)


async def test_arguments_come_by_name_and_as_their_types(router: MessageRouter) -> None:
    seen: list[object] = []

    async def look(  # type: ignore[no-untyped-def]  # noqa: PLR0913
        user: str,
        *,
        shop: UUID,
        kind: Kind,
        size: Literal["s", "l"],
        text,  # noqa: ANN001 -- then it is a str
        n: int = 0,
    ) -> bool:
        seen.append((user, kind, shop, size, text, n))
        return True

    shop = uuid.uuid4()
    router.add_event("a", "a:{kind}.{shop}.{size}.{text}", Model, permission=look)
    assert await router.may_subscribe("456", f"a:book.{shop}.s.x.y")
    assert seen == [("456", Kind.BOOK, shop, "s", "x.y", 0)]
    for channel in [
        f"a:play.{shop}.s.x",
        f"a:BOOK.{shop}.s.x",
        f"a:book.{str(shop).upper()}.s.x",
        f"a:book.{shop}.m.x",
        "a:book.1.s.x",
    ]:
        assert not await router.may_subscribe("456", channel), channel
    assert len(seen) == 1


async def test_a_local_type_and_a_callable_object_work(router: MessageRouter) -> None:
    class Size(str, Enum):
        SMALL = "s"

    async def local(user: str, size: Size) -> bool:
        return size is Size.SMALL and bool(user)

    class Rule:
        async def __call__(self, user: str, size: int) -> bool:
            return bool(user) and size == 1

    async def partial(limit: int, user: str, size: int) -> bool:
        return bool(user) and size < limit

    router.add_event("a", "a:{size}", Model, permission=local)
    router.add_event("b", "b:{size}", Model, permission=Rule())
    router.add_event("c", "c:{size}", Model, permission=functools.partial(partial, 5))
    asked = [await router.may_subscribe("u", one) for one in ("a:s", "b:1", "c:4")]
    assert asked == [True, True, True]
    refused = [await router.may_subscribe("u", one) for one in ("a:t", "b:2", "c:5")]
    assert refused == [False, False, False]


async def test_a_coroutine_that_nobody_awaits_is_not_a_yes(
    router: MessageRouter,
) -> None:
    async def forgetful(user: str, order_id: int) -> bool:
        return with_number(user, order_id)  # type: ignore[return-value]

    router.add_event("a", "orders:{order_id}", Model, permission=forgetful)
    with (
        pytest.warns(RuntimeWarning, match="never awaited"),
        pytest.raises(TypeError, match="returned coroutine, not True or False"),
    ):
        await router.may_subscribe("999", "orders:7")


async def test_each_access_lets_its_users_in(router: MessageRouter) -> None:
    router.add_event("news", "news", Model)
    router.add_event("open", "open:{id}", Model, access="public")
    router.add_event("own", "inbox:{box}#{user_id}", Model)
    router.add_event("unsaid", "orders:{order_id}", Model)
    for channel in ("news", "open:1", "inbox:a#456"):
        assert await router.may_subscribe("456", channel), channel
        assert not await router.may_subscribe("", channel), channel
    refused = ("inbox:a#999", "inbox:a#456,999", "inbox:#456", "inbox:a#", "orders:1")
    for channel in refused:
        assert not await router.may_subscribe("456", channel), channel


async def test_a_channel_of_two_events_must_be_open_for_both(
    router: MessageRouter,
) -> None:
    router.add_event("one", "orders:{order_id}", Model, permission=with_number)
    router.add_event("all", "orders:all", Model)
    assert not await router.may_subscribe("456", "orders:all")
    router.add_event("wide", "{kind}:7", Model, permission=nobody)
    assert not await router.may_subscribe("456", "orders:7")


@pytest.mark.parametrize(
    ("template", "arguments", "channel"),
    [
        ("a:{x}.{y}", {"x": "1", "y": "2.3"}, "a:1.2.3"),
        ("a.b*:{x}", {"x": "ü|+ "}, "a.b*:ü|+ "),
        ("in:{x}#{user_id}", {"x": "1", "user_id": "auth0|1"}, "in:1#auth0|1"),
    ],
)
def test_what_is_filled_in_is_found_again(
    template: str, arguments: dict[str, str], channel: str
) -> None:
    read = ChannelTemplate(template)
    assert read.fill({**arguments}) == channel
    assert read.match(channel) == arguments


@pytest.mark.parametrize(
    ("template", "arguments"),
    [
        ("a:{x}.{y}", {"x": "1.2", "y": "3"}),
        ("a:{x}", {"x": ""}),
        ("a:{x}", {"x": "1#456"}),
        ("in#{user_id}", {"user_id": "456,999"}),
        ("in#{user_id}", {"user_id": "a:b"}),
    ],
)
def test_an_argument_that_would_change_the_channels_meaning_is_refused(
    template: str, arguments: dict[str, object]
) -> None:
    with pytest.raises(ValueError, match="would be another channel") as caught:
        ChannelTemplate(template).fill(arguments)
    assert "456" not in str(caught.value)


def test_a_literal_of_a_template_is_no_pattern() -> None:
    read = ChannelTemplate("a.b:{x}")
    assert [read.match(one) for one in ("axb:1", "a.b:", "a.b:1\n#", "A.b:1")] == [
        None
    ] * 4
