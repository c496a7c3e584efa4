"""Driver of the conformance cases for the Python client; see ../../README.md.

Start it with the generated package as ``opensdk.python`` in ``PYTHONPATH``, in
development mode and with warnings as errors, so that what is never awaited, closed
or looked at shows on standard error:

    PYTHONPATH=DIR python -X dev -W error -B driver.py
"""  # noqa: INP001 - a program, not part of a package

import asyncio
import gc
import json
import logging
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from opensdk.python import (
    APIClient,
    CallError,
    CallOptions,
    CallTimeout,
    Card,
    CentrifugoRPCClient,
    ConnectError,
    ConnectionLost,
    Echo,
    EventOverflow,
    EventPosition,
    EventsLost,
    InvalidParamsError,
    ItemNotFound,
    MethodNotFoundError,
    NotConnected,
    RequestTooLarge,
    RPCError,
    Transfer,
    UnauthorizedError,
)
from opensdk.python.rpc_client import Events, Stream, StreamOptions
from pydantic import BaseModel

JSON: TypeAlias = dict[str, Any]
Call: TypeAlias = Callable[[APIClient, Any, CallOptions], Awaitable[object]]
ChannelCall: TypeAlias = Callable[
    [APIClient, JSON, Any, CallOptions], Awaitable[object]
]
Loop: TypeAlias = Callable[[APIClient, JSON, Any, StreamOptions], Stream[Any]]
Iterate: TypeAlias = Callable[[APIClient, JSON, EventPosition | None], Events[Any]]

LEAK_S = 10
"""How long tasks of closed clients may take to end."""

METHODS: dict[str, Call] = {
    "test.echo": lambda api, params, more: api.test_echo(_echo(params), **more),
    "test.repeat": lambda api, params, more: api.test_repeat(_echo(params), **more),
    "test.maybe": lambda api, _, more: api.test_maybe(**more),
    "test.nothing": lambda api, _, more: api.test_nothing(**more),
    "test.notify": lambda api, params, more: api.test_notify(_echo(params), **more),
    "test.fail": lambda api, _, more: api.test_fail(**more),
    "test.list": lambda api, params, more: api.test_list(params, **more),
    "test.text": lambda api, params, more: api.test_text(params, **more),
    "test.perhaps": lambda api, params, more: api.test_perhaps(_echo(params), **more),
    "test.json": lambda api, params, more: api.test_json(params, **more),
    "test.either": lambda api, params, more: api.test_either(_either(params), **more),
    "test.elsewhere": lambda api, params, more: api.test_elsewhere(
        _echo(params), **more
    ),
}
# Those whose requests channel takes arguments.
CHANNEL_METHODS: dict[str, ChannelCall] = {
    "test.shop": lambda api, args, params, more: api.test_shop(
        args["shop_id"], args["part"], _echo(params), **more
    ),
    "test.shop_note": lambda api, args, _, more: api.test_shop_note(
        args["shop_id"], args["part"], **more
    ),
}
STREAMS: dict[str, Loop] = {
    "test.items": lambda api, _, params, more: api.test_items(_echo(params), **more),
    "test.items_again": lambda api, _, params, more: api.test_items_again(
        _echo(params), **more
    ),
    "test.maybe_items": lambda api, _, __, more: api.test_maybe_items(**more),
    "test.shop_items": lambda api, args, params, more: api.test_shop_items(
        args["shop_id"], args["part"], _echo(params), **more
    ),
}
EVENTS: dict[str, Iterate] = {
    "item.changed": lambda api, args, since: api.on_item_changed(
        args["item_id"], since=since
    ),
    "announced": lambda api, args, since: api.on_announced(args["topic"], since=since),
    "elsewhere.heard": lambda api, _, since: api.on_elsewhere_heard(since=since),
    "ticked": lambda api, _, since: api.on_ticked(since=since),
}
# The first that fits, so subclasses come before their base.
ERRORS: dict[type[BaseException], str] = {
    InvalidParamsError: "InvalidParamsError",
    MethodNotFoundError: "MethodNotFoundError",
    ItemNotFound: "ItemNotFound",
    RPCError: "RPCError",
    CallTimeout: "CallTimeout",
    ConnectionLost: "ConnectionLost",
    RequestTooLarge: "RequestTooLarge",
    NotConnected: "NotConnected",
    EventOverflow: "EventOverflow",
    EventsLost: "EventsLost",
    ConnectError: "ConnectError",
    asyncio.CancelledError: "Cancelled",
}


def _unexpected(record: logging.LogRecord) -> bool:
    """Tell whether a line of the log means that something is wrong.

    Payloads that do not fit their type are logged, as they should be. asyncio logs where
    more than five calls write in one turn of its loop to a socket that has just failed.
    """
    return not record.msg.startswith(("payload of %s", "socket.send() raised"))


