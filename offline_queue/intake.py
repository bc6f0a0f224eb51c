"""Taking a request: one flushed commit, and for a loss report the rescue file before it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from offline_queue.formats.entries import Event
from offline_queue.sealing import SealedRow
from offline_queue.sending.schedule import Entry
from offline_queue.storage.rows import Row, State, row_to_bytes
from offline_queue.storage.store import Store, StoreFailed
from offline_queue.storage.wiping import wipe_log


class RescueFile(Protocol):
    """The second place where every loss report is before it is called taken."""

    def keep(self, op_id: str, record: bytes) -> bool:
        """Append and flush; False if it could not."""

    def drop(self, op_ids: Sequence[str]) -> None:
        """These are final."""

    def set_epoch(self, epoch: int) -> None:
        """Remember the epoch, flushed. Raises `OSError`."""


class Intake:
    """Writes new rows. `make_room` gives back some disk when it is full (True: it did)."""

    def __init__(
        self, store: Store, rescue: RescueFile | None, make_room: Callable[[], bool]
    ) -> None:
        self._store = store
        self._rescue = rescue
        self._make_room = make_room
        self.rescue_failed = False
        self._failure: StoreFailed | None = None

    @property
    def must_reopen(self) -> bool:
        """Whether the last row is in the rescue file alone."""
        return self._failure is not None

    def take(self, sealed: SealedRow, supersedes: Sequence[Entry], *, rescued: bool) -> None:
        """Make a row durable, and end the waiting rows that it supersedes.

        `rescued`: it goes to the rescue file as well, and counts as taken if either has it.
        Raises `StoreFailed`: it is not taken.
        """
        row = sealed.row
        if self._failure is not None:
            raise self._failure
        in_rescue = rescued and self._keep(row)
        try:
            self._commit(sealed, supersedes)
        except StoreFailed as failure:
            if not in_rescue:
                raise
            # It is merged by the next start; until then nothing else may take its place.
            self._failure = failure

    def finished(self, op_ids: Sequence[str]) -> None:
        """Rows that are final need no rescue."""
        if self._rescue is not None:
            self._rescue.drop(op_ids)

    def epoch_began(self, epoch: int) -> None:
        """The rescue file remembers the epoch too."""
        if self._rescue is not None:
            try:
                self._rescue.set_epoch(epoch)
            except OSError:
                self.rescue_failed = True

    def _keep(self, row: Row) -> bool:
        if self._rescue is None:
            return False
        kept = self._rescue.keep(row.header.op_id, row_to_bytes(row))
        self.rescue_failed = not kept
        return kept

    def _commit(self, sealed: SealedRow, supersedes: Sequence[Entry]) -> None:
        try:
            self._write(sealed, supersedes)
        except StoreFailed as failure:
            if not failure.full:
                raise  # what is on the disk is known after opening it anew
            has_room = self._make_room()
            if self._is_there(sealed.row):
                return
            if not has_room:
                raise
            self._write(sealed, supersedes)

    def _is_there(self, row: Row) -> bool:
        """Whether the commit worked, and it was only said to have failed.

        Then the log is moved into the database: flushed or not before, it is afterwards. Raises
        `StoreFailed`.
        """
        if self._store.find(row.header.op_id) is None:
            return False
        wipe_log(self._store)
        return True

    def _write(self, sealed: SealedRow, supersedes: Sequence[Entry]) -> None:
        store, at = self._store, sealed.row.header.accepted
        if not supersedes:
            store.accept(sealed.row, sealed.request_hash, sealed.digest)
            return
        with store.transaction():
            store.accepted(sealed.row, sealed.request_hash, sealed.digest)
            for old in supersedes:
                ended = [(old.seq, old.op_id, State.SUPERSEDED, "")]
                store.settled(ended, Event.SUPERSEDED, at)
