"""How good the wall clock is, as the kernel says."""

from __future__ import annotations

import ctypes
from datetime import datetime

from offline_queue.timeline import ClockQuality

_WRITTEN = 2026  # the clock of a machine without a battery starts long before
_TIMEX_BYTES = 512  # more than any `struct timex`; all zeros: modes 0, which only reads
_TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised
_LIBC = ctypes.CDLL(None, use_errno=True)


def clock_quality(wall: datetime) -> ClockQuality:
    """Unset, set by somebody once, or kept by a time server now."""
    if wall.year < _WRITTEN:
        return ClockQuality.UNSET
    state = _LIBC.adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    return ClockQuality.SYNCED if 0 <= state < _TIME_ERROR else ClockQuality.SET
