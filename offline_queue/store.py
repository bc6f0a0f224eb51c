"""The queue's rows on disk: one database, one connection, every acknowledged row flushed.

WAL with `synchronous=FULL`, and `locking_mode=EXCLUSIVE`: a second process cannot open it. The
connection is in driver autocommit, so the only transactions are the explicit ones below.
"""

from __future__ import annotations

import os
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from offline_queue import policy
from offline_queue.envelope import Header
from offline_queue.journal import Journal
from offline_queue.rows import WAITING, Row, State
from offline_queue.schema import TOGETHER_MAX, NewerDatabase, migrate

if TYPE_CHECKING:
    from sqlite_utils import Database

MEMORY = ":memory:"
_WAL_PAGES = 4_000  # a checkpoint in the middle of work only beyond 16 MB of log
_SYNC_FULL = 2
_COLUMNS = (
    "op_id, kind, lane, lane_seq, key_id, accepted_at, priority, state, attempts,"
    " together_failures, accepted_boot_s, boot_id, expires_boot_s, expires_wall_s, request_mac,"
    " request_hash, sealed, outcome"
)
# Named, so that rows are read in their order and no further than the limit.
_DUE = (
    f"SELECT {_COLUMNS} FROM ops INDEXED BY {{}} WHERE state = 'ready' AND next_try IS NOT NULL"  # noqa: S608
    f" AND next_try <= ? AND together_failures {{}} {TOGETHER_MAX} ORDER BY priority, seq LIMIT ?"
)
_DUE_TOGETHER = _DUE.format("ops_due", "<")
_DUE_ALONE = _DUE.format("ops_alone", ">=")
# Held: an earlier row of the lane still waits, and is not one that this row overtakes.
_HELD = (
    "EXISTS (SELECT 1 FROM ops AS e WHERE e.lane = ops.lane AND e.seq < ops.seq"
    " AND e.priority <= ops.priority AND e.state IN ('ready', 'in_flight'))"
)


class StoreBusy(RuntimeError):
    """Another process has the database open."""


class StoreFailed(RuntimeError):
    """The disk or the database failed; nothing of the transaction counts. `full`: no space."""

    def __init__(self, error: sqlite3.Error) -> None:
        self.full = error.sqlite_errorcode == sqlite3.SQLITE_FULL
        super().__init__(f"the queue's database failed: {error.sqlite_errorname}")


