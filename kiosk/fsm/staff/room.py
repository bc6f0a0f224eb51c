"""Technician mode: what a press or an event means on each of its pages.

No visit is on while somebody works here, and nothing of a cardholder is known or asked for. A card
that is put in meanwhile is given back with a word.
"""

from __future__ import annotations

from kiosk.drivers.events import CardInserted, CardMute, CardRemoved, Device, DeviceChanged
from kiosk.drivers.orders import EjectCard
from kiosk.fsm.effects import Effect, OrderDevice, Record, StopDevice
from kiosk.fsm.events import Event, Pressed
from kiosk.fsm.library.typing import DIGITS, DONE, ERASE, key_of
from kiosk.fsm.staff import pages, paper, trying
from kiosk.fsm.staff.duty import CODE_DIGITS, COUNT_DIGITS, NUMBER_DIGITS, Duty, Test
from kiosk.fsm.staff.words import (
    Act,
    ActFailed,
    ActTrouble,
    BinEmptied,
    CheckStaffCode,
    EmptyBin,
    ExportJournal,
    JournalExported,
    LookAround,
    QueueSeen,
    Refused,
    Restart,
    SetClosed,
    SignOff,
    StaffAdmitted,
    StaffRefused,
    StaffSees,
    StandingIs,
)
from kiosk.fsm.visit import Situation
from sscard.staff_codes import Role

Moved = tuple[tuple[Effect, ...], str | None]
"""What an event comes to: effects, and the trigger by which the session moves on, if it does."""

STAYS: Moved = ((), None)
DEVICE_MARK, ACT_MARK = "device:", "act:"
_FINAL = (Refused.NO_CODES, Refused.LOCKED, Refused.NOT_KEPT)  # another try now does not help
_LOOKS = (pages.OVERVIEW, pages.DEVICE, pages.PAPER, pages.CARDS, pages.QUEUE)
_LENGTHS = {
    pages.NUMBER: (NUMBER_DIGITS, NUMBER_DIGITS),
    pages.CODE: (CODE_DIGITS, CODE_DIGITS),
    pages.COUNT: (1, COUNT_DIGITS),
}


def begin(now: Situation) -> None:
    """Somebody wants in."""
    now.duty = Duty()
    if not now.standing.has_codes:
        now.duty.refused = StaffRefused(Refused.NO_CODES)


# --- buttons ---------------------------------------------------------------------------


def buttons(page: str, now: Situation) -> tuple[str, ...]:
    """Everything that can be pressed on a page now."""
    duty = now.worker
    if page == pages.DOING:
        return ()
    back = ("back",) if page not in (pages.OVERVIEW, *pages.ENTERING) else ()
    if page == pages.CODE or (page in pages.ENTERING and duty.technician):
        back = ("back",)
    return (*_own_buttons(page, duty, now), *back, "leave")


def _own_buttons(page: str, duty: Duty, now: Situation) -> tuple[str, ...]:
    match page:
        case pages.NUMBER | pages.CODE | pages.COUNT:
            return () if duty.is_checking else keys(page, duty)
        case pages.REFUSED:
            assert duty.refused is not None
            return () if duty.refused.reason in _FINAL else ("again",)
        case pages.OVERVIEW:
            return (*(f"{DEVICE_MARK}{device}" for device in Device), "tasks")
        case pages.DEVICE:
            assert duty.device is not None
            test = ("test",) if now.usable(duty.device) else ()
            return (*test, *(("paper",) if duty.device is Device.RECEIPT_PRINTER else ()))
        case pages.TEST:
            assert duty.device is not None
            over = duty.test in (Test.PASSED, Test.FAILED) and now.usable(duty.device)
            return ("again",) if over else ()
        case pages.TASKS:
            acts = (Act.EXPORT, Act.OPEN if now.standing.closed else Act.CLOSE)
            return (
                *("paper", "cards", "queue"),
                *(f"{ACT_MARK}{act}" for act in (*acts, Act.RESTART, Act.SIGN_OFF)),
            )
        case pages.PAPER:
            return paper.buttons(duty, now)
        case pages.CARDS:
            return ("count",) if duty.seen is not None and duty.seen.claims is not None else ()
        case pages.QUEUE:
            return ("look",)
        case pages.CONFIRM:
            return ("confirm",)
    return ()


