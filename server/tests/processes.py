"""Real processes and raw connections for the tests: a broker, workers, clients."""

import asyncio
import contextlib
import itertools
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any, Protocol

from aiohttp import ClientSession
from centrifugo_rpc.settings import Settings
from centrifugo_rpc.tokens import connection_token
from typing_extensions import Self
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

ROOT = Path(__file__).parents[2]
API_KEY = "wsgen-broker-development-key"
TOKEN_SECRET = "wsgen-broker-development-secret"
PROXY_SECRET = "a-secret-that-only-centrifugo-knows"
SIGNED = re.compile(r"eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+")
"""A signed token."""
VALUE = "a-value-that-only-the-caller-knows"
"""Each call of a ``RawClient`` has it among its params: no log may hold it."""
# For hangs only: nothing in a passing test takes nearly as long.
PATIENCE_S = 120.0
DEBUG = {"RPC_WORKER_LOG_LEVEL": "debug"}


class StartBroker(Protocol):
    """Starts a broker: profile, change of its configuration, port."""

    async def __call__(
        self,
        profile: str,
        change: Callable[[Any], None] | None = None,
        port: int = 0,
    ) -> "Broker": ...


class Process:
    """A process that says on stdout when it is ready.

    It logs at debug level. What it says goes to ``log``, but for what a test takes.
    """

    log: IO[bytes] | None = None

    def __init__(
        self,
        *command: str,
        env: Mapping[str, str] | None = None,
        stderr: IO[bytes] | None = None,
    ) -> None:
        self._command = command
        self._stderr = stderr or self.log
        self._env = {**os.environ, **DEBUG, **(env or {})}
        self._process: asyncio.subprocess.Process | None = None

    @property
    def process(self) -> asyncio.subprocess.Process:
        assert self._process is not None
        return self._process

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            env=self._env,
            stdout=asyncio.subprocess.PIPE,
            stderr=self._stderr,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.end(signal.SIGTERM)

    async def line(self, start: str) -> str:
        """Return the rest of the first line that starts so."""
        stdout = self.process.stdout
        assert stdout is not None
        while line := await asyncio.wait_for(stdout.readline(), PATIENCE_S):
            note(line)
            text = line.decode().rstrip("\n")
            if text.startswith(start):
                return text.removeprefix(start)
        message = f"{self._command} ended before it said {start!r}"
        raise AssertionError(message)

    async def fails(self, environ: Mapping[str, str]) -> tuple[int, str]:
        """Run to the end; return the exit code and stderr."""
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *self._command, env={**self._env, **environ}, stdout=pipe, stderr=pipe
        )
        said = await asyncio.wait_for(process.communicate(), PATIENCE_S)
        note(*said)
        assert process.returncode is not None
        return process.returncode, said[1].decode()

    async def end(self, number: int) -> int:
        """Send a signal, wait, and return the exit code."""
        if self.process.returncode is None:
            self.process.send_signal(number)
        return await self.ended()

    async def ended(self) -> int:
        """Wait for the end and return the exit code."""
        said, _ = await asyncio.wait_for(self.process.communicate(), PATIENCE_S)
        note(said)
        assert self.process.returncode is not None
        return self.process.returncode


def note(*said: bytes) -> None:
    """Keep what a process has said for the search at the end of the session."""
    if Process.log is not None:
        Process.log.write(b"".join(said))
        Process.log.flush()


