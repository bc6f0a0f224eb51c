"""Payment records and personal rights records (RIGHTS.RECORDS), from the agency's tables alone."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, select

from bank.agency_schema import contributions, standings
from bank.clock import to_text
from bank.services.operation import Operation, known_person
from sscard.requests import (
    Answer,
    Contribution,
    Contributions,
    Insurance,
    InsuranceStanding,
    PaymentRecords,
    Refusal,
    RefusalCode,
    Rights,
    RightsRecord,
)
from sscard.rules import Rule

_YEARS = (
    select(contributions.c.year)
    .distinct()
    .where(contributions.c.id_number == bindparam("id_number"))
    .order_by(contributions.c.year.desc())
    .limit(12)
)
_ROWS = (
    select(
        contributions.c.month,
        contributions.c.insurance,
        contributions.c.own_fen,
        contributions.c.unit_fen,
    )
    .where(
        contributions.c.id_number == bindparam("id_number"),
        contributions.c.year == bindparam("year"),
    )
    .order_by(contributions.c.month, contributions.c.insurance)
)
_STANDINGS = select(
    standings.c.insurance, standings.c.months, standings.c.is_current, standings.c.since
).where(standings.c.id_number == bindparam("id_number"))

NO_RECORDS = Refusal(RefusalCode.NO_RECORDS, Rule.RIGHTS_RECORDS)


def payment_records(
    connection: Connection, request: PaymentRecords, operation: Operation
) -> Answer:
    """The contributions of one year, or of the latest year that there are any of."""
    refusal = known_person(connection, request.evidence)
    if refusal is not None:
        return refusal
    who = {"id_number": request.evidence.id_number.strip()}
    years = tuple(connection.execute(_YEARS, who).scalars())
    if not years or (request.year is not None and request.year not in years):
        return NO_RECORDS
    year = years[0] if request.year is None else request.year
    rows = tuple(
        Contribution(month, Insurance(insurance), own_fen, unit_fen)
        for month, insurance, own_fen, unit_fen in connection.execute(_ROWS, who | {"year": year})
    )
    return Contributions(year, years, rows, to_text(operation.now))


def rights_record(connection: Connection, request: RightsRecord, operation: Operation) -> Answer:
    """How each insurance of the person stands."""
    refusal = known_person(connection, request.evidence)
    if refusal is not None:
        return refusal
    found = connection.execute(_STANDINGS, {"id_number": request.evidence.id_number.strip()}).all()
    if not found:
        return NO_RECORDS
    order = list(Insurance)
    rows = sorted(found, key=lambda row: order.index(Insurance(row.insurance)))
    return Rights(
        tuple(
            InsuranceStanding(Insurance(row.insurance), row.months, bool(row.is_current), row.since)
            for row in rows
        ),
        to_text(operation.now),
    )
