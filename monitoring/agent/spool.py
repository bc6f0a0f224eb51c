"""Events that the collector has not got yet, on the disk, within bounds."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from monitoring.wire.messages import Event, read, to_bytes

ROWS_MAX = 5_000  # of some 150 bytes: below a megabyte
_NUMBERED = "SELECT seq FROM sqlite_sequence WHERE name = 'events'"


class Spool:
    """Keeps the newest events, in order. What the full spool drops is seen as a gap in the numbers."""

    def __init__(self, path: Path, rows_max: int = ROWS_MAX) -> None:
        """Open or make it. Raises `sqlite3.DatabaseError` for a file that is none."""
        self._rows_max = rows_max
        self._base = sqlite3.connect(path, isolation_level=None)
        self._base.execute("PRAGMA journal_mode = WAL")
        self._base.execute("PRAGMA synchronous = NORMAL")
        self._base.execute(
            "CREATE TABLE IF NOT EXISTS events"
            " (number INTEGER PRIMARY KEY AUTOINCREMENT, content BLOB NOT NULL) STRICT"
        )

    def next_number(self) -> int:
        """The first number that no event had, over restarts."""
        row = self._base.execute(_NUMBERED).fetchone()
        return 1 if row is None else int(row[0]) + 1

    def put(self, event: Event) -> None:
        """Keep an event; the oldest goes when it is full."""
        self._base.execute("INSERT INTO events VALUES (?, ?)", (event.number, to_bytes(event)))
        oldest = event.number - self._rows_max
        self._base.execute("DELETE FROM events WHERE number <= ?", (oldest,))

    def oldest(self) -> Event | None:
        """The event to publish next."""
        row = self._base.execute("SELECT content FROM events ORDER BY number LIMIT 1").fetchone()
        return None if row is None else read(Event, row[0])

    def over(self, number: int) -> None:
        """The broker has it."""
        self._base.execute("DELETE FROM events WHERE number = ?", (number,))

    def close(self) -> None:
        """Close the file."""
        self._base.close()
