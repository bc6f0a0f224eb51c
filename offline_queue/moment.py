"""One point in time, as the queue is told it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from offline_queue.formats.timeline import ClockQuality


@dataclass(frozen=True, slots=True)
class Moment:
    """Now: seconds since boot (they run on in sleep and never jump), and the wall clock."""

    mono_s: float
    wall: datetime  # with its offset
    quality: ClockQuality = ClockQuality.SET
