"""What requests, replies, channels and tokens look like."""

import base64
import json
import re
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlsplit

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError, from_json, to_json

from .._json.exact import exact_adapter
from .api import Transport
from .call import Call
from .errors import (
    ConnectError,
    EventPosition,
    InvalidParamsError,
    MethodNotFoundError,
    RequestTooLarge,
    RPCError,
)
from .frames import Unreadable


class UnreadableError(ValueError):
    """A value that no type takes: text that is not Unicode, a number, or deep nesting."""

    def __init__(self, place: tuple[int | str, ...], problem: str) -> None:
        self.place = place
        self.problem = problem
        super().__init__(f"{'.'.join(map(str, place))}: {problem}")


MISFITS = (ValidationError, UnreadableError)
"""What decoding raises."""


def without_values(misfit: ValidationError | UnreadableError) -> str:
    """Describe a misfit for logs: where it is, and which rule it breaks."""
    if isinstance(misfit, UnreadableError):
        return str(misfit)
    problems = misfit.errors(
        include_url=False, include_context=False, include_input=False
    )
    return "; ".join(
        f"{'.'.join(map(str, problem['loc']))}: {problem['type']}"
        for problem in problems
    )


_adapters: dict[int, TypeAdapter[Any]] = {}


def adapter_of(kind: Any) -> TypeAdapter[Any]:  # noqa: ANN401
    # By identity, since not all types hash; descriptors keep the types alive.
    adapter = _adapters.get(id(kind))
    if adapter is None:
        adapter = _adapters[id(kind)] = exact_adapter(kind)
    return adapter


def decode(kind: Any, value: object) -> object:  # noqa: ANN401
    """Validate a JSON value as JSON: that differs from Python's values."""
    try:
        text = to_json(value)
    except PydanticSerializationError:
        raise _unreadable(value) from None
    return adapter_of(kind).validator.validate_json(text)


def _unreadable(value: object) -> UnreadableError:
    """Find the first part of a value that cannot be written as JSON."""
    parts: list[tuple[tuple[int | str, ...], object]] = [((), value)]
    while parts:
        place, part = parts.pop()
        children: list[tuple[int | str, object]] = []
        if isinstance(part, dict):
            members = cast("dict[str, object]", part)
            if not all(map(_is_unicode, members)):
                return UnreadableError(place, "the name of a member is not Unicode")
            children = list(members.items())
        elif isinstance(part, list):
            children = list(enumerate(cast("list[object]", part)))
        elif isinstance(part, str) and not _is_unicode(part):
            return UnreadableError(place, "the text is not valid Unicode")
        elif isinstance(part, Unreadable):
            return UnreadableError(place, "the value is too long or too deep")
        parts += [((*place, key), child) for key, child in reversed(children)]
        if len(place) > _MAX_DEPTH:
            break
    return UnreadableError((), "the value is nested too deeply")


_MAX_DEPTH = 250
"""Beyond it, nothing is written."""


def _is_unicode(text: str) -> bool:
    """Tell whether no half of a surrogate pair is alone."""
    return text.isascii() or not _SURROGATE.search(text)


_SURROGATE = re.compile("[\ud800-\udfff]")


_MAX_CHANNEL_BYTES = 1024
_ENVELOPE_BYTES = 300
"""More than a request takes beyond its names, params and metadata."""


class Requests:
    """Writes requests that fit into a frame."""

    def __init__(
        self, transport: Transport, channel: str, max_frame_bytes: int, api_version: str
    ) -> None:
        self.reply_channel = ""
        self._native = transport == "rpc"
        self._channel = channel
        self._max = max_frame_bytes
        self._api_version = api_version

    def data(self, call: Call) -> object:
        """Return what is sent for a call."""
        method = call.method
        text = b"{}"
        if call.params is not None or method.null_params:
            text = adapter_of(method.params).serializer.to_json(
                call.params, by_alias=True
            )
        channel = method.channel or self._channel
        body = from_json(text)  # by way of text, the only place where NaN is null
        # Native RPC names the method and matches replies itself: bare params do.
        if self._native:
            data, command = body, {"rpc": {"method": method.name, "data": body}}
        else:
            data = self._envelope(call, body)
            command = {"publish": {"channel": channel, "data": data}}
        # Quick far from the limit: escapes make the SDK's text of the params at most
        # six times as long as this one, and that of names twelve times.
        names = len(method.name) + len(channel) + len(self.reply_channel)
        call.most_bytes = 6 * len(text) + 12 * names + _ENVELOPE_BYTES
        if call.meta or call.most_bytes > self._max:
            call.most_bytes = self._checked_size(call, command)
        return data

    def _envelope(self, call: Call, body: object) -> dict[str, object]:
        data: dict[str, object] = {"method": call.method.name, "params": body}
        if not call.method.notify:
            data["correlation_id"] = call.id
            data["reply_to"] = self.reply_channel
            data.update(call.more())
        if call.meta:
            data["meta"] = {"api": self._api_version, **call.meta}
        return data

    def _checked_size(self, call: Call, command: Mapping[str, object]) -> int:
        """Return the size as the SDK writes it; refuse what does not fit into a frame."""
        size = len(json.dumps({"id": 2**32 - 1, **command}))
        if size > self._max:
            message = f"{size} bytes do not fit into {self._max}"
            raise RequestTooLarge(message, **call.about())
        return size


