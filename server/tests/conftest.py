"""Finds the package, and builds and starts the broker that stands in for Centrifugo."""

import contextlib
import json
import os
import random
import shutil
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

SERVER = Path(__file__).parents[1]
ROOT = SERVER.parent
sys.path.insert(0, str(SERVER))

from http_api import API  # noqa: E402
from processes import (  # noqa: E402 -- after the path
    API_KEY,
    PROXY_SECRET,
    SIGNED,
    TOKEN_SECRET,
    VALUE,
    Broker,
    Process,
    StartBroker,
)
from redis_server import PROGRAM, RedisServer, running_redis  # noqa: E402
from userapp import UserApp  # noqa: E402 -- the same


def go_build(folder: Path, name: str, target: Path) -> Path:
    """Build a command of ours."""
    go = shutil.which("go")
    assert go, "the tests with real programs need Go"
    command = [go, "build", "-o", str(target / name), f"./cmd/{name}"]
    subprocess.run(command, cwd=folder, check=True)  # noqa: S603
    return target / name


@pytest.fixture(scope="session")
def broker_binary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return go_build(ROOT / "broker", "wsgen-broker", tmp_path_factory.mktemp("broker"))


@pytest.fixture(scope="session")
def wsgen_binary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return go_build(ROOT, "wsgen", tmp_path_factory.mktemp("wsgen"))


@pytest.fixture(scope="session", autouse=True)
def log_of_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Look for tokens, secrets and values in what all processes have logged."""
    path = tmp_path_factory.mktemp("log") / "all"
    with path.open("ab") as Process.log:
        yield
    hidden = (API_KEY, PROXY_SECRET, TOKEN_SECRET, VALUE)
    log = path.read_text(errors="replace")
    assert [text for text in hidden if text in log] + SIGNED.findall(log) == []


@pytest.fixture
async def start_broker(
    broker_binary: Path, tmp_path: Path
) -> AsyncIterator[StartBroker]:
    """Start brokers with a profile; they end with the test.

    Profiles are the broker's own, or what ``wsgen centrifugo-config`` writes for the
    seed: "wsgen dev", "wsgen proxy". Those take their secrets from the environment.
    """
    async with AsyncExitStack() as stack:

        async def start(
            profile: str, change: Callable[[Any], None] | None = None, port: int = 0
        ) -> Broker:
            own = ROOT / f"broker/profiles/{profile}.json"
            emitted = (
                ROOT
                / "internal/centrifugo/testdata"
                / profile.replace("wsgen ", "seed.")
            )
            file = (
                emitted.with_name(f"{emitted.name}.json")
                if profile.startswith("wsgen ")
                else own
            )
            config = json.loads(file.read_text())
            config["client"].setdefault("token", {"hmac_secret_key": TOKEN_SECRET})
            config.setdefault("http_api", {"key": API_KEY})
            if change:
                change(config)
            path = tmp_path / f"{profile}.json"
            path.write_text(json.dumps(config))
            return await stack.enter_async_context(Broker(broker_binary, path, port))

        yield start


@pytest.fixture
def unused_port() -> Iterator[int]:
    """Hold a port that nobody listens on, so that nobody else gets it either."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        yield one.getsockname()[1]


@pytest.fixture
def own_port() -> int:
    """Return a port that is free, also while what listens on it is away.

    The system gives none of this range to who asks for any port.
    """
    ports = list(range(10_000, 32_000))
    random.shuffle(ports)
    for port in ports:
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    pytest.fail("no port is free")


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    """Run a Redis of the test's own."""
    if PROGRAM is None:
        pytest.skip("redis-server is not installed")
    with running_redis(PROGRAM) as server:
        yield server


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    """Return a FIFO, which a handler reads and the test writes."""
    path = tmp_path / "fifo"
    os.mkfifo(path)
    return path


@pytest.fixture
async def api() -> AsyncIterator[API]:
    async with API() as api:
        yield api


@pytest.fixture
def user_app(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> UserApp:
    """Export modules of users, with the folder that holds them as the current one."""
    return UserApp(tmp_path, monkeypatch, capsys)
