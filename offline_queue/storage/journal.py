"""The queue's audit log: every event of every row, in a chain of hashes.

The entry of an acceptance is the accepted row itself, so that a request is one row; all others
stand in the table `journal`, and the view `chain` has both. Each entry's digest covers its own
fields and the digest before it, so an entry that was edited,
removed or moved breaks the chain. The head on disk travels with every batch and hello: the bank
keeps it, and a log cut short no longer fits. Entries are numbered from 1, without a gap, anew in
every epoch; the first entry of an epoch is ``epoch`` and names the head of the one before.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import msgspec

from offline_queue.formats.chain import GENESIS, link
from offline_queue.formats.entries import Entry, Event
from offline_queue.formats.timeline import TimeMark

EPOCH_SHIFT = 40
N_MASK = (1 << EPOCH_SHIFT) - 1
_TAIL = 200  # entries checked at every start
_ENTRY = "j.seq, j.event, j.op_id, b.boot_id, j.boot_ms, j.wall, j.detail, j.digest"
_ANCHOR = "journal_anchor"


class Tip(msgspec.Struct, frozen=True, gc=False):
    """The last entry of a journal: what the next one continues."""

    epoch: int
    n: int
    digest: str

    @property
    def seq(self) -> int:
        """Its key in the table."""
        return self.epoch << EPOCH_SHIFT | self.n


class Journal:
    """The chain of entries. All writes belong to the caller's transaction.

    `boot_number` gives the number of a boot in the `boots` table.
    """

    def __init__(self, conn: sqlite3.Connection, boot_number: Callable[[str], int]) -> None:
        self._conn = conn
        self._boot_number = boot_number
        self.tip = self._last()
        self.flushed = self.tip  # as of the last commit that was flushed

    @property
    def epoch(self) -> int:
        """The epoch that is being written."""
        return self.tip.epoch

    @property
    def n(self) -> int:
        """The number of the newest entry."""
        return self.tip.n

    @property
    def head(self) -> str:
        """The digest of the newest entry, 64 hex digits."""
        return self.tip.digest

    def reload(self) -> None:
        """Read the tip again: after a rollback the one in memory is ahead of the table."""
        self.tip = self._last()

    def append(self, event: Event, op_id: str, at: TimeMark, detail: str = "") -> None:
        """Add an entry that is no acceptance. `op_id` in hex, or empty."""
        assert event is not Event.ACCEPTED
        tip = self.tip
        entry = Entry(
            tip.n + 1, tip.epoch, event.value, op_id, at.boot_id, at.boot_ms, at.wall, detail
        )
        tip = Tip(entry.epoch, entry.n, link(tip.digest, entry.content()))
        self._conn.execute(
            "INSERT INTO journal (seq, event, op_id, boot, boot_ms, wall, detail, digest)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(tip.seq, entry.event, bytes.fromhex(entry.op_id)),
                *(self._boot_number(entry.boot_id), entry.boot_ms, entry.wall),
                *(entry.detail, bytes.fromhex(tip.digest)),
            ),
        )
        self.tip = tip

    def accepted(self, epoch: int, n: int, digest: str) -> None:
        """A row was inserted, and is with this digest the entry of its acceptance."""
        assert n == self.tip.n + 1
        assert epoch == self.tip.epoch
        self.tip = Tip(epoch, n, digest)

    def start_epoch(self, epoch: int, at: TimeMark, detail: str) -> None:
        """Begin a new chain. `detail`: the last known digest of the old one, or empty."""
        assert epoch > self.tip.epoch
        self.tip = Tip(epoch, 0, GENESIS)
        self.append(Event.EPOCH, "", at, detail)

    def first_broken(self, epoch: int | None = None) -> int | None:
        """The number of the first entry of an epoch that does not continue its chain, or None.

        Without `epoch`: of the epoch that is being written.
        """
        epoch = self.tip.epoch if epoch is None else epoch
        anchor = self.anchor()
        if anchor is None or anchor.epoch != epoch:
            anchor = Tip(epoch, 0, GENESIS)
        return self._first_broken(anchor)

    def is_tail_whole(self) -> bool:
        """Whether the newest entries continue each other; for a start, which checks no more."""
        tip, anchor = self.tip, self.anchor()
        before = Tip(tip.epoch, max(0, tip.n - _TAIL), GENESIS)
        if anchor is not None and anchor.epoch == tip.epoch and anchor.n >= before.n:
            before = anchor
        elif before.n > 0:
            digest = self._digest_of(before.seq)
            if digest is None:
                return False
            before = Tip(before.epoch, before.n, digest)
        return self._first_broken(before) is None

    def digest_at(self, n: int) -> str | None:
        """The digest of an entry of this epoch; None if it is forgotten or not there."""
        if n == 0:
            return GENESIS
        return self._digest_of(self.tip.epoch << EPOCH_SHIFT | n)

    def keep_acceptances(self, where: str, *values: object) -> None:
        """Rows of `ops` will be forgotten: the entries of their acceptances go on without them."""
        self._conn.execute(
            "INSERT INTO journal (seq, event, op_id, boot, boot_ms, wall, detail, digest)"  # noqa: S608
            " SELECT seq, 'accepted', op_id, boot, boot_ms, wall, lower(hex(request_hash)), digest"
            f" FROM ops WHERE digest IS NOT NULL AND {where}",
            values,
        )

    def prune(self, keep: int, at: TimeMark) -> None:
        """Forget all but the newest `keep` entries of this epoch, and all of earlier ones.

        The last forgotten digest stays as an anchor, and in an entry of its own.
        """
        last = Tip(self.tip.epoch, self.tip.n - keep, "")
        digest = self._digest_of(last.seq) if last.n > 0 else None
        if digest is None:
            return
        self._conn.execute(
            "INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)",
            (_ANCHOR, f"{last.epoch}:{last.n}:{digest}"),
        )
        self._conn.execute("DELETE FROM journal WHERE seq <= ?", (last.seq,))
        self._conn.execute(
            "UPDATE ops SET digest = NULL WHERE seq <= ? AND digest IS NOT NULL", (last.seq,)
        )
        self.append(Event.SEALED_OFF, "", at, digest)

    def anchor(self) -> Tip | None:
        """The last entry that was forgotten."""
        row = self._conn.execute("SELECT value FROM meta WHERE name = ?", (_ANCHOR,)).fetchone()
        if row is None:
            return None
        epoch, n, digest = str(row[0]).split(":")
        return Tip(int(epoch), int(n), digest)

    def _last(self) -> Tip:
        newest = "SELECT seq, digest FROM {} ORDER BY seq DESC LIMIT 1"
        found = [
            row
            for table in ("journal", "ops WHERE digest IS NOT NULL")
            for row in self._conn.execute(newest.format(table)).fetchall()
        ]
        if found:
            seq, digest = max(found)
            return Tip(seq >> EPOCH_SHIFT, seq & N_MASK, digest.hex())
        return self.anchor() or Tip(0, 0, GENESIS)

    def _digest_of(self, seq: int) -> str | None:
        row = self._conn.execute("SELECT digest FROM chain WHERE seq = ?", (seq,)).fetchone()
        return None if row is None else str(row[0].hex())

    def _first_broken(self, after: Tip) -> int | None:
        rows = self._conn.execute(
            f"SELECT {_ENTRY} FROM chain AS j LEFT JOIN boots AS b ON b.number = j.boot"  # noqa: S608
            " WHERE j.seq > ? AND j.seq < ? ORDER BY j.seq",
            (after.seq, (after.epoch + 1) << EPOCH_SHIFT),
        )
        last, before = after.n, after.digest
        for seq, event, op_id, *rest, digest in rows:
            n = seq & N_MASK
            entry = Entry(n, seq >> EPOCH_SHIFT, event, op_id.hex(), *rest)
            if n != last + 1 or digest.hex() != link(before, entry.content()):
                return int(n)
            last, before = n, digest.hex()
        return None
