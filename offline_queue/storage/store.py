"""The queue's rows on disk: one database, one connection, every acknowledged row flushed.

The database is only appended to and looked into: what is sent next is decided in memory
(`schedule`). An acceptance is one flushed commit. What comes back from the bank is committed
without a flush: if it is lost, the bank is asked again and says that it knows. The next
flush carries it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from offline_queue.formats.batch import JournalHead
from offline_queue.formats.entries import Event
from offline_queue.formats.timeline import Anchor, Boot, TimeMark
from offline_queue.moment import Moment
from offline_queue.storage import schema
from offline_queue.storage.connection import (
    MEMORY,
    SYNC_FULL,
    SYNC_NORMAL,
    StoreBusy,
    StoreDamaged,
    StoreFailed,
    connect,
    set_synchronous,
    trouble,
)
from offline_queue.storage.journal import Journal
from offline_queue.storage.row_columns import COLUMNS, INSERT, WITHOUT_TEXT, values_of
from offline_queue.storage.row_columns import row_from as _row_from
from offline_queue.storage.rows import WAITING, Row, State
from offline_queue.storage.seeds import Seeds

if TYPE_CHECKING:
    from sqlite_utils import Database

__all__ = ["MEMORY", "Store", "StoreBusy", "StoreDamaged", "StoreFailed"]

BATCH_BLOCK = 1_000  # batch numbers reserved at a time, so that a batch costs no write
_WAITING_WORDS = ", ".join(f"'{state}'" for state in WAITING)
_BATCH_END = "batch_no_end"


class Store:
    """The queue's database. Every change happens inside `transaction()`; `accept` is one by itself.

    `boot_id` names this boot of the machine, `at` is the moment of opening. `image` is what
    `serialize` gave of an earlier `MEMORY` store: a simulated restart. `epoch`, `epoch_detail`: what a
    new database begins with. Raises `StoreBusy`, `StoreFailed`, `StoreDamaged` or `NewerDatabase`,
    and `ValueError` for the database of another terminal.
    """

    def __init__(
        self,
        path: str,
        boot_id: str,
        terminal: str,
        at: Moment,
        image: bytes | None = None,
        epoch: int | None = None,
        epoch_detail: str = "",
    ) -> None:
        self.path = path
        self.boot_id = boot_id
        self.terminal = terminal
        self.settled_rows = 0  # since the last checkpoint
        self.written_rows = 0
        self._boot_numbers: dict[str, int] = {}
        self.boots: tuple[Boot, ...] = ()  # in their order
        self.anchor: Anchor | None = None  # the bank's last word on the time
        try:
            self.conn = conn = connect(path)
        except sqlite3.Error as error:
            raise trouble(error) from error
        self._seeds = Seeds(conn)
        try:
            if image is not None:
                assert path == MEMORY
                conn.deserialize(image)
            self._open(at, epoch or 1, epoch_detail)
        except sqlite3.Error as error:
            conn.close()
            raise trouble(error) from error
        except BaseException:
            conn.close()
            raise

    @property
    def db(self) -> Database:
        """The same connection through sqlite-utils, for a technician's look-ups."""
        from sqlite_utils import Database  # slow to load, and the queue's work does without it

        return Database(self.conn)

    def close(self) -> None:
        """Close the database; may be called twice."""
        self.conn.close()

    @contextmanager
    def transaction(self, *, lazy: bool = False) -> Iterator[None]:
        """One atomic change. Raises `StoreFailed`; then nothing of it counts.

        It is on the disk when this ends, or if `lazy` with the next one that is not.
        """
        try:
            if lazy:
                set_synchronous(self.conn, SYNC_NORMAL)
            self.conn.execute("BEGIN IMMEDIATE")
            yield
            self.conn.execute("COMMIT")
        except BaseException as error:
            self._take_back(error)
            raise
        finally:
            if lazy:
                with suppress(sqlite3.ProgrammingError):  # closed meanwhile
                    set_synchronous(self.conn, SYNC_FULL)
        if not lazy:
            self.journal.flushed = self.journal.tip

    def accept(self, row: Row, request_hash: str, digest: str) -> None:
        """`accepted`, flushed when it returns. Raises as it does, and `StoreFailed`.

        Most often the row is all that is written, and one statement is a transaction by itself.
        """
        if not self._is_all_there_for(row):
            with self.transaction():
                self.accepted(row, request_hash, digest)
            return
        try:
            self.accepted(row, request_hash, digest)
        except BaseException as error:
            self._take_back(error)
            raise
        self.journal.flushed = self.journal.tip

    # --- look-ups ----------------------------------------------------------------------

    def mark(self, now: Moment) -> TimeMark:
        """What the clocks say at `now`, for a header or a journal entry."""
        boot_ms = int(now.mono_s * 1000)
        return TimeMark(self.boot_id, boot_ms, now.wall.isoformat(), now.quality, self.anchor)

    @property
    def flushed_head(self) -> JournalHead:
        """How far the journal is safely on disk."""
        return JournalHead(self.journal.flushed.n, self.journal.flushed.digest)

    def find(self, op_id: str) -> Row | None:
        """The row of an operation."""
        sql = f"SELECT {COLUMNS} FROM ops WHERE op_id = ?"  # noqa: S608
        found = self._ask(sql, bytes.fromhex(op_id))
        return self._row(found[0]) if found else None

    def waiting_rows(self) -> Iterator[Row]:
        """All that waits, in order of acceptance, without the sealed texts."""
        sql = f"SELECT {WITHOUT_TEXT} FROM ops WHERE state IN ({_WAITING_WORDS}) ORDER BY seq"  # noqa: S608
        return map(self._row, self._ask(sql))

    def load(self, seq: int) -> Row:
        """A row with its sealed text, by its key."""
        sql = f"SELECT {COLUMNS} FROM ops WHERE seq = ?"  # noqa: S608
        return self._row(self._ask(sql, seq)[0])

    def dead(self) -> dict[str, int]:
        """How many rows a person must look at, by the bank's last word on them."""
        sql = "SELECT coalesce(outcome, ''), COUNT(*) FROM ops WHERE state = 'dead' GROUP BY 1"
        return dict(self._ask(sql))

    def meta(self, name: str) -> str | None:
        """A remembered value."""
        found = self._ask("SELECT value FROM meta WHERE name = ?", name)
        return str(found[0][0]) if found else None

    # --- changes, inside a transaction -------------------------------------------------

    def remember(self, name: str, value: str) -> None:
        """Keep a value under a name."""
        self.conn.execute("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", (name, value))

    def accepted(self, row: Row, request_hash: str, digest: str) -> None:
        """Insert a new row, which is the entry of its acceptance as well; it signed the digest.

        Raises `sqlite3.IntegrityError` for an operation that is there already.
        """
        assert row.prev == self.journal.head
        self._insert(row, request_hash, digest)
        self.journal.accepted(row.header.epoch, row.header.lane_seq, digest)

    def salvaged(self, row: Row, at: TimeMark) -> bool:
        """Insert a row of an earlier database as it was. False if it is there already."""
        hashed = row.hashed if row.sealed is None else row.request_hash
        try:
            self._insert(row, hashed, None)
        except sqlite3.IntegrityError:
            return False
        self.journal.append(Event.SALVAGED, row.header.op_id, at, row.state.value)
        return True

    def settled(
        self, rows: Sequence[tuple[int, str, State, str]], event: Event, at: TimeMark
    ) -> None:
        """Waiting rows (key, op_id, new state, outcome) change; a final one loses its sealed text."""
        for seq, op_id, state, outcome in rows:
            keeps = state in (*WAITING, State.DEAD)
            changed = self.conn.execute(
                "UPDATE ops SET state = ?1, outcome = ?2,"  # noqa: S608
                " seed = CASE WHEN ?3 THEN seed END, sealed = CASE WHEN ?3 THEN sealed END"
                f" WHERE seq = ? AND state IN ({_WAITING_WORDS}, 'dead')",
                (state.value, outcome or None, keeps, seq),
            )
            assert changed.rowcount == 1, "a final state is final"
            self.journal.append(event, op_id, at, outcome)
            self.settled_rows += state not in WAITING
            self.written_rows += 1

    def noted(self, event: Event, op_ids: Iterable[str], at: TimeMark) -> None:
        """Journal what happened to operations that go on waiting."""
        for op_id in op_ids:
            self.journal.append(event, op_id, at)
            self.written_rows += 1

    def start_epoch(self, epoch: int, at: TimeMark, detail: str | None = None) -> None:
        """Begin a new journal in this database; the rows keep their ids and their proofs.

        `detail`: the last known digest of the old one, if it is not the newest here.
        """
        self.journal.start_epoch(epoch, at, self.journal.head if detail is None else detail)
        self.remember(_BATCH_END, "0")
        self._batch_no = self._batch_end = 0

    def keep_anchor(self, anchor: Anchor) -> None:
        """The bank's time, as heard in this boot. The first one is written down."""
        self.anchor = anchor
        if any(boot.boot_id == self.boot_id and boot.anchor for boot in self.boots):
            return
        self.boots = tuple(
            replace(boot, anchor=anchor) if boot.boot_id == self.boot_id else boot
            for boot in self.boots
        )
        self.conn.execute(
            "UPDATE boots SET anchor_at = ?, anchor_ms = ? WHERE boot_id = ?",
            (anchor.at, anchor.boot_ms, self.boot_id),
        )

    def prune(self, keep_rows: int, keep_journal: int, at: TimeMark) -> None:
        """Forget finished rows and journal entries beyond what is kept."""
        oldest_sql = "SELECT MIN(seq) FROM (SELECT seq FROM ops ORDER BY seq DESC LIMIT ?)"
        (oldest,) = self.conn.execute(oldest_sql, (keep_rows,)).fetchone()
        over = f"seq < ? AND state NOT IN ({_WAITING_WORDS}, 'dead')"
        self.journal.keep_acceptances(over, oldest)
        self.conn.execute(f"DELETE FROM ops WHERE {over}", (oldest,))  # noqa: S608
        self._seeds.prune()
        self.journal.prune(keep_journal, at)

    # --- outside a transaction -----------------------------------------------------------

    def next_batch_no(self) -> int:
        """A batch number higher than any before; about one in a thousand costs a flush."""
        if self._batch_no >= self._batch_end:
            with self.transaction():
                self._reserve_batches()
        self._batch_no += 1
        return self._batch_no

    @property
    def batch_no(self) -> int:
        """The last batch number given."""
        return self._batch_no

    def checkpoint(self) -> None:
        """Move the log into the database and begin it anew; what was in it stays readable there.

        Outside a transaction. Raises `StoreFailed`.
        """
        try:
            self.conn.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()
        except sqlite3.Error as error:
            raise StoreFailed(error) from error
        self.checkpointed()

    def checkpointed(self) -> None:
        """The log was moved into the database, flushed: so is all that was committed."""
        self.settled_rows = self.written_rows = 0
        self.journal.flushed = self.journal.tip

    # --- inside ------------------------------------------------------------------------

    def _take_back(self, error: BaseException) -> None:
        """Nothing of the transaction counts. Raises `StoreFailed` if the disk or SQLite failed it."""
        self._seeds.forget()
        with suppress(sqlite3.Error):
            if self.conn.in_transaction:
                self.conn.execute("ROLLBACK")
            self._boot_numbers.clear()
            self.journal.reload()
        if isinstance(error, sqlite3.DatabaseError) and not isinstance(
            error, sqlite3.IntegrityError | sqlite3.ProgrammingError
        ):
            raise StoreFailed(error) from error

    def _ask(self, sql: str, *values: object) -> list[Any]:
        """Rows of a look-up. Raises `StoreFailed`: a disk that failed is met here too."""
        try:
            return self.conn.execute(sql, values).fetchall()
        except sqlite3.ProgrammingError:
            raise
        except sqlite3.Error as error:
            raise StoreFailed(error) from error

    def _open(self, at: Moment, epoch: int, epoch_detail: str) -> None:
        conn = self.conn
        if self.path == MEMORY and schema.is_new(conn):
            schema.create(conn)
        self._check()
        # What a failed flush left in the log reads well from memory and is not on the disk. Moved into
        # the database it is written again, and the log begins anew without a hole.
        conn.execute("PRAGMA wal_checkpoint(FULL)").fetchone()
        conn.execute("BEGIN IMMEDIATE")
        owner = self.meta("terminal")
        if owner not in (None, self.terminal):
            raise ValueError("the queue's database belongs to another terminal")
        self.remember("terminal", self.terminal)
        self._load_boots()
        self.journal = Journal(conn, self._boot_number)
        self._start_boot()
        self.anchor = next((b.anchor for b in reversed(self.boots) if b.anchor), None)
        self.opened = mark = self.mark(at)
        if owner is None:
            self.journal.start_epoch(epoch, mark, epoch_detail)
        self.journal.append(Event.OPENED, "", mark, self.boot_id)
        self._reserve_batches()
        conn.execute("COMMIT")
        self.journal.flushed = self.journal.tip

    def _check(self) -> None:
        """Whether what is there is whole and ours. Raises `StoreDamaged` or `NewerDatabase`."""
        try:
            schema.check(self.conn)
        except schema.ForeignSchema as error:
            raise StoreDamaged(str(error)) from error
        if self.conn.execute("PRAGMA integrity_check(1)").fetchone()[0] != "ok":
            raise StoreDamaged("the queue's database is damaged: integrity_check")
        if not Journal(self.conn, self._boot_number).is_tail_whole():
            raise StoreDamaged("the journal's newest entries do not continue each other")

    def _load_boots(self) -> None:
        found = self.conn.execute(
            "SELECT number, boot_id, before_ms, anchor_at, anchor_ms FROM boots ORDER BY number"
        ).fetchall()
        self.boots = tuple(
            Boot(boot_id, before_ms, None if at is None else Anchor(at, boot_id, ms))
            for _, boot_id, before_ms, at, ms in found
        )
        self._boot_numbers = {row[1]: row[0] for row in found}

    def _start_boot(self) -> None:
        """A boot that is new begins where the last journal entry of the one before left off."""
        if self.boot_id in self._boot_numbers:
            return
        before_ms = 0
        last = self.conn.execute(
            "SELECT b.before_ms + j.boot_ms FROM chain AS j JOIN boots AS b ON b.number = j.boot"
            " WHERE j.seq = ?",
            (self.journal.tip.seq,),
        ).fetchone()
        if last is not None:
            before_ms = last[0]
        self._add_boot(self.boot_id, before_ms)
        self._load_boots()

    def _boot_number(self, boot_id: str) -> int:
        """The number of a boot; one of an earlier database gets a new one."""
        number = self._boot_numbers.get(boot_id)
        if number is None:
            found = self.conn.execute("SELECT number FROM boots WHERE boot_id = ?", (boot_id,))
            row = found.fetchone()
            number = self._add_boot(boot_id, 0) if row is None else int(row[0])
            self._boot_numbers[boot_id] = number
        return number

    def _add_boot(self, boot_id: str, before_ms: int) -> int:
        added = self.conn.execute(
            "INSERT INTO boots (boot_id, before_ms) VALUES (?, ?)", (boot_id, before_ms)
        )
        assert added.lastrowid is not None
        return added.lastrowid

    def _reserve_batches(self) -> None:
        """The next block of batch numbers; what an earlier process left of its own is skipped."""
        start = int(self.meta(_BATCH_END) or 0)
        self._batch_no, self._batch_end = start, start + BATCH_BLOCK
        self.remember(_BATCH_END, str(self._batch_end))

    def _is_all_there_for(self, row: Row) -> bool:
        """Whether the boots and the seed that a row points to are stored, so that it alone is not."""
        boots, at = self._boot_numbers, row.header.accepted
        anchored = at.anchor is None or at.anchor.boot_id in boots
        return anchored and at.boot_id in boots and self._seeds.has(row.sealed)

    def _insert(self, row: Row, hashed: str, digest: str | None) -> None:
        anchor = row.header.accepted.anchor
        boot = self._boot_number(row.header.accepted.boot_id)
        anchor_boot = None if anchor is None else self._boot_number(anchor.boot_id)
        text = self._seeds.store(row.sealed)
        self.conn.execute(INSERT, values_of(row, boot, anchor_boot, hashed, digest, text))
        self.written_rows += 1

    def _row(self, found: tuple[object, ...]) -> Row:
        return _row_from(found, self.terminal, self._boot_id)

    def _boot_id(self, number: int) -> str:
        for boot_id, its in self._boot_numbers.items():
            if its == number:
                return boot_id
        row = self.conn.execute("SELECT boot_id FROM boots WHERE number = ?", (number,)).fetchone()
        return str(row[0])
