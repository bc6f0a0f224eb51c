"""Pages of technician mode at their fullest, made from a session as on a terminal."""

from __future__ import annotations

from dataclasses import replace

from kiosk.drivers.events import (
    CardInserted,
    Device,
    DeviceChanged,
    DeviceStatus,
    IdNotRead,
    IdTrouble,
)
from kiosk.fsm.events import Event, LineChanged, Pressed, QueueChanged
from kiosk.fsm.session import Session
from kiosk.fsm.staff.words import (
    Fitness,
    Refused,
    StaffAdmitted,
    StaffRefused,
    StandingIs,
)
from kiosk.fsm.staff_happenings import LOOKS
from kiosk.screens.presenter import Presenter
from kiosk.screens.view import View
from sscard.staff_codes import Role
from tests.kiosk.places import PLACE, WALL
from tests.screens.sample_kit import LEFT

_WORST = LOOKS["seen: meddled with"]
_WHO = "4711"
_FAILED = StandingIs(
    Fitness.FAILED,
    ("Clean the camera's lens and aim it anew.", "Charge the clock's battery, or change it."),
    "2030-06-14T10:00:00+08:00",
    has_codes=True,
)


def _typed(digits: str) -> list[Event]:
    return [*(Pressed(f"digit:{digit}") for digit in digits), Pressed("confirm")]


def _after(lang: str, *events: Event) -> View:
    """The page after these events, somebody being signed in where the first is not about codes."""
    session = Session()
    session.handle(_FAILED)
    for known in (QueueChanged(True), LineChanged(True), Pressed("staff"), *_typed(_WHO)):
        session.handle(known)
    for event in (*_typed("12345678"), *events):
        session.handle(event)
    session.situation.wishes.language = lang
    view = Presenter(PLACE).view(session, WALL, LEFT)
    return replace(view, time_left=LEFT)


def _inside(lang: str, *events: Event) -> View:
    return _after(lang, StaffAdmitted(_WHO, Role.TECHNICIAN), *events)


def staff_locked(lang: str) -> View:
    """Too many wrong codes."""
    return _after(lang, StaffRefused(Refused.LOCKED, locked_for_s=900))


def staff_overview(lang: str) -> View:
    """Every device and the self-test's remedies, and a card that came meanwhile."""
    return _inside(lang, _WORST, CardInserted())


def staff_device(lang: str) -> View:
    """A printer without paper, its cover open."""
    return _inside(lang, Pressed(f"device:{Device.RECEIPT_PRINTER}"), LOOKS["seen: good and less"])


def staff_test(lang: str) -> View:
    """A test that was not passed."""
    order = (Pressed(f"device:{Device.ID_SCANNER}"), Pressed("test"))
    return _inside(lang, *_ready(), *order, IdNotRead(IdTrouble.READER_FAULT, "no answer"))


def staff_tasks(lang: str) -> View:
    """Everything that can be done."""
    return _inside(lang, _WORST, Pressed("tasks"))


def staff_cards(lang: str) -> View:
    """More kept cards than are shown, and a bin that does not agree."""
    return _inside(lang, Pressed("tasks"), Pressed("cards"), _WORST)


def staff_queue(lang: str) -> View:
    """Much waits for the bank."""
    return _inside(lang, Pressed("tasks"), Pressed("queue"), LOOKS["queue: much waits"])


def staff_confirm(lang: str) -> View:
    """An act that takes two people."""
    return _inside(lang, Pressed("tasks"), Pressed("act:sign_off"))


def _ready() -> tuple[Event, ...]:
    return tuple(DeviceChanged(device, DeviceStatus.ONLINE) for device in Device)


STAFF_SAMPLES = (
    staff_locked,
    staff_overview,
    staff_device,
    staff_test,
    staff_tasks,
    staff_cards,
    staff_queue,
    staff_confirm,
)
