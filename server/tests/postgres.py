"""A PostgreSQL server of the tests' own, which they can stop and start again."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

DATABASE = "postgres"
USER = "test"
# Nothing has to survive a power cut, and nobody else comes in.
OPTIONS = ("fsync=off", "listen_addresses=", "max_connections=100")
READY = "database system is ready to accept connections"


def find_programs() -> Path | None:
    """Return the folder of ``initdb`` and ``postgres``; Debian has it off the PATH."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return next((one for one in folders if (one / "postgres").exists()), None)


class Postgres:
    """A server on a socket in a folder."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.folder = folder
        self._programs = programs
        self._process: subprocess.Popen[str] | None = None
        # It refuses to run as root.
        self._user = "nobody" if os.getuid() == 0 else None
        if self._user:
            shutil.chown(folder, self._user)

    def create(self) -> None:
        """Make the files of an empty database, and start."""
        command = ("initdb", "--pgdata=data", f"--username={USER}", "--auth=trust")
        options = ("--no-sync", "--locale=C", "--encoding=UTF8")
        process = self._run(*command, *options)
        _, errors = process.communicate()
        assert process.returncode == 0, errors
        self.start()

    def start(self) -> None:
        """Start, and wait until connections are accepted."""
        settings = [text for option in OPTIONS for text in ("-c", option)]
        place = ("-D", "data", "-k", str(self.folder))
        process = self._process = self._run("postgres", *place, *settings)
        assert process.stderr is not None
        for line in process.stderr:
            if READY in line:
                return
        message = f"postgres has ended: {process.wait()}"
        raise AssertionError(message)

    def stop(self) -> None:
        """End all connections at once, as a restart does, and wait for the end."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.communicate()
            self._process = None

    def _run(self, program: str, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(  # noqa: S603 -- programs of PostgreSQL
            [str(self._programs / program), *arguments],
            cwd=self.folder,
            user=self._user,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )


@contextlib.contextmanager
def running_postgres(programs: Path) -> Iterator[Postgres]:
    """Run a server with an empty database."""
    # A short path, for the socket, and one that another user can reach.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    server = Postgres(programs, folder)
    try:
        server.create()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)
