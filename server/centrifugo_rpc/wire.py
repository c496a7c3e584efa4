"""Reads requests and writes replies: the envelopes, and who may be answered where.

Params are kept as the text that the client sent, so that they can be validated as
JSON with every digit that was in it.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from pydantic_core import from_json, to_json

from .errors import InvalidRequest, ParseError, RPCError

_NONCE = "[0-9A-Za-z_-]{1,40}"
# What separates the members of an object, with the space around it.
_NAME = re.compile(r'"([^"\\\x00-\x1f]*)"[ \t\n\r]*:[ \t\n\r]*')
# Most members: texts without escapes, and others behind them. To find many of them at once
# is quicker than all that would be needed for any value.
_PLAIN = re.compile(r'(?:"[^"\\\x00-\x1f]*":"[^"\\\x00-\x1f]*",(?="))+')
_OPEN = re.compile(r"[ \t\n\r]*\{[ \t\n\r]*")
_COLON = re.compile(r"[ \t\n\r]*:[ \t\n\r]*")
_COMMA = re.compile(r"[ \t\n\r]*,[ \t\n\r]*")
_CLOSE = re.compile(r"[ \t\n\r]*\}[ \t\n\r]*")
_OPEN_LIST = re.compile(r"\[[ \t\n\r]*")
_CLOSE_LIST = re.compile(r"[ \t\n\r]*\]")
# What decides where a value ends. A text that breaks off matches, too: looking for
# its end from each of its quotes would take quadratic time.
_SIGN = re.compile(
    r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)|[][{}]|[-0-9][-+.0-9eE]*', re.DOTALL
)
_decoder = json.JSONDecoder()
# A request has 7. Each takes some time, and params are read faster, elsewhere.
_MOST_MEMBERS = 64
_MOST_REQUESTS = 100
_MOST_WINDOW = 1_000
_MOST_ITEMS = 2**63
_WINDOW = 32
_SIGNS = frozenset(",#:")  # Centrifugo's own, in channel names
NO_METHOD = "the request names no method"
LONGEST_NAME = 200
"""Longest correlation id and method name; the clients' ids have 32 characters."""


class Rejected(Exception):
    """A request that is dropped: nobody may be answered, or nobody can be."""

    def __init__(self, reason: str, detail: str = "") -> None:
        """Say why: a short constant for metrics, and words for the log."""
        super().__init__(detail or reason)
        self.reason = reason


# What is made for each request is not frozen, since that takes four times as long.


@dataclass(slots=True)
class Caller:
    """Who sent a request, as Centrifugo says."""

    user: str
    client: str = ""
    info: Any = None


@dataclass(slots=True)
class Request:
    """A request whose sender may be answered."""

    caller: Caller
    method: str
    params: bytes
    correlation_id: str = ""
    """Empty for a notification and for native RPC."""
    reply_to: str = ""
    """The channel of the reply; empty where none goes out."""
    timeout_s: float | None = None
    """Time that was left when the client sent it."""
    window: int = _WINDOW
    """Items of a stream that may be under way."""
    meta: Mapping[str, str] = field(default_factory=dict[str, str])
    error: RPCError | None = None
    """What is wrong with the envelope of a request that can still be answered."""


class ReplyChannels:
    """Decides which reply channels a user may name."""

    def __init__(self, template: str) -> None:
        """Take a template such as ``user#{user_id}`` or ``user.{nonce}#{user_id}``."""
        self._default = "" if "{nonce}" in template else template
        pattern = re.escape(template).replace(re.escape("{nonce}"), _NONCE)
        self._pattern = pattern.replace(re.escape("{user_id}"), "{user_id}")

    def choose(self, user: str, reply_to: object) -> str:
        """Return the channel of the reply to a user's request."""
        if self._default:
            # Without a nonce only one channel is possible: comparing it is quick.
            channel = self._default.replace("{user_id}", user)
            if reply_to is None or reply_to == channel:
                return channel
        pattern = self._pattern.replace("{user_id}", re.escape(user))
        if isinstance(reply_to, str) and re.fullmatch(pattern, reply_to):
            return reply_to
        reason = "reply_to"
        raise Rejected(reason, f"reply_to {reply_to!r:.100} is not for user {user!r}")


