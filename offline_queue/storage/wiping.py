"""The checkpoint of an idle moment, after which nothing of a finished request is on the disk.

`secure_delete` overwrites in the database's pages what a finished row held. The pages as they were
before still stand in the log, so the log is overwritten as well, and keeps its length: a log that
has to grow again costs the file system's own journal (`log_room`).
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from offline_queue.storage.leaf_pages import log_path
from offline_queue.storage.store import MEMORY, Store, StoreFailed

_HEADER_BYTES = 32
_CHUNK = bytes(65_536)


def wipe_log(store: Store, *, clear: bool = True) -> None:
    """Move the log into the database, flush, and clear the log; nothing for one in memory.

    `clear=False` leaves the log's old bytes, for when nothing final is among them.

    Outside a transaction. The order matters at a power cut: a log whose body is half cleared
    under a good header would be replayed as an old state of the database, and a log without a
    header is no log. Its length stays: the next commit starts it again from its beginning.
    Raises `StoreFailed`; then the database is to be opened anew.
    """
    if store.path == MEMORY:
        return
    assert not store.conn.in_transaction
    try:
        busy, in_log, moved = store.conn.execute("PRAGMA wal_checkpoint(FULL)").fetchone()
        assert not busy and in_log == moved, "the only connection is ours"
        # Closing this descriptor takes no lock along: SQLite's are on the database file alone.
        if clear:
            _clear(log_path(Path(store.path)))
    except (sqlite3.Error, OSError) as error:
        raise StoreFailed(error) from error
    store.checkpointed()


def _clear(path: Path) -> None:
    log = os.open(path, os.O_RDWR)
    try:
        size = os.fstat(log).st_size
        _zero(log, 0, min(size, _HEADER_BYTES))
        os.fdatasync(log)
        for start in range(0, size, len(_CHUNK)):
            end = min(size, start + len(_CHUNK))
            if os.pread(log, end - start, start) != _CHUNK[: end - start]:
                _zero(log, start, end)
        os.fdatasync(log)
    finally:
        os.close(log)


def _zero(descriptor: int, start: int, end: int) -> None:
    while start < end:
        start += os.pwrite(descriptor, _CHUNK[: end - start], start)
