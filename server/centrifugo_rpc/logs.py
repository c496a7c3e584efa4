"""Log records of a worker: which call they belong to, as text or as JSON."""

import json
import logging
import sys
from typing import TextIO

from .conn import current_conn

_FIELDS = ("method", "correlation_id", "user")


class CallFilter(logging.Filter):
    """Adds ``method``, ``correlation_id`` and ``user`` of the running call.

    Put it on a handler, and every record within a call carries them, also those
    of other libraries.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Complete a record; all pass."""
        conn = current_conn.get()
        for name in _FIELDS:
            if not hasattr(record, name):
                setattr(record, name, getattr(conn, name, "") or "")
        return True


def hide_frames(*loggers: str) -> None:
    """Drop debug records of loggers that write what is sent, tokens and params included."""
    for name in loggers:
        logging.getLogger(name).addFilter(_above_debug)


def _above_debug(record: logging.LogRecord) -> bool:
    return record.levelno > logging.DEBUG


class JSONFormatter(logging.Formatter):
    """Writes one JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        line: dict[str, object] = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        for name in _FIELDS:
            value = getattr(record, name, "")
            if value:
                line[name] = value
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line)


class TextFormatter(logging.Formatter):
    """Writes records for people, with the call they belong to at the end."""

    def __init__(self) -> None:
        """Use a short, fixed format."""
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:
        """Write a record's first line."""
        pairs = [(name, getattr(record, name, "")) for name in _FIELDS]
        call = " ".join(f"{name}={value!r}" for name, value in pairs if value)
        text = super().formatMessage(record)
        return f"{text} [{call}]" if call else text


def configure(level: str, kind: str, stream: TextIO = sys.stderr) -> None:
    """Log everything to a stream, as ``text`` or as ``json``."""
    handler = logging.StreamHandler(stream)
    handler.addFilter(CallFilter())
    handler.setFormatter(JSONFormatter() if kind == "json" else TextFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
