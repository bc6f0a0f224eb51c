"""What it costs to bring a request to its end, and to choose what is sent next."""

from __future__ import annotations

from benchmarks.figures import Figure, Spread, paired, spread
from benchmarks.queue.contestants import OURS, RAW
from benchmarks.queue.disk_counter import DiskUse
from benchmarks.queue.race import Runner, runners


def lives(laps: int = 10, count: int = 50) -> list[Figure]:
    """Whole lives one after the other: accepted, sent, settled; then the idle checkpoint."""
    ours: list[DiskUse] = []
    raw: list[DiskUse] = []
    with runners((OURS, RAW)) as (our_runner, raw_runner):
        for runner in (our_runner, raw_runner):
            _live(runner, count)
        for _ in range(laps):
            ours.append(_live(our_runner, count))
            raw.append(_live(raw_runner, count))
    return [
        Figure(
            "flushes of a whole life",
            f"one; each request sent alone, and an idle checkpoint after every {count}",
            "",
            _each([use.flushes for use in ours], count),
            1.2,
            notes=(
                f"{RAW}: {_each([use.flushes for use in raw], count).text(2)} (insert, delete)",
                f"bytes written: {_each([use.written_bytes for use in ours], count).text(0)},"
                f" {RAW} {_each([use.written_bytes for use in raw], count).text(0)}",
            ),
        )
    ]


def taking(waiting: int = 20_000, few: int = 200, takes: int = 40) -> list[Figure]:
    """Choosing the next batch among many that wait, and beside many that are over."""
    with runners((OURS, OURS, OURS)) as (small, long, old):
        for runner, finished, left in ((small, 0, few), (long, 0, waiting), (old, waiting, few)):
            _fill(runner, finished, left)
        taken_us = [
            [runner.order("take")[0] / 1000 for runner in (small, long, old)] for _ in range(takes)
        ]
    least, among, beside = zip(*taken_us, strict=True)
    against = f"the same with {few} waiting and little behind it, by turns; a batch is a full one"
    return [
        paired(f"take, {what}", against, "µs", list(zip(ours, least, strict=True)), 1.5, digits=0)
        for what, ours in (
            (f"{waiting:,} waiting", among),
            (f"{waiting:,} finished", beside),
        )
    ]


def _live(runner: Runner, count: int) -> DiskUse:
    before = runner.disk_use()
    runner.order("life", count)
    runner.order("rest")
    return runner.disk_use() - before


def _fill(runner: Runner, finished: int, waiting: int) -> None:
    """The first batch is a probe of one, so the line is up when it is measured."""
    runner.order("accept", 1)
    runner.order("finish")
    while finished > 0:
        some = min(finished, 500)
        runner.order("fill", some)
        runner.order("drain")
        finished -= some
    runner.order("fill", waiting)
    runner.order("rest")


def _each(totals: list[int], count: int) -> Spread:
    return spread([total / count for total in totals])
