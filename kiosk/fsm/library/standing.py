"""The step that asks the bank how the card in the reader stands, before anything is asked for it."""

from __future__ import annotations

from collections.abc import Callable

from kiosk.fsm.events import Event
from kiosk.fsm.library.asking import LookUp
from kiosk.fsm.library.custody import can_keep
from kiosk.fsm.library.evidence import evidence
from kiosk.fsm.steps import Fail, Next, Outcome
from kiosk.fsm.visit import SessionTrouble, Situation, Trouble, Visit
from sscard.cards import Account, CardState
from sscard.decisions import Decision
from sscard.requests import CardFound, CardLook, ListedCard
from sscard.rules import Rule

NAME = "standing"


def old_card(visit: Visit) -> ListedCard | None:
    """The card that is to be handed in before this one is activated, if the bank knows of one."""
    found = visit.told(NAME, CardFound)
    return None if found is None else found.old_card


def locked(visit: Visit) -> tuple[Account, ...]:
    """The accounts whose password is locked, as far as the bank was asked."""
    found = visit.told(NAME, CardFound)
    return () if found is None else found.locked


def _look(visit: Visit) -> CardLook:
    assert visit.card is not None
    return CardLook(evidence(visit), visit.card.card_number)


class LookAtCard(LookUp, frozen=True, kw_only=True):
    """Ask how the card stands. What its state does not allow is said now, not after passwords.

    The bank decides again when it is asked to do it.
    """

    name: str = NAME
    part_of_last: bool = True
    required: bool = True
    request: Callable[[Visit], CardLook] = _look
    allows: Callable[[CardState], Decision]
    retries_at: tuple[str, ...] = (NAME,)

    def on(self, event: Event, situation: Situation) -> Outcome | None:
        outcome = LookUp.on(self, event, situation)
        found = situation.person.told(self.name, CardFound)
        if not isinstance(outcome, Next) or found is None:
            return outcome
        decision = self.allows(found.card.state)
        if decision.refusal is not None:
            return Fail(Trouble(decision.refusal, decision.rule))
        if found.old_card is not None and not can_keep(situation):
            # Nobody is led through everything to learn at the end that no card can be handed in.
            return Fail(Trouble(SessionTrouble.CANNOT_KEEP, Rule.ACTIVATE_OLD_CARD))
        return outcome
