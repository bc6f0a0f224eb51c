"""A file that holds room on the disk, so that a full disk can still be got out of.

On a full disk SQLite can neither delete nor checkpoint nor open. The ballast is really written
(not a hole), is released at the first ENOSPC, and made again when there is room for it. What it
gave back is for loss reports alone (`space`).

A checkpoint needs as much room as it makes the database larger. So that the ballast always
suffices for one, the log is moved into the database in the middle of work before that is half of
the ballast, or half of all the room that is left (`tidying.bound_log`).
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from offline_queue.storage.connection import flush_directory

SIZE_BYTES = 16_777_216  # half of it for a checkpoint, half for some 1,000 requests more
_CHUNK = bytes(65_536)


class Ballast:
    """The ballast of one folder. `size_bytes` is rounded up to a multiple of 65,536."""

    def __init__(self, path: Path, size_bytes: int = SIZE_BYTES) -> None:
        self._path = path
        self._size_bytes = -(-size_bytes // len(_CHUNK)) * len(_CHUNK)

    @property
    def held(self) -> bool:
        """Whether the room is held in full."""
        with suppress(OSError):
            found = self._path.stat()
            return found.st_size == self._size_bytes and found.st_blocks * 512 >= self._size_bytes
        return False

    @property
    def size_bytes(self) -> int:
        """The room it is to hold."""
        return self._size_bytes

    @property
    def missing_bytes(self) -> int:
        """The room it gave back, or never had."""
        return 0 if self.held else self._size_bytes

    def restore(self) -> bool:
        """Take the room, if as much again would stay free. False if not; never takes a part.

        Works for about 0.1 s: for an idle moment.
        """
        if self.held:
            return True
        self.release()
        if free_bytes(self._path.parent) < 2 * self._size_bytes:
            return False
        try:
            self._write()
        except OSError:  # full, or a limit on file sizes
            self.release()
            return False
        return True

    def release(self) -> bool:
        """Give the room back. True if there was any."""
        try:
            self._path.unlink()
        except OSError:
            return False
        with suppress(OSError):  # the file system may free the room only now
            flush_directory(self._path.parent)
        return True

    def _write(self) -> None:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            for _ in range(self._size_bytes // len(_CHUNK)):
                if os.write(descriptor, _CHUNK) < len(_CHUNK):
                    raise OSError("no room for the whole ballast")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def free_bytes(folder: Path) -> int:
    """Room on the disk of `folder` for this user. 0 if it cannot be asked."""
    try:
        found = os.statvfs(folder)
    except OSError:
        return 0
    return found.f_bavail * found.f_frsize
