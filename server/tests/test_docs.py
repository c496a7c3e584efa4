"""The troubleshooting page quotes what programs really say."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
SAID_BY = (
    "server/centrifugo_rpc/**/*.py",
    "gen/python/runtime/_rpc/*.py",
    "gen/typescript/runtime/rpc/*.ts",
)


def test_messages_are_those_of_the_programs() -> None:
    page = (ROOT / "docs/troubleshooting.md").read_text(encoding="utf-8")
    seen = re.findall(r"^\| (?!You see|---)(.*?) \| ", page, re.MULTILINE)
    quoted = {text for cell in seen for text in re.findall(r"`([^`]*? [^`]*)`", cell)}
    assert len(quoted) > 10
    sources = "".join(
        path.read_text(encoding="utf-8")
        for pattern in SAID_BY
        for path in ROOT.glob(pattern)
    )
    # Texts are wrapped, and have the names of settings filled in.
    plain = re.sub(r'"\s*\n\s*f?"', "", sources).replace("{PREFIX}", "RPC_WORKER_")
    plain = plain.replace("{name.upper()}", "PROXY_SECRET")
    codes = {text for text in quoted if re.fullmatch(r"code \d+", text)}
    assert {text for text in quoted - codes if text not in plain} == set()
