"""Batches: which rows travel together, and which of them are on their way."""

from __future__ import annotations

from dataclasses import dataclass

from offline_queue.formats.batch import Batch, SealedOp
from offline_queue.formats.envelope import (
    BATCH_BYTES_MAX,
    BATCH_OPS_MAX,
    LONE_BYTES_MAX,
    canonical,
    sign,
)
from offline_queue.formats.keys import TerminalKeys
from offline_queue.policy import FIRST_IN_LINE
from offline_queue.sealing import Visits
from offline_queue.sending.schedule import Entry, Schedule
from offline_queue.storage.rows import Row
from offline_queue.storage.store import Store

_BATCH_FRAME_BYTES = 512  # of a batch beside its operations, at most


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A batch to be sent: its body and the terminal's signature over it (hex).

    `is_urgent`: a loss report is in it.
    """

    batch: Batch
    body: bytes
    signature: str
    is_urgent: bool


class Sender:
    """Makes batches from what is due. One is on its way at a time."""

    def __init__(
        self, store: Store, keys: TerminalKeys, schedule: Schedule, visits: Visits
    ) -> None:
        self._store = store
        self._keys = keys
        self._schedule = schedule
        self._visits = visits
        self._flying: list[Entry] = []
        self._batch_no = 0  # of those that fly
        self._alone_next = False

    @property
    def flies(self) -> bool:
        """Whether a batch is on its way."""
        return bool(self._flying)

    def next(self, now_s: float, below: int, *, together: bool) -> Outgoing | None:
        """The next batch, of rows more urgent than `below`; None while nothing is due.

        `together`: several rows may travel; else one probes the way.
        """
        assert not self._flying, "one batch at a time"
        entries = self._choose(now_s, below, together)
        if not entries:
            return None
        number = self._batch_no = self._store.next_batch_no()
        ops: list[SealedOp] = []
        room = BATCH_BYTES_MAX - _BATCH_FRAME_BYTES
        for entry in entries:
            op = self._sealed_op(entry, self._store.load(entry.seq))
            room -= len(canonical(op.to_wire())) + 1
            if room < 0 and ops:
                break
            ops.append(op)
        self._schedule.untake(entries[len(ops) :])
        self._flying = entries[: len(ops)]
        epoch = self._store.journal.flushed.epoch
        head = self._store.flushed_head
        batch = Batch(self._keys.terminal, epoch, number, head, tuple(ops))
        body = batch.to_bytes()
        assert len(body) <= (BATCH_BYTES_MAX if len(ops) > 1 else LONE_BYTES_MAX)
        is_urgent = any(entry.priority == FIRST_IN_LINE for entry in self._flying)
        return Outgoing(batch, body, sign(body, self._keys.signing), is_urgent)

    def landed(self, outgoing: Outgoing) -> list[Entry]:
        """The rows of the batch in flight, which came back one way or another."""
        is_in_flight = self._flying and outgoing.batch.batch_no == self._batch_no
        assert is_in_flight, "not in flight"
        entries, self._flying = self._flying, []
        return entries

    def _choose(self, now_s: float, below: int, together: bool) -> list[Entry]:
        """Rows in company, or one alone that failed too often in it; in turn, if both wait.

        What probes the line is rather a row that is not suspect itself.
        """
        schedule = self._schedule
        limit = BATCH_OPS_MAX if together else 1
        if self._alone_next and together:
            self._alone_next = False
            alone = schedule.take(now_s, 1, alone=True, below=below)
            if alone:
                return alone
        company = schedule.take(now_s, limit, below=below)
        self._alone_next = bool(company)
        return company or schedule.take(now_s, 1, alone=True, below=below)

    def _sealed_op(self, entry: Entry, row: Row) -> SealedOp:
        assert row.sealed is not None, "a waiting row keeps its sealed text"
        companion = None if entry.expiring else self._visits.companion(entry.op_id)
        return SealedOp(
            row.header, row.sealed, row.prev, row.signature.hex(), companion, entry.expiring
        )
