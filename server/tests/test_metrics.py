"""What is counted, and that the page lists all of it."""

import logging
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from centrifugo_rpc.clients import MOST_VERSIONS, ClientVersions
from centrifugo_rpc.doors import Doors
from centrifugo_rpc.metrics import Metrics
from centrifugo_rpc.router import MessageRouter
from centrifugo_rpc.settings import Settings
from processes import PROXY_SECRET

PAGE = Path(__file__).parents[2] / "docs/observability.md"


async def test_the_page_lists_all_metrics_with_their_labels() -> None:
    doors = Doors(MessageRouter(), Settings(api_key="key", proxy_secret=PROXY_SECRET))
    metrics = doors.metrics
    metrics.request("a", 0, 0.1)
    metrics.dropped("a")
    metrics.subscription("a")
    metrics.published("ok")
    metrics.client("a")
    await doors.close()
    text = metrics.text()
    kinds = dict(re.findall(r"^# TYPE centrifugo_rpc_(\w+) (\w+)$", text, re.MULTILINE))
    counted: dict[str, tuple[str, list[str]]] = {}
    for name, kind in kinds.items():
        suffix = "_count" if kind == "histogram" else ""
        line = re.search(
            rf"^centrifugo_rpc_{name}{suffix}(\{{.*\}})? ", text, re.MULTILINE
        )
        assert line, name
        counted[name] = (kind, re.findall(r'(\w+)="', line[1] or ""))
    table = PAGE.read_text().partition("## Metrics")[2].partition("## Logs")[0]
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (.*?) ?\|", table, re.MULTILINE)
    documented = {
        name: (kind, re.findall(r"`(\w+)`", labels)) for name, kind, labels in rows
    }
    assert documented == counted


@pytest.mark.parametrize(
    ("meta", "label"),
    [
        ({"api": "1.2.0"}, "1.2.0"),
        ({}, "(none)"),
        ({"api": "x" * 33}, "(other)"),
        ({"api": 'a"\n'}, "(other)"),
    ],
)
def test_requests_are_counted_by_version(meta: Mapping[str, str], label: str) -> None:
    metrics = Metrics()
    ClientVersions("1.2.0", metrics).count(meta)
    assert f'centrifugo_rpc_clients_total{{api="{label}"}} 1\n' in metrics.text()


def test_hostile_clients_cannot_fill_the_memory() -> None:
    metrics = Metrics()
    versions = ClientVersions("1.0.0", metrics)
    for number in range(1000):
        versions.count({"api": f"1.{number}"})
    assert metrics.text().count("clients_total{") == MOST_VERSIONS + 1
    assert f'api="(other)"}} {1000 - MOST_VERSIONS}\n' in metrics.text()


@pytest.mark.parametrize(
    ("version", "warnings"),
    [("1.9.9", 1), ("1.10.0", 0), ("1.10.1", 0), ("2.0", 0), ("0.1", 1), ("next", 0)],
)
def test_an_old_version_is_warned_of_once(
    version: str, warnings: int, caplog: pytest.LogCaptureFixture
) -> None:
    versions = ClientVersions("1.10.0", Metrics())
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            versions.count({"api": version})
    assert len(caplog.records) == warnings
