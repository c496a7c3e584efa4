"""Counts what a worker does, as text that Prometheus reads."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""Of the text."""
BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the histogram's buckets."""


class Metrics:
    """The counters, histograms and gauges of one worker process."""

    def __init__(self) -> None:
        """Start at nothing."""
        self._requests: Counter[tuple[str, str]] = Counter()
        self._dropped: Counter[str] = Counter()
        self._publications: Counter[str] = Counter()
        self._subscriptions: Counter[str] = Counter()
        self._clients: Counter[str] = Counter()
        self._repeated = 0
        self._store_failures = 0
        self._gone = 0
        self._presence_failures = 0
        self._durations: dict[str, list[int]] = {}
        self._sums: defaultdict[str, float] = defaultdict(float)
        self._gauges: dict[str, tuple[str, Callable[[], float]]] = {}

    def request(self, method: str, code: int, seconds: float) -> None:
        """Count an answered request; code 0 is success."""
        self._requests[method, str(code) if code else "ok"] += 1
        counts = self._durations.get(method)
        if counts is None:
            counts = self._durations[method] = [0] * (len(BOUNDS_S) + 1)
        counts[bisect_left(BOUNDS_S, seconds)] += 1
        self._sums[method] += seconds

    def dropped(self, reason: str) -> None:
        """Count a publication that was no request, or not to be answered."""
        self._dropped[reason] += 1

    def subscription(self, outcome: str) -> None:
        """Count what the subscribe proxy asks: ``allowed``, or why it was refused."""
        self._subscriptions[outcome] += 1

    def client(self, version: str) -> None:
        """Count a request by the API version that its client was generated from."""
        self._clients[version] += 1

    def repeated(self) -> None:
        """Count a retry that was answered without a second run."""
        self._repeated += 1

    def store_failed(self) -> None:
        """Count a question to the store that it did not answer."""
        self._store_failures += 1

    def gone(self) -> None:
        """Count a call that is cancelled because its caller has gone."""
        self._gone += 1

    def presence_failed(self, count: int) -> None:
        """Count questions for callers that Centrifugo did not answer."""
        self._presence_failures += count

    def published(self, outcome: str, count: int = 1) -> None:
        """Count publications over the HTTP API: ``ok``, ``retried``, ``failed``."""
        self._publications[outcome] += count

    def gauge(self, name: str, text: str, read: Callable[[], float]) -> None:
        """Show a value that is read when somebody looks."""
        self._gauges[name] = (text, read)

    def text(self) -> str:
        """Return everything in Prometheus' text format."""
        lines: list[str] = []
        add = lines.extend
        add(_head("requests_total", "counter", "Answered requests by method and code."))
        for (method, code), count in sorted(self._requests.items()):
            lines.append(_line("requests_total", count, method=method, code=code))
        add(_head("duration_seconds", "histogram", "From a request to its reply."))
        for method in sorted(self._durations):
            add(self._histogram(method))
        add(_head("dropped_total", "counter", "Publications that got no answer."))
        for reason, count in sorted(self._dropped.items()):
            lines.append(_line("dropped_total", count, reason=reason))
        add(_head("publications_total", "counter", "Publications over the HTTP API."))
        for outcome, count in sorted(self._publications.items()):
            lines.append(_line("publications_total", count, outcome=outcome))
        add(_head("subscriptions_total", "counter", "Answers to the subscribe proxy."))
        for outcome, count in sorted(self._subscriptions.items()):
            lines.append(_line("subscriptions_total", count, outcome=outcome))
        add(_head("clients_total", "counter", "Requests by the client's API version."))
        for version, count in sorted(self._clients.items()):
            lines.append(_line("clients_total", count, api=version))
        add(
            _head(
                "repeated_total",
                "counter",
                "Retries that were answered without a second run.",
            )
        )
        lines.append(_line("repeated_total", self._repeated))
        add(_head("store_failures_total", "counter", "Failures of the store."))
        lines.append(_line("store_failures_total", self._store_failures))
        add(_head("gone_total", "counter", "Calls that ended with their callers."))
        lines.append(_line("gone_total", self._gone))
        text = "Questions for callers without an answer."
        add(_head("presence_failures_total", "counter", text))
        lines.append(_line("presence_failures_total", self._presence_failures))
        for name, (text, read) in self._gauges.items():
            add(_head(name, "gauge", text))
            lines.append(_line(name, read()))
        return "\n".join(lines) + "\n"

    def _histogram(self, method: str) -> Iterable[str]:
        total = 0
        counts = self._durations[method]
        for bound, count in zip((*map(str, BOUNDS_S), "+Inf"), counts, strict=True):
            total += count
            yield _line("duration_seconds_bucket", total, method=method, le=bound)
        yield _line("duration_seconds_sum", self._sums[method], method=method)
        yield _line("duration_seconds_count", total, method=method)


def _head(name: str, kind: str, text: str) -> Iterable[str]:
    yield f"# HELP centrifugo_rpc_{name} {text}"
    yield f"# TYPE centrifugo_rpc_{name} {kind}"


def _line(name: str, value: float, **labels: str) -> str:
    pairs = ",".join(f'{key}="{_escape(text)}"' for key, text in labels.items())
    return (
        f"centrifugo_rpc_{name}{{{pairs}}} {value}"
        if pairs
        else (f"centrifugo_rpc_{name} {value}")
    )


def _escape(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
