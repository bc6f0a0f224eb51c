"""Who may see what of a card, and whose it is (CARD.NEED_TO_KNOW, ACTIVATE.ORIGINALS)."""

from __future__ import annotations

from typing import assert_never

from sscard.cards import CardState
from sscard.decisions import Decision, allow, refuse
from sscard.requests import RefusalCode
from sscard.rules import Rule


def balances(state: CardState) -> Decision:
    """Whether the balances of a card in this state (at the time of asking) may be seen."""
    return only_active(state, Rule.CARD_TWO_ACCOUNTS)


def only_active(state: CardState, because: Rule) -> Decision:
    """Allow by `because` what only a card in use can do; else refuse by the state's own rule."""
    match state:
        case CardState.ACTIVE:
            return allow(because)
        case CardState.INACTIVE:
            return refuse(Rule.ACTIVATE_BEFORE_USE, RefusalCode.CARD_INACTIVE)
        case CardState.LOST_ORAL:
            return refuse(Rule.LOSS_ORAL_LAPSE, RefusalCode.CARD_LOST)
        case CardState.LOST_WRITTEN:
            return refuse(Rule.LOSS_WRITTEN_NOW, RefusalCode.CARD_LOST)
        case CardState.SUSPENDED:
            return refuse(Rule.REPLACE_SUSPENDED, RefusalCode.CARD_SUSPENDED)
        case CardState.SUPERSEDED:
            return refuse(Rule.REPLACE_OLD_IS_DEAD, RefusalCode.CARD_SUPERSEDED)
        case CardState.PRODUCED | CardState.AT_BANK | CardState.DESTROYED:
            # No such card is in use, whatever chip was read.
            return refuse(Rule.CARD_STATES, RefusalCode.CARD_UNKNOWN)
    assert_never(state)


def same_person(holder: tuple[str, str], document: tuple[str, str]) -> Decision:
    """Whether card and document belong to one person (ACTIVATE.ORIGINALS).

    Both are (ID number, name); blanks around them do not count, everything else does.
    """
    if tuple(part.strip() for part in holder) == tuple(part.strip() for part in document):
        return allow(Rule.ACTIVATE_ORIGINALS)
    return refuse(Rule.ACTIVATE_ORIGINALS, RefusalCode.NOT_SAME_PERSON)
