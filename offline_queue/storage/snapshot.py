"""The database as it stands, read without touching it: from its file and its log into memory.

Nothing is written anywhere: no second copy of what waits is left on a disk, and a file on a
read-only medium, or one that a process has locked, is read like any other.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from offline_queue.storage.leaf_pages import log_path, newest_pages
from offline_queue.storage.schema import VERSION, NewerDatabase

_MAGIC = b"SQLite format 3\0"
_VERSIONS_AT = 18  # bytes 18 and 19: 1 says rollback journal, 2 write-ahead log
_TRIES = 5


class NoSnapshot(RuntimeError):
    """The database cannot be looked at; the text says why, in one line."""

    def __init__(self, text: str, *, is_missing: bool = False) -> None:
        super().__init__(text)
        self.is_missing = is_missing


def read_snapshot(database: Path) -> sqlite3.Connection:
    """A connection to a copy in memory, closed by the caller. Raises `NoSnapshot`, `NewerDatabase`.

    A copy made while the process moves its log into the database is made again.
    """
    for _ in range(_TRIES):
        before = _state(database)
        image = _image(database)
        if _state(database) == before:
            return _opened(image)
    raise NoSnapshot("the database changes while it is read; try again")


def _state(database: Path) -> tuple[int, int, bytes]:
    """What changes when pages move from the log to the file."""
    try:
        found = database.stat()
        log = log_path(database)
        with log.open("rb") if log.exists() else database.open("rb") as file:
            return found.st_mtime_ns, found.st_size, file.read(32)
    except FileNotFoundError as error:
        raise NoSnapshot(f"there is no database {database.name}", is_missing=True) from error
    except OSError as error:
        raise NoSnapshot(f"the database {database.name} cannot be read") from error


def _image(database: Path) -> bytearray:
    with database.open("rb") as file:
        header = file.read(100)
    if header[: len(_MAGIC)] != _MAGIC:
        raise NoSnapshot(f"{database.name} is no database, or its beginning is damaged")
    page_bytes = int.from_bytes(header[16:18]) or 65_536
    page_bytes = 65_536 if page_bytes == 1 else page_bytes
    pages = newest_pages(database, page_bytes, strict=True)
    image = bytearray(b"".join(pages.get(n, bytes(page_bytes)) for n in range(1, max(pages) + 1)))
    image[_VERSIONS_AT : _VERSIONS_AT + 2] = b"\1\1"
    return image


def _opened(image: bytearray) -> sqlite3.Connection:
    conn = sqlite3.connect(":memory:", isolation_level=None)
    try:
        conn.deserialize(bytes(image))
        conn.execute("PRAGMA query_only = ON")
        found = int(conn.execute("PRAGMA user_version").fetchone()[0])
        conn.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
    except sqlite3.DatabaseError as error:
        conn.close()
        raise NoSnapshot(
            "the database is damaged; the next start of the queue salvages it"
        ) from error
    if found != VERSION:
        conn.close()
        text = f"the database has version {found}, this program reads {VERSION}"
        raise NewerDatabase(text) if found > VERSION else NoSnapshot(text)
    return conn
