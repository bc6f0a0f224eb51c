"""Steps in which the person answers a question on the screen, or holds something up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kiosk.drivers.events import CodeSeen, CodeUnreadable, Device
from kiosk.drivers.orders import ScanCode
from kiosk.fsm.effects import Effect, OrderDevice, StopDevice
from kiosk.fsm.events import Event, Pressed
from kiosk.fsm.limits import Limit
from kiosk.fsm.steps import Next, Outcome, Stay, Step
from kiosk.fsm.visit import Situation, Visit
from sscard.codes import code_from_text
from sscard.requests import RefusalCode


@dataclass(frozen=True, kw_only=True)
class Choose(Step):
    """One question; each answer is a button, and `take` writes it into the visit."""

    answers: Callable[[Visit], tuple[str, ...]]
    take: Callable[[Visit, str], None]
    limit: Limit = Limit.CHOOSE

    def on(self, event: Event, situation: Situation) -> Outcome | None:
        match event:
            case Pressed(button) if button in self.answers(situation.person):
                self.take(situation.person, button)
                return Next()
        return None


@dataclass(frozen=True, kw_only=True)
class HoldUpCode(Step):
    """Look for the code of one of our receipts."""

    name: str = "code"
    limit: Limit = Limit.HOLD_CODE
    needs: tuple[Device, ...] = (Device.CAMERA,)
    retries_at: tuple[str, ...] = ("code",)

    def enter(self, situation: Situation) -> tuple[Effect, ...]:
        situation.person.hint = situation.person.code = None
        return (OrderDevice(Device.CAMERA, ScanCode()),)

    def on(self, event: Event, situation: Situation) -> Outcome | None:
        visit = situation.person
        match event:
            case CodeSeen(text):
                visit.code = code_from_text(text)
                if visit.code is not None:
                    return Next()
                visit.hint = RefusalCode.CODE_UNKNOWN  # the camera goes on looking
                return Stay()
            case CodeUnreadable():
                visit.hint = RefusalCode.CODE_UNKNOWN
                return Stay()
        return None

    def leave(self, situation: Situation) -> tuple[Effect, ...]:
        return (StopDevice(Device.CAMERA),)
