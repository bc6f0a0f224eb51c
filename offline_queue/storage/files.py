"""The files of the queue's process, opened; on a full disk with the ballast's room.

The database must open, the others need not: without a rescue file or without a ballast the queue
works, and an alert says so.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from offline_queue.alerts import DISK_FULL, RESCUE_TAKES_NOTHING
from offline_queue.formats.keys import KEY_FLOOR, TerminalKeys
from offline_queue.moment import Moment
from offline_queue.settings import Settings
from offline_queue.storage.ballast import Ballast, free_bytes
from offline_queue.storage.leaf_pages import log_path
from offline_queue.storage.log_room import checkpoint_needs_bytes
from offline_queue.storage.rescue import RescueBusy
from offline_queue.storage.rescue_keeper import RescueKeeper
from offline_queue.storage.salvage import open_store
from offline_queue.storage.store import Store, StoreBusy, StoreFailed

_OPENING_BYTES = 16_384  # what an opening adds to the database beside the checkpoint, generously
_OPENING_LOG_BYTES = 65_536  # and to the log, if that has not the room yet


@dataclass(frozen=True, slots=True)
class Files:
    """What the process has open."""

    store: Store
    rescue: RescueKeeper
    ballast: Ballast

    def alerts(self) -> list[str]:
        """What somebody must be told of the files."""
        found = [] if self.ballast.held else [DISK_FULL]
        return found if self.rescue.takes else [*found, RESCUE_TAKES_NOTHING]

    def keep_key_floor(self) -> None:
        """How new the bank's key list was stands in the rescue file too: it outlives the database."""
        known = int(self.store.meta(KEY_FLOOR) or 0)
        if known > self.rescue.key_floor:
            self.rescue.set_key_floor(known)


def open_files(settings: Settings, keys: TerminalKeys, boot_id: str, at: Moment) -> Files:
    """Open rescue file, database and ballast, in the order in which each may need the one before.

    Raises `StoreBusy`, `StoreFailed`, `NewerDatabase`, `OSError`, and `ValueError` for the database of
    another terminal. On a disk that stays full no file has changed then (`is_full`).
    """
    ballast = Ballast(settings.ballast, settings.ballast_bytes)
    try:
        rescue = RescueKeeper(settings.rescue, settings.rescue_bytes)
    except RescueBusy as error:
        raise StoreBusy("another process has the queue's database open") from error
    database, public = str(settings.database), keys.signing.public_key()

    def opened() -> Store:
        return open_store(database, boot_id, settings.terminal, at, rescue, public)

    try:
        store = _with_room(ballast, settings.database, opened)
        try:
            if rescue.is_hidden:
                # What it holds has numbers of this epoch, and they must not be given again.
                with store.transaction():
                    store.start_epoch(store.journal.epoch + 1, store.mark(at))
        except BaseException:
            store.close()
            raise
    except BaseException:
        rescue.close()
        raise
    ballast.restore()
    return Files(store, rescue, ballast)


def is_full(error: StoreFailed | OSError) -> bool:
    """Whether it says that there is no room on the disk."""
    return error.full if isinstance(error, StoreFailed) else error.errno == errno.ENOSPC


def _with_room(ballast: Ballast, database: Path, opens: Callable[[], Store]) -> Store:
    """Open the database, on a full disk with the ballast's room."""
    try:
        return _tried(database, opens)
    except (StoreFailed, OSError) as error:
        if not is_full(error) or not ballast.release():
            raise
    return _tried(database, opens)


def _tried(database: Path, opens: Callable[[], Store]) -> Store:
    """Open the database if there is room for it. What an attempt without room made is removed."""
    is_new = not database.exists() or database.stat().st_size == 0
    if free_bytes(database.parent) < _opening_needs_bytes(database):
        raise OSError(errno.ENOSPC, "no room to open the database")
    try:
        return opens()
    except (StoreFailed, OSError) as error:
        if is_new and is_full(error):
            database.unlink(missing_ok=True)
            log_path(database).unlink(missing_ok=True)
        raise


def _opening_needs_bytes(database: Path) -> int:
    log = log_path(database)
    log_bytes = log.stat().st_size if log.exists() else 0
    missing = max(0, _OPENING_LOG_BYTES - log_bytes)
    return checkpoint_needs_bytes(database) + _OPENING_BYTES + missing
