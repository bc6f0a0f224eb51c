"""The floor below every durable queue, and plain SQLite."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from benchmarks.queue.contestant import OneCall, Settling


class Append(OneCall):
    """A file that grows: append, `fdatasync`. Nothing durable can do less."""

    def __init__(self, folder: Path) -> None:
        self._file = os.open(folder / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def put(self, body: bytes) -> None:
        """One write, one flush."""
        os.write(self._file, body)
        os.fdatasync(self._file)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


class RawSqlite(OneCall, Settling):
    """One table and one INSERT a request; WAL, `synchronous=FULL`, all else as SQLite comes."""

    def __init__(self, folder: Path) -> None:
        self._conn = sqlite3.connect(folder / "raw.db", isolation_level=None)
        self._conn.execute("PRAGMA journal_mode = WAL")
        self._conn.execute("PRAGMA synchronous = FULL")
        self._conn.execute("CREATE TABLE queue (id INTEGER PRIMARY KEY, body BLOB NOT NULL)")

    def put(self, body: bytes) -> None:
        """One commit."""
        self._conn.execute("INSERT INTO queue (body) VALUES (?)", (body,))

    def finish(self) -> None:
        """A second commit."""
        self._conn.execute("DELETE FROM queue WHERE id = (SELECT MIN(id) FROM queue)")

    def close(self) -> None:
        """The last connection's close moves the log into the database."""
        self._conn.close()
