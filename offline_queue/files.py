"""The files of the queue's process, opened; on a full disk with the ballast's room."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from offline_queue.ballast import Ballast
from offline_queue.keys import TerminalKeys
from offline_queue.moment import Moment
from offline_queue.rescue import Rescue, RescueBusy
from offline_queue.salvage import open_store
from offline_queue.settings import Settings
from offline_queue.store import Store, StoreBusy, StoreFailed

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Files:
    """What the process has open."""

    store: Store
    rescue: Rescue
    ballast: Ballast


def open_files(settings: Settings, keys: TerminalKeys, boot_id: str, at: Moment) -> Files:
    """Open rescue file, database and ballast, in the order in which each may need the one before.

    Raises `StoreBusy`, `StoreFailed`, `NewerDatabase`, `OSError`, and `ValueError` for the database of
    another terminal.
    """
    ballast = Ballast(settings.ballast, settings.ballast_bytes)
    try:
        rescue = _with_room(ballast, lambda: Rescue.open(settings.rescue, settings.rescue_bytes))
    except RescueBusy as error:
        raise StoreBusy("another process has the queue's database open") from error
    database, public = str(settings.database), keys.signing.public_key()
    try:
        store = _with_room(
            ballast,
            lambda: open_store(database, boot_id, settings.terminal, at, rescue, public),
        )
    except BaseException:
        rescue.close()
        raise
    ballast.restore()
    return Files(store, rescue, ballast)


def _with_room(ballast: Ballast, opens: Callable[[], T]) -> T:
    """Open a file, on a full disk with the ballast's room."""
    try:
        return opens()
    except (StoreFailed, OSError) as error:
        full = error.full if isinstance(error, StoreFailed) else error.errno == errno.ENOSPC
        if not full or not ballast.release():
            raise
    return opens()
