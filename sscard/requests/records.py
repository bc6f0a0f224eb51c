"""Payment records and personal rights records (RIGHTS.RECORDS): the social security side's alone."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from sscard.requests.base import LIST_MAX, Ask, Evidence, Fen, Part, Reply, Text

Year = Annotated[int, msgspec.Meta(ge=1990, le=2100)]


class Insurance(StrEnum):
    """The insurances that records are kept of."""

    PENSION = "pension"
    MEDICAL = "medical"
    UNEMPLOYMENT = "unemployment"
    INJURY = "injury"
    MATERNITY = "maternity"


class PaymentRecords(Ask, frozen=True):
    """The contributions of one year (None: the latest). Read only; never waits."""

    evidence: Evidence
    year: Year | None = None


class Contribution(Part, frozen=True):
    """What was paid for one insurance in one month (1 to 12), by the person and by the unit."""

    month: Annotated[int, msgspec.Meta(ge=1, le=12)]
    insurance: Insurance
    own_fen: Fen
    unit_fen: Fen


class Contributions(Reply, frozen=True):
    """The contributions of one year, by month, and the years that there are records of."""

    year: Year
    years: Annotated[tuple[Year, ...], msgspec.Meta(max_length=LIST_MAX)]
    rows: Annotated[tuple[Contribution, ...], msgspec.Meta(max_length=100)]
    at: Text


class RightsRecord(Ask, frozen=True):
    """The personal rights record. Read only; never waits."""

    evidence: Evidence


class InsuranceStanding(Part, frozen=True):
    """How one insurance stands: months paid in all, and whether it is paid for now."""

    insurance: Insurance
    months: Annotated[int, msgspec.Meta(ge=0, le=2000)]
    is_current: bool
    since: Text  # the first month, ``2015-03``


class Rights(Reply, frozen=True):
    """The personal rights record."""

    insurances: Annotated[tuple[InsuranceStanding, ...], msgspec.Meta(max_length=LIST_MAX)]
    at: Text
