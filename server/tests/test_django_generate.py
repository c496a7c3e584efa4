"""``manage.py generate_centrifugo_clients`` as a user runs it."""

import os
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from processes import run_program

if TYPE_CHECKING:
    from subprocess import CompletedProcess

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "django"

SEED = """\
Found 2 RPC methods
  - system.health: HealthCheckParams -> HealthCheckResult
  - users.update_presence: UserPresenceParams -> UserPresenceResult
✓ Generated Python client
✓ Generated TypeScript client
✓ Generated Go client
Successfully generated 3 client(s)
"""

RENAMED = """\
version: 1
rename: {types: {UserPresenceParams: Presence}}
"""

SETTINGS = """\
from config.settings import *
INSTALLED_APPS.remove("tasks")
"""


class Project:
    """The example, with the seed's two handlers alone, run in a folder of the test."""

    def __init__(self, folder: Path, path: str) -> None:
        self.folder = folder
        self._env = {
            "PATH": path,
            "PYTHONPATH": os.pathsep.join(map(str, (folder, ROOT / "server"))),
            "PYTHONDONTWRITEBYTECODE": "1",
            "DJANGO_SETTINGS_MODULE": "seed_settings",
        }
        self.configure("")

    def configure(self, more: str) -> None:
        (self.folder / "seed_settings.py").write_text(SETTINGS + more)

    def generate(self, *arguments: str, code: int = 0) -> "CompletedProcess[str]":
        manage = [sys.executable, str(EXAMPLE / "manage.py")]
        command = (*manage, "generate_centrifugo_clients", *arguments)
        done = run_program(*command, cwd=self.folder, env=self._env)
        assert done.returncode == code, done.stderr
        return done


@pytest.fixture
def project(tmp_path: Path, wsgen_binary: Path) -> Project:
    return Project(tmp_path, str(wsgen_binary.parent))


def program(path: Path, script: str) -> Path:
    """Write a program that somebody could have on the PATH."""
    path.parent.mkdir(exist_ok=True)
    path.write_text("#!/bin/sh\n" + script)
    path.chmod(0o755)
    return path


def test_the_seeds_console_session(project: Project) -> None:
    done = project.generate("--output", "./opensdk", "--all")
    assert (done.stdout, done.stderr) == (SEED, "")
    made = {path.name for path in (project.folder / "opensdk").iterdir()}
    assert made == {"python", "typescript", "go"}


def test_the_documents_are_those_of_the_seed(project: Project) -> None:
    project.generate("--documents", "api")
    ours = (project.folder / "api/models.json").read_text()
    assert ours == (ROOT / "fixtures/seed/models.json").read_text()
    assert 'title: "Example API"' in (project.folder / "api/api.yaml").read_text()


def test_a_project_without_handlers_is_told_where_they_belong(
    project: Project,
) -> None:
    project.configure("INSTALLED_APPS = ['centrifugo_rpc.django']\n")
    done = project.generate("--output", "./opensdk", code=3)
    assert "write them in rpc.py or handlers.py of an app in" in done.stderr
    assert not (project.folder / "opensdk").exists()


def test_some_languages(project: Project) -> None:
    done = project.generate("-o", "./opensdk", "--python", "--go")
    assert done.stdout.endswith("Successfully generated 2 client(s)\n")
    assert not (project.folder / "opensdk/typescript").exists()


def test_edited_files(project: Project) -> None:
    """They stay as they are, until the flag is given that wsgen names."""
    client = project.folder / "opensdk/python/client.py"
    project.generate("--python")
    made = client.read_text()
    client.write_text("# edited\n")
    done = project.generate("--python", code=1)
    assert "--force" in done.stderr
    assert client.read_text() == "# edited\n"
    project.generate("--python", "--force")
    assert client.read_text() == made


def test_settings_of_wsgen(project: Project) -> None:
    (project.folder / "names.yaml").write_text(RENAMED)
    done = project.generate("--python", "--config", "names.yaml")
    assert "  - users.update_presence: Presence -> " in done.stdout


def test_no_client_of_open_methods_where_permissions_are_required(
    project: Project,
) -> None:
    project.configure('CENTRIFUGO_RPC = {"REQUIRE_PERMISSION": True}')
    done = project.generate("--all", code=3)
    assert "REQUIRE_PERMISSION is set, and these methods have no" in done.stderr
    assert "handlers.py:" in done.stderr
    assert "'system.health'" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (project.folder / "opensdk").exists()


def test_wsgen_by_setting_and_its_exit_code(project: Project, tmp_path: Path) -> None:
    script = (
        '[ "$1" = --version ] && { echo wsgen 1.2.3; exit; }\necho no >&2; exit 3\n'
    )
    other = program(tmp_path / "bin/other-name", script)
    project.configure(f'CENTRIFUGO_RPC = {{"WSGEN": {str(other)!r}}}')
    done = project.generate("--all", code=3)
    assert done.stderr.splitlines()[0] == "no"
    assert "--documents DIR keeps them" in done.stderr


def test_another_program_of_that_name(tmp_path: Path) -> None:
    """JAX-WS has one."""
    other = program(tmp_path / "bin/wsgen", "echo 'wsgen version \"2.2.9\"'\n")
    project = Project(tmp_path, f"{other.parent}:/usr/bin:/bin")
    done = project.generate("--all", code=1)
    assert f"{other} is another program: its --version says" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_wsgen_at_all(tmp_path: Path) -> None:
    if (Path(sysconfig.get_path("scripts")) / "wsgen").exists():
        pytest.skip("wsgen is installed beside this Python")
    project = Project(tmp_path, "/nowhere")
    done = project.generate("--all", code=1)
    assert "cannot find wsgen" in done.stderr
    assert "go build -o wsgen ./cmd/wsgen" in done.stderr
    project.configure('CENTRIFUGO_RPC = {"WSGEN": "/nowhere/wsgen"}')
    done = project.generate("--all", code=1)
    assert "there is no such command" in done.stderr
