"""How many refusals go into the audit: a board that is stuck must not fill the disk."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

_WINDOW = timedelta(minutes=1)


@dataclass(slots=True)
class Pace:
    """Lets `at_most` through in a minute and counts the others."""

    at_most: int
    _since: datetime | None = None
    _let: int = 0
    _missed: int = 0
    _lock: Lock = field(default_factory=Lock, repr=False)

    def lets(self, now: datetime) -> int | None:
        """How many were not let through since the last one that was; None: nor is this one."""
        with self._lock:
            if self._since is None or not self._since <= now < self._since + _WINDOW:
                self._since, self._let = now, 0
            if self._let >= self.at_most:
                self._missed += 1
                return None
            self._let += 1
            missed, self._missed = self._missed, 0
            return missed
