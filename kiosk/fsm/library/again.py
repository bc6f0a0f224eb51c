"""The step that asks the bank for one of several things alike, and leads back for the next."""

from __future__ import annotations

from kiosk.fsm.events import Event
from kiosk.fsm.library.asking import AskBank
from kiosk.fsm.steps import Goto, Next, Outcome
from kiosk.fsm.visit import Situation


class AskAndGoBack(AskBank, frozen=True, kw_only=True):
    """Ask the bank, take its answer for what the earlier step `learns` heard, and go `back_to` a
    step for more. Without an answer the visit goes on to its result, which says so.
    """

    learns: str
    back_to: str

    def on(self, event: Event, situation: Situation) -> Outcome | None:
        outcome, visit = AskBank.on(self, event, situation), situation.person
        if isinstance(outcome, Next) and visit.answer is not None:
            visit.heard[self.learns] = visit.answer
            return Goto(self.back_to)
        return outcome