class Store:
    """The queue's database. Every call but the look-ups happens inside `transaction()`.

    `boot_id` names this boot of the machine: boot times of another boot are not compared.
    `image` is what `serialize` gave of an earlier `MEMORY` store: a simulated restart.
    Raises `StoreBusy`, `StoreFailed` or `NewerDatabase`.
    """

    def __init__(self, path: str, boot_id: str, terminal: str, image: bytes | None = None) -> None:
        self.boot_id = boot_id
        self.terminal = terminal
        self.conn = conn = _connect(path)
        self.waiting: Counter[str] = Counter()  # by kind
        try:
            if image is not None:
                assert path == MEMORY
                conn.deserialize(image)
            conn.execute("BEGIN IMMEDIATE")
            migrate(conn)
            self._start_boot()
            conn.execute("COMMIT")
            self.journal = Journal(conn)
            self._count_waiting()
        except (sqlite3.Error, NewerDatabase, ValueError) as error:
            conn.close()
            if isinstance(error, sqlite3.DatabaseError):
                raise _trouble(error) from error
            raise
        if path != MEMORY:
            _flush_directory(Path(path).parent)

    @property
    def db(self) -> Database:
        """The same connection through sqlite-utils, for a technician's look-ups."""
        from sqlite_utils import Database  # slow to load, and the queue's work does without it

        return Database(self.conn)

    def close(self) -> None:
        """Close the database; may be called twice."""
        self.conn.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One atomic, flushed change. Raises `StoreFailed`; then nothing of it counts."""
        waiting = self.waiting.copy()
        try:
            self.conn.execute("BEGIN IMMEDIATE")
            yield
            self.conn.execute("COMMIT")
        except BaseException as error:
            self.waiting = waiting
            with suppress(sqlite3.Error):
                if self.conn.in_transaction:
                    self.conn.execute("ROLLBACK")
                self.journal.reload()
            if isinstance(error, sqlite3.DatabaseError) and not isinstance(
                error, sqlite3.IntegrityError | sqlite3.ProgrammingError
            ):
                raise StoreFailed(error) from error
            raise

    # --- look-ups ----------------------------------------------------------------------

    def find(self, op_id: str) -> Row | None:
        """The row of an operation."""
        sql = f"SELECT {_COLUMNS} FROM ops WHERE op_id = ?"  # noqa: S608
        found = self.conn.execute(sql, (op_id,)).fetchone()
        return None if found is None else self._row(found)

    def due(self, boot_s: float, limit: int, *, alone: bool = False) -> list[Row]:
        """Rows to be sent now: first priority, then age; at most one a lane and priority.

        `alone`: those that failed too often in company, instead of all others.
        """
        sql = _DUE_ALONE if alone else _DUE_TOGETHER
        found = self.conn.execute(sql, (boot_s, limit))
        return [self._row(row) for row in found]

    def next_try_boot_s(self) -> float | None:
        """When the next row may be sent, in boot time."""
        sql = "SELECT MIN(next_try) FROM ops WHERE state = 'ready' AND next_try IS NOT NULL"
        return _optional_float(self.conn.execute(sql).fetchone()[0])

    def next_expiry_boot_s(self) -> float | None:
        """When the next row of this boot expires, in boot time."""
        sql = (
            "SELECT MIN(expires_boot_s) FROM ops"
            " WHERE state = 'ready' AND expires_boot_s IS NOT NULL AND boot_id = ?"
        )
        return _optional_float(self.conn.execute(sql, (self.boot_id,)).fetchone()[0])

    def overdue(self, boot_s: float, wall_s: float, limit: int) -> list[Row]:
        """Rows whose time is over: by boot time, or by wall time if from an earlier boot.

        So a clock that is set does not shred what was taken since the machine started.
        """
        found = self.conn.execute(
            f"SELECT {_COLUMNS} FROM ops WHERE state = 'ready'"  # noqa: S608
            " AND expires_boot_s IS NOT NULL AND boot_id = ? AND expires_boot_s <= ? LIMIT ?",
            (self.boot_id, boot_s, limit),
        ).fetchall()
        found += self.conn.execute(
            f"SELECT {_COLUMNS} FROM ops WHERE state = 'ready'"  # noqa: S608
            " AND expires_wall_s IS NOT NULL AND expires_wall_s <= ? AND boot_id <> ? LIMIT ?",
            (wall_s, self.boot_id, limit),
        ).fetchall()
        return [self._row(row) for row in found]

    def oldest(self) -> Row | None:
        """The row that has waited longest."""
        found = self.conn.execute(
            f"SELECT {_COLUMNS} FROM ops WHERE state IN ('ready', 'in_flight')"  # noqa: S608
            " ORDER BY seq LIMIT 1"
        ).fetchone()
        return None if found is None else self._row(found)

    def dead(self) -> int:
        """How many rows a person must look at."""
        sql = "SELECT COUNT(*) FROM ops WHERE state = 'dead'"
        return int(self.conn.execute(sql).fetchone()[0])

    @property
    def changes(self) -> int:
        """Grows with every changed row, since the start."""
        return self.conn.total_changes

    def meta(self, name: str) -> str | None:
        """A remembered value."""
        found = self.conn.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return None if found is None else str(found[0])

    # --- changes, inside a transaction -------------------------------------------------

    def remember(self, name: str, value: str) -> None:
        """Keep a value under a name."""
        self.conn.execute("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", (name, value))

    def next_lane_seq(self, lane: str) -> int:
        """The next number in a lane, counted from 1; never given twice."""
        found = self.conn.execute(
            "INSERT INTO lanes (lane, last_seq) VALUES (?, 1)"
            " ON CONFLICT (lane) DO UPDATE SET last_seq = last_seq + 1 RETURNING last_seq",
            (lane,),
        ).fetchone()
        return int(found[0])

    def add(self, row: Row) -> None:
        """Insert a new row, held if an earlier one of its lane waits."""
        header = row.header
        self.conn.execute(
            "INSERT INTO ops (op_id, kind, lane, lane_seq, key_id, accepted_at, priority, state,"
            " attempts, together_failures, accepted_boot_s, boot_id, expires_boot_s,"
            " expires_wall_s, request_mac, request_hash, sealed, outcome)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(header.op_id, header.kind, header.lane, header.lane_seq, header.key_id),
                *(header.accepted_at, row.priority, row.state, row.attempts),
                *(row.together_failures, row.accepted_boot_s, row.boot_id, row.expires_boot_s),
                *(row.expires_wall_s, row.request_mac, row.request_hash, row.sealed, row.outcome),
            ),
        )
        self._release(header.lane)
        self.waiting[header.kind] += 1
        self.journal.append("accepted", header.op_id, header.accepted_at)

    def start_sending(self, rows: list[Row], at: datetime) -> int:
        """Mark rows as in flight; the number of the batch they travel in."""
        batch_no = int(self.meta("batch_no") or 0) + 1
        self.remember("batch_no", str(batch_no))
        for row in rows:
            self.conn.execute(
                "UPDATE ops SET state = 'in_flight', attempts = attempts + 1 WHERE op_id = ?",
                (row.header.op_id,),
            )
            self.journal.append("sent", row.header.op_id, at.isoformat())
        return batch_no

    def put_back(
        self, row: Row, event: str, next_try_s: float, together_failures: int, at: datetime
    ) -> None:
        """A row in flight waits again, until `next_try_s` in boot time."""
        self.conn.execute(
            "UPDATE ops SET state = 'ready', next_try = ?, together_failures = ?"
            " WHERE op_id = ? AND state = 'in_flight'",
            (next_try_s, together_failures, row.header.op_id),
        )
        self.journal.append(event, row.header.op_id, at.isoformat())

    def end_rests(self, boot_s: float) -> None:
        """Every waiting row that is first in its lane may be sent from `boot_s` on."""
        self.conn.execute(
            "UPDATE ops SET next_try = ?1 WHERE state = 'ready' AND next_try > ?1", (boot_s,)
        )

    def finish(self, row: Row, state: State, outcome: str, at: datetime) -> None:
        """A waiting row reaches a final state: its sealed text goes, its lane moves on."""
        assert state not in WAITING
        changed = self.conn.execute(
            "UPDATE ops SET state = ?, outcome = ?, sealed = NULL, next_try = NULL"
            " WHERE op_id = ? AND state IN ('ready', 'in_flight')",
            (state, outcome, row.header.op_id),
        )
        assert changed.rowcount == 1, "a final state is final"
        self._release(row.header.lane)
        self.waiting[row.header.kind] -= 1
        self.journal.append(state, row.header.op_id, at.isoformat())

    def prune(self) -> None:
        """Forget finished rows and journal entries beyond what is kept."""
        self.conn.execute(
            "DELETE FROM ops WHERE seq <= (SELECT MAX(seq) FROM ops) - ?"
            " AND state NOT IN ('ready', 'in_flight', 'dead')",
            (policy.KEEP_ROWS,),
        )
        self.journal.prune(policy.KEEP_JOURNAL)

    def checkpoint(self) -> None:
        """Move the log into the database; for an idle hour, not inside a transaction."""
        try:
            self.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.DatabaseError as error:
            raise StoreFailed(error) from error

    # --- inside ------------------------------------------------------------------------

    def _release(self, lane: str) -> None:
        self.conn.execute(
            "UPDATE ops SET next_try = 0 WHERE lane = ? AND state = 'ready'"  # noqa: S608
            f" AND state IN ('ready', 'in_flight') AND next_try IS NULL AND NOT {_HELD}",
            (lane,),
        )

    def _start_boot(self) -> None:
        """What was in flight waits again; waiting times of another boot mean nothing here."""
        owner = self.meta("terminal")
        if owner not in (None, self.terminal):
            raise ValueError("the queue's database belongs to another terminal")
        self.remember("terminal", self.terminal)
        self.conn.execute("UPDATE ops SET state = 'ready', next_try = 0 WHERE state = 'in_flight'")
        if self.meta("boot_id") != self.boot_id:
            self.remember("boot_id", self.boot_id)
            self.conn.execute(
                "UPDATE ops SET next_try = 0 WHERE state = 'ready' AND next_try IS NOT NULL"
            )

    def _count_waiting(self) -> None:
        counts = self.conn.execute(
            "SELECT kind, COUNT(*) FROM ops WHERE state IN ('ready', 'in_flight') GROUP BY kind"
        )
        self.waiting = Counter({str(kind): int(count) for kind, count in counts})

    def _row(self, found: tuple[object, ...]) -> Row:
        op_id, kind, lane, lane_seq, key_id, accepted_at, priority, state, *rest = found
        header = Header(op_id, self.terminal, kind, lane, lane_seq, key_id, accepted_at)  # type: ignore[arg-type]
        return Row(header, priority, State(str(state)), *rest)  # type: ignore[arg-type]


def _connect(path: str) -> sqlite3.Connection:
    if path != MEMORY:  # the file is nobody else's, and so is its log
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    conn = sqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        conn.execute("PRAGMA locking_mode = EXCLUSIVE")
        mode = conn.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        conn.execute(f"PRAGMA synchronous = {_SYNC_FULL}")
        conn.execute("PRAGMA secure_delete = ON")
        conn.execute(f"PRAGMA wal_autocheckpoint = {_WAL_PAGES}")
        # SQLite takes a misspelt setting without a word, so what holds is read back.
        assert mode == ("memory" if path == MEMORY else "wal")
        assert conn.execute("PRAGMA synchronous").fetchone()[0] == _SYNC_FULL
        assert conn.execute("PRAGMA secure_delete").fetchone()[0] == 1
    except sqlite3.DatabaseError as error:
        conn.close()
        raise _trouble(error) from error
    return conn


def _trouble(error: sqlite3.DatabaseError) -> Exception:
    if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreBusy("another process has the queue's database open")
    return StoreFailed(error)


def _flush_directory(path: Path) -> None:
    """A new file is only there after a power cut if its directory was flushed."""
    directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _optional_float(value: object) -> float | None:
    return None if value is None else float(str(value))
