"""What the queue's process does for its files when nobody needs it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from offline_queue import policy
from offline_queue.moment import Moment
from offline_queue.storage.ballast import Ballast, free_bytes
from offline_queue.storage.log_room import checkpoint_needs_bytes
from offline_queue.storage.store import MEMORY, Store, StoreFailed
from offline_queue.storage.wiping import wipe_log

QUIET_S = 20.0  # well after the last commit: storage that lies about flushes has settled
MEND_EVERY_S = 60.0
_BOUND_EVERY = 16  # changed rows between two looks at the log
_ROWS_MIN = 500  # of tables, about 1 MiB of log: fewer, and nothing final, are not worth a write


class WipedFile(Protocol):
    """The rescue file, as far as it is tidied."""

    def wipe(self) -> None:
        """Overwrite what was dropped. Raises `OSError`."""


class Tidying:
    """Prunes, checkpoints and wipes once after each spell of work, when it has been quiet a while.

    In such a quiet moment, once a minute, it also makes the ballast again and lets `mend` do the
    same for what else is missing. A full disk is no failure: the same is tried again later.
    """

    def __init__(
        self,
        store: Store,
        rescue: WipedFile | None = None,
        ballast: Ballast | None = None,
        mend: Callable[[], object] = lambda: None,
    ) -> None:
        self._store = store
        self._rescue = rescue
        self._ballast = ballast
        self._seen_changes = -1
        self._quiet_since_s = 0.0
        self._is_tidy = False
        self._owes_tidying = False  # the log was moved in the middle of work
        self._mend = mend
        self._mended_s = -MEND_EVERY_S
        self._bounded_at = 0  # total changes

    def turn(self, now: Moment) -> None:
        """Tidy up if it is time. Raises `StoreFailed`."""
        changes = self._store.conn.total_changes
        if changes != self._seen_changes:
            self._seen_changes = changes
            self._quiet_since_s = now.mono_s
            self._is_tidy = False
        elif now.mono_s - self._quiet_since_s >= QUIET_S:
            if not self._is_tidy:
                self._tidy_once(now)
            if now.mono_s - self._mended_s >= MEND_EVERY_S:
                self._mended_s = now.mono_s
                if self._ballast is not None:
                    self._ballast.restore()
                self._mend()

    def bound_log(self) -> None:
        """Move the log into the database, also in the middle of work, while there is room for it.

        That is: before it needs half the ballast, or half of what is left with the ballast. To be
        called after every change; looks at most once in 16. Raises `StoreFailed`.
        """
        store, ballast = self._store, self._ballast
        changes = store.conn.total_changes
        if ballast is None or store.path == MEMORY or changes - self._bounded_at < _BOUND_EVERY:
            return
        self._bounded_at = changes
        needs = checkpoint_needs_bytes(Path(store.path))
        held = ballast.size_bytes - ballast.missing_bytes
        room = free_bytes(Path(store.path).parent) + held
        if needs == 0 or 2 * needs <= min(ballast.size_bytes, room):
            return
        self._owes_tidying |= store.settled_rows > 0
        try:
            self._checkpoint()
        except StoreFailed as failure:
            if not failure.full:
                raise
            if ballast.release():
                self._checkpoint()

    def _checkpoint(self) -> None:
        if self._store.settled_rows:
            wipe_log(self._store)
        else:
            self._store.checkpoint()  # nothing in it is to be wiped

    def _tidy_once(self, now: Moment) -> None:
        try:
            if self._store.settled_rows or self._owes_tidying:
                self._tidy(now)
            elif self._store.written_rows >= _ROWS_MIN:
                self._checkpoint()
        except StoreFailed as failure:
            if not failure.full:
                raise
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
        self._owes_tidying = False
