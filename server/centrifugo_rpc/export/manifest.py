"""The AsyncAPI document of an API, in its canonical form."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .spec import Api, Error, Event, Key, Method, error_role

if TYPE_CHECKING:
    from .yamltext import Json

JsonObject = dict[str, Any]
Schemas = Mapping[Key, "Json"]
"""JSON Schema of each root of the API."""

DIALECT = "application/schema+json;version=draft-2020-12"
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def head(api: Api) -> JsonObject:
    """Return what every form of a document begins with."""
    return {
        "asyncapi": "3.1.0",
        "info": {"title": api.title, "version": api.version},
        "defaultContentType": "application/json",
    }


def document(api: Api, schemas: Schemas) -> JsonObject:
    """Build the whole document."""
    return head(api) | body(api, schemas)


def body(api: Api, schemas: Schemas) -> JsonObject:
    """Build channels, operations and messages."""
    keys = _Keys(api)
    return {
        "channels": _channels(api, keys),
        "operations": _operations(api, keys, schemas),
        "components": {"messages": _messages(api, keys, schemas)},
    }


def texts(item: Method | Event | Error) -> JsonObject:
    """Return summary and description, as far as there are any."""
    found = {"summary": item.summary, "description": item.description}
    return {key: text for key, text in found.items() if text}


def behaviour(method: Method, schemas: Schemas) -> JsonObject:
    """Return what a method says in ``x-rpc``, in both forms of a document."""
    found: JsonObject = {}
    if method.errors:
        found["errors"] = [_error(method, e, schemas) for e in method.errors]
    if method.deprecated:
        found["deprecated"] = method.deprecated
    if method.stream:
        found["stream"] = True
    if method.idempotent:
        found["idempotent"] = True
    if method.timeout_ms is not None:
        found["timeout_ms"] = method.timeout_ms
    if method.cancel_on_disconnect:
        found["on_disconnect"] = "cancel"
    return found


class _Keys:
    """Keys of channels and messages: wire names, which may clash with each other."""

    def __init__(self, api: Api) -> None:
        messages = {m.name for m in api.methods} | {e.name for e in api.events}
        self.results: dict[str, str] = {}
        for method in api.methods:
            key = _unused(f"{method.name}.result", messages)
            self.results[method.name] = key
            messages.add(key)
        channels = {"requests", "replies"}
        self.channels: dict[str, str] = {}
        for event in api.events:
            key = _unused(event.name, channels)
            self.channels[event.name] = key
            channels.add(key)


def _unused(key: str, taken: set[str]) -> str:
    while key in taken:
        key += "_"
    return key


def _ref(*path: str) -> JsonObject:
    return {"$ref": "#/" + "/".join(path)}


def _message_refs(names: Sequence[str]) -> JsonObject:
    return {name: _ref("components", "messages", name) for name in names}


def _channels(api: Api, keys: _Keys) -> JsonObject:
    requests = [m.name for m in api.methods]
    replies = [keys.results[m.name] for m in api.methods if not m.notify]
    channels: JsonObject = {
        "requests": {"address": api.requests, "messages": _message_refs(requests)},
        "replies": {
            "address": None,
            "messages": _message_refs(replies),
            "x-rpc": {"reply": api.reply},
        },
    }
    for event in api.events:
        channel: JsonObject = {
            "address": event.channel,
            "messages": _message_refs([event.name]),
        }
        if names := _PLACEHOLDER.findall(event.channel):
            channel["parameters"] = {name: {} for name in names}
        channels[keys.channels[event.name]] = channel
    return channels


def _operations(api: Api, keys: _Keys, schemas: Schemas) -> JsonObject:
    operations: JsonObject = {}
    for method in api.methods:
        operations[method.name] = _operation(method, keys, schemas)
    for event in api.events:
        channel = keys.channels[event.name]
        operations[event.name] = {
            "action": "send",
            **texts(event),
            "channel": _ref("channels", channel),
            "messages": [_ref("channels", channel, "messages", event.name)],
            "x-rpc": {"access": event.access},
        }
    return operations


def _operation(method: Method, keys: _Keys, schemas: Schemas) -> JsonObject:
    operation: JsonObject = {
        "action": "receive",
        **texts(method),
        "channel": _ref("channels", "requests"),
        "messages": [_ref("channels", "requests", "messages", method.name)],
    }
    if not method.notify:
        result = keys.results[method.name]
        operation["reply"] = {
            "address": {"location": "$message.header#/reply_to"},
            "channel": _ref("channels", "replies"),
            "messages": [_ref("channels", "replies", "messages", result)],
        }
    if extra := behaviour(method, schemas):
        operation["x-rpc"] = extra
    return operation


def _messages(api: Api, keys: _Keys, schemas: Schemas) -> JsonObject:
    messages: JsonObject = {}
    correlation = {"correlationId": {"location": "$message.header#/correlation_id"}}
    for method in api.methods:
        params = _payload(schemas, (method.name, "params"))
        messages[method.name] = params if method.notify else correlation | params
        if not method.notify:
            result = _payload(schemas, (method.name, "result"))
            messages[keys.results[method.name]] = correlation | result
    for event in api.events:
        messages[event.name] = _payload(schemas, (event.name, "payload"))
    return messages


def _payload(schemas: Schemas, key: Key) -> JsonObject:
    if key not in schemas:
        return {}
    return {"payload": {"schemaFormat": DIALECT, "schema": schemas[key]}}


def _error(method: Method, error: Error, schemas: Schemas) -> JsonObject:
    entry: JsonObject = {"code": error.code, "name": error.name, **texts(error)}
    key = (method.name, error_role(error))
    if key in schemas:
        entry["data"] = schemas[key]
    return entry
