"""Everything that technician mode may be answered, for the check. All of it is invented."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle, islice

from kiosk.drivers.events import Device, DeviceChanged, DeviceStatus, Paper
from kiosk.fsm.events import Event
from kiosk.fsm.staff.duty import Duty
from kiosk.fsm.staff.words import (
    Act,
    ActFailed,
    ActTrouble,
    BinEmptied,
    CheckStaffCode,
    ClaimSeen,
    DeviceSeen,
    EmptyBin,
    ExportJournal,
    Fitness,
    JournalExported,
    LookAround,
    QueueSeen,
    Refused,
    Restart,
    SetClosed,
    SignOff,
    StaffAdmitted,
    StaffEffect,
    StaffRefused,
    StaffSees,
    StandingIs,
)
from sscard.requests import Kept
from sscard.staff_codes import Role

AT = "2030-06-14T10:32:05+08:00"
_STATES = (
    (DeviceStatus.ONLINE, Paper.FULL, False, "1=12 2=12 3=12 4=12"),
    (DeviceStatus.ONLINE, Paper.LOW, False, ""),
    (DeviceStatus.USER_ERROR, Paper.OUT, True, ""),
    (DeviceStatus.HARDWARE_ERROR, None, None, "60"),
    (DeviceStatus.HARDWARE_ERROR, None, None, "software"),
    (DeviceStatus.STARTING, None, None, ""),
    (DeviceStatus.OFFLINE, None, None, ""),
    (DeviceStatus.FRAUD_ATTEMPT, None, None, "FF"),
)
"""One of each health; every device is seen in one of them."""


def _sees(first: int, claims: tuple[ClaimSeen, ...] | None, in_bin: int | None) -> StaffSees:
    states = islice(cycle(_STATES), first, first + len(Device))
    return StaffSees(
        {
            device: DeviceSeen(
                DeviceChanged(device, status, raw, paper, cover_open, in_bin=in_bin), AT
            )
            for device, (status, paper, cover_open, raw) in zip(Device, states, strict=True)
        },
        claims,
        "1.2.3",
    )


def _claims(count: int) -> tuple[ClaimSeen, ...]:
    whys, n = cycle(Kept), range(count)
    return tuple(ClaimSeen(f"K7M4Q{each}", AT, next(whys), each != 2, each != 3) for each in n)


LOOKS: dict[str, Event] = {
    "nothing seen of the devices": StaffSees({}, (), ""),
    "seen: good and less": _sees(0, _claims(0), None),
    "seen: worse": _sees(3, _claims(4), 4),
    "seen: meddled with": _sees(6, _claims(9), 1),
    "seen: the book is spoilt": _sees(0, None, 3),
    "queue: nothing waits": QueueSeen({}, None, None, 0, None),
    "queue: much waits": QueueSeen(
        {"loss_report": 3, "balance_check": 1}, 4_000.0, AT, 1, 9_000_000
    ),
}
_STANDINGS: dict[str, Event] = {
    "no codes": StandingIs(),
    **{f"self-test: {each}": StandingIs(each, has_codes=True) for each in Fitness},
    "self-test failed, with remedies": StandingIs(
        Fitness.FAILED, ("Clean the lens.",), AT, has_codes=True
    ),
    "closed": StandingIs(closed=True, has_codes=True),
    "closed after meddling": StandingIs(closed=True, suspect=True, has_codes=True),
}


def to_staff(
    asked: StaffEffect | None, duty: Duty | None, *, at_rest: bool
) -> Iterator[tuple[str, Event]]:
    """What a technician's last wish may be answered; `at_rest`: and what is told at the start."""
    if at_rest:
        yield from _STANDINGS.items()
    if duty is None:
        return
    printer = Device.RECEIPT_PRINTER
    yield "cover open", DeviceChanged(printer, DeviceStatus.USER_ERROR, cover_open=True)
    yield "cover closed", DeviceChanged(printer, DeviceStatus.ONLINE, cover_open=False)
    match asked:
        case LookAround():
            yield from LOOKS.items()
            yield from _STANDINGS.items()
        case CheckStaffCode(technician):
            for role in Role:
                yield f"code is right, {role}", StaffAdmitted(technician, role)
            for reason in (Refused.WRONG, Refused.USED, Refused.LOCKED, Refused.NOT_KEPT):
                yield f"code refused: {reason}", StaffRefused(reason, 4, 61)
        case SetClosed(closed, suspect):
            standing = StandingIs(closed=closed, suspect=suspect, has_codes=True)
            yield "standing is written", standing
            act = Act.CLOSE if closed else Act.OPEN
            yield "standing cannot be written", ActFailed(act, ActTrouble.CANNOT_WRITE)
        case EmptyBin(found):
            yield "bin emptied", BinEmptied(found, found, 0)
            yield "bin emptied, the count differs", BinEmptied(found, found + 2, 1)
            yield "the book is spoilt", ActFailed(Act.EMPTY_BIN, ActTrouble.BOOK_SPOILT)
        case ExportJournal():
            yield "journal exported", JournalExported("journal-1", 4_711, "ab" * 32)
            for trouble in (ActTrouble.NO_FOLDER, ActTrouble.DISK_FULL, ActTrouble.CANNOT_WRITE):
                yield f"not exported: {trouble}", ActFailed(Act.EXPORT, trouble)
        case SignOff():
            yield "no request left", ActFailed(Act.SIGN_OFF, ActTrouble.CANNOT_WRITE)
        case Restart():
            pass  # the process ends, or time does
