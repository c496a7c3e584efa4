"""The export command: documents, drift, errors, and what wsgen makes of them."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest
from processes import run_program

if TYPE_CHECKING:
    import subprocess

SERVER = Path(__file__).resolve().parent.parent
ROOT = SERVER.parent

# One of everything that an export can hold.
TASKS = '''
from __future__ import annotations

from decimal import Decimal
from enum import Enum
from typing import Annotated, Generic, Literal, TypeVar

from centrifugo_rpc import (
    Conn, MessageRouter, PermissionDenied, RPCError, centrifugo_channel, websocket_rpc
)
from pydantic import BaseModel, Field

MessageRouter.default.title = "Task API"


class Status(Enum):
    """Where a task stands."""

    NOT_STARTED = 0
    FINISHED = 10


class Task(BaseModel):
    """A piece of work."""

    id: int = Field(description="Counts from one.")
    status: Status = Status.NOT_STARTED
    cost: Decimal | None = None


class GetTask(BaseModel):
    task_id: int


class ByOwner(BaseModel):
    by: Literal["owner"] = "owner"
    owner: str


class ByStatus(BaseModel):
    by: Literal["status"] = "status"
    status: Status


Item = TypeVar("Item")


class Page(BaseModel, Generic[Item]):
    items: list[Item]


class TaskNotFoundData(BaseModel):
    task_id: int


class TaskNotFound(RPCError):
    """There is no such task.

    It may have been deleted.
    """

    code = 404
    data: TaskNotFoundData


async def may_read(user: str, project_id: int) -> bool: ...


@centrifugo_channel(
    "tasks:{project_id}", name="task.updated", permission=may_read
)
class TaskUpdated(BaseModel):
    """A task has
    changed.
    """

    task: Task


@websocket_rpc("tasks.get", errors=[TaskNotFound, PermissionDenied], idempotent=True)
async def get(conn: Conn, params: GetTask) -> Task:
    """Return one
    task.

    Tasks of others are not found.

    Nor are drafts.
    """


@websocket_rpc("tasks.save", timeout=0.5)
async def save(conn: Conn, params: Task) -> Task | None:
    """Save a task."""


@websocket_rpc("tasks.find", deprecated="Use `tasks.get`.")
async def find(
    conn: Conn, params: Annotated[ByOwner | ByStatus, Field(discriminator="by")]
) -> Page[Task]: ...


@websocket_rpc("tasks.seen", no_wait=True)
async def seen(conn: Conn, params: GetTask) -> None: ...


@websocket_rpc("tasks.get.result")
async def clash(conn: Conn) -> dict[str, list[int]]: ...


MessageRouter.default.add_event("requests", "all", ByOwner | ByStatus)
'''


def run(folder: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run ``python -m centrifugo_rpc export`` in a folder."""
    command = (sys.executable, "-B", "-m", "centrifugo_rpc", "export", *arguments)
    return run_program(*command, cwd=folder, env={"PYTHONPATH": str(SERVER), **env})


