"""The export command: documents, drift, warnings, and what wsgen makes of them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest
from processes import run_program

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
def wsgen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the command of this repository."""
    command = tmp_path_factory.mktemp("wsgen") / "wsgen"
    subprocess.run(  # noqa: S603
        ["go", "build", "-o", str(command), "./cmd/wsgen"],  # noqa: S607
        cwd=ROOT,
        check=True,
    )
    return command


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Export TASKS into ``api/``; the folder also has the module."""
    folder = tmp_path_factory.mktemp("tasks")
    write_app(folder, TASKS)
    done = run(folder, "app", "-o", "api")
    assert (done.returncode, done.stderr) == (0, "")
    return folder


def test_wsgen_accepts_the_documents(wsgen: Path, exported: Path) -> None:
    manifest = exported / "api" / "api.yaml"
    for arguments in (
        ["validate", "--asyncapi", str(manifest)],
        ["--asyncapi", str(manifest), "-o", str(exported / "sdk")],
    ):
        done = run_program(str(wsgen), *arguments)
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


def test_a_router_of_ones_own_is_exported_alone(tmp_path: Path, wsgen: Path) -> None:
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
    done = run_program(str(wsgen), "--asyncapi", "api.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_what_a_schema_cannot_be_trusted_on_is_said(tmp_path: Path) -> None:
    write_app(
        tmp_path,
        """
        from centrifugo_rpc import websocket_rpc
        from pydantic import BaseModel, Field, SecretStr, field_serializer
        from typing import Annotated

        class Account(BaseModel):
            name: str = Field(
                validation_alias="nameIn", serialization_alias="nameOut"
            )
            tokens: list[SecretStr] | None = None
            since: int = 0
            until: int = 0

            @field_serializer("since")
            def write_since(self, value: int):
                return str(value)

            @field_serializer("until")
            def write_until(self, value: int) -> str:
                return str(value)

        class Login(BaseModel):
            password: SecretStr
            user: str = Field(validation_alias="u")

        @websocket_rpc("accounts.save")
        async def save(conn, params: Account) -> Account: ...

        @websocket_rpc("login")
        async def login(conn, params: Login) -> dict[str, object]: ...
        """,
    )
    done = run(tmp_path, "app")
    assert done.returncode == 0
    assert done.stderr.splitlines() == [
        (
            "app.py:7: warning: Account.name is 'nameIn' in params and 'nameOut' in "
            "results: clients get two types of one model; use one alias"
        ),
        "app.py:10: warning: Account.tokens is a secret in a result or an event",
        (
            "app.py:14: warning: serializer Account.write_since does not say what it "
            "returns: the document shows the type of its input; annotate its return "
            "type"
        ),
    ]


SECRETS = """
from dataclasses import dataclass

from centrifugo_rpc import Conn, RPCError, websocket_rpc
from pydantic import BaseModel, Field, Secret, SecretBytes, SecretStr, computed_field
from typing_extensions import TypedDict

class Out(BaseModel):
    kept: SecretStr = Field(exclude=True)
    age: Secret[int]

    @computed_field
    @property
    def computed(self) -> SecretStr: ...

class Dict(TypedDict):
    key: SecretStr

@dataclass
class Data:
    key: SecretBytes

class Denied(RPCError):
    code = 5
    data: SecretStr

@websocket_rpc("a", errors=[Denied])
async def a(conn: Conn, params: Out) -> Out: ...

@websocket_rpc("b")
async def b(conn: Conn) -> list[SecretStr]: ...

@websocket_rpc("c")
async def c(conn: Conn, params: Dict) -> tuple[Dict, Data]: ...
"""


def test_secrets_in_all_that_is_sent(tmp_path: Path) -> None:
    write_app(tmp_path, SECRETS)
    done = run(tmp_path, "app")
    assert done.returncode == 0
    lines = [line for line in done.stderr.splitlines() if "secret" in line]
    said = " is a secret in a result or an event"
    assert lines == [
        f"app.py:10: warning: Out.age{said}",
        f"app.py:12: warning: Out.computed{said}",
        f"app.py:17: warning: Dict.key{said}",
        f"app.py:21: warning: Data.key{said}",
        "app.py:27: warning: a: the error.Denied is a secret",
        "app.py:30: warning: b: the result is a secret",
    ]


HIDDEN = """
from centrifugo_rpc import websocket_rpc
from pydantic import AliasChoices, AliasPath, BaseModel, ConfigDict, Field, RootModel

