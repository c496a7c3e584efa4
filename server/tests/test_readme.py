"""The README's code runs as it is written there."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from processes import run_program

SERVER = Path(__file__).resolve().parent.parent


def test_the_code_of_the_readme_runs(tmp_path: Path) -> None:
    text = (SERVER / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n# (\S+)\n(.*?)```", text, re.DOTALL)
    for name, code in blocks:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(code, encoding="utf-8")
    env = {
        "PYTHONPATH": str(SERVER),
        "RPC_WORKER_PROXY_SECRET": "only-for-this-test",
        "RPC_WORKER_API_KEY": "only-for-this-test",
    }
    for arguments in (
        ["-m", "centrifugo_rpc", "export", "myapp.handlers", "-o", "api/"],
        ["-m", "centrifugo_rpc", "export", "myapp.handlers", "-o", "api/", "--check"],
        ["-m", "pytest", "-p", "no:cacheprovider", "-p", "no:asyncio"],
        ["-c", "import myapp.asgi"],
    ):
        command = (sys.executable, "-B", "-W", "error", *arguments)
        done = run_program(*command, cwd=tmp_path, env=env)
        assert (done.returncode, done.stderr) == (0, ""), arguments
    assert (tmp_path / "api" / "api.yaml").exists()
