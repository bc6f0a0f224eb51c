"""How long the bank remembers an operation, so that a late copy of it still finds its verdict.

    python -m bank.retention --settings FILE        deletes what is older; run it once a day

A terminal may come back after the longest outage that is allowed for, with requests whose
answers it never heard: inside that time nothing is ever deleted (OFFLINE.ONCE).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, bindparam, delete, func, select

from bank.clock import bank_instant, from_text, to_text
from bank.database import open_database
from bank.schema import operations
from bank.services.presence import delete_old_pictures
from bank.settings import load_settings

KEPT_DAYS = 180
"""The longest allowed outage."""

_AT_ONCE = 1_000  # a transaction
_NEWEST = select(func.max(operations.c.at))
_OLD = (
    select(operations.c.op_id)
    .where(operations.c.at < bindparam("before"), operations.c.outcome.is_not(None))
    .order_by(operations.c.at)
    .limit(_AT_ONCE)
)
_DELETE = delete(operations).where(operations.c.op_id.in_(_OLD))


def delete_old(engine: Engine, now: datetime, kept_days: int = KEPT_DAYS) -> int:
    """Delete the operations that were finished more than `kept_days` ago; how many there were.

    The age counts from the newest operation if that is older than `now`: a clock that jumped
    ahead deletes nothing. Reports and what the own channel tells stay. `kept_days` is at least
    180, else `ValueError`.
    """
    if kept_days < KEPT_DAYS:
        raise ValueError(f"operations are kept for at least {KEPT_DAYS} days")
    with engine.connect() as connection:
        newest = from_text(connection.execute(_NEWEST).scalar())
    if newest is None:
        return 0
    # All instants are written in one zone and one width: their order is that of the texts.
    before = to_text(min(newest, bank_instant(now)) - timedelta(days=kept_days))
    total, deleted = 0, _AT_ONCE
    while deleted == _AT_ONCE:
        with engine.begin() as connection:
            deleted = connection.execute(_DELETE, {"before": before}).rowcount
        total += deleted
    return total


def main(arguments: Sequence[str] | None = None) -> None:
    """Delete, and say how many."""
    parser = argparse.ArgumentParser(prog="python -m bank.retention", description=__doc__)
    parser.add_argument("--settings", type=Path, required=True)
    engine = open_database(load_settings(parser.parse_args(arguments).settings).database)
    try:
        now = datetime.now(UTC)
        print(f"{delete_old(engine, now)} operations deleted")
        print(f"the pictures of {delete_old_pictures(engine, now)} operations deleted")
    finally:
        engine.dispose()


if __name__ == "__main__":
    main()
