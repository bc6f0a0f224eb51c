"""The sealed seeds: each one stored once for all rows whose keys come from it, and a copy of it.

The copy lies in a table of its own, so on other pages: a page that is damaged takes no row along
that has nothing else to do with it. A seed that no row needs any more is overwritten in a quiet moment.
"""

from __future__ import annotations

import sqlite3

from offline_queue.formats.envelope import has_seed, parted


class Seeds:
    """The tables `seeds` and `seed_copies`. All writes belong to the caller's transaction."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn
        self._newest: tuple[bytes, int] | None = None  # rows that follow each other share it

    def has(self, sealed: bytes | None) -> bool:
        """Whether the seed of a text was the last one stored."""
        return sealed is not None and self._newest is not None and has_seed(sealed, self._newest[0])

    def store(self, sealed: bytes | None) -> tuple[int | None, bytes | None]:
        """The number of a sealed text's seed, and what is left of the text for its row."""
        parts = None if sealed is None else parted(sealed)
        if parts is None:
            return None, sealed
        seed, rest = parts
        if self._newest is None or self._newest[0] != seed:
            self._newest = seed, self._add(seed)
        return self._newest[1], rest

    def forget(self) -> None:
        """After a rollback the newest one may not be there."""
        self._newest = None

    def prune(self) -> None:
        """Delete those that no row needs, but for the newest: more rows will come from it."""
        for table in ("seeds", "seed_copies"):
            self._conn.execute(
                f"DELETE FROM {table} WHERE number < (SELECT MAX(number) FROM {table})"  # noqa: S608
                " AND number NOT IN (SELECT seed FROM ops WHERE seed IS NOT NULL)"
            )

    def _add(self, seed: bytes) -> int:
        number = self._conn.execute("INSERT INTO seeds (wrapped) VALUES (?)", (seed,)).lastrowid
        assert number is not None
        # REPLACE: where the two tables differ, somebody has been at them, and this is the true one.
        self._conn.execute(
            "INSERT OR REPLACE INTO seed_copies (number, wrapped) VALUES (?, ?)", (number, seed)
        )
        return number
