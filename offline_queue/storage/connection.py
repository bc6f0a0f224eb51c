"""The queue's one connection to its database, every setting that keeps rows read back."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path

from offline_queue.storage.log_room import make_log_room
from offline_queue.storage.schema import PAGE_BYTES, create

MEMORY = ":memory:"
SYNC_NORMAL = 1
SYNC_FULL = 2
_LOG_BYTES_MAX = 67_108_864  # a checkpoint in the middle of work only beyond it


class StoreBusy(RuntimeError):
    """Another process has the database open."""


class StoreDamaged(RuntimeError):
    """The database is corrupt, or not one of this queue."""


class StoreFailed(RuntimeError):
    """The disk or the database failed; nothing of the transaction counts. `full`: no space."""

    def __init__(self, error: sqlite3.Error | OSError) -> None:
        if isinstance(error, OSError):
            self.full = error.errno == errno.ENOSPC
            name = errno.errorcode.get(error.errno or 0, "unknown")
        else:
            self.full = error.sqlite_errorcode == sqlite3.SQLITE_FULL
            name = error.sqlite_errorname
        super().__init__(f"the queue's database failed: {name}")


def connect(path: str) -> sqlite3.Connection:
    """Open the database, or make an empty one. Raises `sqlite3.Error`.

    Driver autocommit, WAL, `synchronous=FULL`, and `locking_mode=EXCLUSIVE`: a second process
    cannot open it.
    """
    if path != MEMORY:
        # The file is nobody else's, and so is its log.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        if Path(path).stat().st_size == 0:
            _make(path)
        make_log_room(Path(path))
    conn = sqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        conn.execute("PRAGMA locking_mode = EXCLUSIVE")
        mode = conn.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        set_synchronous(conn, SYNC_FULL)
        conn.execute("PRAGMA secure_delete = ON")
        conn.execute(f"PRAGMA wal_autocheckpoint = {_LOG_BYTES_MAX // PAGE_BYTES}")
        # SQLite takes a misspelt setting without a word, so what holds is read back.
        assert mode == ("memory" if path == MEMORY else "wal")
        assert conn.execute("PRAGMA secure_delete").fetchone()[0] == 1
        assert conn.execute("PRAGMA locking_mode").fetchone()[0] == "exclusive"
    except BaseException:
        conn.close()
        raise
    return conn


def _make(path: str) -> None:
    """A database with empty tables: SQLite throws away the log of one that has no page yet."""
    conn = sqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        conn.execute("PRAGMA locking_mode = EXCLUSIVE")
        conn.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        conn.execute("PRAGMA journal_mode = WAL")
        set_synchronous(conn, SYNC_FULL)
        conn.execute("BEGIN IMMEDIATE")
        create(conn)
        conn.execute("COMMIT")
        assert conn.execute("PRAGMA page_size").fetchone()[0] == PAGE_BYTES
    finally:
        conn.close()
    flush_directory(Path(path).parent)


def set_synchronous(conn: sqlite3.Connection, level: int) -> None:
    """Set what a commit waits for, and make sure that it holds."""
    conn.execute(f"PRAGMA synchronous = {level}")
    assert conn.execute("PRAGMA synchronous").fetchone()[0] == level


def trouble(error: sqlite3.Error) -> Exception:
    """What an error of SQLite means to the queue."""
    code = error.sqlite_errorcode & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreBusy("another process has the queue's database open")
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return StoreDamaged(f"the queue's database is damaged: {error.sqlite_errorname}")
    return StoreFailed(error)


def flush_directory(path: Path) -> None:
    """A new file is only there after a power cut if its directory was flushed."""
    directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
