"""What the server sends, checked before the SDK sees it.

The SDK closes a connection for good where a frame does not follow the protocol, or
holds a number or a nesting that Python does not read.
"""

import json
import math
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias, cast

from .hooks import codec_of

_Object: TypeAlias = dict[str, Any]

_RECONNECT: _Object = {
    "push": {"disconnect": {"code": 3000, "reason": "the server sent no valid frame"}}
}
"""Makes the SDK connect again."""
_MAX_DEPTH = 250
"""Of a frame. It is more than what types read, which are within a result or an event."""
_MAX_DIGITS = 4300
"""Of an integer: Python converts no more."""
_EXACT = 2.0**53
"""Below it, no integer is lost when numbers with a point or an exponent are floats."""
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]|NaN|Infinity')


class Unreadable:
    """Stands in a payload for a value that Python does not read.

    No type takes it, so that only the call or the event ends that it belongs to.
    """


def check_frames(client: object, report: Callable[[str], None]) -> None:
    """Check the frames of a connection; one that is not valid begins another.

    ``report`` gets the reason. An SDK without the codec that is known is left alone.
    """
    codec = codec_of(client)
    if codec is None:
        return
    encode = codec.encode_commands
    kinds: dict[object, str] = {}

    def encode_noted(commands: list[_Object]) -> object:
        for command in commands:
            if "connect" in command:
                kinds.clear()  # a new connection: nothing of the last is answered
            kind = next((key for key in command if key != "id"), None)
            if kind is not None and "id" in command:
                kinds[command["id"]] = kind
        return encode(commands)

    def decode_checked(data: str) -> list[_Object]:
        replies: list[_Object] = []
        for line in data.strip().split("\n"):
            reply = parse(line)
            if reply is None or not _is_valid(reply, kinds):
                report("the server sent no valid frame")
                return [*replies, _RECONNECT]
            _fill_gaps(reply)
            replies.append(reply)
        return replies

    codec.encode_commands = encode_noted
    codec.decode_replies = decode_checked


def parse(line: str) -> _Object | None:
    try:
        reply: object = _READER.decode(line)
    except json.JSONDecodeError:
        return None
    except (ValueError, RecursionError):
        # An integer of more digits than Python converts, or deep nesting.
        try:
            reply = _PATIENT_READER.decode(_without_depths(line))
        except json.JSONDecodeError:
            return None
    return cast("_Object", reply) if isinstance(reply, dict) else None


def _number(text: str) -> object:
    """Read a number with a point or an exponent: as an integer where floats round it."""
    number = float(text)
    return number if -_EXACT < number < _EXACT else _large_number(text, number)


def _large_number(text: str, number: float) -> object:
    try:
        exact = Decimal(text)
    except InvalidOperation:  # an exponent of 19 digits
        return Unreadable()
    if exact.adjusted() >= _MAX_DIGITS:
        return Unreadable()
    if exact == exact.to_integral_value():
        return number if exact == Decimal(repr(number)) else int(exact)
    return number if math.isfinite(number) else Unreadable()


def _integer(digits: str) -> object:
    try:
        return int(digits)
    except ValueError:
        return Unreadable()


def _unreadable(_: str) -> object:
    return Unreadable()


def _no_json(constant: str) -> object:
    message = "JSON does not have this constant"
    raise json.JSONDecodeError(message, constant, 0)


_READER = json.JSONDecoder(parse_float=_number, parse_constant=_no_json)
_PATIENT_READER = json.JSONDecoder(
    parse_float=_number, parse_int=_integer, parse_constant=_unreadable
)
"""For what the other one does not read; any constant is one of ``_without_depths``."""


def _without_depths(line: str) -> str:
    """Replace what is nested too deeply by a constant that JSON does not have."""
    parts: list[str] = []
    depth = kept = 0
    for token in _TOKEN.finditer(line):
        if token[0] in {"NaN", "Infinity"}:
            _no_json(token[0])
        elif token[0] in "[{":
            depth += 1
            if depth == _MAX_DEPTH:
                parts += line[kept : token.start()], "NaN"
        elif token[0] in "]}":
            if depth == _MAX_DEPTH:
                kept = token.end()
            depth -= 1
    return "".join([*parts, line[kept:]])


def _is_valid(reply: _Object, kinds: dict[object, str]) -> bool:
    """Tell whether a reply has what the SDK relies on."""
    if "push" in reply:
        return _is_valid_push(reply["push"])
    kind = kinds.pop(reply.get("id"), None)
    if "error" in reply:
        return _has_code(reply["error"])
    if kind is None:
        return True  # a ping, or the answer to a command of an earlier connection
    result: object = reply.get(kind)
    if not _is_subscription(result):
        return False
    subs: object = cast("_Object", result).get("subs", {})
    return isinstance(subs, dict) and all(
        map(_is_subscription, cast("_Object", subs).values())
    )


def _is_valid_push(push: object) -> bool:
    if not isinstance(push, dict):
        return False
    body = cast("_Object", push)
    return (
        isinstance(body.get("channel", ""), str)
        and isinstance(body.get("pub", {}), dict)
        and _is_subscription(body.get("subscribe", {}))
        and all(_has_code(body[kind]) for kind in _CLOSINGS if kind in body)
    )


_CLOSINGS = ("unsubscribe", "disconnect")


def _has_code(value: object) -> bool:
    return isinstance(value, dict) and type(cast("_Object", value).get("code")) is int


def _is_subscription(value: object) -> bool:
    if not isinstance(value, dict):
        return False
    publications: object = cast("_Object", value).get("publications", [])
    return isinstance(publications, list) and all(
        isinstance(one, dict) for one in cast("list[object]", publications)
    )


def _fill_gaps(reply: _Object) -> None:
    """Add members that the SDK requires and Centrifugo leaves out if they are empty."""
    if "error" in reply:
        reply["error"].setdefault("message", "")
    for kind in _CLOSINGS:
        if kind in reply.get("push", ()):
            reply["push"][kind].setdefault("reason", "")
