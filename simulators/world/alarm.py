"""One thing to be done again at the earliest moment that anybody asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from simulators.world.agenda import Agenda


class Alarm:
    """Does `work` at the earliest moment it was set to, once; then it has to be set again."""

    def __init__(self, agenda: Agenda, work: Callable[[], None]) -> None:
        self._agenda = agenda
        self._work = work
        self._at_s: float | None = None

    def set(self, when_s: float) -> None:
        """Ring at `when_s` (s) at the latest; a moment that has passed means now."""
        if self._at_s is None or when_s < self._at_s:
            self._at_s = when_s
            self._agenda.at(when_s, partial(self._ring, when_s))

    def _ring(self, when_s: float) -> None:
        if when_s == self._at_s:  # and not one that an earlier setting has overtaken
            self._at_s = None
            self._work()