class Params(BaseModel):
    model_config = ConfigDict(populate_by_name=True)

    deep: int = Field(0, validation_alias=AliasPath("q", 0))
    named: int = Field(0, alias="Named")
    plain: int = 0

class Nested(BaseModel):
    deep: int = Field(0, validation_alias=AliasPath("q", 0))
    first: int = Field(0, validation_alias=AliasChoices(AliasPath("q", 1), "one"))
    params: Params

class Names(RootModel[dict[str, str]]): ...

@websocket_rpc("a")
async def a(conn, params: Nested) -> None: ...

@websocket_rpc("b")
async def b(conn, params: Names) -> Names: ...
"""


def test_fields_that_are_not_read_as_the_document_shows(tmp_path: Path) -> None:
    write_app(tmp_path, HIDDEN)
    done = run(tmp_path, "app")
    assert done.returncode == 0
    assert [line for line in done.stderr.splitlines() if "shows" in line] == [
        (
            "app.py:13: warning: Nested.deep is not read from the name that the "
            "document shows, so what clients send is ignored or refused: use an alias "
            "that is one name, and read by alias"
        )
    ]


def test_other_names_of_an_enums_members(tmp_path: Path) -> None:
    write_app(
        tmp_path,
        """
        from enum import Enum
        from centrifugo_rpc import websocket_rpc

        class Color(Enum):
            RED = 1
            CRIMSON = 1
            BLUE = 2

        @websocket_rpc("a")
        async def a(conn) -> Color: ...
        """,
    )
    assert run(tmp_path, "app").returncode == 0
    models = json.loads((tmp_path / "models.json").read_text(encoding="utf-8"))
    [color] = models["$defs"].values()
    assert (color["enum"], color["x-enum-varnames"]) == ([1, 2], ["RED", "BLUE"])


def test_keys_of_a_pattern_are_the_only_keys(tmp_path: Path) -> None:
    """JSON Schema allows others beside them unless it is told."""
    write_app(
        tmp_path,
        """
        from typing import Annotated
        from centrifugo_rpc import websocket_rpc
        from pydantic import BaseModel, Field

        class Prices(BaseModel):
            by_sku: dict[Annotated[str, Field(pattern="^[A-Z]+$")], int]

        @websocket_rpc("prices.get")
        async def get(conn) -> Prices: ...
        """,
    )
    assert run(tmp_path, "app").returncode == 0
    models = json.loads((tmp_path / "models.json").read_text(encoding="utf-8"))
    by_sku = models["$defs"]["Prices"]["properties"]["by_sku"]
    assert by_sku["patternProperties"] == {"^[A-Z]+$": {"type": "integer"}}
    assert by_sku["additionalProperties"] is False


def test_an_enum_whose_members_cannot_be_hashed(tmp_path: Path) -> None:
    write_app(
        tmp_path,
        """
        from dataclasses import dataclass
        from enum import Enum
        from centrifugo_rpc import websocket_rpc

        @dataclass
        class Size:
            width: int

        class Paper(Size, Enum):
            WIDE = 2
            BROAD = 2
            NARROW = 1

        @websocket_rpc("a")
        async def a(conn) -> Paper: ...
        """,
    )
    done = run(tmp_path, "app")
    assert done.returncode == 0, done.stderr
    models = json.loads((tmp_path / "models.json").read_text(encoding="utf-8"))
    [paper] = models["$defs"].values()
    assert paper["x-enum-varnames"] == ["WIDE", "NARROW"]
    assert len(paper["enum"]) == 2


def test_a_signature_is_no_description(tmp_path: Path) -> None:
    write_app(
        tmp_path,
        """
        from dataclasses import dataclass
        from typing import NamedTuple
        from centrifugo_rpc import centrifugo_channel

        @centrifugo_channel("all", name="data")
        @dataclass
        class Data:
            a: int

        @centrifugo_channel("all", name="pair")
        class Pair(NamedTuple):
            a: int

        @centrifugo_channel("all", name="told")
        @dataclass
        class Told:
            '''Somebody has told.'''

            a: int
        """,
    )
    assert run(tmp_path, "app").returncode == 0
    manifest = (tmp_path / "api.yaml").read_text(encoding="utf-8")
    assert manifest.count("summary:") == 1
    assert 'summary: "Somebody has told."' in manifest


NAMES = """
from centrifugo_rpc import MessageRouter, RPCError
from pydantic import BaseModel

