"""Envelopes, and who is answered where."""

import json
from typing import Any

import pytest
from centrifugo_rpc import wire
from centrifugo_rpc.errors import RPCError
from centrifugo_rpc.wire import (
    Caller,
    Rejected,
    ReplyChannels,
    Request,
    error_reply,
    members,
    parse_request,
)

DEFAULT = ReplyChannels("user#{user_id}")


def parse(
    body: Any, user: str | None = "456", template: str = "user#{user_id}"
) -> Request:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    caller = None if user is None else Caller(user)
    return parse_request(data, caller, ReplyChannels(template))


def rejected(body: Any, **more: Any) -> str:
    with pytest.raises(Rejected) as caught:
        parse(body, **more)
    return caught.value.reason


REQUEST = {"method": "m", "params": {}, "correlation_id": "c"}


def test_request() -> None:
    body = {**REQUEST, "timeout_ms": 1500, "meta": {"api": "1.0", "bad": 3}, "new": 1}
    request = parse({**body, "reply_to": "user#456"})
    assert (request.method, request.params, request.correlation_id) == ("m", b"{}", "c")
    assert (request.reply_to, request.timeout_s) == ("user#456", 1.5)
    assert request.meta == {"api": "1.0"}


def test_params_keep_every_digit_and_escape() -> None:
    text = b'{"a": 0.12345678901234567890, "b":1E2, "c" : 9007199254740993, "d": "\\u00e9\\ud800"}'
    assert parse(b' {"params" : ' + text + b' , "method":"m"} ').params == text


@pytest.mark.parametrize(
    ("template", "reply_to"),
    [
        ("user#{user_id}", "user#456"),
        ("user#{user_id}", None),
        ("user.{nonce}#{user_id}", "user.aZ_-9#456"),
        ("user:{nonce}#{user_id}", "user:x#456"),
    ],
)
def test_own_reply_channels(template: str, reply_to: str | None) -> None:
    body = REQUEST if reply_to is None else {**REQUEST, "reply_to": reply_to}
    assert parse(body, template=template).reply_to == (reply_to or "user#456")


@pytest.mark.parametrize(
    ("template", "reply_to"),
    [
        ("user#{user_id}", "user#457"),
        ("user#{user_id}", "user#456,999"),
        ("user#{user_id}", "user#456\n"),
        ("user#{user_id}", ""),
        ("user#{user_id}", ["user#456"]),
        ("user#{user_id}", "user.x#456"),
        ("user.{nonce}#{user_id}", None),
        ("user.{nonce}#{user_id}", "user.#456"),
        ("user.{nonce}#{user_id}", "userx#456"),
        ("user.{nonce}#{user_id}", f"user.{'x' * 41}#456"),
        ("user.{nonce}#{user_id}", "user.a#b#456"),
    ],
)
def test_reply_channels_of_others(template: str, reply_to: object) -> None:
    body = {**REQUEST, "reply_to": reply_to} if reply_to is not None else REQUEST
    assert rejected(body, template=template) == "reply_to"


def test_a_user_id_is_no_pattern() -> None:
    assert rejected({**REQUEST, "reply_to": "user#axb"}, user="a.b") == "reply_to"
    assert parse({**REQUEST, "reply_to": "user#a.b"}, user="a.b").reply_to == "user#a.b"


@pytest.mark.parametrize("user", ["", "a,b", "a#b", "a:b"])
def test_users_without_a_reply_channel(user: str) -> None:
    assert rejected(REQUEST, user=user) == "user"


def test_the_server_itself_is_no_client() -> None:
    assert rejected(REQUEST, user=None) == "no_info"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'"text"',
        b"null",
        b"{",
        b'{"a":1,}',
        b'{"a" 1}',
        b'{"a":1} x',
        b'{"a":1}{}',
        b"\xff",
        b'{"a":' * 100_000,
        b'{"params":' + b"[" * 100_000 + b"]" * 99_999 + b"}",
        b'{"params":' + b"[" * 100_000 + rb'"\"\"\"',
        b'{"params":' + b"[" * 100_000 + b'"' + b"\\",
        # No request has so many members, and each of them takes its time.
        b"{" + b'"":0,' * 64 + b'"method":"m"}',
        b"{" + b'"":"",' * 64 + b'"method":"m"}',
        {**REQUEST, "correlation_id": 7},
        {**REQUEST, "correlation_id": ""},
        {**REQUEST, "correlation_id": "x" * 201},
        {**REQUEST, "correlation_id": "a\nb"},
        {**REQUEST, "correlation_id": "\ud800"},
    ],
)
def test_nonsense_is_dropped(body: Any) -> None:
    assert rejected(body) == "malformed"


@pytest.mark.parametrize("method", [None, 3, "", "a\nb", "x" * 201])
def test_a_request_that_names_no_method_gets_an_error(method: object) -> None:
    request = parse({**REQUEST, "method": method})
    assert request.error is not None
    assert request.error.code == -32600


@pytest.mark.parametrize(
    "value",
    [
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":"]}\\""}',
        b"9" * 5000,
        b"[-" + b"9" * 5000 + b"]",
    ],
)
def test_params_that_python_cannot_hold_do_not_hide_who_asks(value: bytes) -> None:
    """The caller, whose id comes later, gets an answer about the params."""
    deep = b'{"a":' * 5000 + value + b"}" * 5000
    for params in (value, deep):
        request = parse(b'{"method":"m","params":' + params + b',"correlation_id":"c"}')
        assert (request.correlation_id, request.params) == ("c", params)


def test_reading_takes_linear_time() -> None:
    """Counted in calls of the scanner: one, whatever the text is like."""
    text = "[" * 100_000 + '"' + r"\"" * 100_000
    assert len(wire._SIGN.findall(text)) == 100_001


@pytest.mark.parametrize("rest", ['"params":{"text":}}', '"params":{"te', "x", ""])
def test_a_request_that_breaks_off_gets_an_error(rest: str) -> None:
    """It has said already who waits for a reply."""
    text = '{"method":"m","correlation_id":"c",' + rest
    request = parse(text.encode())
    assert request.error is not None
    assert (request.error.code, request.correlation_id) == (-32700, "c")
    assert request.reply_to == "user#456"
    assert rejected(text.encode(), template="user.{nonce}#{user_id}") == "reply_to"


@pytest.mark.parametrize("timeout", [0, -1, "9", True, None, 1e300, [1]])
def test_timeouts_that_make_no_sense_are_ignored(timeout: object) -> None:
    assert parse({**REQUEST, "timeout_ms": timeout}).timeout_s is None


def test_members_agree_with_the_json_module() -> None:
    for text in ("{}", " { } ", '{"a":{"b":[1,2]},"c":"}"}', '{"a":1,"a":2}'):
        assert members(text).values == json.loads(text)


def test_error_reply() -> None:
    error = RPCError(409, "closed", {"a": 1})
    assert json.loads(error_reply(parse(REQUEST), error)) == {
        "correlation_id": "c",
        "error": {"code": 409, "message": "closed", "data": {"a": 1}},
    }
