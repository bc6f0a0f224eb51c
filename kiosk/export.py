"""The journal's copy for a technician: every segment, in a folder of its own, whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
from datetime import datetime
from pathlib import Path

from kiosk.fsm.staff.words import Act, ActFailed, ActTrouble, JournalExported
from kiosk.journal import head_of, segments


def export_journal(
    journal: Path | None, folder: Path | None, terminal_id: str, wall: datetime
) -> JournalExported | ActFailed:
    """Copy the journal into a new folder in `folder`, flushed to the disk before it is said.

    What is appended meanwhile may be missing; the digest is that of the last entry copied.
    """
    if journal is None or folder is None or not folder.is_dir():
        return ActFailed(Act.EXPORT, ActTrouble.NO_FOLDER)
    name = f"journal-{terminal_id}-{wall:%Y%m%d-%H%M%S}"
    partial = folder / f"{name}.part"
    try:
        try:
            partial.mkdir()
            size = sum(_copied(each, partial / each.name) for each in segments(journal))
            head = head_of(partial / journal.name)
            partial.rename(folder / name)
            _sync(folder)
        except OSError:
            shutil.rmtree(partial, ignore_errors=True)
            raise
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        trouble = ActTrouble.DISK_FULL if full else ActTrouble.CANNOT_WRITE
        return ActFailed(Act.EXPORT, trouble)
    return JournalExported(name, size, head)


def _copied(source: Path, target: Path) -> int:
    """Copy one file and flush it; its size in bytes."""
    with source.open("rb") as old, target.open("wb") as new:
        shutil.copyfileobj(old, new)
        new.flush()
        os.fsync(new.fileno())
        return new.tell()


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
