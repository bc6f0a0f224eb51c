"""Steps that show what came of it and put it on paper."""

from __future__ import annotations

from kiosk.drivers.events import Device, NotPrinted, Printed, PrintTrouble
from kiosk.fsm.effects import Effect, Print, StopDevice
from kiosk.fsm.events import BankAnswered, Event, Pressed
from kiosk.fsm.limits import Limit
from kiosk.fsm.steps import Face, Fail, Goto, Next, Outcome, Stay, Step
from kiosk.fsm.visit import Situation, Trouble
from sscard.requests import Refusal


class ShowResult(Step, frozen=True, kw_only=True):
    """Show what came of it; `print` puts it on paper where there is a printer."""

    name: str = "result"
    face: Face = Face.RESULT
    limit: Limit = Limit.RESULT
    part_of_last: bool = True
    can_go_back: bool = False
    leads_to: tuple[str, ...] = ("printing",)

    def on(self, event: Event, situation: Situation) -> Outcome | None:
        visit = situation.person
        match event:
            case Pressed("done"):
                return Next()
            case Pressed("print") if self.leads_to and situation.usable(Device.RECEIPT_PRINTER):
                return Goto("printing") if visit.printed is not True else None
            case BankAnswered(ticket, answer) if ticket == visit.ticket:
                # It waited, and the line came back while the person still stands here.
                if isinstance(answer, Refusal):
                    return Fail(Trouble(answer.code, answer.rule, tries_left=answer.tries_left))
                visit.answer = answer
                visit.printed = None
                return Stay(again=True)
        return None


class PrintIt(Step, frozen=True, kw_only=True):
    """Print the receipt; "printed" only when the printer proves it."""

    name: str = "printing"
    face: Face = Face.WAIT
    picture: str = "printer"
    limit: Limit = Limit.PRINTING
    part_of_last: bool = True
    can_go_back: bool = False
    aside: bool = True
    leads_to: tuple[str, ...] = ("result",)

    def enter(self, situation: Situation) -> tuple[Effect, ...]:
        situation.person.printed = None
        return (Print(),)

    def on(self, event: Event, situation: Situation) -> Outcome | None:
        visit = situation.person
        match event:
            case Printed():
                # Paper that the answer has overtaken counts for nothing: a new one is offered.
                visit.printed = None if visit.printed is False else True
                return Goto("result")
            case NotPrinted(trouble):
                visit.printed = trouble
                return Goto("result")
            case BankAnswered(ticket, answer) if ticket == visit.ticket:
                if isinstance(answer, Refusal):
                    return Fail(Trouble(answer.code, answer.rule, tries_left=answer.tries_left))
                visit.answer = answer
                visit.printed = False
                return Stay()
        return None

    def on_time_up(self, situation: Situation) -> Outcome:
        situation.person.printed = PrintTrouble.NO_ANSWER
        return Goto("result")

    def leave(self, situation: Situation) -> tuple[Effect, ...]:
        return (StopDevice(Device.RECEIPT_PRINTER),)
