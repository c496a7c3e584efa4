"""The command lines of the documentation."""

import re
import shlex
from importlib import import_module
from pathlib import Path

import pytest
from centrifugo_rpc import __main__ as command_line
from centrifugo_rpc import generate, serve
from centrifugo_rpc.export import command as export_command

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", "docs/*.md", "server/README.md", "examples/*/README.md")


def documented(program: str, commands: set[str]) -> list[list[str]]:
    """Return the arguments with which pages run these commands of a program, each once."""
    names = "|".join(commands)
    found: set[str] = set()
    for pattern in PAGES:
        for page in ROOT.glob(pattern):
            text = page.read_text(encoding="utf-8")
            found.update(re.findall(rf"\b{program} ((?:{names})\b[^`)\n]*)", text))
    return [shlex.split(line, comments=True) for line in sorted(found)]


def test_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """``python -m centrifugo_rpc`` knows them; what they do is tested elsewhere."""
    for module in (export_command, generate, serve):
        monkeypatch.setattr(module, "run", lambda _: 0)
    commands = {"export", "generate", "serve"}
    lines = documented("python -m centrifugo_rpc", commands)
    assert {line[0] for line in lines} == commands
    for line in lines:
        assert command_line.main(line) == 0


def test_django() -> None:
    """``manage.py`` knows them."""
    folder = ROOT / "server/centrifugo_rpc/django/management/commands"
    commands = {path.stem for path in folder.glob("[a-z]*.py")}
    lines = documented("python manage.py", commands)
    assert {line[0] for line in lines} == commands
    for name, *arguments in lines:
        module = import_module(f"centrifugo_rpc.django.management.commands.{name}")
        module.Command().create_parser("manage.py", name).parse_args(arguments)
