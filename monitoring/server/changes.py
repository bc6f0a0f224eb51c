"""The number that tells the pages that something has changed."""

from __future__ import annotations

from sqlalchemy import Connection, update

from monitoring.server.database import REVISION
from monitoring.server.schema import counts


def bump(connection: Connection) -> None:
    """Something that a page could show is different after this transaction."""
    where = update(counts).where(counts.c.name == REVISION)
    connection.execute(where.values(value=counts.c.value + 1))
