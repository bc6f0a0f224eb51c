"""What the agency knows of the invented people: contributions since they began to work."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import Connection, insert

from bank.agency_schema import contributions, standings
from bank.people import Person
from sscard.requests import Insurance

# What person and unit pay of the base, in tenths of a percent (invented, near to what cities publish).
_RATES = {
    Insurance.PENSION: (80, 160),
    Insurance.MEDICAL: (20, 55),
    Insurance.UNEMPLOYMENT: (2, 8),
    Insurance.INJURY: (0, 4),
    Insurance.MATERNITY: (0, 7),
}
_YEARS = 2  # of which every month is kept; the rights record counts all


def seed_agency(connection: Connection, number: int, person: Person, today: date) -> None:
    """The records of one person who has any. `number` makes what they earn."""
    began = person.insured_since
    if began is None:
        return
    base_fen = 350_000 + number * 41_300
    rows = list(_contributions(person.id_number, began, today, base_fen))
    if rows:
        connection.execute(insert(contributions), rows)
    months = (today.year - began.year) * 12 + today.month - began.month
    connection.execute(
        insert(standings),
        [
            {
                "id_number": person.id_number,
                "insurance": insurance.value,
                "months": months,
                "is_current": 1,
                "since": f"{began:%Y-%m}",
            }
            for insurance in Insurance
        ],
    )


def _contributions(
    id_number: str, began: date, today: date, base_fen: int
) -> Iterator[dict[str, Any]]:
    """Every month of the last years that is over."""
    for year in range(today.year - _YEARS + 1, today.year + 1):
        for month in range(1, 13):
            if began <= date(year, month, 1) < today.replace(day=1):
                for insurance, (own, unit) in _RATES.items():
                    yield {
                        "id_number": id_number,
                        "year": year,
                        "month": month,
                        "insurance": insurance.value,
                        "own_fen": base_fen * own // 1000,
                        "unit_fen": base_fen * unit // 1000,
                    }
