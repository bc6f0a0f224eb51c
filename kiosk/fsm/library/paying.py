"""The step in which somebody pays by a code on the screen, and the terminal waits for the money."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import force_setattr

from kiosk.fsm.effects import Effect, Forget, Submit
from kiosk.fsm.events import BankAnswered, Event, LineChanged, Pressed, RequestNotTaken
from kiosk.fsm.library.choosing import Confirm
from kiosk.fsm.limits import Limit
from kiosk.fsm.steps import Fail, Next, Outcome, Stay
from kiosk.fsm.visit import Situation, Trouble, Visit
from sscard.requests import Payment, PaymentLook, PaymentState, Refusal, RefusalCode
from sscard.rules import Rule

LOOK_EVERY_S = 2.0
"""Between two looks at a payment: a person does not feel two seconds after having paid."""


class AwaitPayment(Confirm, frozen=True, kw_only=True):
    """Show the payment code and ask the bank every two seconds whether the money is there.

    The button says that it has been paid: it looks at once and begins the time anew. Whoever goes
    away loses nothing: the application stays open at the bank, and what is paid later is found
    there by the next visit. A payment that lapsed meanwhile is begun anew at `begin_at`.
    """

    asks: Callable[[Visit], PaymentLook]
    begin_at: str
    name: str = "pay"
    limit: Limit = Limit.PAY
    asks_bank: bool = True

    def __post_init__(self) -> None:
        force_setattr(self, "retries_at", (self.begin_at,))

    def enter(self, situation: Situation) -> tuple[Effect, ...]:
        return self._look(situation, LOOK_EVERY_S)

    def on(self, event: Event, situation: Situation) -> Outcome | None:
        visit = situation.person
        match event:
            case Pressed("confirm"):
                return Stay(self._look(situation, 0.0), again=True)
            case BankAnswered(ticket, answer) if ticket == visit.ticket:
                return self._answered(answer, situation)
            case RequestNotTaken(ticket) if ticket == visit.ticket:
                return Stay(self._look(situation, LOOK_EVERY_S))
            case LineChanged(up=True):
                return Stay(self._look(situation, 0.0))  # what was asked before may be lost
        return None

    def leave(self, situation: Situation) -> tuple[Effect, ...]:
        return (Forget(situation.person.ticket),)

    def _answered(self, answer: object, situation: Situation) -> Outcome:
        match answer:
            case Payment(PaymentState.PAID):
                situation.person.heard[self.name] = answer
                return Next()
            case Payment(PaymentState.OPEN):
                return Stay(self._look(situation, LOOK_EVERY_S))
            case Refusal(code, rule, tries_left):
                return Fail(Trouble(code, rule, self.begin_at, tries_left))
        return Fail(
            Trouble(RefusalCode.PAYMENT_UNKNOWN, Rule.REPLACE_PAY_THEN_CONFIRM, retry=self.begin_at)
        )

    def _look(self, situation: Situation, after_s: float) -> tuple[Effect, ...]:
        """Ask under a new ticket; nobody waits for an older answer any more."""
        visit = situation.person
        before = (Forget(visit.ticket),) if visit.ticket else ()
        visit.ticket = situation.next_ticket
        situation.next_ticket += 1
        visit.taken = None
        return (*before, Submit(visit.ticket, self.asks(visit), after_s=after_s))
