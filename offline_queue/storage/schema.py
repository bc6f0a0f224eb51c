"""The tables of the queue's database, and how one that is not ours is told."""

from __future__ import annotations

import sqlite3

VERSION = 3
PAGE_BYTES = 1_024  # a request touches four pages; small ones are fewer bytes on the card

# `seq` of both tables is epoch << 40 | journal number: it orders everything, is never given
# twice, and needs no AUTOINCREMENT (which writes one page more a row). No index beside the one
# on op_id: what waits is kept in memory, so what is finished costs nothing. That index is also
# the second place that knows of a row, when the row's own page is damaged.
_OPS = """
CREATE TABLE ops (
    seq INTEGER PRIMARY KEY,
    op_id BLOB NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    lane BLOB NOT NULL,
    key_id TEXT NOT NULL,
    boot INTEGER NOT NULL,      -- of its acceptance, a number in `boots`
    boot_ms INTEGER NOT NULL,
    wall TEXT NOT NULL,
    quality TEXT NOT NULL,
    anchor_at TEXT,
    anchor_boot INTEGER,
    anchor_ms INTEGER,
    lasts_ms INTEGER,
    request_mac BLOB NOT NULL,
    prev BLOB NOT NULL,
    signature BLOB NOT NULL,
    request_hash BLOB NOT NULL,
    digest BLOB,                -- of its acceptance's entry; NULL: of another journal, or forgotten
    seed INTEGER,               -- a number in `seeds`; NULL: the sealed text is whole
    sealed BLOB,
    outcome TEXT
)
"""
# What 64 sealed texts have in common, once for all of them, and once more on other pages.
_SEEDS = """
CREATE TABLE seeds (
    number INTEGER PRIMARY KEY,
    wrapped BLOB NOT NULL
)
"""
_SEED_COPIES = _SEEDS.replace("seeds", "seed_copies")
# All entries but those of acceptances: each of these is its row.
_JOURNAL = """
CREATE TABLE journal (
    seq INTEGER PRIMARY KEY,
    event TEXT NOT NULL,
    op_id BLOB NOT NULL,        -- empty: of no operation
    boot INTEGER NOT NULL,
    boot_ms INTEGER NOT NULL,
    wall TEXT NOT NULL,
    detail TEXT NOT NULL,
    digest BLOB NOT NULL
)
"""
_BOOTS = """
CREATE TABLE boots (
    number INTEGER PRIMARY KEY,
    boot_id TEXT NOT NULL UNIQUE,
    before_ms INTEGER NOT NULL, -- the known uptimes of all boots before
    anchor_at TEXT,             -- the first one that came in this boot
    anchor_ms INTEGER
)
"""
# The whole chain.
_CHAIN = """
CREATE VIEW chain AS
SELECT seq, event, op_id, boot, boot_ms, wall, detail, digest FROM journal
UNION ALL
SELECT seq, 'accepted', op_id, boot, boot_ms, wall, lower(hex(request_hash)), digest FROM ops
WHERE digest IS NOT NULL
"""
# The same as it is hashed, for whoever looks at it from outside.
_ENTRIES = """
CREATE VIEW entries AS
SELECT j.seq >> 40 AS epoch, j.seq & 1099511627775 AS n, j.event, lower(hex(j.op_id)) AS op_id,
       b.boot_id, j.boot_ms, j.wall, j.detail, lower(hex(j.digest)) AS digest
FROM chain AS j JOIN boots AS b ON b.number = j.boot ORDER BY j.seq
"""
_COLUMNS = {
    "ops": "seq op_id kind state lane key_id boot boot_ms wall quality anchor_at anchor_boot"
    " anchor_ms lasts_ms request_mac prev signature request_hash digest seed sealed outcome",
    "seeds": "number wrapped",
    "seed_copies": "number wrapped",
    "journal": "seq event op_id boot boot_ms wall detail digest",
    "boots": "number boot_id before_ms anchor_at anchor_ms",
    "meta": "name value",
    "chain": "seq event op_id boot boot_ms wall detail digest",
}


class NewerDatabase(RuntimeError):
    """The database was made by a newer program; this one must not touch it."""


class ForeignSchema(RuntimeError):
    """The database is not one of this queue."""


def is_new(conn: sqlite3.Connection) -> bool:
    """Whether nothing is in the database yet."""
    return bool(conn.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0] == 0)


def create(conn: sqlite3.Connection) -> None:
    """Make the tables. Call inside a transaction."""
    from sqlite_utils import Database  # slow to load; an existing database starts without it

    for statement in (_OPS, _SEEDS, _SEED_COPIES, _JOURNAL, _BOOTS, _CHAIN, _ENTRIES):
        conn.execute(statement)
    Database(conn).table("meta").create({"name": str, "value": str}, pk="name", not_null={"value"})
    conn.execute(f"PRAGMA user_version = {VERSION}")


def check(conn: sqlite3.Connection) -> None:
    """Whether the tables, and the view of the chain, are those of `VERSION`.

    Raises `NewerDatabase` or `ForeignSchema`.
    """
    found = int(conn.execute("PRAGMA user_version").fetchone()[0])
    if found > VERSION:
        raise NewerDatabase(
            f"the queue's database has version {found}, this program knows up to {VERSION}"
        )
    for table, columns in _COLUMNS.items():
        names = [row[1] for row in conn.execute(f"PRAGMA table_info({table})")]
        if found != VERSION or names != columns.split():
            raise ForeignSchema("the database is not one of this queue")
