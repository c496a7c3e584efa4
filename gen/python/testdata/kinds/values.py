"""Values of the API in api.yaml: what is sent, and what becomes of results."""

import asyncio
import json
from typing import Any, cast

from pydantic import TypeAdapter, ValidationError
from python import (
    APIClient,
    Attachment,
    Book,
    Done,
    Failed,
    FileShape,
    Flag,
    Mail,
    MaybeBook,
    Notice,
    Odd,
    OddParams,
    Ping,
    Report,
    Route,
    Sms,
    State,
    UnknownAttachment,
    UnknownInteger,
    UnknownString,
    UnknownValue,
)
from python.rpc_client import Method


def back(kind: Any, text: str) -> Any:  # noqa: ANN401
    """Read a value, expect it to come back as it was, and return it."""
    adapter: TypeAdapter[Any] = TypeAdapter(kind)
    value = adapter.validate_json(text)
    assert json.loads(adapter.dump_json(value)) == json.loads(text), text
    assert adapter.validate_python(value) == value
    return value


def refused(kind: Any, text: str) -> None:  # noqa: ANN401
    """Expect a value to be refused."""
    try:
        value = TypeAdapter[Any](kind).validate_json(text)
    except ValidationError:
        return
    raise AssertionError(text, value)


def test_tags_with_defaults_are_sent_and_decide() -> None:
    notice = Notice(
        route=Sms(target="1"), copies=[Mail(target="2")], named={"a": Sms(target="3")}
    )
    assert notice.model_dump() == {
        "route": {"via": "sms", "target": "1"},
        "copies": [{"via": "mail", "target": "2"}],
        "named": {"a": {"via": "sms", "target": "3"}},
    }
    text = '{"route": {"via": "sms", "target": "1"}}'
    assert type(back(Notice, text).route) is Sms
    assert type(Notice.model_validate(json.loads(text)).route) is Sms
    assert Report(outcome=Failed()).model_dump() == {"outcome": {"ok": False}}
    assert type(back(Report, '{"outcome": {"ok": false}}').outcome) is Failed
    assert type(back(Report, '{"outcome": {"ok": true, "note": null}}').outcome) is Done


def test_required_constants_are_demanded_of_the_server() -> None:
    assert Done().model_dump() == {"ok": True}
    refused(Done, "{}")
    refused(Done, '{"ok": false}')
    refused(Done, '{"ok": 1}')


def test_optional_constants_are_never_invented() -> None:
    book = back(Book, '{"id": 1}')
    assert (book.urgent, book.unit) == (None, None)
    assert Book(id=1, urgent=True).model_dump() == {"id": 1, "urgent": True}
    back(Book, '{"id": 1, "urgent": true, "unit": "days"}')


def test_what_a_result_lacks_has_its_default() -> None:
    book = back(Book, '{"id": 1}')
    assert (book.amount, str(book.until), book.word) == (1.0, "2025-01-31", "x")
    assert book.route == Sms(target="1")
    assert book.agreed is True
    assert book.message is None
    back(Book, '{"id": 1, "message": null, "word": "y"}')


def test_null_where_the_schema_takes_none_is_refused() -> None:
    refused(Book, '{"id": 1, "urgent": null}')
    assert Book(id=1, urgent=None).model_dump() == {"id": 1}


def test_what_only_a_newer_server_knows_is_kept() -> None:
    state = back(
        State,
        '{"flag": "blue", "level": 9, "size": "xl",'
        ' "attachment": {"kind": "drawing", "strokes": []}, "deep": {"z": 1},'
        ' "id": true, "data": "{}", "nothing": null, "maybe": null}',
    )
    assert type(state.flag) is UnknownString
    assert type(state.level) is UnknownInteger
    assert type(state.size) is UnknownString
    assert type(state.attachment) is UnknownAttachment
    assert state.attachment.kind is None
    assert isinstance(state.deep, UnknownValue)
    assert isinstance(state.id, UnknownValue)
    assert type(state.data) is UnknownString
    assert (state.nothing, state.maybe) == (None, None)


def test_nothing_is_coerced_into_another_variant() -> None:
    start = '{"flag": "red", "level": 1, "size": "s",'
    start += ' "attachment": {"kind": "file", "name": "a"}, '
    state = back(State, start + '"id": "5", "data": "-_-_"}')
    assert (state.flag, state.id, state.data) == (Flag.RED, "5", b"\xfb\xff\xbf")
    assert type(state.attachment) is FileShape
    assert type(back(State, start + '"id": 5}').id) is int
    assert (
        type(back(State, start + '"deep": {"via": "sms", "target": "1"}}').deep) is Sms
    )
    assert type(back(State, start + '"deep": {"ok": true}}').deep) is Done
    refused(Attachment, '{"kind": "file"}')  # the variant is known, its name is missing
    assert back(MaybeBook, "null") is None
    assert type(back(Route, '{"via": "mail", "target": "a"}')) is Mail


def test_limits_that_python_cannot_hold() -> None:
    assert OddParams(step=0.3, size=2).model_dump() == {"step": 0.3, "size": 2}
    odd = back(Odd, '{"n": 1, "more": {"🎉": "👍🏽 für 注文"}}')
    assert list(odd.model_extra) == ["more"]


class Fake:
    """A caller that keeps what it is given."""

    def __init__(self) -> None:
        """Begin with no call."""
        self.params: object = None

    async def call(self, _: Method[Any], params: object = None) -> object:
        """Keep the params."""
        self.params = params
        return None


def test_constants_are_sent_where_params_are_left_out() -> None:
    fake = Fake()
    asyncio.run(APIClient(cast("Any", fake)).ping())
    assert isinstance(fake.params, Ping)
    assert fake.params.model_dump() == {"version": 1}


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
