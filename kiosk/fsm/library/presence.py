"""Steps that show the holder stands here: a still of the person, and the ID card copied.

The pictures live in the visit and go sealed to the bank with the request that they are evidence
for. Nobody presses anything: the camera says itself when a picture is good enough.
"""

from __future__ import annotations

from msgspec.structs import force_setattr

from kiosk.drivers.events import (
    Device,
    DeviceChanged,
    DocumentCopied,
    PictureWanting,
    Side,
    StillTaken,
    Wanting,
)
from kiosk.drivers.orders import CopyDocument, TakeStill
from kiosk.fsm.effects import Effect, OrderDevice, StopDevice
from kiosk.fsm.events import Event
from kiosk.fsm.limits import Limit
from kiosk.fsm.steps import ALWAYS, Fail, Leave, Next, Outcome, Stay, Step, When
from kiosk.fsm.visit import SessionTrouble, Situation, Trouble, Visit
from sscard.requests import Presence

_NOBODY = (None, Wanting.NO_FACE, Wanting.NO_CARD)


def presence(visit: Visit) -> Presence:
    """What the camera took in this visit; it must have taken a still."""
    (still,) = visit.pictures["still"]
    front, back = visit.pictures.get("copy", (None, None))
    return Presence(still, front, back)


def presence_if_any(visit: Visit) -> Presence | None:
    """`presence`, or None where no still was taken because there is no camera."""
    return presence(visit) if "still" in visit.pictures else None


class LookAtCamera(Step, frozen=True, kw_only=True):
    """A still of the person. `optional`: where there is no camera the visit goes on without."""

    name: str = "still"
    picture: str = "look_here"
    limit: Limit = Limit.STILL
    needs: tuple[Device, ...] = (Device.CAMERA,)
    retries_at: tuple[str, ...] = ("still",)
    optional: bool = False

    def __post_init__(self) -> None:
        if self.optional:
            # Where there is no camera, the step is not on the way, and nothing is missing.
            force_setattr(self, "uses", self.needs)
            force_setattr(self, "needs", ())
            force_setattr(self, "retries_at", ())
            force_setattr(self, "when", _with_camera(self.when))

    def enter(self, situation: Situation) -> tuple[Effect, ...]:
        situation.person.hint = None
        return (OrderDevice(Device.CAMERA, TakeStill()),)

    def on(self, event: Event, situation: Situation) -> Outcome | None:
        visit = situation.person
        match event:
            case StillTaken(jpeg):
                visit.pictures[self.name] = (jpeg,)
                return Next()
            case PictureWanting(reason):
                visit.hint = reason
                return Stay()
            case DeviceChanged(Device.CAMERA) if self.optional:
                return None if situation.usable(Device.CAMERA) else Next()
        return None

    def on_time_up(self, situation: Situation) -> Outcome:
        """A report that must not wait is not held up by a picture; nor is anybody sent away."""
        return Next() if self.optional else _no_picture(self, situation)

    def leave(self, situation: Situation) -> tuple[Effect, ...]:
        situation.person.hint = None
        return (StopDevice(Device.CAMERA),)


class CopyIdCard(Step, frozen=True, kw_only=True):
    """Both sides of the identity document before the camera, one after the other."""

    name: str = "copy"
    limit: Limit = Limit.COPY
    needs: tuple[Device, ...] = (Device.CAMERA,)
    retries_at: tuple[str, ...] = ("copy",)

    def looks(self, situation: Situation) -> tuple[str, str]:
        side = self._side(situation.person)
        return f"{self.name}_{side}", f"copy_{side}"

    def enter(self, situation: Situation) -> tuple[Effect, ...]:
        situation.person.hint = None
        return (OrderDevice(Device.CAMERA, CopyDocument(Side.FRONT)),)

    def on(self, event: Event, situation: Situation) -> Outcome | None:
        visit = situation.person
        match event:
            case DocumentCopied(side, jpeg) if side is self._side(visit):
                visit.hint = None
                visit.pictures[self.name] = (*visit.pictures.get(self.name, ()), jpeg)
                if side is Side.BACK:
                    return Next()
                return Stay((OrderDevice(Device.CAMERA, CopyDocument(Side.BACK)),), again=True)
            case PictureWanting(reason):
                visit.hint = reason
                return Stay()
        return None

    def on_time_up(self, situation: Situation) -> Outcome:
        return _no_picture(self, situation)

    def leave(self, situation: Situation) -> tuple[Effect, ...]:
        visit = situation.person
        visit.hint = None
        if len(visit.pictures.get(self.name, ())) < len(Side):
            visit.pictures.pop(self.name, None)  # half a copy is none
        return (StopDevice(Device.CAMERA),)

    def _side(self, visit: Visit) -> Side:
        return Side.BACK if visit.pictures.get(self.name) else Side.FRONT


def _no_picture(step: Step, situation: Situation) -> Outcome:
    """Whoever is seen and does not come out well is told what to do; nobody is left waiting."""
    if situation.person.hint in _NOBODY:
        return Leave()
    return Fail(Trouble(SessionTrouble.NO_PICTURE, retry=step.name))


def _with_camera(when: When) -> When:
    name = "camera there" if when is ALWAYS else f"{when.name}, camera there"
    return When(name, lambda now: when.holds(now) and now.usable(Device.CAMERA))
