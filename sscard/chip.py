"""What becomes of a command to the chip: done, not done, or not known (the torn-card rule, LD/T 32.7)."""

from __future__ import annotations

from sscard.requests import ReadBack

DONE = "9000"
# The card failed while it wrote: what it holds now nobody can say.
_FAILED_WRITING = ("6581", "6F00")


def outcome(status: str | None, read_back: ReadBack) -> ReadBack:
    """What a card's status word (hex) means for its password; without one, what it showed later."""
    if status is None:
        return read_back
    if status == DONE:
        return ReadBack.DONE
    return ReadBack.UNKNOWN if status in _FAILED_WRITING else ReadBack.NOT_DONE
