"""The installed SDK still has, and uses, what the runtime takes of it that is not public."""

import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ._rpc import hooks
from ._rpc.sdk import centrifuge
from .scripted_broker import Broker, jwt

_HOW = (
    "centrifuge-python has changed what _rpc/hooks.py uses: bring that file up to date, "
    "or lower the bound in requirements.txt"
)
_PRIVATE = re.compile(
    r"SLF001|attr\([^)]*[\"']_(?!_)|(?:client|codec|centrifuge)\._[a-z]"
)


@pytest.fixture
def client(broker: Broker) -> Any:  # noqa: ANN401
    return centrifuge.Client(broker.url, token=jwt("456"))


async def test_the_sdk_has_what_is_used(client: Any) -> None:  # noqa: ANN401
    owners = {
        "Client": client,
        "Client._codec": client._codec,
        "Subscription": client.new_subscription("news:1"),
    }
    for owner, names in hooks.USED.items():
        lost = [name for name in names if not hasattr(owners[owner], name)]
        assert lost == [], f"{owner}: {_HOW}"
    assert not hooks.uses_protobuf(client), _HOW
    other = centrifuge.Client("ws://localhost", use_protobuf=True)
    assert hooks.uses_protobuf(other), _HOW


async def test_they_have_the_arguments_that_are_known(client: Any) -> None:  # noqa: ANN401
    def taken(function: Callable[..., Any]) -> list[str]:
        return list(inspect.signature(function).parameters)

    codec = client._codec
    send = client._send_commands
    assert taken(send) == ["commands"], _HOW
    assert inspect.iscoroutinefunction(send), _HOW
    assert taken(codec.encode_commands) == ["commands"], _HOW
    assert taken(codec.decode_replies) == ["data"], _HOW
    assert taken(client.ready) == ["timeout"], _HOW
    assert inspect.iscoroutinefunction(client.ready), _HOW


async def test_codecs_belong_to_one_connection(client: Any) -> None:  # noqa: ANN401
    """What is replaced for one connection must not be for another, nor for the user's."""
    other = centrifuge.Client("ws://localhost")
    assert hooks.codec_of(client) is not hooks.codec_of(other), _HOW


async def test_the_sdk_uses_what_was_replaced(client: Any) -> None:  # noqa: ANN401
    used: set[str] = set()
    codec = hooks.codec_of(client)
    assert codec is not None, _HOW
    encode, decode = codec.encode_commands, codec.decode_replies

    def encode_noted(commands: hooks.Commands) -> object:
        used.add("encode_commands")
        assert all(isinstance(command, dict) for command in commands), _HOW
        return encode(commands)

    def decode_noted(data: str) -> hooks.Commands:
        used.add("decode_replies")
        assert isinstance(data, str), _HOW
        return decode(data)

    def noted(send: hooks.Send) -> hooks.Send:
        async def send_noted(commands: hooks.Commands) -> None:
            used.add("_send_commands")
            await send(commands)

        return send_noted

    async def ready(timeout: float | None = None) -> None:  # noqa: ARG001
        used.add("ready")

    codec.encode_commands, codec.decode_replies = encode_noted, decode_noted
    hooks.replace_send(client, noted)
    await client.connect()
    await client.ready(timeout=5)
    hooks.replace_ready(client, ready)
    request = {"method": "test", "params": {}, "correlation_id": "c"}
    await client.publish("rpc.requests", request, timeout=5)
    await client.disconnect()
    assert used == {"encode_commands", "decode_replies", "_send_commands", "ready"}, (
        _HOW
    )


def test_nothing_else_uses_what_is_private() -> None:
    folder = Path(hooks.__file__).parent
    found = [
        f"{path.name}: {line.strip()}"
        for path in sorted(folder.glob("*.py"))
        if path.name != "hooks.py"
        for line in path.read_text(encoding="utf-8").splitlines()
        if _PRIVATE.search(line)
    ]
    assert found == []
