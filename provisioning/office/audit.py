"""Who did what when, as a chain of hashes: every action of the office, and what it refused.

An entry stands in the transaction of what it tells. Its texts name terminals, sites, technicians and
certificates; a token or a key never gets here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from offline_queue.formats.chain import GENESIS, first_broken, link
from offline_queue.formats.envelope import canonical
from provisioning.office.schema import audit, to_text

OFFICE = "office"  # who did what nobody asked for


def note(
    connection: Connection, now: datetime, who: str, did: str, what: str, **detail: str | int | bool
) -> None:
    """Add an entry: `who` did `did` to `what`."""
    newest = select(audit.c.number, audit.c.digest).order_by(audit.c.number.desc()).limit(1)
    last = connection.execute(newest).first()
    number, before = (last.number, last.digest) if last else (0, GENESIS)
    content = canonical(
        {"at": to_text(now), "who": who, "did": did, "what": what, "detail": detail}
    )
    entry = {"number": number + 1, "content": content, "digest": link(before, content)}
    connection.execute(insert(audit), entry)


def entries(connection: Connection, after: int = 0, limit: int = 1_000) -> list[dict[str, Any]]:
    """Entries for people and machines, oldest first, with their number and digest."""
    query = select(audit).where(audit.c.number > after).order_by(audit.c.number).limit(limit)
    return [
        {"number": row.number, **json.loads(row.content), "digest": row.digest}
        for row in connection.execute(query)
    ]


def broken_at(connection: Connection) -> int | None:
    """The number of the first entry that was edited, removed or moved; None: the chain is whole."""

    def rows() -> Iterator[tuple[int, bytes, str]]:
        for row in connection.execute(select(audit).order_by(audit.c.number)):
            # Whoever rewrites a row may leave a text where bytes stood; that too is a change.
            content = row.content if isinstance(row.content, bytes) else b""
            yield row.number, content, str(row.digest)

    return first_broken(rows())
