"""Which versions of the API the clients were generated from."""

import logging
import re
from collections.abc import Mapping

from .metrics import Metrics

_logger = logging.getLogger(__name__)

MOST_VERSIONS = 20
"""Versions that are counted apart: labels of anybody's choice would fill the memory."""
_VERSION = re.compile(r"[0-9A-Za-z.+-]{1,32}")
_NUMBERS = re.compile(r"(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?")


class ClientVersions:
    """Counts requests by the version that clients send, and warns of each old one once."""

    def __init__(self, current: str, metrics: Metrics) -> None:
        """Take the version of the API that is served."""
        self._current = current
        self._metrics = metrics
        self._known: set[str] = set()

    def count(self, meta: Mapping[str, str]) -> None:
        """Count a request by what its client says."""
        version = meta.get("api", "(none)")
        if version not in self._known:
            version = self._learn(version)
        self._metrics.client(version)

    def _learn(self, version: str) -> str:
        """Return the label of a version that is new here."""
        if version == "(none)":
            return version
        if len(self._known) >= MOST_VERSIONS or not _VERSION.fullmatch(version):
            return "(other)"
        self._known.add(version)
        numbers, ours = _numbers(version), _numbers(self._current)
        if numbers and ours and numbers < ours:
            _logger.warning(
                "a client of API version %s calls, and this is version %s: "
                "generate it anew",
                version,
                self._current,
            )
        return version


def _numbers(version: str) -> tuple[int, ...] | None:
    """Return what orders versions; None if it is not made of numbers and dots."""
    found = _NUMBERS.match(version)
    return tuple(int(part or 0) for part in found.groups()) if found else None
