"""What the queue's process does for its database when nobody needs it."""

from __future__ import annotations

from offline_queue.store import Store

QUIET_S = 60.0  # well after the last commit: storage that lies about flushes has settled


class Tidying:
    """Prunes and checkpoints once after each spell of work, when it has been quiet for a while."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._seen_changes = store.changes
        self._quiet_since_s = 0.0
        self._is_tidy = False

    def turn(self, now_s: float) -> None:
        """Tidy up if it is time (boot time). Raises `StoreFailed`."""
        if self._store.changes != self._seen_changes:
            self._seen_changes = self._store.changes
            self._quiet_since_s = now_s
            self._is_tidy = False
        elif not self._is_tidy and now_s - self._quiet_since_s >= QUIET_S:
            with self._store.transaction():
                self._store.prune()
            self._store.checkpoint()
            self._seen_changes = self._store.changes
            self._is_tidy = True
