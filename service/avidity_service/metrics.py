"""Counts and times for Prometheus."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pyoxigraph
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.core import CounterMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from avidity_service import version
from avidity_service.journal import Line
from avidity_service.outcomes import door, outcome

if TYPE_CHECKING:
    from avidity_service.front.layer import Front

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
# Known from the beginning, so that a rate can be taken before the first one happens.
_REASONS = ("late", "memory", "stack", "crowded", "client-left", "lost")


class Metrics:
    """What has happened since the start, over all releases that were served; `watch` adds what is now."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self.requests = self._counter("avidity_requests", "Requests by where they went and what became of them",
                                      "door", "outcome")  # fmt: skip
        self.seconds = Histogram(
            "avidity_query_seconds", "Seconds from a query's arrival to its answer, SPARQL and REST",
            ["door", "cache"], buckets=_SECONDS, registry=self.registry,
        )  # fmt: skip
        self.kills = self._counter(
            "avidity_worker_kills", "Workers that ended before their answer, by reason", "reason"
        )
        self.reloads = self._counter("avidity_reloads", "Reloads by outcome", "outcome")
        for reason in _REASONS:
            self.kills.labels(reason)
        for word in ("ok", "unchanged", "failed"):
            self.reloads.labels(word)
        self.queue_length: Callable[[], int] = int
        self._known: dict[tuple[str, str, str], tuple[Counter, Histogram | None]] = {}

    def answered(self, path: str, status: str, line: Line) -> None:
        """Count a request."""
        key = (door(path), status, line.cache)
        known = self._known.get(key)
        if known is None:
            timed = key[0] in ("sparql", "api")
            histogram = self.seconds.labels(key[0], line.cache) if timed else None
            known = self._known[key] = (self.requests.labels(key[0], outcome(status)), histogram)
        known[0].inc()
        if known[1] is not None:
            known[1].observe(line.seconds)

    def killed(self, reason: str) -> None:
        """Count a worker that ended before its answer."""
        self.kills.labels(reason).inc()

    def watch(self, front: Front) -> None:
        """Tell what is now in front and pool, each time somebody looks."""
        self.registry.register(_State(self, front))
        for name, words, value in (
            ("avidity_cache_bytes", "Bytes of kept answers", lambda: front.cache.size),
            ("avidity_cache_limit_bytes", "Bytes that kept answers may have", lambda: front.cache.most_bytes),
            ("avidity_cache_entries", "Kept answers", lambda: len(front.cache)),
            ("avidity_queue_length", "Queries that wait for a thread or a worker",
             lambda: self.queue_length() + len(front.current.context.pool.lanes.waiting)),
            ("avidity_requests_under_way", "Requests that the application is answering",
             lambda: front.current.inside),
            ("avidity_workers", "Worker processes", lambda: len(front.current.context.pool.all)),
            ("avidity_release_quads", "Quads of the release",
             lambda: front.current.context.release.manifest["counts"]["quads"]),
        ):  # fmt: skip
            Gauge(name, words, registry=self.registry).set_function(value)

    def text(self, accept: str | None) -> tuple[bytes, str]:
        """All of it, in Prometheus' or OpenMetrics' text, and the media type."""
        encoder, content_type = choose_encoder(accept or "")
        return encoder(self.registry), content_type

    def _counter(self, name: str, words: str, *labels: str) -> Counter:
        return Counter(name, words, labels, registry=self.registry)


class _State(Collector):
    """What others count, and what is served."""

    def __init__(self, metrics: Metrics, front: Front) -> None:
        self.metrics, self.front = metrics, front

    def collect(self) -> Iterator[Metric]:
        """The families."""
        found = CounterMetricFamily("avidity_cache_requests", "Answers that were kept, or not", labels=["result"])
        for result, number in (("hit", self.front.cache.hits), ("miss", self.front.cache.misses)):
            found.add_metric([result], number)
        yield found
        yield CounterMetricFamily(
            "avidity_cache_evictions", "Kept answers that had to go", value=self.front.cache.evicted
        )
        journal = self.front.journal
        yield CounterMetricFamily(
            "avidity_log_lines_dropped",
            "Lines of the query log that were lost",
            value=journal.dropped if journal else 0,
        )
        release = self.front.current.context.release
        yield InfoMetricFamily("avidity_release", "The release that is served", value={"release": release.id})
        build = {"version": version(), "python": platform.python_version(), "pyoxigraph": pyoxigraph.__version__}
        yield InfoMetricFamily("avidity_build", "The code that serves it", value=build)
