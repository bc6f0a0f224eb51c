"""What a technician may see of the queue: every row's life, and nothing of anybody's data.

Sealed texts, signatures and request hashes stay out; of a lane only so much that two rows of one can
be told. All of it works on any connection to the database, the live one or a snapshot.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from offline_queue.formats.envelope import canonical
from sscard.codes import receipt_code

LIST_MAX = 10_000
_PREFIX_MIN = 4
_BLOCK = 500

_ROW = (
    "SELECT o.seq, lower(hex(o.op_id)) AS op_id, o.kind, o.state, o.outcome, o.seq >> 40 AS epoch,"
    " o.seq & 1099511627775 AS n, o.wall AS accepted, b.boot_id, o.boot_ms, o.quality, o.key_id,"
    " substr(lower(hex(o.lane)), 1, 8) AS lane, coalesce(length(o.sealed), 0) AS sealed_bytes"
    " FROM ops AS o LEFT JOIN boots AS b ON b.number = o.boot"
)
_ENTRY = (
    "SELECT j.seq, j.seq >> 40 AS epoch, j.seq & 1099511627775 AS n, j.event,"
    " lower(hex(j.op_id)) AS op_id, b.boot_id, j.boot_ms, j.wall, j.detail,"
    " lower(hex(j.digest)) AS digest"
    " FROM chain AS j LEFT JOIN boots AS b ON b.number = j.boot"
)

_NEWEST = (
    "SELECT max(seq) FROM (SELECT max(seq) AS seq FROM journal"
    " UNION ALL SELECT max(seq) FROM ops WHERE digest IS NOT NULL)"
)
_NEXT = (
    "SELECT min(seq) FROM (SELECT min(seq) AS seq FROM journal WHERE seq >= :end"
    " UNION ALL SELECT min(seq) FROM ops WHERE digest IS NOT NULL AND seq >= :end)"
)


class Ambiguous(ValueError):
    """The beginning of an id that several operations have."""


def rows(
    conn: sqlite3.Connection, states: Sequence[str], kind: str | None, limit: int
) -> Iterator[dict[str, Any]]:
    """Rows in order of acceptance, the newest `limit` of them; all states if none is named."""
    wanted, values = ["1"], dict[str, Any](limit=min(limit, LIST_MAX))
    if states:
        names = [f":state{i}" for i in range(len(states))]
        wanted.append(f"o.state IN ({', '.join(names)})")
        values.update({f"state{i}": state for i, state in enumerate(states)})
    if kind is not None:
        wanted.append("o.kind = :kind")
        values["kind"] = kind
    sql = f"{_ROW} WHERE {' AND '.join(wanted)} ORDER BY o.seq DESC LIMIT :limit"
    found = list(_query(conn, sql, values))
    for row in reversed(found):
        yield _shown(row)


def find(conn: sqlite3.Connection, name: str) -> str | None:
    """The id of an operation from itself, its beginning, or the code on its receipt.

    Raises `Ambiguous`.
    """
    name = name.strip().lower()
    ids: Iterator[str] = (row[0] for row in conn.execute("SELECT lower(hex(op_id)) FROM ops"))
    found = {
        op_id
        for op_id in ids
        if (len(name) >= _PREFIX_MIN and op_id.startswith(name)) or _code(op_id).lower() == name
    }
    if name in found:
        return name
    if len(found) > 1:
        raise Ambiguous(f"{len(found)} operations begin with {name}")
    return next(iter(found), None)


def life(conn: sqlite3.Connection, op_id: str) -> dict[str, Any] | None:
    """A row and every event of it that the journal still holds."""
    values = {"op_id": bytes.fromhex(op_id)}
    row = next(iter(_query(conn, f"{_ROW} WHERE o.op_id = :op_id", values)), None)
    if row is None:
        return None
    events = _query(conn, f"{_ENTRY} WHERE j.op_id = :op_id ORDER BY j.seq", values)
    return {**_shown(row), "events": [_event(entry) for entry in events]}


def summary(conn: sqlite3.Connection) -> dict[str, Any]:
    """How many rows there are of which state and kind, and how far the journal goes."""
    counts: dict[str, dict[str, int]] = {}  # by state, then by kind
    for state, kind, count in conn.execute(
        "SELECT state, kind, COUNT(*) FROM ops GROUP BY state, kind ORDER BY state, kind"
    ):
        counts.setdefault(state, {})[kind] = count
    newest = next(iter(_query(conn, f"{_ENTRY} WHERE j.seq = ({_NEWEST})")), None)
    journal = newest and {name: newest[name] for name in ("epoch", "n", "digest", "wall")}
    return {"terminal": terminal(conn), "rows": counts, "journal": journal}


def terminal(conn: sqlite3.Connection) -> str:
    """The terminal that the database belongs to."""
    found = conn.execute("SELECT value FROM meta WHERE name = 'terminal'").fetchone()
    return "" if found is None else str(found[0])


def export(
    conn: sqlite3.Connection, sign: Callable[[bytes], str] | None
) -> Iterator[dict[str, Any]]:
    """The journal entry by entry, then its head, signed with the terminal's key if it is at hand.

    The signature covers the canonical form of the last object without it.
    """
    head: dict[str, Any] = {"terminal": terminal(conn), "epoch": 0, "n": 0, "head": ""}
    sql = f"{_ENTRY} WHERE j.seq >= :first AND j.seq < :end ORDER BY j.seq"
    end = -1
    while (first := conn.execute(_NEXT, {"end": end}).fetchone()[0]) is not None:
        end = first + _BLOCK
        for entry in _query(conn, sql, {"first": first, "end": end}):
            del entry["seq"]
            head.update(epoch=entry["epoch"], n=entry["n"], head=entry["digest"])
            yield entry
    yield head if sign is None else {**head, "signature": sign(canonical(head))}


def _query(
    conn: sqlite3.Connection, sql: str, values: dict[str, Any] | None = None
) -> Iterator[dict[str, Any]]:
    from sqlite_utils import Database  # slow to load, and the queue's work does without it

    found: Iterator[dict[str, Any]] = Database(conn).query(sql, values)
    return found


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    del row["seq"]
    return {"op_id": row["op_id"], "code": _code(row["op_id"]), **row}


def _event(entry: dict[str, Any]) -> dict[str, Any]:
    """Without digests; the detail of an acceptance is a hash too."""
    detail = "" if entry["event"] == "accepted" else entry["detail"]
    names = ("epoch", "n", "event", "wall", "boot_id", "boot_ms")
    return {**{name: entry[name] for name in names}, "detail": detail}


def _code(op_id: str) -> str:
    return receipt_code(bytes.fromhex(op_id))
