"""Room for the write-ahead log: written out before the database is opened, and bounded after.

A flush of a file that grew commits the file system's own journal as well; one that overwrites
written zeros flushes data only, which makes a request about twice as fast. SQLite takes a log of
zeros for an empty one (file format, section 4.1: a header without the magic number).
"""

from __future__ import annotations

import os
import struct
from contextlib import suppress
from pathlib import Path

LOG_ROOM_BYTES = 4_194_304
_CHUNK = bytes(65_536)
_MAGIC = (0x377F0682, 0x377F0683)
_HEADER_BYTES = 32
_FRAME_HEADER_BYTES = 24


def make_log_room(database: Path) -> None:
    """Write zeros where the log will be, if there is none. Whole, or nothing of it.

    Only where twice the room is free: it makes requests faster, and must not be what fills a disk.
    """
    log = database.with_name(database.name + "-wal")
    with suppress(OSError):
        if log.exists() and log.stat().st_size > 0:
            return
        found = os.statvfs(database.parent)
        if found.f_bavail * found.f_frsize < 2 * LOG_ROOM_BYTES:
            return
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            _write_zeros(descriptor)
        finally:
            os.close(descriptor)


def _write_zeros(descriptor: int) -> None:
    try:
        for _ in range(LOG_ROOM_BYTES // len(_CHUNK)):
            if os.write(descriptor, _CHUNK) < len(_CHUNK):
                raise OSError("no room for the whole log")
        os.fsync(descriptor)
    except OSError:
        os.ftruncate(descriptor, 0)
        raise


def checkpoint_needs_bytes(database: Path) -> int:
    """How much larger a checkpoint will make the database; 0 if its log holds nothing.

    The log says in its last commit how many pages the database then has (file format, section
    4.1). Looks at some twenty frames, however long the log is. What cannot be read counts as 0.
    """
    with suppress(OSError, struct.error):
        descriptor = os.open(database.with_name(database.name + "-wal"), os.O_RDONLY)
        try:
            pages, page_bytes = _last_commit(descriptor)
        finally:
            os.close(descriptor)
        return max(0, pages * page_bytes - database.stat().st_size)
    return 0


def _last_commit(log: int) -> tuple[int, int]:
    """The database's pages as of the last commit of a log (0: none), and their size."""
    magic, _, page_bytes, _, *salts = struct.unpack(">6I", os.pread(log, 24, 0))
    if magic not in _MAGIC or not page_bytes:
        return 0, 0

    def frame(number: int) -> tuple[int, bool]:
        at = _HEADER_BYTES + number * (_FRAME_HEADER_BYTES + page_bytes)
        _, pages, *its = struct.unpack(">4I", os.pread(log, 16, at))
        return pages, its == salts

    # Frames of this round of the log stand before those of earlier ones, and before zeros.
    size = os.fstat(log).st_size
    first, end = 0, max(0, (size - _HEADER_BYTES) // (_FRAME_HEADER_BYTES + page_bytes))
    while first < end:
        middle = (first + end) // 2
        if frame(middle)[1]:
            first = middle + 1
        else:
            end = middle
    return next((pages for n in range(end - 1, -1, -1) if (pages := frame(n)[0])), 0), page_bytes
