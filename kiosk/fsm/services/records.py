"""Payment records and the personal rights record: the ID card alone says whose (RIGHTS.RECORDS)."""

from __future__ import annotations

from collections.abc import Iterable

from kiosk.fsm.library.asking import LookUp
from kiosk.fsm.library.choosing import Choose
from kiosk.fsm.library.ending import PrintIt, ShowResult
from kiosk.fsm.library.evidence import evidence
from kiosk.fsm.library.identity import LayIdCard
from kiosk.fsm.steps import Service, When, said
from kiosk.fsm.telling import (
    At,
    ByRule,
    Fact,
    Facts,
    Money,
    OnPaper,
    Option,
    Question,
    Remark,
    Say,
    Told,
    Tone,
)
from kiosk.fsm.visit import Situation, Visit
from sscard.requests import (
    Contribution,
    Contributions,
    Insurance,
    PaymentRecords,
    Rights,
    RightsRecord,
)
from sscard.rules import Rule

PAYMENTS, RIGHTS = "payments", "rights"


def _what(_: Situation) -> Question:
    return Question(
        Say("records.what"),
        (
            Option(PAYMENTS, Say("records.payments"), Say("records.payments_second"), "page"),
            Option(RIGHTS, Say("records.rights"), Say("records.rights_second"), "list"),
        ),
    )


def _latest(visit: Visit) -> Contributions:
    latest = visit.told("latest", Contributions)
    assert latest is not None
    return latest


def _several_years(now: Situation) -> bool:
    latest = now.person.told("latest", Contributions)
    return latest is not None and len(latest.years) > 1


def _which_year(now: Situation) -> Question:
    years = _latest(now.person).years
    return Question(
        Say("records.year"),
        tuple(
            Option(str(year), Say("records.of_year", {"year": year}), icon="page") for year in years
        ),
    )


def _other_year(now: Situation) -> bool:
    chosen = now.person.said.get("year")
    return chosen is not None and int(chosen) != _latest(now.person).year


def _tell(now: Situation) -> Told:
    rights = now.person.told("rights", Rights)
    if rights is not None:
        return _rights(rights)
    return _payments(now.person.told("listing", Contributions) or _latest(now.person))


def _payments(answer: Contributions) -> Told:
    rows = [
        Fact(
            Say(f"insurance.{insurance}"),
            Say("records.sums", {"months": months, "own": own, "unit": unit}),
        )
        for insurance, months, own, unit in _by_insurance(answer.rows)
    ]
    own = Money(sum(row.own_fen for row in answer.rows), private=True)
    unit = Money(sum(row.unit_fen for row in answer.rows), private=True)
    total = Say("records.sums_of_all", {"own": own, "unit": unit})
    months: list[OnPaper] = []
    for month in sorted({row.month for row in answer.rows}):
        of_month = [row for row in answer.rows if row.month == month]
        paid = Money(sum(row.own_fen for row in of_month), private=True)
        by_unit = Money(sum(row.unit_fen for row in of_month), private=True)
        label = Say("records.month", {"year": answer.year, "month": month})
        months.append(Fact(label, Say("records.month_sums", {"own": paid, "unit": by_unit})))
    return Told(
        Say("records.payments_title", {"year": answer.year}),
        (
            Facts(tuple(rows)),
            Remark(total, Tone.JADE, after=Say("records.answered", {"at": At(answer.at)})),
        ),
        Rule.RIGHTS_RECORDS,
        lead=Say("records.ask_agency"),
        paper=(
            Fact(Say("records.answered_by"), At(answer.at)),
            *months,
            *rows,
            total,
            Say("records.ask_agency"),
            ByRule((Rule.RIGHTS_RECORDS,)),
        ),
    )


def _by_insurance(rows: Iterable[Contribution]) -> list[tuple[Insurance, int, Money, Money]]:
    """Of each insurance the months, what the person paid, and what the unit paid."""
    rows = tuple(rows)
    found = []
    for insurance in Insurance:
        mine = [row for row in rows if row.insurance is insurance]
        if mine:
            own = Money(sum(row.own_fen for row in mine), private=True)
            unit = Money(sum(row.unit_fen for row in mine), private=True)
            found.append((insurance, len(mine), own, unit))
    return found


def _rights(answer: Rights) -> Told:
    rows = tuple(
        Fact(
            Say(f"insurance.{each.insurance}"),
            Say(
                "records.current" if each.is_current else "records.ended",
                {"months": each.months, "since": each.since},
            ),
        )
        for each in answer.insurances
    )
    return Told(
        Say("records.rights_title"),
        (Facts(rows),),
        Rule.RIGHTS_RECORDS,
        lead=Say("records.ask_agency"),
        paper=(
            Fact(Say("records.answered_by"), At(answer.at)),
            *rows,
            Say("records.ask_agency"),
            ByRule((Rule.RIGHTS_RECORDS,)),
        ),
    )


SERVICE = Service(
    "records",
    steps=(
        LayIdCard(),
        Choose(name="what", asks=_what),
        LookUp(
            name="latest",
            words="listing_records",
            when=said("what", PAYMENTS),
            part_of_last=True,
            required=True,
            request=lambda visit: PaymentRecords(evidence(visit)),
            retries_at=("latest",),
        ),
        Choose(
            name="year",
            when=When("several years", _several_years),
            part_of_last=True,
            asks=_which_year,
        ),
        LookUp(
            name="listing",
            words="listing_records",
            when=When("another year", _other_year),
            part_of_last=True,
            required=True,
            request=lambda visit: PaymentRecords(evidence(visit), int(visit.said["year"])),
            retries_at=("listing",),
        ),
        LookUp(
            name="rights",
            words="listing_records",
            when=said("what", RIGHTS),
            part_of_last=True,
            required=True,
            request=lambda visit: RightsRecord(evidence(visit)),
            retries_at=("rights",),
        ),
        ShowResult(),
        PrintIt(),
    ),
    without_line=False,
    tell=_tell,
    order=70,
    icon="page",
)
