"""The queue's audit log: every event of every row, in a chain of hashes.

Each entry's hash covers its own fields and the hash before it, so an entry that was edited,
removed or moved breaks the chain. The head travels with every batch: the bank keeps it, and a
log cut short no longer fits.
"""

from __future__ import annotations

import sqlite3

from offline_queue.chain import GENESIS, first_broken, link
from offline_queue.envelope import canonical


class Journal:
    """The chain in the `journal` table. All writes belong to the caller's transaction."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn
        self.tip = (0, GENESIS)
        self.reload()

    @property
    def head(self) -> str:
        """The hash of the newest entry, 64 hex digits."""
        return self.tip[1]

    def reload(self) -> None:
        """Read the tip again: after a rollback the one in memory is ahead of the table."""
        row = self._conn.execute(
            "SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1"
        ).fetchone()
        self.tip = (int(row[0]), str(row[1])) if row else self._anchor()

    def append(self, event: str, op_id: str, at: str) -> None:
        """Add an entry. `at` is the terminal's wall clock, ISO 8601."""
        seq, previous = self.tip[0] + 1, self.tip[1]
        digest = link(previous, canonical([seq, event, op_id, at]))
        self._conn.execute(
            "INSERT INTO journal (seq, event, op_id, at, hash) VALUES (?, ?, ?, ?, ?)",
            (seq, event, op_id, at, digest),
        )
        self.tip = (seq, digest)

    def first_broken(self) -> int | None:
        """The `seq` of the first entry that does not continue the chain, or None."""
        rows = self._conn.execute("SELECT seq, event, op_id, at, hash FROM journal ORDER BY seq")
        entries = ((int(row[0]), canonical(row[:4]), str(row[4])) for row in rows)
        return first_broken(entries, self._anchor())

    def prune(self, keep: int) -> None:
        """Forget all but the newest `keep` entries; the last forgotten hash stays as an anchor."""
        last = self.tip[0] - keep
        row = self._conn.execute("SELECT hash FROM journal WHERE seq = ?", (last,)).fetchone()
        if row is None:
            return
        self._conn.execute("DELETE FROM journal WHERE seq <= ?", (last,))
        self._conn.execute(
            "INSERT OR REPLACE INTO meta (name, value) VALUES ('journal_anchor', ?)",
            (f"{last}:{row[0]}",),
        )

    def _anchor(self) -> tuple[int, str]:
        row = self._conn.execute("SELECT value FROM meta WHERE name = 'journal_anchor'").fetchone()
        if row is None:
            return 0, GENESIS
        seq, _, digest = str(row[0]).partition(":")
        return int(seq), digest
