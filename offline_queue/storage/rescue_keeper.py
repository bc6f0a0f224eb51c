"""The rescue file as the process has it: it may be missing, and is then tried again later.

Without it the queue works on, and a loss report is durable in the database alone.
"""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable, Iterable
from pathlib import Path

from offline_queue.storage.rescue import Rescue, RescueBusy, RescueContent
from offline_queue.storage.rescue_records import BODY_BYTES_MAX, RescueRecord, live_bytes
from offline_queue.storage.rows import Row, row_to_bytes
from offline_queue.storage.store import Store, StoreFailed

_NOTHING = RescueContent(0, (), is_header_lost=True, is_torn=False, damaged=0)
_LOSS_REPORT = "loss_report"

_log = logging.getLogger("kiosk-queue")


class RescueKeeper:
    """Opens the rescue file, or does without. Raises `RescueBusy` if another process has it."""

    def __init__(self, path: Path, size_bytes: int) -> None:
        self._path = path
        self._size_bytes = size_bytes
        self._rescue: Rescue | None = None
        self._epoch = self._key_floor = 0  # what its header is to say when it is back
        try:
            self._rescue = Rescue.open(path, size_bytes)
        except RescueBusy:
            raise
        except OSError as error:
            name = errno.errorcode.get(error.errno or 0, "unknown")
            _log.error("maintenance: the rescue file cannot be opened: %s", name)
        self.takes = self.works  # whether it took the last thing that was put in

    @property
    def works(self) -> bool:
        """Whether the file is there."""
        return self._rescue is not None

    @property
    def is_hidden(self) -> bool:
        """Whether something is there that cannot be opened: it may hold reports."""
        return self._rescue is None and (self._path.exists() or self._path.is_symlink())

    @property
    def epoch(self) -> int:
        """As `Rescue.epoch`."""
        return self._epoch if self._rescue is None else self._rescue.epoch

    @property
    def key_floor(self) -> int:
        """As `Rescue.key_floor`."""
        return self._key_floor if self._rescue is None else self._rescue.key_floor

    @property
    def found(self) -> RescueContent:
        """What was in the file when it was opened."""
        return _NOTHING if self._rescue is None else self._rescue.found

    @property
    def op_ids(self) -> frozenset[str]:
        """The operations that wait in the file."""
        return frozenset() if self._rescue is None else self._rescue.op_ids

    def records(self) -> tuple[RescueRecord, ...]:
        """What waits in the file, oldest first."""
        return () if self._rescue is None else self._rescue.records()

    def keep(self, op_id: str, record: bytes) -> bool:
        """Add a record; True: it is on the disk."""
        if self._rescue is None:
            return False
        self.takes = kept = self._rescue.keep(op_id, record)
        if self._rescue.is_broken:
            self._lose()
        return kept

    def drop(self, op_ids: Iterable[str]) -> None:
        """These operations are final."""
        if self._rescue is not None:
            self._rescue.drop(op_ids)
            if self._rescue.is_broken:
                self._lose()

    def set_epoch(self, epoch: int) -> None:
        """Remember the queue's epoch; at the latest when the file is back."""
        self._epoch = epoch
        self._try(lambda rescue: rescue.set_epoch(epoch))

    def set_key_floor(self, version: int) -> None:
        """Remember how new the bank's key list was; at the latest when the file is back."""
        self._key_floor = version
        self._try(lambda rescue: rescue.set_key_floor(version))

    def wipe(self) -> None:
        """Overwrite what was dropped."""
        self._try(lambda rescue: rescue.wipe())
        # Room for the largest record there is, or, in a small file, all the room there is.
        if self._rescue is not None and self._rescue.free_bytes >= min(
            BODY_BYTES_MAX, self._rescue.capacity_bytes
        ):
            self.takes = True

    def mend(self, store: Store) -> bool:
        """Make or open the file again, and put in every loss report that waits. False: still not.

        Raises `StoreFailed` if it holds what the database does not: the next start merges that.
        """
        if self._rescue is not None:
            return True
        try:
            self._rescue = rescue = Rescue.open(self._path, self._size_bytes)
        except OSError:
            return False
        rows = {op_id: store.find(op_id) for op_id in rescue.op_ids}
        if rescue.epoch > store.journal.epoch or None in rows.values():
            _log.error("maintenance: the rescue file is back and holds what the database does not")
            raise StoreFailed(OSError(errno.ESTALE, "the database is behind the rescue file"))
        self.set_epoch(store.journal.epoch)
        self.set_key_floor(max(self._key_floor, self.key_floor))
        self.drop(op_id for op_id, row in rows.items() if row is None or is_final(row))
        waiting = (row for row in store.waiting_rows() if row.header.kind == _LOSS_REPORT)
        missing = [store.load(row.seq) for row in waiting if row.header.op_id not in rows]
        self._keep_all([RescueRecord(row.header.op_id, row_to_bytes(row)) for row in missing])
        return self.works

    def close(self) -> None:
        """Close the file; may be called twice."""
        if self._rescue is not None:
            self._rescue.close()

    def _keep_all(self, records: list[RescueRecord]) -> None:
        """As many as fit, the oldest first."""
        if self._rescue is None:
            return
        room = self._rescue.free_bytes
        fitting: list[RescueRecord] = []
        for record in records:
            room -= len(live_bytes(record))
            if room < 0:
                break
            fitting.append(record)
        kept = not fitting or self._rescue.keep_all(fitting)
        self.takes = kept and len(fitting) == len(records)
        if self._rescue.is_broken:
            self._lose()

    def _try(self, act: Callable[[Rescue], None]) -> None:
        if self._rescue is None:
            return
        try:
            act(self._rescue)
        except OSError:
            _log.exception("maintenance: the rescue file failed")
            self._lose()

    def _lose(self) -> None:
        """After a failure it takes nothing until it is opened anew."""
        assert self._rescue is not None
        self._epoch = max(self._epoch, self._rescue.epoch)
        self._key_floor = max(self._key_floor, self._rescue.key_floor)
        self._rescue.close()
        self._rescue = None
        self.takes = False


def is_final(row: Row) -> bool:
    """Whether nothing is left of a row to be sent; one whose text was lost is not ended."""
    return row.sealed is None and row.outcome != "lost"
