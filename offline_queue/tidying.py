"""What the queue's process does for its files when nobody needs it."""

from __future__ import annotations

from typing import Protocol

from offline_queue import policy
from offline_queue.moment import Moment
from offline_queue.store import Store, StoreFailed
from offline_queue.wiping import wipe_log

QUIET_S = 20.0  # well after the last commit: storage that lies about flushes has settled
_ROWS_MIN = 500  # of tables, about 1 MiB of log: fewer, and nothing final, are not worth a write


class WipedFile(Protocol):
    """The rescue file, as far as it is tidied."""

    def wipe(self) -> None:
        """Overwrite what was dropped. Raises `OSError`."""


class Room(Protocol):
    """The ballast, as far as it is tidied."""

    def restore(self) -> bool:
        """Take the room again, if there is some. False if not."""


class Tidying:
    """Prunes, checkpoints and wipes once after each spell of work, when it has been quiet a while."""

    def __init__(
        self, store: Store, rescue: WipedFile | None = None, ballast: Room | None = None
    ) -> None:
        self._store = store
        self._rescue = rescue
        self._ballast = ballast
        self._seen_changes = -1
        self._quiet_since_s = 0.0
        self._is_tidy = False

    def turn(self, now: Moment) -> None:
        """Tidy up if it is time. Raises `StoreFailed`."""
        changes = self._store.conn.total_changes
        if changes != self._seen_changes:
            self._seen_changes = changes
            self._quiet_since_s = now.mono_s
            self._is_tidy = False
        elif not self._is_tidy and now.mono_s - self._quiet_since_s >= QUIET_S:
            if self._store.settled_rows:
                self._tidy(now)
            elif self._store.written_rows >= _ROWS_MIN:
                self._store.checkpoint()  # nothing in it is to be wiped
            self._seen_changes = self._store.conn.total_changes
            self._is_tidy = True

    def _tidy(self, now: Moment) -> None:
        with self._store.transaction():
            self._store.prune(policy.KEEP_ROWS, policy.KEEP_JOURNAL, self._store.mark(now))
        wipe_log(self._store)
        if self._rescue is not None:
            try:
                self._rescue.wipe()
            except OSError as error:
                raise StoreFailed(error) from error
        if self._ballast is not None:
            self._ballast.restore()
