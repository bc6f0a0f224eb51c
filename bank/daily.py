"""What the bank does once a day: applications lapse, cards are made, come to their outlet, are destroyed.

    python -m bank.daily --settings FILE

Run again on the same day it does nothing; days on which it was not run are made good.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from bank import payments, production
from bank.clock import bank_instant
from bank.database import open_database
from bank.production import Advanced
from bank.settings import load_settings


@dataclass(frozen=True, slots=True)
class Day:
    """How many applications lapsed, and how many cards moved."""

    lapsed: int
    cards: Advanced


def run(engine: Engine, now: datetime) -> Day:
    """Do what is due at `now` (aware), in one transaction."""
    at = bank_instant(now)
    with engine.begin() as connection:
        return Day(payments.lapse(connection, at), production.advance(connection, at.date()))


def main(arguments: Sequence[str] | None = None) -> None:
    """Do it, and say how many."""
    parser = argparse.ArgumentParser(prog="python -m bank.daily", description=__doc__)
    parser.add_argument("--settings", type=Path, required=True)
    engine = open_database(load_settings(parser.parse_args(arguments).settings).database)
    try:
        day = run(engine, datetime.now(UTC))
    finally:
        engine.dispose()
    print(
        f"{day.lapsed} applications lapsed; cards: {day.cards.in_production} in production, "
        f"{day.cards.at_bank} at the bank, {day.cards.destroyed} destroyed"
    )


if __name__ == "__main__":
    main()