def check_caller(caller: Caller | None) -> Caller:
    """Refuse a publication that no logged-in client has sent."""
    if caller is None:
        reason = "no_info"
        raise Rejected(reason, "the publication has no info: no client has sent it")
    if not caller.user or not _SIGNS.isdisjoint(caller.user):
        reason = "user"
        raise Rejected(reason, f"no reply channel belongs to user {caller.user!r}")
    return caller


def parse_request(
    data: bytes, caller: Caller | None, channels: ReplyChannels
) -> Request:
    """Read a publication to the requests channel."""
    sender = check_caller(caller)
    body, error = _envelope(data)
    value = body.values.get
    correlation_id, reply_to = value("correlation_id"), ""
    if correlation_id is None:
        correlation_id = ""
    elif isinstance(correlation_id, str) and is_name(correlation_id):
        reply_to = channels.choose(sender.user, value("reply_to"))
    else:
        reason = "malformed"
        raise Rejected(
            reason, "correlation_id is not a string of 1 to 200 printable characters"
        )
    method = value("method")
    named = isinstance(method, str) and is_name(method)
    if error is None and not named:
        error = InvalidRequest(message=NO_METHOD)
    return Request(
        caller=sender,
        method=cast("str", method) if named else "",
        params=body.text("params"),
        correlation_id=correlation_id,
        reply_to=reply_to,
        timeout_s=_seconds(value("timeout_ms")),
        window=_whole(value("window"), _MOST_WINDOW) or _WINDOW,
        meta=_strings(value("meta")),
        error=error,
    )


CANCEL = "rpc.cancel"
ACKNOWLEDGE = "rpc.ack"
_CONTROL = frozenset({CANCEL, ACKNOWLEDGE})
_CANCELLED = b"cancel"
_TAKEN = b"ack "


@dataclass(slots=True)
class Control:
    """What a client says about a call that is under way."""

    correlation_id: str
    """Empty if it names no call."""
    message: bytes
    """``cancel``, or ``ack 16``: a short form that workers pass on."""


def parse_control(data: bytes) -> Control | None:
    """Read a message about a call; None if it is anything else, such as a request."""
    if b'"rpc.' not in data:
        return None
    try:
        body = members(data.decode())
    except ValueError:
        return None
    method = body.value("method")
    if not isinstance(method, str) or method not in _CONTROL:
        return None
    named = body.value("correlation_id")
    correlation_id = named if isinstance(named, str) and is_name(named) else ""
    if method == CANCEL:
        return Control(correlation_id, _CANCELLED)
    seq = _sequence_number(body.value("params"))
    return Control(correlation_id, b"%b%d" % (_TAKEN, seq))


def taken(message: bytes) -> int | None:
    """Return what the message of a ``Control`` acknowledges; None if it cancels the call."""
    return None if message == _CANCELLED else int(message.removeprefix(_TAKEN))


def parse_batch(data: bytes) -> list[bytes] | None:
    """Return the requests of a batch as they came; None if it is anything else."""
    if b'"batch"' not in data:
        return None
    try:
        body = members(data.decode())
        if "batch" not in body.values or "method" in body.values:
            return None
    except ValueError:  # ``parse_request`` says what is wrong
        return None
    try:
        return _objects(body.text("batch").decode())
    except (IndexError, ValueError) as error:
        reason = "malformed"
        most = f"a list of 1 to {_MOST_REQUESTS} requests"
        raise Rejected(reason, f"a batch is not {most}: {error}") from error


