"""When a card may be activated, and what that means for the one before."""

import pytest

from sscard.activation import OlderCard, activate, must_be_handed_in, succeed
from sscard.cards import CardState
from sscard.decisions import allow, refuse
from sscard.presence import in_person, in_person_with_copy
from sscard.requests import Presence, RefusalCode
from sscard.rules import Rule

MISSING = refuse(Rule.ACTIVATE_OLD_CARD, RefusalCode.OLD_CARD_MISSING)
ALLOWED = allow(Rule.ACTIVATE_OLD_CARD)


@pytest.mark.rule("CARD.STATES", "ACTIVATE.BOTH_OR_NEITHER")
@pytest.mark.parametrize(
    ("state", "decision"),
    [
        (CardState.INACTIVE, allow(Rule.ACTIVATE_BOTH_OR_NEITHER)),
        (CardState.ACTIVE, refuse(Rule.CARD_STATES, RefusalCode.CARD_ACTIVE)),
        (CardState.PRODUCED, refuse(Rule.CARD_STATES, RefusalCode.CARD_UNKNOWN)),
        (CardState.AT_BANK, refuse(Rule.CARD_STATES, RefusalCode.CARD_UNKNOWN)),
        (CardState.DESTROYED, refuse(Rule.CARD_STATES, RefusalCode.CARD_UNKNOWN)),
        (CardState.LOST_ORAL, refuse(Rule.LOSS_ORAL_LAPSE, RefusalCode.CARD_LOST)),
        (CardState.LOST_WRITTEN, refuse(Rule.LOSS_WRITTEN_NOW, RefusalCode.CARD_LOST)),
        (CardState.SUSPENDED, refuse(Rule.REPLACE_SUSPENDED, RefusalCode.CARD_SUSPENDED)),
        (CardState.SUPERSEDED, refuse(Rule.REPLACE_OLD_IS_DEAD, RefusalCode.CARD_SUPERSEDED)),
    ],
)
def test_a_collected_card_alone_is_activated(state: CardState, decision: object) -> None:
    assert activate(state) == decision


@pytest.mark.rule("ACTIVATE.OLD_CARD")
@pytest.mark.parametrize("state", list(CardState))
def test_an_older_card_is_asked_for_while_it_works(state: CardState) -> None:
    older = [OlderCard("old", state)]
    works = state is CardState.ACTIVE
    assert must_be_handed_in(state) == works
    assert succeed(older, None).decision == (MISSING if works else ALLOWED)
    assert succeed(older, "old").decision == ALLOWED
    assert succeed(older, "another").decision == MISSING


@pytest.mark.rule("ACTIVATE.OLD_CARD", "REPLACE.OLD_IS_DEAD")
def test_every_older_card_that_could_come_back_ends() -> None:
    older = [OlderCard(state.value, state) for state in CardState]
    ended = succeed(older, CardState.ACTIVE.value).ended
    assert ended == {"active", "lost_oral", "lost_written", "suspended"}


@pytest.mark.rule("ACTIVATE.OLD_CARD")
def test_of_two_old_cards_one_is_not_enough() -> None:
    older = [OlderCard("one", CardState.ACTIVE), OlderCard("two", CardState.ACTIVE)]
    succession = succeed(older, "one")
    assert succession.decision == MISSING
    assert succession.ended == frozenset()


JPEG = b"\xff\xd8\xff\xe0\xff\xd9"


@pytest.mark.rule("ACTIVATE.IN_PERSON", "PIN.UNLOCK")
@pytest.mark.parametrize(
    ("presence", "still", "copy"),
    [
        (Presence(JPEG, JPEG, JPEG), None, None),
        (Presence(JPEG), None, RefusalCode.NO_COPY),
        (Presence(JPEG, None, JPEG), None, RefusalCode.NO_COPY),
        (Presence(JPEG, JPEG, b"GIF89a"), None, RefusalCode.NO_COPY),
        (Presence(b"GIF89a", JPEG, JPEG), *[RefusalCode.NOT_IN_PERSON] * 2),
        (Presence(JPEG[:4], JPEG, JPEG), *[RefusalCode.NOT_IN_PERSON] * 2),
    ],
)
def test_presence_is_whole_pictures(
    presence: Presence, still: RefusalCode | None, copy: RefusalCode | None
) -> None:
    assert in_person(presence, Rule.ACTIVATE_IN_PERSON).refusal == still
    assert in_person_with_copy(presence, Rule.PIN_UNLOCK).refusal == copy
