"""How fast a request is durably taken, and what that asks of the disk."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.figures import Figure, Spread, paired, spread
from benchmarks.queue.contestant import REQUEST_BYTES
from benchmarks.queue.contestants import (
    EVERYBODY,
    OUR_LOSS_REPORTS,
    OURS,
    PERSIST_QUEUE,
    RAW,
    RUVON_EDGE,
)
from benchmarks.queue.disk_counter import DiskUse
from benchmarks.queue.race import Runner, runners

_WHAT = f"durable accept of {REQUEST_BYTES} bytes, one flush each, by turns on one disk"


@dataclass(slots=True)
class Laps:
    """What one contestant did, lap by lap."""

    us: list[list[float]] = field(default_factory=list)  # microseconds of each accept, by lap
    accepting: list[DiskUse] = field(default_factory=list)  # of each lap
    resting: list[DiskUse] = field(default_factory=list)

    def rates(self) -> list[float]:
        """Accepts a second of each lap."""
        return [1e6 * len(lap) / sum(lap) for lap in self.us]

    def slowest_us(self) -> list[float]:
        """The 99th percentile of each lap."""
        return [sorted(lap)[max(0, -(-99 * len(lap) // 100) - 1)] for lap in self.us]

    def bytes_each(self) -> float:
        """Bytes written to the disk an accept, with what resting writes."""
        return self._each(self.accepting) + self._each(self.resting)

    def resting_bytes_each(self) -> float:
        """How many of them are written while resting."""
        return self._each(self.resting)

    def flushes_each(self) -> list[float]:
        """Flushes an accept, of each lap."""
        return [use.flushes / len(lap) for use, lap in zip(self.accepting, self.us, strict=True)]

    def _each(self, uses: Sequence[DiskUse]) -> float:
        return sum(use.written_bytes for use in uses) / sum(len(lap) for lap in self.us)


def race(names: Sequence[str], laps: int, count: int) -> dict[str, Laps]:
    """Everybody accepts `count` requests a lap, then has a quiet minute; the order is drawn."""
    done = {name: Laps() for name in names}
    order = random.Random(0)  # noqa: S311
    with runners(names) as started:
        by_name = dict(zip(names, started, strict=True))
        for runner in started:
            runner.order("accept", count)  # files and pages are there
            runner.order("rest")
        for _ in range(laps):
            for name in order.sample(list(names), len(names)):
                _lap(by_name[name], done[name], count)
    return done


def _lap(runner: Runner, done: Laps, count: int) -> None:
    before = runner.disk_use()
    done.us.append([taken_ns / 1000 for taken_ns in runner.order("accept", count)])
    accepted = runner.disk_use()
    assert (accepted - before).flushes >= count, "who does not flush each request runs another race"
    runner.order("rest")
    done.accepting.append(accepted - before)
    done.resting.append(runner.disk_use() - accepted)


def accepting(names: Sequence[str] = EVERYBODY, laps: int = 80, count: int = 100) -> list[Figure]:
    """Rates, tails, flushes and bytes of everybody in one race."""
    done = race(names, laps, count)
    return [
        _rates(done, RAW, 0.65, notes=_rates_of_all(done)),
        *(_rates(done, peer, target) for peer, target in _RATE_TARGETS.items() if peer in done),
        _tail(done),
        _rescue(done),
        Figure(
            "flushes of an accept",
            "one: what is not flushed is not taken",
            "",
            spread(done[OURS].flushes_each()),
            1.05,
        ),
        *(_bytes(done, peer, target) for peer, target in _BYTE_TARGETS.items() if peer in done),
    ]


_RATE_TARGETS = {RUVON_EDGE: 1.3, PERSIST_QUEUE: 0.7}
_BYTE_TARGETS = {RAW: 1.4, RUVON_EDGE: 0.7}


def _rates(
    done: Mapping[str, Laps], peer: str, target: float, notes: tuple[str, ...] = ()
) -> Figure:
    pairs = list(zip(done[OURS].rates(), done[peer].rates(), strict=True))
    return paired(
        f"durable accepts, against {peer.partition(',')[0]}",
        f"{peer}; {_WHAT}",
        "/s",
        pairs,
        target,
        digits=0,
        notes=notes,
        at_least=True,
    )


def _rates_of_all(done: Mapping[str, Laps]) -> tuple[str, ...]:
    return tuple(
        f"{name}: {spread(laps.rates()).text(0)} /s,"
        f" {_ratio(done, name).text(2)} × raw; 99th percentile {spread(laps.slowest_us()).text(0)} µs;"
        f" {spread(laps.flushes_each()).median:.2f} flushes, {laps.bytes_each():,.0f} bytes an accept"
        f" ({laps.resting_bytes_each():,.0f} of them in quiet minutes)"
        for name, laps in done.items()
    )


def _ratio(done: Mapping[str, Laps], name: str) -> Spread:
    return spread(
        [ours / raw for ours, raw in zip(done[name].rates(), done[RAW].rates(), strict=True)]
    )


def _tail(done: Mapping[str, Laps]) -> Figure:
    pairs = list(zip(done[OURS].slowest_us(), done[RAW].slowest_us(), strict=True))
    return paired("99th percentile of an accept", f"{RAW}; of each lap", "µs", pairs, 2.0, digits=0)


def _rescue(done: Mapping[str, Laps]) -> Figure:
    theirs = [sum(lap) / len(lap) for lap in done[OUR_LOSS_REPORTS].us]
    ours = [sum(lap) / len(lap) for lap in done[OURS].us]
    return paired(
        "accept of a loss report",
        "our accept of any other request: a loss report is flushed to the rescue file as well",
        "µs",
        list(zip(theirs, ours, strict=True)),
        None,
        digits=0,
        notes=(f"flushes: {spread(done[OUR_LOSS_REPORTS].flushes_each()).text(2)} a report",),
    )


def _bytes(done: Mapping[str, Laps], peer: str, target: float) -> Figure:
    pair = (done[OURS].bytes_each(), done[peer].bytes_each())
    return paired(
        f"bytes written, against {peer.partition(',')[0]}",
        f"{peer}; blocks of 4 KiB that each flush finds changed, checkpoints and wiping included",
        "B",
        [pair],
        target,
        digits=0,
    )