def _objects(text: str) -> list[bytes]:
    """Return the texts of the objects in a list."""
    found: list[bytes] = []
    at = _pass(_OPEN_LIST, text, 0).end()
    while len(found) < _MOST_REQUESTS:
        if text[at] != "{":
            message = f"no object at {at}"
            raise ValueError(message)
        _, end = _value(text, at)
        found.append(text[at:end].encode())
        comma = _COMMA.match(text, end)
        if comma is None:
            _pass(_CLOSE_LIST, text, end)
            return found
        at = comma.end()
    message = "it has more"
    raise ValueError(message)


def parse_batched(data: bytes, caller: Caller, channels: ReplyChannels) -> Request:
    """Read a request of a batch, which must be a call."""
    request = parse_request(data, caller, channels)
    reason = "malformed"
    if not request.correlation_id:
        raise Rejected(reason, "a request of a batch has no correlation_id")
    if request.method in _CONTROL:
        # An answer would end the call that the message is about.
        raise Rejected(reason, "a message about a call comes in a batch")
    return request


def _sequence_number(params: object) -> int:
    """Return the number in an acknowledgement, 0 if there is none that makes sense."""
    given = cast("dict[str, object]", params) if isinstance(params, dict) else {}
    return _whole(given.get("seq"), _MOST_ITEMS)


def _whole(value: object, most: int) -> int:
    """Return a whole number from 1 to ``most``, else 0."""
    if not isinstance(value, int) or isinstance(value, bool):
        return 0
    return value if 0 < value <= most else 0


def _envelope(data: bytes) -> "tuple[Members, RPCError | None]":
    """Read the members of a request, and whether the text breaks off behind them."""
    try:
        return members(data.decode()), None
    except Malformed as error:
        if "correlation_id" in error.before.values:
            return error.before, ParseError()
        reason = "malformed"
        raise Rejected(reason, f"not a JSON object: {error}") from error
    except UnicodeDecodeError as error:
        reason = "malformed"
        raise Rejected(reason, f"not UTF-8: {error}") from error


@dataclass(slots=True)
class Members:
    """The members of a JSON object."""

    values: Mapping[str, Any]
    texts: Mapping[str, str]
    """What they came as, without those that are texts and have no escapes."""

    def value(self, name: str) -> object:
        """Return a member's value, or None."""
        return self.values.get(name)

    def text(self, name: str) -> bytes:
        """Return what a member came as, or nothing."""
        text = self.texts.get(name)
        if text is None:
            text = f'"{self.values[name]}"' if name in self.values else ""
        return text.encode("utf-8", "surrogatepass")


class Malformed(ValueError):
    """A text is not a JSON object; ``before`` is what was read before the mistake."""

    def __init__(self, problem: str, before: Members) -> None:
        """Say what is wrong."""
        super().__init__(problem)
        self.before = before


def members(text: str) -> Members:
    """Read a JSON object; ``Malformed`` if the text is not one."""
    values: dict[str, Any] = {}
    texts: dict[str, str] = {}
    read = Members(values, texts)
    try:
        _read(text, values, texts)
    except ValueError as error:
        raise Malformed(str(error), read) from error
    except (IndexError, RecursionError, StopIteration) as error:
        message = "cut off or nested too deep"
        raise Malformed(message, read) from error
    return read


def _read(text: str, values: dict[str, Any], texts: dict[str, str]) -> None:
    at = _pass(_OPEN, text, 0).end()
    more, count = text[at] != "}", 0
    while more:
        short = _PLAIN.match(text, at)
        if short:
            _take_short(short[0], values, texts)
            # Four quotes each, so that a name that is repeated counts each time.
            count += short[0].count('"') // 4
            at = short.end()
        count += 1
        if count > _MOST_MEMBERS:
            message = f"more than {_MOST_MEMBERS} members"
            raise ValueError(message)
        plain = _NAME.match(text, at)
        name, start = (plain[1], plain.end()) if plain else _name(text, at)
        values[name], at = _value(text, start)
        texts[name] = text[start:at]
        next_one = _COMMA.match(text, at)
        more = next_one is not None
        at = next_one.end() if next_one else at
    at = _pass(_CLOSE, text, at).end()
    if at != len(text):
        message = f"text after the object at {at}"
        raise ValueError(message)


