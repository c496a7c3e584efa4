"""What the export warns of: what a document would not say as it is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from processes import run_program
from test_export import run, write_app

if TYPE_CHECKING:
    from pathlib import Path


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
    tmp_path: Path, wsgen_binary: Path, text: str, said: str
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
    command = (str(wsgen_binary), "validate", "--asyncapi", "api.yaml")
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
