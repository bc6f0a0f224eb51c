"""Who may have a card issued again, and why not (REPLACE.*, CHANGE.*)."""

from datetime import date

import pytest

from sscard.cards import CardState
from sscard.reissue import details_changed, has_copy, is_paid, may_reissue, old_returned
from sscard.requests import Reason, RefusalCode
from sscard.rules import Rule

CHANGES = (Reason.DAMAGED, Reason.PHOTO, Reason.DETAILS)
NUMBER, CLAIM = "H99001372", "K7M4QX"


@pytest.mark.rule("REPLACE.NEEDS_WRITTEN_LOSS")
@pytest.mark.parametrize("state", CardState)
def test_only_a_card_lost_in_writing_is_replaced(state: CardState) -> None:
    decision = may_reissue(state, Reason.LOST)
    assert decision.allowed is (state is CardState.LOST_WRITTEN)
    if state in (CardState.ACTIVE, CardState.LOST_ORAL):
        assert decision.rule is Rule.REPLACE_NEEDS_WRITTEN_LOSS


@pytest.mark.rule("CHANGE.DAMAGED", "CHANGE.PHOTO", "CHANGE.DETAILS")
@pytest.mark.parametrize("state", CardState)
@pytest.mark.parametrize("reason", CHANGES)
def test_only_a_card_in_use_is_changed(state: CardState, reason: Reason) -> None:
    assert may_reissue(state, reason).allowed is (state is CardState.ACTIVE)


@pytest.mark.parametrize("state", [state for state in CardState if state is not CardState.ACTIVE])
def test_all_changes_ask_the_same_of_a_card(state: CardState) -> None:
    """The terminal asks for the card before it asks for the reason."""
    assert len({may_reissue(state, reason) for reason in CHANGES}) == 1


@pytest.mark.rule("REPLACE.PAY_THEN_CONFIRM")
def test_what_is_not_paid_is_not_confirmed() -> None:
    assert is_paid(True).allowed
    assert is_paid(False).refusal is RefusalCode.NOT_PAID


@pytest.mark.parametrize("reason", Reason)
def test_a_change_needs_a_copy_of_the_id_card_and_a_replacement_has_it(reason: Reason) -> None:
    assert has_copy(reason, copied=True).allowed
    assert has_copy(reason, copied=False).allowed is (reason is Reason.LOST)


@pytest.mark.rule("CHANGE.DETAILS")
@pytest.mark.parametrize(
    ("changed_on", "allowed"),
    [(None, False), (date(2019, 6, 2), False), (date(2019, 6, 3), True), (date(2026, 1, 1), True)],
)
def test_details_are_changed_at_the_agency_first(changed_on: date | None, allowed: bool) -> None:
    assert details_changed(date(2019, 6, 3), changed_on).allowed is allowed


@pytest.mark.rule("CHANGE.OLD_RETURNED")
@pytest.mark.parametrize("reason", CHANGES)
@pytest.mark.parametrize(
    ("given", "claim", "allowed"),
    [
        (NUMBER, CLAIM, True),
        (None, CLAIM, True),  # its chip did not answer
        ("H99002746", CLAIM, False),
        (NUMBER, None, False),
        (None, None, False),
    ],
)
def test_the_old_card_is_handed_in(
    reason: Reason, given: str | None, claim: str | None, allowed: bool
) -> None:
    decision = old_returned(reason, NUMBER, given, claim)
    assert decision.allowed is allowed
    assert decision.rule is Rule.CHANGE_OLD_RETURNED


def test_a_lost_card_cannot_be_handed_in() -> None:
    assert old_returned(Reason.LOST, NUMBER, None, None).allowed
