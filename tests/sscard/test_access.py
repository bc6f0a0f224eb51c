"""Who may see balances, and whose card it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sscard.access import balances, same_person
from sscard.cards import CardState
from sscard.decisions import Decision, allow
from sscard.requests import RefusalCode
from sscard.rules import Rule


@pytest.mark.parametrize(
    ("state", "rule", "code"),
    [
        (CardState.PRODUCED, Rule.CARD_STATES, RefusalCode.CARD_UNKNOWN),
        (CardState.AT_BANK, Rule.CARD_STATES, RefusalCode.CARD_UNKNOWN),
        (CardState.DESTROYED, Rule.CARD_STATES, RefusalCode.CARD_UNKNOWN),
        (CardState.INACTIVE, Rule.ACTIVATE_BEFORE_USE, RefusalCode.CARD_INACTIVE),
        (CardState.ACTIVE, Rule.CARD_TWO_ACCOUNTS, None),
        (CardState.LOST_ORAL, Rule.LOSS_ORAL_LAPSE, RefusalCode.CARD_LOST),
        (CardState.LOST_WRITTEN, Rule.LOSS_WRITTEN_NOW, RefusalCode.CARD_LOST),
        (CardState.SUSPENDED, Rule.REPLACE_SUSPENDED, RefusalCode.CARD_SUSPENDED),
        (CardState.SUPERSEDED, Rule.REPLACE_OLD_IS_DEAD, RefusalCode.CARD_SUPERSEDED),
    ],
)
def test_only_an_active_card_shows_balances(
    state: CardState, rule: Rule, code: RefusalCode | None
) -> None:
    assert balances(state) == Decision(code is None, rule, code)


def test_a_decision_that_contradicts_itself_cannot_be_made() -> None:
    with pytest.raises(AssertionError):
        Decision(True, Rule.PIN_LOCK, RefusalCode.WRONG_PASSWORD)
    with pytest.raises(AssertionError):
        Decision(False, Rule.PIN_LOCK)


blanks = st.text(" \u3000", max_size=4)


@given(blanks, blanks)
def test_blanks_around_number_and_name_do_not_count(before: str, after: str) -> None:
    document = (f"{before}990000199001010017{after}", f"{after}陈美玲{before}")
    assert same_person(("990000199001010017", "陈美玲"), document) == allow(Rule.ACTIVATE_ORIGINALS)


@pytest.mark.parametrize(
    "document",
    [
        ("990000198506070029", "陈美玲"),
        ("990000199001010017", "陈美铃"),
        ("990000199001010017", "陈 美玲"),
        ("陈美玲", "990000199001010017"),
        ("", ""),
    ],
)
def test_number_and_name_must_both_be_the_holders(document: tuple[str, str]) -> None:
    decision = same_person(("990000199001010017", "陈美玲"), document)
    assert decision.refusal is RefusalCode.NOT_SAME_PERSON
    assert decision.rule is Rule.ACTIVATE_ORIGINALS