def _echo(params: JSON | None) -> Echo | None:
    return None if params is None else Echo.model_validate_json(json.dumps(params))


def _either(params: JSON | int) -> Card | Transfer | int:
    if isinstance(params, int):
        return params
    model = Card if params["kind"] == "card" else Transfer
    return model.model_validate_json(json.dumps(params))


def _say(**message: object) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def _plain(value: object) -> object:
    """Return a result or an error's data as a user would print it."""
    return (
        json.loads(value.model_dump_json()) if isinstance(value, BaseModel) else value
    )


def _error(error: BaseException) -> JSON:
    kind = next((ERRORS[t] for t in ERRORS if isinstance(error, t)), "Unexpected")
    told: JSON = {"type": kind, "message": str(error)}
    if kind == "Unexpected":
        told["message"] = repr(error)
    if isinstance(error, CallError) and error.method:
        told["method"] = error.method
        told["correlation_id"] = error.correlation_id
        told["sent"] = error.sent
    if isinstance(error, RPCError | ConnectError) and error.code:
        told["code"] = error.code
    if isinstance(error, RPCError) and error.data is not None:
        told["data"] = _plain(error.data)
    if isinstance(error, EventsLost):
        told["position"] = error.position
    if isinstance(error, InvalidParamsError):
        told["issues"] = error.issues
    return told


@dataclass
class _Client:
    """A client, and the tokens that it asked for."""

    rpc: CentrifugoRPCClient
    api: APIClient
    tokens: list[asyncio.Future[str]]
    batches: dict[str, "_Batch"] = field(default_factory=dict[str, "_Batch"])

    async def caller(self, command: JSON) -> APIClient:
        """Return what a command calls through: the client, or a batch when it begins."""
        name = command.get("batch")
        if name is None:
            return self.api
        if name not in self.batches:
            self.batches[name] = _Batch(self.api.batch(), command.get("batch_size", 2))
        await self.batches[name].begin()
        return self.batches[name].api


class _Batch:
    """A batch whose calls begin in one turn of the loop, once there are enough."""

    def __init__(self, api: APIClient, size: int) -> None:
        self.api = api
        self._size = size
        self._waiting = 0
        self._begins = asyncio.Event()

    async def begin(self) -> None:
        self._waiting += 1
        if self._waiting < self._size:
            await self._begins.wait()
            return
        begins, self._begins, self._waiting = self._begins, asyncio.Event(), 0
        begins.set()
        await asyncio.sleep(0)  # the others go on in the next turn, too


