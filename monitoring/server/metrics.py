"""The collector's own figures, for `/metrics`. No terminal is named in them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Counter, Gauge
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from monitoring.server.ingest import Ingest


@dataclass
class Metrics:
    """What a Prometheus may ask of this process."""

    ingest: Ingest
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def __post_init__(self) -> None:
        """Enter the figures into a registry of their own: a process may hold several collectors."""
        self.listening = Gauge(
            "collector_listening", "The broker's line stands", registry=self.registry
        )
        self.written = Counter("collector_rows", "Rows written", registry=self.registry)
        self.failed = Counter(
            "collector_batches_failed", "Batches not written", registry=self.registry
        )
        self.series_lost = Counter(
            "collector_series_lost", "Samples dropped", registry=self.registry
        )
        self.registry.register(_Ingested(self.ingest))


class _Ingested(Collector):
    def __init__(self, ingest: Ingest) -> None:
        self._ingest = ingest

    def collect(self) -> Iterable[Metric]:
        """What became of the messages, and how many terminals are known."""
        became = CounterMetricFamily(
            "collector_messages", "Messages by what became of them", labels=["verdict"]
        )
        for verdict, number in sorted(self._ingest.verdicts.items()):
            became.add_metric([verdict], number)
        yield became
        yield GaugeMetricFamily(
            "collector_terminals", "Terminals known", value=len(self._ingest.known)
        )
