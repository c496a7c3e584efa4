"""``python -m centrifugo_rpc generate`` as a user runs it."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from processes import run_program

if TYPE_CHECKING:
    from subprocess import CompletedProcess

SERVER = Path(__file__).parents[1]

APP = """\
from centrifugo_rpc import Conn, MessageRouter

router = MessageRouter(title="Things")


@router.rpc("things.count")
def count(conn: Conn) -> int:
    return 1
"""


def generate(folder: Path, path: Path, *arguments: str) -> "CompletedProcess[str]":
    env = {"PATH": str(path), "PYTHONPATH": str(SERVER), "PYTHONDONTWRITEBYTECODE": "1"}
    command = (sys.executable, "-m", "centrifugo_rpc", "generate", *arguments)
    return run_program(*command, cwd=folder, env=env)


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """Return a folder with a module of handlers."""
    (tmp_path / "things.py").write_text(APP)
    return tmp_path


def test_handlers_to_clients_in_one_step(app: Path, wsgen_binary: Path) -> None:
    done = generate(app, wsgen_binary.parent, "things:router", "-o", "opensdk")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Found 1 RPC method\n  - things.count: ")
    assert done.stdout.endswith("Successfully generated 3 client(s)\n")
    made = {path.name for path in (app / "opensdk").iterdir()}
    assert made == {"python", "typescript", "go"}
    assert sorted(path.name for path in app.iterdir()) == ["opensdk", "things.py"]


def test_documents_are_kept_where_they_are_wanted(
    app: Path, wsgen_binary: Path
) -> None:
    options = ("--go", "--documents", "api", "--title", "All Things")
    done = generate(app, wsgen_binary.parent, "things:router", *options)
    assert done.returncode == 0
    assert 'title: "All Things"' in (app / "api/api.yaml").read_text()
    assert [path.name for path in (app / "opensdk").iterdir()] == ["go"]


def test_what_is_wrong_is_said(app: Path, wsgen_binary: Path) -> None:
    done = generate(app, wsgen_binary.parent, "things:nothing")
    assert done.returncode == 3
    assert (
        done.stderr == "error: things:nothing: things has no MessageRouter 'nothing'\n"
    )
    nowhere = os.fspath(app / "nowhere")
    done = generate(app, wsgen_binary.parent, "things:router", "--wsgen", nowhere)
    assert done.returncode == 1
    assert done.stderr == f"error: --wsgen is {nowhere!r}: there is no such command\n"
    client = app / "opensdk/go/client.go"
    assert generate(app, wsgen_binary.parent, "things:router", "--go").returncode == 0
    client.write_text("// edited\n")
    done = generate(app, wsgen_binary.parent, "things:router", "--go")
    assert done.returncode == 1
    assert "--documents DIR keeps them" in done.stderr
