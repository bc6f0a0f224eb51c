"""The agency's records, to whom they belong and to nobody else."""

from __future__ import annotations

import msgspec
import pytest

from bank.people import person
from sscard.requests import (
    BalanceCheck,
    Contributions,
    Insurance,
    PaymentRecords,
    Refusal,
    RefusalCode,
    Rights,
    RightsRecord,
)
from sscard.rules import Rule
from tests.bank.terminal import Terminal, evidence


@pytest.mark.rule("RIGHTS.RECORDS")
def test_who_pays_contributions_sees_every_month_of_the_year(terminal: Terminal) -> None:
    answer = terminal.ask(PaymentRecords(evidence("chen"), 2025))
    assert isinstance(answer, Contributions)
    assert (answer.year, answer.years) == (2025, (2026, 2025))
    assert {(row.month, row.insurance) for row in answer.rows} == {
        (month, insurance) for month in range(1, 13) for insurance in Insurance
    }
    assert all(row.own_fen >= 0 and row.unit_fen > 0 for row in answer.rows)


def test_without_a_year_the_latest_is_told_as_far_as_it_is_over(terminal: Terminal) -> None:
    answer = terminal.ask(PaymentRecords(evidence("chen")))
    assert isinstance(answer, Contributions)
    assert answer.year == 2026
    assert {row.month for row in answer.rows} == {1, 2}, "it is the second of March"


@pytest.mark.rule("RIGHTS.RECORDS")
def test_the_rights_record_counts_every_month_since_the_first(terminal: Terminal) -> None:
    answer = terminal.ask(RightsRecord(evidence("chen")))
    assert isinstance(answer, Rights)
    assert [each.insurance for each in answer.insurances] == list(Insurance)
    assert {(each.months, each.since) for each in answer.insurances} == {(163, "2012-08")}


@pytest.mark.parametrize("ask", [PaymentRecords, RightsRecord])
@pytest.mark.rule("RIGHTS.RECORDS")
def test_who_has_no_records_is_told_so(
    terminal: Terminal, ask: type[PaymentRecords] | type[RightsRecord]
) -> None:
    answer = terminal.ask(ask(evidence("wang")))
    assert answer == Refusal(RefusalCode.NO_RECORDS, Rule.RIGHTS_RECORDS)
    assert terminal.ask(PaymentRecords(evidence("chen"), 1999)) == answer


@pytest.mark.parametrize("ask", [PaymentRecords, RightsRecord])
@pytest.mark.rule("CARD.NEED_TO_KNOW")
def test_somebody_elses_name_opens_no_records(
    terminal: Terminal, ask: type[PaymentRecords] | type[RightsRecord]
) -> None:
    somebody = msgspec.structs.replace(evidence("chen"), name=person("li").name)
    answer = terminal.ask(ask(somebody))
    assert isinstance(answer, Refusal)
    assert answer.code is RefusalCode.NOT_SAME_PERSON
    unknown = msgspec.structs.replace(evidence("chen"), id_number="990000199001010017")
    answer = terminal.ask(ask(unknown))
    assert isinstance(answer, Refusal)
    assert answer.code is RefusalCode.PERSON_UNKNOWN


@pytest.mark.rule("CARD.NEED_TO_KNOW")
def test_a_request_for_records_has_no_room_for_a_card() -> None:
    fields = {
        field.name
        for ask in (PaymentRecords, RightsRecord)
        for field in msgspec.structs.fields(ask)
    }
    assert fields == {"evidence", "year"}
    assert "year" not in {field.name for field in msgspec.structs.fields(BalanceCheck)}
