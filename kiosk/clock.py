"""The one place of the screen process that reads time."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from typing import Protocol

CHINA = timezone(timedelta(hours=8), "CST")
"""China has one time zone and no summer time."""


class Clock(Protocol):
    """Monotonic seconds for what lasts, wall time for what people read."""

    def now_s(self) -> float:
        """Monotonic seconds."""

    def wall(self) -> datetime:
        """The wall clock, in `CHINA`."""


class SystemClock:
    """The machine's clocks."""

    def now_s(self) -> float:
        """Monotonic seconds."""
        return time.monotonic()

    def wall(self) -> datetime:
        """The wall clock, in `CHINA`."""
        return datetime.now(CHINA)