def write_app(folder: Path, text: str, name: str = "app") -> None:
    (folder / f"{name}.py").write_text(dedent(text), encoding="utf-8")


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Export TASKS into ``api/``; the folder also has the module."""
    folder = tmp_path_factory.mktemp("tasks")
    write_app(folder, TASKS)
    done = run(folder, "app", "-o", "api")
    assert (done.returncode, done.stderr) == (0, "")
    return folder


def test_wsgen_accepts_the_documents(wsgen_binary: Path, exported: Path) -> None:
    # In this folder, since wsgen mentions packages of the same title in the current one.
    for arguments in (
        ["validate", "--asyncapi", "api/api.yaml"],
        ["--asyncapi", "api/api.yaml", "-o", "sdk"],
    ):
        done = run_program(str(wsgen_binary), *arguments, cwd=exported)
        assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "Found 5 RPC methods" in done.stdout
    assert "  - tasks.get: GetTask -> Task" in done.stdout

    client = (exported / "sdk" / "python" / "client.py").read_text(encoding="utf-8")
    assert "Return one task." in client
    assert "Tasks of others are not found." in client
    assert "Nor are drafts." in client
    assert '@deprecated("Use `tasks.get`.")' in client
    assert "project_id" in client
    errors = (exported / "sdk" / "python" / "errors.py").read_text(encoding="utf-8")
    assert "There is no such task." in errors
    assert "class PermissionDenied(RPCError)" in errors
    for name in ("python/models.py", "typescript/types.ts", "go/types.go"):
        models = (exported / "sdk" / name).read_text(encoding="utf-8")
        assert "Counts from one." in models
        assert "FINISHED" in models or "Finished" in models


def test_the_official_parser_accepts_the_document(exported: Path) -> None:
    script = ROOT / "fixtures" / "asyncapi-parser" / "check.mjs"
    done = run_program("node", str(script), str(exported / "api" / "api.yaml"))
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_documents_say_what_the_code_says(exported: Path) -> None:
    manifest = (exported / "api" / "api.yaml").read_text(encoding="utf-8")
    models = json.loads((exported / "api" / "models.json").read_text(encoding="utf-8"))
    assert 'title: "Task API"' in manifest
    assert 'summary: "A task has changed."' in manifest
    assert "timeout_ms: 500" in manifest
    assert models["$defs"]["Status"]["x-enum-varnames"] == ["NOT_STARTED", "FINISHED"]
    # The mapping of a discriminator leads where the references beside it lead.
    assert 'owner: "models.json#/$defs/ByOwner-Input"' in manifest
    # Params as they are read, results as they are sent.
    texts = {
        name: json.dumps(models["$defs"][name]["properties"]["cost"])
        for name in ("Task-Input", "Task-Output")
    }
    assert "number" in texts["Task-Input"]
    assert "number" not in texts["Task-Output"]


def test_a_second_export_changes_nothing(exported: Path) -> None:
    before = (exported / "api" / "api.yaml").stat().st_mtime_ns
    done = run(exported, "app", "-o", "api", PYTHONHASHSEED="1")
    assert done.stdout.count("up to date") == 2
    assert (exported / "api" / "api.yaml").stat().st_mtime_ns == before


def test_check_shows_drift_and_writes_nothing(exported: Path, tmp_path: Path) -> None:
    text = TASKS.replace("Counts from one.", "Counts from zero.")
    write_app(tmp_path, text)
    fresh = run(tmp_path, "app", "--check", "-o", "api")
    assert fresh.returncode == 1
    assert not (tmp_path / "api").exists()

    for name in ("api.yaml", "models.json"):
        (tmp_path / name).write_bytes((exported / "api" / name).read_bytes())
    changed = run(tmp_path, "app", "--check")
    assert changed.returncode == 1
    assert "--- models.json (committed)\n+++ models.json (exported)" in changed.stdout
    assert '+          "description": "Counts from zero."' in changed.stdout
    assert "api.yaml" not in changed.stdout
    assert run(tmp_path, "app").returncode == 0
    assert run(tmp_path, "app", "--check").returncode == 0


def test_title_version_and_channels_can_be_set(tmp_path: Path) -> None:
    write_app(tmp_path, TASKS)
    done = run(
        tmp_path,
        *("app", "--title", "Mine", "--version", "2.3.4"),
        RPC_WORKER_REQUESTS_CHANNEL="rpc:requests",
        RPC_WORKER_REPLY_CHANNEL="user.{nonce}#{user_id}",
    )
    assert done.returncode == 0
    manifest = (tmp_path / "api.yaml").read_text(encoding="utf-8")
    assert 'title: "Mine"\n  version: "2.3.4"' in manifest
    assert 'address: "rpc:requests"' in manifest
    assert 'reply: "user.{nonce}#{user_id}"' in manifest


def test_a_router_of_ones_own_is_exported_alone(
    tmp_path: Path, wsgen_binary: Path
) -> None:
    write_app(
        tmp_path,
        """
        from centrifugo_rpc import MessageRouter, websocket_rpc

        admin = MessageRouter(title="Admin API", version="3.0.0")

        @admin.rpc("cache.clear")
        async def clear(conn) -> None: ...

        @websocket_rpc("other")
        async def other(conn) -> None: ...
        """,
    )
    assert run(tmp_path, "app:admin").returncode == 0
    manifest = (tmp_path / "api.yaml").read_text(encoding="utf-8")
    assert "Admin API" in manifest
    assert "other" not in manifest
    done = run_program(str(wsgen_binary), "--asyncapi", "api.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


HEAD = "from centrifugo_rpc import *\nfrom pydantic import BaseModel\n"


@pytest.mark.parametrize(
    ("text", "target", "message"),
    [
        ("", "missing", "there is no module 'missing' in this folder, or installed"),
        ("", "app", "app: nothing is registered; decorate handlers with "),
        ("", "app.py", "'app.py' is a file: name its module, such as app"),
        ("", "./shop/app.py", "'./shop/app.py' is a file: name its module, such as "),
        (
            HEAD + "@websocket_rpc\nasync def a(conn) -> None: ...",
            "app",
            """app.py:3: a name is missing: write @websocket_rpc("users.me"), for""",
        ),
        (
            HEAD + "r = MessageRouter()\n@r.rpc\nasync def a(conn) -> None: ...",
            "app:r",
            """app.py:4: a name is missing: write @rpc("users.me"), for""",
        ),
        ("x = 1", "app:x", "app:x: app has no MessageRouter 'x'"),
        ("import missing", "app", "app.py:1: ModuleNotFoundError: "),
        ("x = 1 / 0", "app", "app.py:1: ZeroDivisionError: division by zero"),
        ("x = (", "app", "app.py:1: SyntaxError: "),
        (
            HEAD + "@websocket_rpc('a')\ndef a(conn) -> None: yield",
            "app",
            "app.py:3: handler a of 'a' yields, but returns NoneType: write `-> Itera",
        ),
        (
            HEAD + "from collections.abc import Callable\n"
            "class M(BaseModel):\n    f: Callable[[], int]\n"
            "@websocket_rpc('a')\nasync def a(conn, params: M) -> None: ...",
            "app",
            "app.py:5: a: the params has no JSON Schema: Cannot generate a JsonSchema",
        ),
        (
            HEAD + "from pydantic import Field\nclass M(BaseModel):\n"
            "    f: float = Field(examples=[float('inf')])\n"
            "@websocket_rpc('a')\nasync def a(conn, params: M) -> None: ...",
            "app",
            "app.py:5: $defs/M/properties/f/examples/0 is inf, which cannot be written ",
        ),
        (
            HEAD + "from pydantic import Field\nclass M(BaseModel):\n"
            "    f: int = Field(description='half of a character: \\ud83d')\n"
            "@websocket_rpc('a')\nasync def a(conn, params: M) -> None: ...",
            "app",
            "app.py:5: $defs/M/properties/f/description is 'half of a character: ",
        ),
        (
            HEAD + "class M(BaseModel):\n    x: 'Missing'\n"
            "@websocket_rpc('a')\nasync def a(conn, params: M) -> None: ...",
            "app",
            "app.py:5: handler a of 'a' has a params type with an unknown name: ",
        ),
        (
            HEAD + "@centrifugo_channel('a', name='a')\n"
            "class M(BaseModel):\n    x: 'Missing'\n",
            "app",
            "app.py:3: event 'a' has a payload with an unknown name: ",
        ),
        (
            HEAD + "class E(RPCError): code = 4\n"
            "@websocket_rpc('a', errors=[E])\nasync def a(conn) -> None: ...\n"
            "class X:\n    class E(RPCError): code = 5\n"
            "@websocket_rpc('b', errors=[X.E])\nasync def b(conn) -> None: ...",
            "app",
            "app.py:7: error E has another code or other data than the one at app.py:3",
        ),
    ],
)
def test_errors_of_users_have_a_place_and_no_traceback(
    tmp_path: Path, text: str, target: str, message: str
) -> None:
    write_app(tmp_path, text)
    done = run(tmp_path, target)
    assert done.returncode == 3
    assert done.stderr.startswith(f"error: {message}")
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "api.yaml").exists()


def test_no_document_of_an_open_method_where_permissions_are_required(
    tmp_path: Path,
) -> None:
    head = "from centrifugo_rpc import everyone, websocket_rpc\n"
    said = (
        "@websocket_rpc('said', permission=everyone)\nasync def b(conn) -> None: ...\n"
    )
    required = {"RPC_WORKER_REQUIRE_PERMISSION": "true"}
    write_app(tmp_path, head + said)
    assert run(tmp_path, "app", **required).returncode == 0
    made = (tmp_path / "api.yaml").read_bytes()

    write_app(
        tmp_path, head + said + "@websocket_rpc('a')\nasync def a(conn) -> None: ...\n"
    )
    for arguments in (["app"], ["app", "--check"]):
        done = run(tmp_path, *arguments, **required)
        assert (done.returncode, done.stdout) == (3, "")
        assert done.stderr == (
            "error: REQUIRE_PERMISSION is set, and these methods have no permission; "
            "write permission=everyone where that is meant: app.py:4: 'a'\n"
        )
        assert (tmp_path / "api.yaml").read_bytes() == made
    assert run(tmp_path, "app").returncode == 0, "by default it is open"


def test_usage_errors(tmp_path: Path) -> None:
    assert run(tmp_path).returncode == 2
    write_app(tmp_path, TASKS)
    (tmp_path / "file").touch()
    done = run(tmp_path, "app", "-o", "file")
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr


def test_the_document_says_who_may_subscribe(tmp_path: Path) -> None:
    write_app(
        tmp_path,
        HEAD
        + """
from centrifugo_rpc import MessageRouter
async def allowed(user: str, id: int) -> bool: ...
add = MessageRouter.default.add_event
add("asked", "a:{id}", int, permission=allowed)
add("own", "b#{user_id}", int)
add("all", "c:{id}", int, access="public")
add("fixed", "d", int)
add("unsaid", "e:{id}", int)
add("private", "$f:{id}", int)
""",
    )
    done = run(tmp_path, "app")
    assert done.returncode == 0, done.stderr
    assert done.stderr == (
        "app.py:11: warning: unsaid: nobody may subscribe to e:{id}, since nothing "
        "says who may: set permission= to a function of the user and the channel's "
        'arguments, or access="public"\n'
    )
    text = (tmp_path / "api.yaml").read_text()
    said = re.findall(
        r'^  (\w+):\n(?:    .*\n)*?      access: "(\w+)"', text, re.MULTILINE
    )
    assert said == [
        ("asked", "permission"),
        ("own", "user"),
        ("all", "public"),
        ("fixed", "public"),
        ("unsaid", "permission"),
        ("private", "permission"),
    ]
