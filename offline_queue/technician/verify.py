"""The offline verifier: is a queue's journal as the terminal wrote it, and if not, where?

It works on a file of the database with its log, as they were copied, or as they stand, and
writes nothing. See `tampering` for what it can tell and how.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from offline_queue.formats.chain import GENESIS
from offline_queue.formats.entries import Entry, Event
from offline_queue.formats.envelope import canonical, is_signed
from offline_queue.storage.journal import EPOCH_SHIFT, N_MASK, Journal
from offline_queue.storage.row_columns import COLUMNS, row_from
from offline_queue.storage.rows import WAITING, Row, State
from offline_queue.storage.snapshot import NoSnapshot, read_snapshot
from offline_queue.technician.tampering import Evidence, Finding, How, Judged, Stored, judge

_NO_BOOT = "?"  # of an entry whose boot is not in the table


class BadHead(ValueError):
    """A head is not one, or is not signed by the bank. Says which line."""


@dataclass(frozen=True, slots=True)
class Head:
    """What the bank knows: entry `n` of `epoch` has this digest. Epoch 0: the newest."""

    epoch: int
    n: int
    digest: str


@dataclass(frozen=True, slots=True)
class EpochReport:
    """How one epoch was found."""

    epoch: int
    first: int
    last: int
    head: str
    vouched_to: int
    finding: Finding | None


@dataclass(frozen=True, slots=True)
class Report:
    """How a database was found. `rows`: what does not fit between the rows and the journal."""

    terminal: str
    epochs: tuple[EpochReport, ...]
    rows: tuple[str, ...]
    is_key_known: bool

    @property
    def is_sound(self) -> bool:
        """Nothing is wrong, as far as can be told."""
        return not self.rows and all(epoch.finding is None for epoch in self.epochs)

    def to_wire(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {"is_sound": self.is_sound, **asdict(self)}


def read_head(text: str) -> Head:
    """A head from ``N:HEX`` or ``EPOCH:N:HEX``. Raises `BadHead`."""
    try:
        *epoch, n, digest = text.split(":")
        if len(epoch) > 1 or len(bytes.fromhex(digest)) != len(GENESIS) // 2:
            raise BadHead(f"not a head: {text[:100]}")
        return Head(int(epoch[0]) if epoch else 0, int(n), digest.lower())
    except ValueError as error:
        raise BadHead(f"not a head: {text[:100]}") from error


def read_heads(path: Path, terminal: str, bank_key: Ed25519PublicKey | None) -> list[Head]:
    """The bank's signed heads of a terminal, one JSON object a line.

    Each has terminal, epoch, n, head and signature: the bank's verdict key over the canonical
    form of all but the signature. Those of other terminals are passed over. Raises `BadHead`, `OSError`.
    """
    heads: list[Head] = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        try:
            fields = json.loads(line)
            signature = str(fields.pop("signature"))
            if bank_key is not None and not is_signed(canonical(fields), signature, bank_key):
                raise BadHead(f"line {number} of {path.name} is not signed by the bank")
            if fields["terminal"] == terminal:
                heads.append(Head(int(fields["epoch"]), int(fields["n"]), str(fields["head"])))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            if isinstance(error, BadHead):
                raise
            raise BadHead(f"line {number} of {path.name} is not a head") from error
    return heads


def verify(
    database: Path, key: Ed25519PublicKey | None = None, heads: Iterable[Head] = ()
) -> Report:
    """Verify a database's file and log. `key`: the terminal's public one. Raises `NoSnapshot`."""
    conn = read_snapshot(database)
    try:
        return verify_connection(conn, key, heads)
    finally:
        conn.close()


def verify_connection(
    conn: sqlite3.Connection, key: Ed25519PublicKey | None = None, heads: Iterable[Head] = ()
) -> Report:
    """The same on an open connection, which is only read. Raises `NoSnapshot`."""
    try:
        boots = dict(conn.execute("SELECT number, boot_id FROM boots").fetchall())
        name = _terminal(conn)
        entries = _entries(conn, boots)
        rows = _rows(conn, boots, name)
        anchor = Journal(conn, lambda _: 0).anchor()
    except (sqlite3.DatabaseError, ValueError, TypeError, AttributeError) as error:
        raise NoSnapshot("the database is damaged: its tables cannot be read through") from error
    newest = max(entries, default=0)
    known: dict[int, dict[int, str]] = defaultdict(dict)
    for head in heads:
        known[head.epoch or newest][head.n] = head.digest
    reports: list[EpochReport] = []
    for epoch in sorted({*entries, *known}):
        after = (0, GENESIS)
        if anchor is not None and anchor.epoch == epoch:
            after = (anchor.n, anchor.digest)
        if anchor is not None and anchor.epoch > epoch:
            continue  # forgotten as a whole
        here = entries.get(epoch, [])
        evidence = Evidence(
            rows.get(epoch, {}), after, key, known[epoch], _named_by(entries, epoch)
        )
        reports.append(_reported(epoch, here, after, judge(here, evidence)))
    return Report(name, tuple(reports), tuple(_misfits(conn, entries, rows)), key is not None)


def _terminal(conn: sqlite3.Connection) -> str:
    found = conn.execute("SELECT value FROM meta WHERE name = 'terminal'").fetchone()
    return "" if found is None else str(found[0])


def _entries(conn: sqlite3.Connection, boots: dict[int, str]) -> dict[int, list[Stored]]:
    found: dict[int, list[Stored]] = defaultdict(list)
    for seq, event, op_id, boot, boot_ms, wall, detail, digest in conn.execute(
        "SELECT seq, event, op_id, boot, boot_ms, wall, detail, digest FROM chain ORDER BY seq"
    ):
        epoch, n = seq >> EPOCH_SHIFT, seq & N_MASK
        boot_id = boots.get(boot, _NO_BOOT)
        entry = Entry(n, epoch, event, op_id.hex(), boot_id, boot_ms, wall, detail)
        found[epoch].append(Stored(entry, digest.hex()))
    return found


def _rows(
    conn: sqlite3.Connection, boots: dict[int, str], terminal: str
) -> dict[int, dict[int, Row]]:
    found: dict[int, dict[int, Row]] = defaultdict(dict)
    for values in conn.execute(f"SELECT {COLUMNS} FROM ops ORDER BY seq"):  # noqa: S608
        row = row_from(values, terminal, lambda number: boots.get(number, _NO_BOOT))
        found[row.header.epoch][row.header.lane_seq] = row
    return found


def _named_by(entries: dict[int, list[Stored]], epoch: int) -> str | None:
    """The head that the next epoch's first entry gives to this one."""
    later = min((other for other in entries if other > epoch), default=None)
    first = None if later is None else entries[later][0].entry
    if first is None or first.n != 1 or first.event != Event.EPOCH:
        return None
    return first.detail or None


