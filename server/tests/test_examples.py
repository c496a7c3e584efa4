"""The examples, run as their READMEs say."""

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from processes import Broker, Process, StartBroker, environment, run_program

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
USER = "456"


class Shell:
    """Runs commands in a copy of an example."""

    def __init__(self, folder: Path, binaries: Path) -> None:
        self.folder = folder
        self.env = {
            "PATH": os.pathsep.join(map(str, (binaries, os.environ["PATH"]))),
            "PYTHONPATH": os.pathsep.join(
                map(str, (folder, ROOT / "server", ROOT / ".tools" / "fastapi"))
            ),
            "PYTHONDONTWRITEBYTECODE": "1",
            "CENTRIFUGO_CLIENT_TOKEN_HMAC_SECRET_KEY": "only-for-development",
            "CENTRIFUGO_HTTP_API_KEY": "only-for-development",
        }

    async def run(self, *command: str) -> str:
        """Run to the end and return stdout."""
        done = await asyncio.to_thread(
            run_program, *command, cwd=self.folder, env=self.env
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def readme(self) -> str:
        """Return the example's README."""
        return (self.folder / "README.md").read_text()

    def start(self, *command: str, env: Mapping[str, str]) -> Process:
        """Return a process, to be entered."""
        return Process(*command, env={**self.env, **env})


@pytest.fixture
def shell(tmp_path: Path, wsgen_binary: Path) -> Shell:
    folder = tmp_path / "django"
    ignored = shutil.ignore_patterns("__pycache__", "opensdk", "api", "*.sqlite3")
    shutil.copytree(EXAMPLES / "django", folder, ignore=ignored)
    return Shell(folder, wsgen_binary.parent)


async def test_the_django_example(
    shell: Shell, broker_binary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its commands print what its README shows."""
    python, manage = sys.executable, str(shell.folder / "manage.py")
    await shell.run(python, manage, "migrate")
    readme = shell.readme()
    # tests/packaging runs `make api`.
    generate = "manage.py generate_centrifugo_clients --output ./opensdk --all"
    generate += " --documents api"
    assert f"```sh\npython {generate}\n```" in readme
    assert await shell.run(python, *generate.split()) in readme
    config = shell.folder / "centrifugo.json"
    make_config = ["--asyncapi", "api/api.yaml", "--profile", "dev", "-o", str(config)]
    await shell.run("wsgen", "centrifugo-config", *make_config)
    for name in ("CENTRIFUGO_CLIENT_TOKEN_HMAC_SECRET_KEY", "CENTRIFUGO_HTTP_API_KEY"):
        monkeypatch.setenv(name, shell.env[name])
    monkeypatch.setenv("CENTRIFUGO_VAR_RPC_PROXY_SECRET", "only-for-development")
    async with Broker(broker_binary, config) as broker:
        url = f"ws://{broker.address}/connection/websocket"
        env = {
            "RPC_WORKER_WS_URL": url,
            "RPC_WORKER_API_URL": f"http://{broker.address}/api",
        }
        async with shell.start(python, manage, "runrpc", env=env) as worker:
            await worker.line("answering requests")
            token = await shell.run(python, manage, "centrifugo_token", USER)
            said = await shell.run(python, "call.py", USER, token.strip(), url)
            assert f"```\n{said}```" in readme
            assert await worker.end(signal.SIGTERM) == 0


async def test_the_tests_of_the_django_example(shell: Shell) -> None:
    assert "```sh\npython manage.py test\n```" in shell.readme()
    await shell.run(sys.executable, "manage.py", "test")


async def test_the_proxies_of_the_django_example(shell: Shell) -> None:
    """They refuse to work without a secret of the project's own."""
    forged = (
        "from django.test import Client\n"
        "client = Client(SERVER_NAME='localhost', raise_request_exception=False)\n"
        "headers = {'X-Centrifugo-RPC-Secret': 'only-for-development'}\n"
        "print(client.post('/centrifugo/publish', headers=headers).status_code)"
    )
    manage = (sys.executable, "manage.py")
    assert await shell.run(*manage, "shell", "-v0", "-c", forged) == "500\n"
    make_secret = "import secrets; print(secrets.token_urlsafe(32))"
    assert f'```sh\npython -c "{make_secret}"\n```' in shell.readme()
    secret = await shell.run(sys.executable, "-c", make_secret)
    shell.env["CENTRIFUGO_VAR_RPC_PROXY_SECRET"] = secret.strip()
    await shell.run(*manage, "check", "--fail-level", "WARNING")
    assert await shell.run(*manage, "shell", "-v0", "-c", forged) == "401\n"


async def test_the_asyncio_example(start_broker: StartBroker) -> None:
    broker = await start_broker("b")
    script = str(EXAMPLES / "asyncio" / "main.py")
    env = environment(broker.settings())
    async with (
        Process(sys.executable, "-B", script, env=env) as worker,
        broker.client(USER, f"user#{USER}") as client,
    ):
        # It prints nothing: only an answer shows that it is there.
        number = 0
        while client.publications.empty():
            number += 1
            request = {"method": "greetings.hello", "correlation_id": str(number)}
            await client.publish(request)
            await asyncio.sleep(0.05)
        reply = await client.next_reply()
        assert reply["result"] == {"text": "Hello, world!", "from_user": USER}
        assert await worker.end(signal.SIGINT) == 0
