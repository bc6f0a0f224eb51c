"""The step that asks the bank: one durable request, and as long a wait as a person bears."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import field

from kiosk.drivers.events import CardTrouble
from kiosk.fsm.effects import Effect, Forget, Submit
from kiosk.fsm.events import BankAnswered, Event, LineChanged, RequestNotTaken, RequestTaken
from kiosk.fsm.limits import Limit
from kiosk.fsm.steps import Face, Fail, Goto, Next, Outcome, Stay, Step
from kiosk.fsm.visit import SessionTrouble, Situation, Trouble, Visit
from sscard.requests import Refusal, RefusalCode, Request
from sscard.rules import Rule


def _submit(step: Step, request: Request, situation: Situation) -> tuple[Effect, ...]:
    visit = situation.person
    before = (Forget(visit.ticket),) if visit.ticket else ()
    visit.ticket = situation.next_ticket
    situation.next_ticket += 1
    visit.taken = visit.answer = None
    companion, visit.companion = visit.companion, None
    return (*before, Submit(visit.ticket, request, companion))


class AskBank(Step, frozen=True, kw_only=True):
    """Hand the request to the queue; go on with the answer, or without one.

    Without a line, or when the bank is silent, the step ends with the request taken and no
    answer: the result then says that it waits (OFFLINE.HONEST).
    """

    name: str = "asking"
    face: Face = Face.WAIT
    picture: str = "bank"
    limit: Limit = Limit.ASK_BANK
    asks_bank: bool = True
    request: Callable[[Visit], Request]
    again_at: str | None = None  # the step for another try at the password
    retry_at: str = "asking"  # the step to go back to when the queue has kept nothing
    mends: Mapping[RefusalCode, str] = field(default_factory=dict)  # refusal: the step to retry at
    can_go_back: bool = False
    retries_at: tuple[str, ...] = ("asking",)

    def enter(self, situation: Situation) -> tuple[Effect, ...]:
        return _submit(self, self.request(situation.person), situation)

    def on(self, event: Event, situation: Situation) -> Outcome | None:
        visit = situation.person
        match event:
            case RequestTaken(ticket) if ticket == visit.ticket:
                visit.taken = event
                return Stay() if situation.line_up else Next()
            case RequestNotTaken(ticket) if ticket == visit.ticket:
                return Fail(Trouble(SessionTrouble.NOT_TAKEN, retry=self.retry_at))
            case BankAnswered(ticket, answer) if ticket == visit.ticket:
                return self._answered(answer, situation)
            case LineChanged(up=False) if visit.taken is not None:
                return Next()
        return None

    def _answered(self, answer: object, situation: Situation) -> Outcome:
        visit = situation.person
        match answer:
            case Refusal(RefusalCode.WRONG_PASSWORD, _, tries_left) if self.again_at:
                if not situation.slot_used:
                    return Fail(Trouble(CardTrouble.PULLED, retry="card"))
                visit.hint = RefusalCode.WRONG_PASSWORD
                visit.tries_left = tries_left
                return Goto(self.again_at)
            case Refusal(code, rule, tries_left):
                return Fail(Trouble(code, rule, self.mends.get(code), tries_left))
        visit.answer = answer  # type: ignore[assignment]  # every other answer is a good one
        return Next()

    def on_time_up(self, situation: Situation) -> Outcome:
        if situation.person.taken is not None:
            return Next()
        return Fail(Trouble(SessionTrouble.NOT_TAKEN, retry=self.retry_at))


class LookUp(AskBank, frozen=True, kw_only=True):
    """Ask the bank for something to show. It does not wait: no answer means going on without.

    `required` makes the missing answer a trouble instead.
    """

    required: bool = False
    retry_at: str = ""  # where to ask anew; "": here

    def on(self, event: Event, situation: Situation) -> Outcome | None:
        outcome = AskBank.on(self, event, situation)
        match outcome:
            case Fail(Trouble(SessionTrouble.NOT_TAKEN)):
                return self._without(situation)
            case Next() if situation.person.answer is None:
                return self._without(situation)
            case Next():
                answer = situation.person.answer
                assert answer is not None
                situation.person.heard[self.name] = answer
        return outcome

    def on_time_up(self, situation: Situation) -> Outcome:
        return self._without(situation)

    def _without(self, situation: Situation) -> Outcome:
        if not self.required:
            return Next()
        retry = self.retry_at or self.name
        if situation.line_up:
            return Fail(Trouble(SessionTrouble.NO_ANSWER, retry=retry))
        return Fail(Trouble(SessionTrouble.NO_LINE, Rule.OFFLINE_THREE, retry))

    def leave(self, situation: Situation) -> tuple[Effect, ...]:
        return (Forget(situation.person.ticket),)