def _take_short(found: str, values: dict[str, Any], texts: dict[str, str]) -> None:
    """Take members that ``_PLAIN`` has found."""
    short = from_json("{" + found[:-1] + "}")
    values.update(short)
    for name in texts.keys() & short:  # the last of a name counts
        del texts[name]


def _value(text: str, at: int) -> tuple[Any, int]:
    """Return the value of a member and its end; None for one that Python cannot hold.

    Whether it can be read is for those to say who need it: params are validated as text.
    """
    try:
        return _decoder.raw_decode(text, at)
    except json.JSONDecodeError:
        raise
    except (RecursionError, ValueError):  # nested too deep; a number of 4,300 digits
        return None, _end(text, at)


def _end(text: str, at: int) -> int:
    """Return the end of a value, in one pass over the text."""
    depth = 0
    for found in _SIGN.finditer(text, at):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(found[0], 0)
        if depth <= 0:
            return found.end()
    message = "cut off"
    raise ValueError(message)


def _name(text: str, at: int) -> tuple[str, int]:
    """Return a member's name that has escapes in it, and the place of its value."""
    if text[at] != '"':
        message = f"expected a name at {at}"
        raise ValueError(message)
    name, at = _decoder.raw_decode(text, at)
    return name, _pass(_COLON, text, at).end()


def _pass(sign: "re.Pattern[str]", text: str, at: int) -> "re.Match[str]":
    """Return the match of a sign that must come now."""
    found = sign.match(text, at)
    if found is None:
        message = f"unexpected text at {at}"
        raise ValueError(message)
    return found


def is_name(text: str) -> bool:
    """Whether a text may be a method's name or a correlation id."""
    return 0 < len(text) <= LONGEST_NAME and text.isprintable()


def _seconds(timeout_ms: object) -> float | None:
    """Return a usable time, else None; members that make no sense are ignored."""
    if isinstance(timeout_ms, bool) or not isinstance(timeout_ms, int | float):
        return None
    return timeout_ms / 1000 if 0 < timeout_ms < 10**12 else None


def _strings(meta: object) -> Mapping[str, str]:
    if not isinstance(meta, dict):
        return {}
    items = cast("dict[str, object]", meta).items()
    return {key: value for key, value in items if isinstance(value, str)}


def result_reply(request: Request, result: bytes) -> bytes:
    """Write the envelope of a result, which is JSON already."""
    return b"{" + _id_member(request) + b'"result":' + (result or b"null") + b"}"


def error_reply(request: Request, error: RPCError) -> bytes:
    """Write the envelope of an error."""
    return b"{" + _id_member(request) + b'"error":' + error.to_json() + b"}"


def reply_head(request: Request) -> bytes:
    """Return what all messages of a stream begin with."""
    return b"{" + _id_member(request) + b'"seq":'


def item_message(head: bytes, seq: int, item: bytes) -> bytes:
    """Write the message with an item, which is JSON already."""
    return b'%b%d,"item":%b}' % (head, seq, item)


def life_sign(head: bytes, seq: int) -> bytes:
    """Write the message that says that a stream goes on after its last item."""
    return b"%b%d}" % (head, seq)


def stream_end(head: bytes, seq: int, error: RPCError | None) -> bytes:
    """Write the message that ends a stream."""
    if error is None:
        return b'%b%d,"result":null}' % (head, seq)
    return b'%b%d,"error":%b}' % (head, seq, error.to_json())


def _id_member(request: Request) -> bytes:
    if not request.correlation_id:
        return b""
    return b'"correlation_id":' + to_json(request.correlation_id) + b","
