"""Virtual time: what happens when. Nothing waits; the clock jumps to whatever comes next."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import datetime, timedelta

from kiosk.clock import CHINA

SAME_MOMENT_MAX = 20_000  # happenings without time passing: more means that something spins
START = datetime(2026, 11, 23, 10, 32, tzinfo=CHINA)


class Agenda:
    """The world's clock and the list of what is to come. It is also the terminal's `Clock`."""

    def __init__(self, start: datetime = START) -> None:
        self._now_s = 0.0
        self._start = start
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0

    def now_s(self) -> float:
        """Monotonic seconds since the world began."""
        return self._now_s

    def wall(self) -> datetime:
        """The wall clock, in China."""
        return self._start + timedelta(seconds=self._now_s)

    def skip_days(self, days: int) -> None:
        """Set the wall clock on by so many days in which nothing happened."""
        self._start += timedelta(days=days)

    def after(self, delay_s: float, work: Callable[[], None]) -> None:
        """Do `work` when `delay_s` have passed."""
        self.at(self._now_s + max(0.0, delay_s), work)

    def at(self, when_s: float, work: Callable[[], None]) -> None:
        """Do `work` at a moment; one that has passed means now."""
        self._count += 1
        heapq.heappush(self._heap, (max(when_s, self._now_s), self._count, work))

    def run(self, until_s: float, enough: Callable[[], bool]) -> bool:
        """Let time pass up to `until_s`, or until `enough`. Answers whether it was enough."""
        moment, same = self._now_s, 0
        while not enough():
            if not self._heap or self._heap[0][0] > until_s:
                self._now_s = max(self._now_s, until_s)
                return enough()
            when_s, _, work = heapq.heappop(self._heap)
            self._now_s = when_s
            same = same + 1 if when_s == moment else 0
            moment = when_s
            assert same < SAME_MOMENT_MAX, f"no time passes at {when_s} s"
            work()
        return True