def keys(page: str, duty: Duty) -> tuple[str, ...]:
    """The keys that do something on a page where a number is typed."""
    shortest, longest = _LENGTHS[page]
    digits = tuple(map(key_of, DIGITS + "0")) if len(duty.typed) < longest else ()
    done = (DONE,) if shortest <= len(duty.typed) <= longest else ()
    return (*digits, *((ERASE,) if duty.typed else ()), *done)


# --- the technician --------------------------------------------------------------------


def pressed(button: str, page: str, now: Situation) -> Moved:
    """A finger on a button."""
    duty = now.worker
    if button not in buttons(page, now):
        return STAYS
    if button == "back":
        return (), "give_up" if page in (pages.NUMBER, pages.REFUSED) else "back"
    if button.startswith(("digit:", ERASE)):
        duty.typed = duty.typed[:-1] if button == ERASE else duty.typed + button[-1]
        return STAYS
    if button.startswith(DEVICE_MARK):
        duty.device = Device(button.removeprefix(DEVICE_MARK))
        return (), "device"
    if button.startswith(ACT_MARK):
        duty.act = Act(button.removeprefix(ACT_MARK))
        return (), "act"
    if page == pages.PAPER and button in paper.buttons(duty, now):
        return (*_noted(duty, f"paper {button}"), *paper.press(button, duty)), None
    match page, button:
        case (pages.NUMBER, "confirm"):
            return _named(duty)
        case (pages.CODE, "confirm"):
            duty.is_checking = True
            return (CheckStaffCode(duty.number, duty.typed),), None
        case (pages.COUNT, "confirm"):
            duty.found, duty.act = int(duty.typed), Act.EMPTY_BIN
            return (), "act"
        case (pages.TEST, "again"):
            return (), "test"
        case (pages.QUEUE, "look"):
            return (LookAround(),), None
    return (), button


def _named(duty: Duty) -> Moved:
    duty.number = duty.typed
    if duty.number != duty.technician:
        return (), "number"
    duty.refused = StaffRefused(Refused.SAME_PERSON)
    return (), "refuse"


# --- devices, and what was asked for -----------------------------------------------------


def heard(event: Event, page: str, now: Situation) -> Moved:
    """Anything that is not a finger."""
    duty = now.worker
    match event:
        case StaffAdmitted(technician, role) if _awaits(technician, page, duty):
            return _admitted(duty, technician, role)
        case StaffRefused(reason) if page == pages.CODE and duty.is_checking:
            duty.is_checking, duty.refused = False, event
            return (Record("staff.refused", f"{duty.number} {reason}"),), "refuse"
        case StaffSees():
            duty.seen = event
        case QueueSeen():
            duty.queue = event
        case BinEmptied() | JournalExported() | ActFailed() | StandingIs():
            if page == pages.DOING and _answers(event, duty):
                duty.result = event
                return (), "did"
        case Pressed():
            raise AssertionError("a press goes its own way")
    return (*_device_said(event, page, now), *_card_came(event, page, now)), None


def _awaits(technician: str, page: str, duty: Duty) -> bool:
    return page == pages.CODE and duty.is_checking and technician == duty.number


def _admitted(duty: Duty, technician: str, role: Role) -> Moved:
    duty.is_checking = False
    if duty.technician:
        duty.second = technician
        return (Record("staff.second", f"{technician} {role}"),), "admit_second"
    duty.technician, duty.role = technician, role
    return (Record("staff.in", f"{technician} {role}"),), "admit_first"