def run_program(
    *command: str,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> "subprocess.CompletedProcess[str]":
    """Run a program to its end, with more in its environment.

    What it prints is its result, and no log.
    """
    done = subprocess.run(  # noqa: S603 -- commands of the tests
        command,
        env={**os.environ, **DEBUG, **(env or {})},
        cwd=cwd,
        timeout=PATIENCE_S,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    note(done.stderr.encode())
    return done


class Gate:
    """A port that leads to another one, and can be closed for a while."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._open = True
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.close()

    def close(self) -> None:
        """Cut all connections, and new ones at once."""
        self._open = False
        for writer in self._writers:
            writer.transport.abort()

    def open(self) -> None:
        """Let connections through again."""
        self._open = True

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if not self._open:
            writer.transport.abort()
            return
        there = await asyncio.open_connection("127.0.0.1", self._target)
        self._writers |= {writer, there[1]}
        await asyncio.gather(_pump(reader, there[1]), _pump(there[0], writer))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


class Broker(Process):
    """``wsgen-broker`` with a configuration file."""

    def __init__(self, binary: Path, config: Path, port: int = 0) -> None:
        options = ("--config", str(config), "--port", str(port))
        super().__init__(str(binary), *options, "--log-level", "debug")
        self.address = ""
        self._token = json.loads(config.read_text())["client"].get("token", {})

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        self.address = await self.line("listening on ")
        return self

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    def settings(self, **others: Any) -> Settings:
        """Return settings for a worker of this broker."""
        values = {
            "api_url": f"http://{self.address}/api",
            "api_key": API_KEY,
            "ws_url": f"ws://{self.address}/connection/websocket",
            "token_secret": TOKEN_SECRET,
            "token_audience": self._token.get("audience", ""),
            "token_issuer": self._token.get("issuer", ""),
            "proxy_secret": PROXY_SECRET,
        }
        return Settings(**(values | others))

    async def api(self, method: str, params: object) -> Any:
        """Call a method of the HTTP API."""
        headers = {"X-API-Key": API_KEY}
        url = f"http://{self.address}/api/{method}"
        async with (
            ClientSession(headers=headers) as session,
            session.post(url, json=params) as response,
        ):
            return await response.json()

    def client(self, user: str, *channels: str) -> "RawClient":
        """Return a client of a user, with server-side channels."""
        settings = self.settings()
        token = connection_token(settings, user, channels=channels)
        return RawClient(settings.ws_url, token, user)


class RawClient:
    """Speaks Centrifugo's JSON protocol frame by frame, as anybody can."""

    def __init__(self, url: str, token: str, user: str) -> None:
        self.url = url
        self.token = token
        self.user = user
        self._ids = itertools.count(1)
        self._socket: ClientConnection | None = None
        self._replies: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.publications: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._reader: asyncio.Task[None] | None = None

    @property
    def socket(self) -> ClientConnection:
        assert self._socket is not None
        return self._socket

    async def __aenter__(self) -> Self:
        reply = await self.connect()
        assert "connect" in reply, reply
        return self

    async def connect(self, **more: Any) -> dict[str, Any]:
        """Connect with the token, and return the reply."""
        self._socket = await connect(self.url, max_size=None)
        self._reader = asyncio.create_task(self._read())
        return await self.ask(connect={"token": self.token, **more})

    async def __aexit__(self, *_: object) -> None:
        await self.socket.close()
        assert self._reader is not None
        await self._reader

    async def _read(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for frame in self.socket:
                for text in str(frame).split("\n"):
                    await self._take(json.loads(text) if text else None)

    async def _take(self, message: dict[str, Any] | None) -> None:
        if message == {}:
            await self.socket.send("{}")
        elif message and "id" in message:
            self._replies.pop(message["id"]).set_result(message)
        elif message and "pub" in message.get("push", {}):
            self.publications.put_nowait(message["push"])

    async def ask(self, **command: Any) -> dict[str, Any]:
        """Send a command and return the reply to it."""
        number = next(self._ids)
        reply: asyncio.Future[dict[str, Any]] = (
            asyncio.get_running_loop().create_future()
        )
        self._replies[number] = reply
        await self.socket.send(json.dumps({"id": number, **command}))
        return await asyncio.wait_for(reply, PATIENCE_S)

    async def publish(
        self, data: object, channel: str = "rpc.requests"
    ) -> dict[str, Any]:
        """Publish, and return the acknowledgement."""
        return await self.ask(publish={"channel": channel, "data": data})

    async def next_reply(self) -> dict[str, Any]:
        """Return the data of the next publication."""
        push = await asyncio.wait_for(self.publications.get(), PATIENCE_S)
        data: dict[str, Any] = push["pub"]["data"]
        return data

    async def call(
        self, method: str, params: object, number: str = "c1"
    ) -> dict[str, Any]:
        """Call over pub/sub and return the reply to this call."""
        request = {
            "method": method,
            "params": with_value(params),
            "correlation_id": number,
        }
        ack = await self.publish({**request, "reply_to": f"user#{self.user}"})
        assert "publish" in ack, ack
        while (reply := await self.next_reply())["correlation_id"] != number:
            pass
        return reply

    async def rpc(self, method: str, params: object) -> dict[str, Any]:
        """Call over native RPC and return the whole reply."""
        return await self.ask(rpc={"method": method, "data": with_value(params)})


def with_value(params: object) -> object:
    """Add a value that handlers ignore."""
    return {**params, "value": VALUE} if isinstance(params, dict) else params


class Worker(Process):
    """A worker process: ``serve``, or the ASGI application under uvicorn."""

    port = 0

    @classmethod
    def subscriber(cls, settings: Settings, target: str, *options: str) -> "Worker":
        """Return a process of the command ``serve``."""
        command = (sys.executable, "-m", "centrifugo_rpc", "serve", target, *options)
        return cls(*command, env=environment(settings))

    @classmethod
    def proxied(cls, settings: Settings, **environ: str) -> "Worker":
        """Return a process that answers Centrifugo's proxies."""
        script = str(Path(__file__).with_name("proxy_worker.py"))
        return cls(sys.executable, script, env=environment(settings) | environ)

    async def answering(self) -> Self:
        """Wait until requests arrive."""
        await self.line("answering requests")
        return self


def environment(settings: Settings) -> dict[str, str]:
    """Return the settings as a process gets them."""
    tests = Path(__file__).parent
    default = Settings()
    values = {
        f"RPC_WORKER_{name.upper()}": str(value)
        for name, value in vars(settings).items()
        if value != getattr(default, name)
    }
    path = os.pathsep.join([str(tests.parent), str(tests)])
    return values | {"PYTHONPATH": path, "PYTHONWARNINGS": "error"}
