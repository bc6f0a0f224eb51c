"""Activation: when a collected card comes to life, and what becomes of the one before (ACTIVATE.*)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from msgspec import Struct

from sscard.access import only_active
from sscard.cards import CardState
from sscard.decisions import Decision, allow, refuse
from sscard.requests import RefusalCode
from sscard.rules import Rule

# The states of an older card that its successor ends: it never works again (REPLACE.OLD_IS_DEAD).
_ENDED = (
    CardState.ACTIVE,
    CardState.LOST_ORAL,
    CardState.LOST_WRITTEN,
    CardState.SUSPENDED,
)


class OlderCard(Struct, frozen=True):
    """Another card of the same person from the same bank, with its state at the time of asking."""

    card_number: str
    state: CardState


class Succession(Struct, frozen=True):
    """Whether the old card is where it belongs, and the numbers of the cards that end now."""

    decision: Decision
    ended: frozenset[str] = frozenset()


def activate(state: CardState) -> Decision:
    """Whether a card in this state (at the time of asking) may be activated."""
    match state:
        case CardState.INACTIVE:
            return allow(Rule.ACTIVATE_BOTH_OR_NEITHER)
        case CardState.ACTIVE:
            return refuse(Rule.CARD_STATES, RefusalCode.CARD_ACTIVE)
        case (
            CardState.PRODUCED
            | CardState.AT_BANK
            | CardState.DESTROYED
            | CardState.LOST_ORAL
            | CardState.LOST_WRITTEN
            | CardState.SUSPENDED
            | CardState.SUPERSEDED
        ):
            # By each state's own rule, as for everything else that such a card cannot do.
            return only_active(state, Rule.ACTIVATE_BOTH_OR_NEITHER)
    assert_never(state)


def must_be_handed_in(state: CardState) -> bool:
    """Whether an older card of the same bank in this state is to be handed in.

    ACTIVATE.OLD_CARD. One that is lost or under replacement nobody can hand in.
    """
    return state is CardState.ACTIVE


def succeed(older: Iterable[OlderCard], handed_in: str | None) -> Succession:
    """What the activation of a new card means for the older ones of the same bank.

    `handed_in` is the number of the card that the terminal keeps, None where it keeps none.
    """
    older = tuple(older)
    missing = {each.card_number for each in older if must_be_handed_in(each.state)} - {handed_in}
    foreign = handed_in is not None and handed_in not in {each.card_number for each in older}
    if missing or foreign:
        return Succession(refuse(Rule.ACTIVATE_OLD_CARD, RefusalCode.OLD_CARD_MISSING))
    ended = frozenset(each.card_number for each in older if each.state in _ENDED)
    return Succession(allow(Rule.ACTIVATE_OLD_CARD), ended)