class Driver:
    """Runs commands side by side; each answers by itself."""

    def __init__(self) -> None:
        """Begin without clients."""
        self._clients: dict[str, _Client] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._releases: dict[str, asyncio.Event] = {}
        self._left: set[str] = set()

    async def run(self) -> None:
        """Read commands to the end of standard input, then close everything."""
        while line := await asyncio.to_thread(sys.stdin.readline):
            command: JSON = json.loads(line)
            if command["do"] == "token":
                self._token(command)
            elif command["do"] == "reset":
                await self._reset()
                _say(id=command["id"], ok=True)
            else:
                work = self._answer(command)
                self._tasks[command["id"]] = asyncio.create_task(work)
        await self._reset()

    async def _reset(self) -> None:
        """Close and forget all clients, and report tasks that outlive them."""
        await asyncio.gather(*(c.rpc.close() for c in self._clients.values()))
        await asyncio.gather(*self._tasks.values())
        self._clients.clear()
        self._tasks.clear()
        self._releases.clear()
        self._left.clear()
        gc.collect()  # reports errors of tasks that nobody looked at
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        if rest:
            _, leaked = await asyncio.wait(rest, timeout=LEAK_S)
            for task in leaked:
                sys.stderr.write(f"still runs: {task!r}\n")

    async def _answer(self, command: JSON) -> None:
        run = getattr(self, "_do_" + command["do"])
        try:
            answer = await run(command)
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001
            answer = {"error": _error(error)}
        self._forget(command["id"])
        _say(id=command["id"], **answer)

    def _forget(self, name: str) -> None:
        """Keep nothing of a command that has ended: only clients may fill the memory."""
        del self._tasks[name]
        self._releases.pop(name, None)
        self._left.discard(name)

    async def _do_new(self, command: JSON) -> JSON:
        name, options = command["client"], dict(command.get("options", {}))
        token: str | Callable[[], Awaitable[str]] = command.get("token", "")
        tokens: list[asyncio.Future[str]] = []

        async def ask(**about: object) -> str:
            answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
            tokens.append(answer)
            _say(client=name, token=len(tokens), **about)
            return await answer

        options.pop("handler_throws", None)  # events are loops: nothing to throw from
        if options.pop("token_function", False):
            token = ask
        if options.pop("subscription_token_function", False):
            options["get_subscription_token"] = lambda channel: ask(channel=channel)
        if "timeout_ms" in options:
            options["timeout_s"] = options.pop("timeout_ms") / 1000
        rpc = CentrifugoRPCClient(command["url"], token, command.get("user"), **options)
        rpc.on_state(lambda state: _say(client=name, state=state))
        self._clients[name] = _Client(rpc, APIClient(rpc), tokens)
        return {"ok": True}

    def _token(self, command: JSON) -> None:
        number: int = command["n"]
        answer = self._clients[command["client"]].tokens[number - 1]
        if answer.done():
            return  # given up meanwhile
        if "error" in command:
            kind = UnauthorizedError if command.get("unauthorized") else RuntimeError
            answer.set_exception(kind(command["error"]))
        else:
            answer.set_result(command["token"])

    async def _do_connect(self, command: JSON) -> JSON:
        await self._clients[command["client"]].rpc.connect(timeout_s=_timeout(command))
        return {"ok": True}

    async def _do_close(self, command: JSON) -> JSON:
        await self._clients[command["client"]].rpc.close()
        return {"ok": True}

    async def _do_call(self, command: JSON) -> JSON:
        api = await self._clients[command["client"]].caller(command)
        name = command["method"]
        params, args = command.get("params"), command.get("args")
        options = CallOptions(timeout_s=_timeout(command), meta=command.get("meta"))
        if args is None:
            result = await METHODS[name](api, params, options)
        else:
            result = await CHANNEL_METHODS[name](api, args, params, options)
        return {"result": _plain(result)}

    async def _do_stream(self, command: JSON) -> JSON:
        api = await self._clients[command["client"]].caller(command)
        name = command["id"]
        options = StreamOptions(timeout_s=_timeout(command), meta=command.get("meta"))
        if "window" in command:
            options["window"] = command["window"]
        begin, args = STREAMS[command["method"]], command.get("args", {})
        async with begin(api, args, command.get("params"), options) as stream:
            async for item in stream:
                if name in self._left:
                    break
                _say(id=name, item=_plain(item))
                if command.get("hold"):
                    await self._released(name)
                if name in self._left:
                    break
        return {"left": True} if name in self._left else {"end": True}

    async def _do_break(self, command: JSON) -> JSON:
        if command["stream"] in self._tasks:
            self._left.add(command["stream"])
            self._release(command["stream"])
        return {"ok": True}

    async def _released(self, name: str) -> None:
        release = self._releases.setdefault(name, asyncio.Event())
        await release.wait()
        release.clear()

    async def _do_cancel(self, command: JSON) -> JSON:
        if call := self._tasks.get(command["call"]):
            call.cancel()
        return {"ok": True}

    async def _do_subscribe(self, command: JSON) -> JSON:
        api, iterate = self._clients[command["client"]].api, EVENTS[command["event"]]
        _say(id=command["id"], ok=True)
        held = command.get("hold", False)
        try:
            events = iterate(api, command.get("args", {}), command.get("since"))
            async for event in events:
                place = {"position": events.position} if events.position else {}
                _say(id=command["id"], event=_plain(event), **place)
                if held:
                    held = False
                    await self._released(command["id"])
        except asyncio.CancelledError:
            pass  # by unsubscribe
        except Exception as error:  # noqa: BLE001
            return {"end": _error(error)}
        return {"end": True}

    async def _do_release(self, command: JSON) -> JSON:
        self._release(command["subscription"])
        return {"ok": True}

    def _release(self, name: str) -> None:
        if name in self._tasks:
            self._releases.setdefault(name, asyncio.Event()).set()

    async def _do_unsubscribe(self, command: JSON) -> JSON:
        if subscription := self._tasks.get(command["subscription"]):
            subscription.cancel()
            await asyncio.wait([subscription])
        return {"ok": True}


def _timeout(command: JSON) -> float | None:
    return command["timeout_ms"] / 1000 if "timeout_ms" in command else None


async def main() -> None:
    """Run the commands."""
    for name in ("opensdk.python.rpc_client", "asyncio"):
        logging.getLogger(name).addFilter(_unexpected)
    # The time that a step takes says nothing on a busy machine.
    asyncio.get_running_loop().slow_callback_duration = float("inf")
    gc.freeze()  # each reset looks only at what has been made since
    await Driver().run()


if __name__ == "__main__":
    asyncio.run(main())
