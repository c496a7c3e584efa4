"""A Redis server of the tests' own, which they can stop, start again and hold still."""

import contextlib
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

PROGRAM = shutil.which("redis-server")
READY = "eady to accept connections"


class RedisServer:
    """A server on a socket in a folder, which keeps nothing on disk."""

    def __init__(self, program: str, folder: Path) -> None:
        self.url = f"unix://{folder / 's'}"
        keeps_nothing = ("--save", "", "--appendonly", "no", "--dir", str(folder))
        place = ("--port", "0", "--unixsocket", str(folder / "s"))
        self._command = [program, *place, *keeps_nothing]
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start, and wait until connections are accepted."""
        process = self._process = subprocess.Popen(  # noqa: S603 -- Redis itself
            self._command, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        for line in process.stdout:
            if READY in line:
                return
        message = f"redis-server has ended: {process.wait()}"
        raise AssertionError(message)

    def stop(self) -> None:
        """End at once, and forget everything."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    @contextlib.contextmanager
    def still(self) -> Iterator[None]:
        """Let connections stay open, and answer nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)


@contextlib.contextmanager
def running_redis(program: str) -> Iterator[RedisServer]:
    """Run an empty server."""
    folder = Path(tempfile.mkdtemp(prefix="redis-"))  # a short path, for the socket
    server = RedisServer(program, folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)
