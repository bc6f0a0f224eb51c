"""Sets of files of which each is whole, one is in use, and the one before it is kept.

The power may fail between any two calls: a set is written beside the others and renamed when all of it
is on the disk, and what is in use is one symbolic link, which is replaced by renaming.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from provisioning.terminal.keys.folder import sync_folder

CURRENT, PREVIOUS = "current", "previous"
_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z._\-]{0,99}")
_NEW = ".new"  # the ending of what is not whole yet


class Versions:
    """A folder of such sets. Raises `OSError` for a disk that is full or broken; nothing changed then."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def current(self) -> Path | None:
        """The set in use."""
        return self._linked(CURRENT)

    @property
    def previous(self) -> Path | None:
        """The set that was in use before."""
        return self._linked(PREVIOUS)

    def put(self, name: str, files: Mapping[str, bytes]) -> Path:
        """Write a set, not yet in use. One of that name that is there already is left as it is."""
        assert _NAME.fullmatch(name), "a name of our own making"
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        whole, partial = self.folder / name, self.folder / (name + _NEW)
        if whole.exists():
            return whole
        shutil.rmtree(partial, ignore_errors=True)
        try:
            partial.mkdir(mode=0o700)
            for file, content in files.items():
                _write(partial / file, content)
            sync_folder(partial)
            partial.rename(whole)
        except OSError:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        sync_folder(self.folder)
        return whole

    def use(self, name: str) -> None:
        """From now on this set, at once or not at all; the one before it is kept, older ones go."""
        before = self.current
        if before is not None and before.name == name:
            return
        if before is not None:
            self._link(PREVIOUS, before.name)
        self._link(CURRENT, name)
        self._tidy()

    def go_back(self) -> bool:
        """Use the one before again. False if there is none."""
        before = self.previous
        if before is None:
            return False
        self._link(CURRENT, before.name)
        return True

    def _linked(self, link: str) -> Path | None:
        path = self.folder / link
        return path.resolve() if path.exists() else None

    def _link(self, link: str, name: str) -> None:
        partial = self.folder / (link + _NEW)
        partial.unlink(missing_ok=True)
        partial.symlink_to(name)
        partial.rename(self.folder / link)
        sync_folder(self.folder)

    def _tidy(self) -> None:
        kept = {path.name for path in (self.current, self.previous) if path is not None}
        for path in self.folder.iterdir():
            if not path.is_symlink() and path.is_dir() and path.name not in kept:
                shutil.rmtree(path, ignore_errors=True)


def _write(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
