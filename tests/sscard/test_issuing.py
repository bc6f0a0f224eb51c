"""Which bank issues whose card."""

from pathlib import Path

import pytest

from sscard.banks import load_banks
from sscard.issuing import Coverage, NoIssuingBank, issuing_banks, may_issue
from sscard.requests import RefusalCode
from sscard.rules import Rule

BANKS = tuple(load_banks(Path(__file__).parents[2] / "deploy" / "banks.toml"))


@pytest.mark.rule("BANK.SIX", "BANK.FREE_CHOICE")
def test_a_flexible_employee_chooses_any_of_the_six() -> None:
    found = issuing_banks(Coverage.BASIC, BANKS)
    assert found.banks == BANKS
    assert len(found.banks) == 6
    assert found.rule is Rule.BANK_FREE_CHOICE
    assert all(may_issue(bank, found).allowed for bank in BANKS)


@pytest.mark.parametrize(
    ("coverage", "bank", "rule"),
    [
        pytest.param(
            Coverage.COMPREHENSIVE,
            "guangfa",
            Rule.BANK_COMPREHENSIVE,
            marks=pytest.mark.rule("BANK.COMPREHENSIVE"),
        ),
        pytest.param(
            Coverage.VILLAGE,
            "dongguan",
            Rule.BANK_VILLAGE,
            marks=pytest.mark.rule("BANK.VILLAGE"),
        ),
    ],
)
def test_who_is_insured_otherwise_has_one_bank_and_no_other(
    coverage: Coverage, bank: str, rule: Rule
) -> None:
    found = issuing_banks(coverage, BANKS)
    assert found.banks == (bank,)
    for each in BANKS:
        decision = may_issue(each, found)
        assert decision.allowed is (each == bank)
        assert decision.rule is rule
        if each != bank:
            assert decision.refusal is RefusalCode.BANK_NOT_OPEN


def test_a_bank_that_is_not_on_the_list_issues_nothing() -> None:
    assert not may_issue("elsewhere", issuing_banks(Coverage.BASIC, BANKS)).allowed


def test_another_city_may_name_other_banks() -> None:
    found = issuing_banks(Coverage.VILLAGE, ("a", "b"), village_bank="b")
    assert found.banks == ("b",)


def test_a_list_without_the_one_bank_that_must_issue_serves_nobody() -> None:
    with pytest.raises(NoIssuingBank):
        issuing_banks(Coverage.COMPREHENSIVE, ("boc",))
    with pytest.raises(NoIssuingBank):
        issuing_banks(Coverage.BASIC, ())