def result_of(call: Call, reply: object) -> object:
    """Return the result that a reply says, or raise its error."""
    if not isinstance(reply, dict):
        message = "the reply is malformed"
        raise RPCError(-32603, message, reply, **call.about())
    body = cast("dict[str, Any]", reply)
    error = body.get("error")
    if error is not None:
        raise error_of(call, error)
    return typed(call, body.get("result"))


def typed(call: Call, value: object, what: str = "the result") -> object:
    """Return a result as the method's type."""
    kind = call.method.result
    if kind is None:
        return None
    try:
        return decode(kind, value)
    except MISFITS as invalid:
        message = f"{what} does not fit its type: {without_values(invalid)}"
        data = value if isinstance(invalid, ValidationError) else None
        raise RPCError(-32603, message, data, **call.about()) from invalid


NOT_TAKEN = {-32700, -32600, -32601, -32001, -32003}
"""The worker's reply says that it could not read or take the request."""


def error_of(call: Call, error: object) -> RPCError:
    """Return the error that a reply has."""
    body = cast("dict[str, Any]", error) if isinstance(error, dict) else {}
    code, data = body.get("code"), body.get("data")
    number = code if type(code) is int else -32603
    if number in NOT_TAKEN:
        call.sent = call.again
    kinds: dict[int | None, type[RPCError]] = {
        -32602: InvalidParamsError,
        -32601: MethodNotFoundError,
    }
    kinds.update({kind.declared_code: kind for kind in call.method.errors[::-1]})
    kind = kinds.get(number, RPCError)
    if kind.data_type is not None:
        try:
            data = decode(kind.data_type, data)
        except MISFITS:
            kind = RPCError
    message = str(body.get("message", "error"))
    return kind(number, message, data, **call.about())


_EXAMPLE_URL = "wss://example.com/connection/websocket"


def check_url(url: str) -> None:
    """Refuse what cannot be the URL of a WebSocket: the SDK would try it for ever."""
    try:
        parts = urlsplit(url)
        host = parts.hostname and parts.port != 0  # no number: a ValueError
        valid = parts.scheme in {"ws", "wss"} and bool(host)
    except ValueError:
        valid = False
    if not valid:
        is_http = url.startswith(("http://", "https://"))
        example = url.replace("http", "ws", 1) if is_http else _EXAMPLE_URL
        message = f"not the URL of a WebSocket, such as {example}: {url!r}"
        raise ConnectError(message)


def check_channel(event: str, channel: str) -> None:
    """Refuse a channel that is too long for any server."""
    size = len(channel.encode(errors="replace"))
    if size > _MAX_CHANNEL_BYTES:
        message = f"a channel of {size} bytes, the limit is {_MAX_CHANNEL_BYTES}"
        raise RequestTooLarge(message, method=event, sent=False)


def position_of(since: Mapping[str, object]) -> EventPosition:
    """Refuse what is no position: the server would end the connection."""
    offset, epoch = since.get("offset"), since.get("epoch")
    if not isinstance(offset, int) or offset < 0 or not isinstance(epoch, str):
        message = f"not a position of an event: {since}"
        raise ValueError(message)
    return EventPosition(offset=offset, epoch=epoch)


def fill_template(template: str, user_id: str, nonce: str) -> str:
    """Return the caller's reply channel."""
    if "{user_id}" in template:
        if not user_id:
            message = "the user id is not known: pass user_id, or a token with a sub"
            raise ConnectError(message)
        if set(user_id) & set(",#:"):
            message = f"a user id cannot hold ',', '#' or ':': {user_id!r}"
            raise ConnectError(message)
    return template.replace("{user_id}", user_id).replace("{nonce}", nonce)


def user_of(token: str, given: str | None) -> str:
    """Return the user id, from the token's ``sub`` where none is given."""
    subject = ""
    payload = [*token.split("."), "", ""][1]
    try:
        claims: object = json.loads(
            base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
        )
    except ValueError:
        claims = None
    if isinstance(claims, dict):
        claim = cast("dict[str, object]", claims).get("sub")
        subject = claim if isinstance(claim, str) else ""
    if given is not None and subject and given != subject:
        message = f"user_id is {given!r}, but the token is for {subject!r}"
        raise ConnectError(message)
    return subject if given is None else given
