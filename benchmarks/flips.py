"""What both windows say on their standard output: the moment of their first frame."""

from __future__ import annotations

import time


def tell_first_flip(at_s: float) -> None:
    """Say that the first frame was on the glass at `at_s`, CLOCK_MONOTONIC.

    That clock is one for all processes (clock_gettime(2)).
    """
    print(f"first flip {at_s:.6f}", flush=True)


def first_flip_of(line: str) -> float | None:
    """The moment in a line that `tell_first_flip` wrote; None for any other line."""
    words = line.split()
    return float(words[2]) if words[:2] == ["first", "flip"] else None


def now_s() -> float:
    """CLOCK_MONOTONIC in seconds."""
    return time.clock_gettime(time.CLOCK_MONOTONIC)
