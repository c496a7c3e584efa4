"""Finds the ``wsgen`` command."""

import re
import shutil
import subprocess
import sysconfig

_VERSION = re.compile(r"wsgen v?\d+\.\S+")
_TIMEOUT_S = 30

_HOW = """\
Build it once, with Go 1.25 or newer, in a checkout of wsgen:
    go build -o wsgen ./cmd/wsgen
and put it on the PATH, or name it: CENTRIFUGO_RPC = {"WSGEN": "/path/to/wsgen"}"""


class WsgenError(Exception):
    """wsgen cannot be run; the message says what to do."""


def find_wsgen(named: str) -> str:
    """Return the path of wsgen: the one that is named, else the environment's."""
    if named:
        path = shutil.which(named)
        if path is None:
            message = f"CENTRIFUGO_RPC['WSGEN'] is {named!r}: there is no such command"
            raise WsgenError(message)
    else:
        # A wheel installs it beside Python, which need not be on the PATH.
        beside = shutil.which("wsgen", path=sysconfig.get_path("scripts"))
        path = beside or shutil.which("wsgen")
        if path is None:
            message = f"cannot find wsgen, which generates the clients.\n{_HOW}"
            raise WsgenError(message)
    _check(path)
    return path


def _check(path: str) -> None:
    """Refuse another program of that name, such as the one of JAX-WS."""
    try:
        done = subprocess.run(  # noqa: S603 -- it was asked for
            [path, "--version"],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        message = f"{path} cannot be run: {error}"
        raise WsgenError(message) from error
    said = done.stdout.decode(errors="replace").strip()
    if not _VERSION.fullmatch(said):
        first = (said or done.stderr.decode(errors="replace").strip()).partition("\n")[
            0
        ]
        message = (
            f"{path} is another program: its --version says {first[:100]!r}, "
            f"not 'wsgen 1.2.3'.\n{_HOW}"
        )
        raise WsgenError(message)
