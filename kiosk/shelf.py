"""Where a small book of the terminal lies: a file that is safe against a cut, or memory."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Protocol


class Shelf(Protocol):
    """One book's place. What `append` and `begin` have returned from is safe."""

    def held(self) -> AbstractContextManager[None]:
        """Nobody else reads or writes the book meanwhile."""

    def read(self) -> bytes:
        """All of it; nothing where there is none."""

    def append(self, line: bytes) -> None:
        """Add a line. Raises `OSError`."""

    def begin(self, content: bytes) -> None:
        """Put another book in its place, whole or not at all. Raises `OSError`."""


class MemoryShelf:
    """A book in memory, for a world in which nothing but the power is cut."""

    def __init__(self) -> None:
        self.content = b""

    def held(self) -> AbstractContextManager[None]:
        """See `Shelf`."""
        return nullcontext()

    def read(self) -> bytes:
        """See `Shelf`."""
        return self.content

    def append(self, line: bytes) -> None:
        """See `Shelf`."""
        self.content += line

    def begin(self, content: bytes) -> None:
        """See `Shelf`."""
        self.content = content


class FileShelf:
    """A book in a file. Two processes may use it: each holds a lock beside it while it does."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def held(self) -> Iterator[None]:
        """See `Shelf`."""
        lock = os.open(self._beside("lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def read(self) -> bytes:
        """See `Shelf`."""
        return self._path.read_bytes() if self._path.exists() else b""

    def append(self, line: bytes) -> None:
        """See `Shelf`."""
        is_new = not self._path.exists()
        with self._path.open("ab") as file:
            size = file.tell()
            try:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                os.truncate(self._path, size)  # half a line would be read as torn, and so it is
                raise
        if is_new:
            self._sync_folder()

    def begin(self, content: bytes) -> None:
        """See `Shelf`."""
        partial = self._beside("new")
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.rename(self._path)
        self._sync_folder()

    def _beside(self, ending: str) -> Path:
        return self._path.with_name(f"{self._path.name}.{ending}")

    def _sync_folder(self) -> None:
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