def _reported(
    epoch: int, entries: list[Stored], after: tuple[int, str], judged: Judged
) -> EpochReport:
    finding = judged.finding
    if finding is None and entries and after[0] == 0 and entries[0].entry.event != Event.EPOCH:
        finding = Finding(1, How.EDITED, 1, "", "an epoch begins with its own entry")
    return EpochReport(
        epoch,
        after[0] + 1,
        entries[-1].entry.n if entries else after[0],
        entries[-1].digest if entries else after[1],
        judged.vouched_to,
        finding,
    )


_SAYS = {
    Event.ACCEPTED: WAITING,
    Event.EXPIRED: (State.EXPIRED, State.EXPIRING),
    Event.SUPERSEDED: (State.SUPERSEDED,),
    Event.DEAD: (State.DEAD,),
    Event.BURIED: (State.BURIED,),
    Event.REVIVED: WAITING,
}


def _misfits(
    conn: sqlite3.Connection, entries: dict[int, list[Stored]], rows: dict[int, dict[int, Row]]
) -> Iterable[str]:
    """Rows whose state is not what the journal says of them last."""
    last: dict[str, Entry] = {}
    for epoch in sorted(entries):
        for stored in entries[epoch]:
            if stored.entry.op_id and stored.entry.event in _SAYS | {Event.VERDICT: ()}:
                last[stored.entry.op_id] = stored.entry
    for epoch in sorted(rows):
        for n, row in sorted(rows[epoch].items()):
            if row.sealed is None and row.state in WAITING:
                yield f"row {row.header.op_id} ({epoch}:{n}) waits and has no sealed text"
            entry = last.get(row.header.op_id)
            if entry is None:
                continue
            fits = (
                row.state not in WAITING
                if entry.event == Event.VERDICT
                else row.state in _SAYS[Event(entry.event)]
            )
            if not fits:
                yield (
                    f"row {row.header.op_id} ({epoch}:{n}) is {row.state},"
                    f" entry {entry.epoch}:{entry.n} says {entry.event} {entry.detail[:40]}".rstrip()
                )
