"""Steps in which the person answers a question on the screen, or holds something up."""

from __future__ import annotations

from collections.abc import Callable

from kiosk.drivers.events import CodeSeen, CodeUnreadable, Device
from kiosk.drivers.orders import ScanCode
from kiosk.fsm.effects import Effect, OrderDevice, StopDevice
from kiosk.fsm.events import Event, Pressed
from kiosk.fsm.library.paging import NEXT_PAGE, Page, page_of
from kiosk.fsm.limits import Limit
from kiosk.fsm.steps import Face, Next, Outcome, Stay, Step
from kiosk.fsm.telling import Question, Review
from kiosk.fsm.visit import Situation
from sscard.codes import code_from_text
from sscard.requests import RefusalCode


class Choose(Step, frozen=True, kw_only=True):
    """One question; each answer is a button, and the visit remembers it under the step's name.

    With `page_rows` more answers than that are shown in pages, which the person turns. The page
    stays open when the question is asked again in the same visit.
    """

    asks: Callable[[Situation], Question]
    page_rows: int = 0  # 0: all on one page
    limit: Limit = Limit.CHOOSE
    face: Face = Face.ASK

    def on(self, event: Event, situation: Situation) -> Outcome | None:
        shown = self.page(situation)
        match event:
            case Pressed(button) if button in shown.turns:
                turned = shown.number + (1 if button == NEXT_PAGE else -1)
                situation.person.said[f"{self.name}.page"] = str(turned)
                return Stay(again=True)
            case Pressed(button) if button in self.answers(situation):
                situation.person.said[self.name] = button
                return Next()
        return None

    def page(self, situation: Situation) -> Page:
        """The page of the question that is open now."""
        number = int(situation.person.said.get(f"{self.name}.page", "1"))
        return page_of(self.asks(situation), number, self.page_rows)

    def answers(self, situation: Situation) -> tuple[str, ...]:
        """The answers that can be given now."""
        shown = self.page(situation)
        return tuple(option.id for option in (*shown.options, *shown.last) if option.enabled)


class Confirm(Step, frozen=True, kw_only=True):
    """Everything once more, to be checked; nothing is done before the button is pressed."""

    shows: Callable[[Situation], Review]
    name: str = "confirm"
    limit: Limit = Limit.CHOOSE
    face: Face = Face.REVIEW

    def on(self, event: Event, situation: Situation) -> Outcome | None:
        return Next() if event == Pressed("confirm") else None


class HoldUpCode(Step, frozen=True, kw_only=True):
    """Look for a code of ours, by default one of our receipts'."""

    name: str = "code"
    picture: str = "hold_code"
    reads: Callable[[str], str | None] = code_from_text  # what is ours in a code's text, if any
    unknown: RefusalCode = RefusalCode.CODE_UNKNOWN  # the hint for every other code
    limit: Limit = Limit.HOLD_CODE
    needs: tuple[Device, ...] = (Device.CAMERA,)
    retries_at: tuple[str, ...] = ("code",)

    def enter(self, situation: Situation) -> tuple[Effect, ...]:
        situation.person.hint = None
        return (OrderDevice(Device.CAMERA, ScanCode()),)

    def on(self, event: Event, situation: Situation) -> Outcome | None:
        visit = situation.person
        match event:
            case CodeSeen(text):
                code = self.reads(text)
                if code is not None:
                    visit.said[self.name] = code
                    return Next()
                visit.hint = self.unknown  # the camera goes on looking
                return Stay()
            case CodeUnreadable():
                visit.hint = self.unknown
                return Stay()
        return None

    def leave(self, situation: Situation) -> tuple[Effect, ...]:
        return (StopDevice(Device.CAMERA),)