router = MessageRouter()
async def call(conn) -> None: ...
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "router.add('tasks.get_stats', call)\nrouter.add('tasks.getStats', call)",
            (
                "method 'tasks.getStats' and method 'tasks.get_stats' at app.py:6 are both "
                "tasks_get_stats in Python"
            ),
        ),
        (
            "router.add('a.v1', call)\nrouter.add('a.v.1', call)",
            "method 'a.v.1' and method 'a.v1' at app.py:6 are both aV1 in TypeScript",
        ),
        (
            "router.add('on.done', call)\nrouter.add_event('done', 'all', int)",
            "event 'done' and method 'on.done' at app.py:6 are both on_done in Python",
        ),
        (
            "router.add('done.now', call)\nrouter.add_event('doneNow', 'all', int)",
            "",
        ),
        (
            (
                "class Gone(BaseModel): id: int\nM = Gone\n"
                "class Gone(RPCError): code = 4\n"
                "router.add_event('m', 'all', M)\nrouter.add('a', call, errors=[Gone])"
            ),
            "error 'Gone' and model 'Gone' at app.py:7 are both Gone in the clients",
        ),
        (
            (
                "router.add('userIDs.get', call)\nrouter.add('userIDs', call)\n"
                "router.add('get', call)\nrouter.add('getHTTPUrl', call)"
            ),
            "",
        ),
    ],
)
def test_names_that_only_casing_tells_apart(
    tmp_path: Path, wsgen: Path, text: str, said: str
) -> None:
    """What is said here is what wsgen refuses later."""
    write_app(tmp_path, NAMES + text)
    done = run(tmp_path, "app:router")
    assert done.returncode == 0
    assert [line.partition(": warning: ")[2] for line in done.stderr.splitlines()] == [
        (
            f"{said}: rename one of them, here or under `rename` in the configuration of "
            "wsgen"
        )
    ][: bool(said)]
    command = (str(wsgen), "validate", "--asyncapi", "api.yaml")
    refused = run_program(*command, cwd=tmp_path)
    assert ("name-clash" in refused.stderr + refused.stdout) == bool(said)


def test_handlers_without_models_are_warned_about(tmp_path: Path) -> None:
    write_app(
        tmp_path,
        """
        from centrifugo_rpc import websocket_rpc

        @websocket_rpc("a")
        async def a(conn, params: dict[str, int]) -> None: ...
        """,
    )
    done = run(tmp_path, "app")
    assert done.returncode == 0
    assert done.stderr == (
        "app.py:4: warning: a: params dict[str, int] is not a Pydantic model: it is "
        "served, but its schema says less\n"
    )


HEAD = "from centrifugo_rpc import *\nfrom pydantic import BaseModel\n"


@pytest.mark.parametrize(
    ("text", "target", "message"),
    [
        ("", "missing", "there is no module 'missing' in this folder, or installed"),
        ("", "app", "app: nothing is registered; decorate handlers with "),
        ("x = 1", "app:x", "app:x: app has no MessageRouter 'x'"),
        ("import missing", "app", "app.py:1: ModuleNotFoundError: "),
        ("x = 1 / 0", "app", "app.py:1: ZeroDivisionError: division by zero"),
        ("x = (", "app", "app.py:1: SyntaxError: "),
        (
            HEAD + "@websocket_rpc('a')\ndef a(conn) -> None: ...",
            "app",
            "app.py:3: handler a of 'a' is not async: write `async def`",
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
