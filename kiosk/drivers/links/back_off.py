"""How long a driver rests before it opens a line anew."""

from __future__ import annotations


class BackOff:
    """Rests between attempts in vain: each twice as long as the last, up to the longest."""

    def __init__(self, first_s: float, longest_s: float) -> None:
        """Both in seconds. Raises `ValueError` unless 0 < `first_s` <= `longest_s`."""
        if not 0 < first_s <= longest_s:
            raise ValueError("a first rest is longer than nothing and at most the longest one")
        self._first_s = first_s
        self._longest_s = longest_s
        self._next_s = first_s

    def __repr__(self) -> str:
        return f"BackOff(next {self._next_s} s)"

    def next_s(self) -> float:
        """Seconds to rest now; the next rest is twice as long."""
        rest_s = self._next_s
        self._next_s = min(2 * rest_s, self._longest_s)
        return rest_s

    def reset(self) -> None:
        """The device has answered: the next rest is the first one again."""
        self._next_s = self._first_s
