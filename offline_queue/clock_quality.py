"""How good the wall clock is, as the kernel says."""

from __future__ import annotations

import ctypes
from datetime import datetime

from offline_queue.formats.timeline import ClockQuality

_WRITTEN = 2026  # the clock of a machine without a battery starts long before
_TIMEX_BYTES = 512  # more than any `struct timex`; all zeros: modes 0, which only reads
_TIME_OK, _TIME_ERROR = 0, 5  # adjtimex(2); between them the leap seconds, at 5 not synchronised
_ADJTIMEX = ctypes.CDLL(None).adjtimex
_TIMEX = ctypes.create_string_buffer(_TIMEX_BYTES)  # the kernel leaves its modes as they are


def clock_quality(wall: datetime) -> ClockQuality:
    """Unset, set by somebody once, or kept by a time server now."""
    return quality_of(_ADJTIMEX(_TIMEX), wall)


def quality_of(state: int, wall: datetime) -> ClockQuality:
    """The same from what `adjtimex` returned: a clock state, or -1 for an error."""
    if wall.year < _WRITTEN:
        return ClockQuality.UNSET
    return ClockQuality.SYNCED if _TIME_OK <= state < _TIME_ERROR else ClockQuality.SET
