"""How full the disk is that the queue lies on."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from offline_queue.storage.ballast import Ballast, free_bytes

_LOOK_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class Space:
    """Bytes that the queue takes, and bytes that are free beside it."""

    used: int
    free: int

    @property
    def share(self) -> float:
        """How much of what the queue could have it takes, 0 to 1."""
        return self.used / (self.used + self.free) if self.used + self.free else 1.0


def space_of(database: Path, ballast: Ballast | None = None) -> Space:
    """The space of a database and its log. What cannot be asked counts as none.

    What the ballast gave back is not free: it is kept for loss reports.
    """
    used = 0
    for file in (database, database.with_name(database.name + "-wal")):
        with suppress(OSError):
            used += file.stat().st_size
    given_back = 0 if ballast is None else ballast.missing_bytes
    return Space(used, max(0, free_bytes(database.parent) - given_back))


class SpaceWatch:
    """Looks at most once a second."""

    def __init__(self, look: Callable[[], Space]) -> None:
        self._look = look
        self._seen: tuple[float, Space] | None = None

    def at(self, now_s: float) -> Space:
        """The space at a moment (boot time)."""
        if self._seen is None or not 0 <= now_s - self._seen[0] < _LOOK_EVERY_S:
            self._seen = now_s, self._look()
        return self._seen[1]
