"""The tables of the queue's database, and how an older database becomes a newer one."""

from __future__ import annotations

import sqlite3

VERSION = 1
TOGETHER_MAX = 3  # unknown outcomes in company, after which a row travels alone

# sqlite-utils can neither say AUTOINCREMENT nor make partial indexes. AUTOINCREMENT: a `seq` is
# never given twice, so nothing meant for a deleted row can hit its successor. The indexes hold
# waiting rows only, so what is finished costs nothing.
_OPS = """
CREATE TABLE ops (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    op_id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    priority INTEGER NOT NULL,
    lane TEXT NOT NULL,
    lane_seq INTEGER NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    together_failures INTEGER NOT NULL DEFAULT 0,
    next_try REAL,              -- boot time; NULL: held by an earlier row of its lane
    accepted_at TEXT NOT NULL,
    accepted_boot_s REAL NOT NULL,
    boot_id TEXT NOT NULL,
    expires_boot_s REAL,
    expires_wall_s REAL,
    key_id TEXT NOT NULL,
    request_mac TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    sealed BLOB,
    outcome TEXT
)
"""
_INDEXES = (
    "CREATE INDEX ops_due ON ops (priority, seq, next_try)"
    f" WHERE state = 'ready' AND next_try IS NOT NULL AND together_failures < {TOGETHER_MAX}",
    "CREATE INDEX ops_alone ON ops (priority, seq, next_try)"
    f" WHERE state = 'ready' AND next_try IS NOT NULL AND together_failures >= {TOGETHER_MAX}",
    "CREATE INDEX ops_next ON ops (next_try) WHERE state = 'ready' AND next_try IS NOT NULL",
    "CREATE INDEX ops_lane ON ops (lane, seq) WHERE state IN ('ready', 'in_flight')",
    "CREATE INDEX ops_age ON ops (seq) WHERE state IN ('ready', 'in_flight')",
    "CREATE INDEX ops_dead ON ops (seq) WHERE state = 'dead'",
    "CREATE INDEX ops_expiry_boot ON ops (boot_id, expires_boot_s)"
    " WHERE state = 'ready' AND expires_boot_s IS NOT NULL",
    "CREATE INDEX ops_expiry_wall ON ops (expires_wall_s)"
    " WHERE state = 'ready' AND expires_wall_s IS NOT NULL",
)


class NewerDatabase(RuntimeError):
    """The database was made by a newer program; this one must not touch it."""


def migrate(conn: sqlite3.Connection) -> None:
    """Bring the database to `VERSION`. Call inside a transaction. Raises `NewerDatabase`."""
    found = int(conn.execute("PRAGMA user_version").fetchone()[0])
    if found > VERSION:
        raise NewerDatabase(
            f"the queue's database has version {found}, this program knows up to {VERSION}"
        )
    if found < 1:
        _to_version_1(conn)
    conn.execute(f"PRAGMA user_version = {VERSION}")


def _to_version_1(conn: sqlite3.Connection) -> None:
    from sqlite_utils import Database  # slow to load; an existing database starts without it

    conn.execute(_OPS)
    for index in _INDEXES:
        conn.execute(index)
    db = Database(conn)
    db.table("lanes").create({"lane": str, "last_seq": int}, pk="lane")
    db.table("journal").create(
        {"seq": int, "event": str, "op_id": str, "at": str, "hash": str},
        pk="seq",
        not_null={"event", "op_id", "at", "hash"},
    )
    db.table("meta").create({"name": str, "value": str}, pk="name", not_null={"value"})