def _answers(event: BinEmptied | JournalExported | ActFailed | StandingIs, duty: Duty) -> bool:
    """Whether this is the answer to the act that is being done."""
    match event:
        case BinEmptied():
            return duty.act is Act.EMPTY_BIN
        case JournalExported():
            return duty.act is Act.EXPORT
        case ActFailed(act):
            return duty.act is act
        case StandingIs():
            return duty.act is (Act.CLOSE if event.closed else Act.OPEN)


def _device_said(event: Event, page: str, now: Situation) -> tuple[Effect, ...]:
    duty = now.worker
    effects: tuple[Effect, ...] = ()
    if page == pages.TEST:
        before = duty.test
        effects = trying.on(event, duty, now)
        if duty.test is not before and duty.test in (Test.PASSED, Test.FAILED):
            effects = (*effects, *_noted(duty, f"test {duty.device} {duty.test}"))
    elif page == pages.PAPER:
        paper.on(event, duty)
    if isinstance(event, DeviceChanged) and page in pages.WITH_LOOK:
        effects = (*effects, LookAround())
    return effects


def _card_came(event: Event, page: str, now: Situation) -> tuple[Effect, ...]:
    """A card in the slot is nobody's business here but in the reader's own test."""
    duty = now.worker
    if isinstance(event, CardRemoved):
        duty.card_came = False
    elif isinstance(event, CardInserted | CardMute):
        if page == pages.TEST and duty.device is Device.CARD_READER:
            return ()
        duty.card_came = True
        return (OrderDevice(Device.CARD_READER, EjectCard()), Record("staff.card_given_back"))
    return ()


# --- from page to page -----------------------------------------------------------------


def enter(page: str, now: Situation) -> tuple[Effect, ...]:
    """What to do when a page opens."""
    duty = now.worker
    duty.typed = ""
    if page == pages.TASKS:
        duty.act, duty.result, duty.second, duty.number = None, None, "", ""
    elif page == pages.PAPER:
        paper.begin(duty)
    elif page == pages.TEST:
        return trying.begin(duty, now)
    elif page == pages.DOING:
        return _act(duty, now)
    return (LookAround(),) if page in _LOOKS else ()


def leave(page: str, now: Situation, *, ends: bool) -> tuple[Effect, ...]:
    """What to tidy up when a page closes; with the last one everything of the duty goes."""
    duty = now.worker
    if ends:
        now.duty = None
        who = duty.technician or "nobody"
        return (*(StopDevice(device) for device in Device), Record("staff.end", who))
    if page == pages.TEST:
        assert duty.device is not None
        duty.card_came = now.slot_used
        return (StopDevice(duty.device),)
    if page == pages.PAPER:
        return (StopDevice(Device.RECEIPT_PRINTER),)
    return ()


def time_up(page: str, now: Situation) -> None:
    """An act that nobody answered is known not to have been done, as far as can be said."""
    duty = now.worker
    if page == pages.DOING:
        assert duty.act is not None
        duty.result = ActFailed(duty.act, ActTrouble.STILL_HERE)


def _act(duty: Duty, now: Situation) -> tuple[Effect, ...]:
    act = duty.act
    assert act is not None
    effects: dict[Act, Effect] = {
        Act.CLOSE: SetClosed(closed=True, suspect=now.is_suspect),
        Act.OPEN: SetClosed(closed=False),
        Act.EMPTY_BIN: EmptyBin(duty.found),
        Act.EXPORT: ExportJournal(),
        Act.RESTART: Restart(),
        Act.SIGN_OFF: SignOff(duty.technician, duty.second),
    }
    who = f"{duty.technician} {duty.second}".strip()
    return (Record("staff.act", f"{act} by {who}"), effects[act])


def _noted(duty: Duty, what: str) -> tuple[Effect, ...]:
    return (Record("staff.did", f"{what} by {duty.technician}"),)
