"""What the export says of handlers that yield."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from processes import ROOT, run_program
from test_export import run, write_app

if TYPE_CHECKING:
    from pathlib import Path

STREAMS = """
from collections.abc import AsyncIterator, Iterator

from centrifugo_rpc import Conn, RPCError, websocket_rpc
from pydantic import BaseModel


class Job(BaseModel):
    job: int


class Progress(BaseModel):
    percent: int = 0


class NoJob(RPCError):
    code = 404
    message = "no such job"


@websocket_rpc("jobs.progress", errors=[NoJob], idempotent=True, timeout=60)
async def progress(conn: Conn, params: Job) -> AsyncIterator[Progress]:
    yield Progress(percent=100)


@websocket_rpc("jobs.lines", on_disconnect="cancel")
def lines(conn: Conn) -> Iterator[str]:
    yield "done"
"""


def test_handlers_that_yield_are_exported_as_streams(
    wsgen_binary: Path, tmp_path: Path
) -> None:
    write_app(tmp_path, STREAMS)
    done = run(tmp_path, "app", "-o", "api")
    assert (done.returncode, done.stderr) == (0, "")
    manifest = tmp_path / "api" / "api.yaml"
    script = ROOT / "fixtures" / "asyncapi-parser" / "check.mjs"
    parsed = run_program("node", str(script), str(manifest))
    assert parsed.returncode == 0, parsed.stdout + parsed.stderr

    read = run_program(str(wsgen_binary), "ir", "--asyncapi", str(manifest))
    assert read.returncode == 0, read.stderr
    methods = {m["name"]: m for m in json.loads(read.stdout)["methods"]}
    progress, lines = methods["jobs.progress"], methods["jobs.lines"]
    assert progress["stream"]
    assert progress["idempotent"]
    assert "Progress" in json.dumps(progress["result"])
    # The whole may take 60 s; clients bound each silence.
    assert "timeout_ms" not in progress
    assert lines["stream"]
    assert (lines["onDisconnect"], "onDisconnect" in progress) == ("cancel", False)
    assert "string" in json.dumps(lines["result"])
    # A stream always has every member of its items that is always sent.
    models = json.loads((tmp_path / "api" / "models.json").read_text(encoding="utf-8"))
    assert models["$defs"]["Progress"]["required"] == ["percent"]
