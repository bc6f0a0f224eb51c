"""What is known of the technician at the terminal. Dropped whole when technician mode ends."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field
from enum import StrEnum

from kiosk.drivers.events import Device
from kiosk.fsm.staff.words import (
    Act,
    ActFailed,
    BinEmptied,
    JournalExported,
    QueueSeen,
    StaffRefused,
    StaffSees,
    StandingIs,
)
from sscard.staff_codes import Role

NUMBER_DIGITS = 4
CODE_DIGITS = 8
COUNT_DIGITS = 3

Result = BinEmptied | JournalExported | ActFailed | StandingIs


class Test(StrEnum):
    """How far the test of a device has come. What was read in it nobody keeps."""

    __test__ = False  # no test class for pytest

    ASKED = "asked"  # the device was told, or the person was
    HALF = "half"  # the first of two things has come: the card answered, and is to be taken
    PASSED = "passed"
    FAILED = "failed"


class Paper(StrEnum):
    """How far a change of paper has come, as the printer's own cover tells."""

    OPEN = "open"  # the cover is to be opened
    CHANGE = "change"  # it is open: change the roll and close it
    CLOSED = "closed"  # it was open and is closed: print a test page
    PRINTING = "printing"
    LOOK = "look"  # printed: is it sharp?
    SHARP = "sharp"
    BLURRED = "blurred"
    FAILED = "failed"


@dataclass(slots=True)
class Duty:
    """One technician at work. `technician` is empty until the first code was right."""

    technician: str = ""
    role: Role | None = None
    second: str = ""  # of the second person, for the one act they came for
    number: str = ""  # whose code is asked for
    typed: str = field(default="", repr=False)
    is_checking: bool = False
    refused: StaffRefused | None = None
    seen: StaffSees | None = None
    queue: QueueSeen | None = None
    device: Device | None = None
    test: Test = Test.ASKED
    digits: int = 0  # that the PIN pad holds in its test
    word: str = ""  # the device's own, why its test failed
    paper: Paper = Paper.OPEN
    found: int = 0  # cards that were counted in the bin
    act: Act | None = None
    result: Result | None = None
    card_came: bool = False  # somebody put a card in meanwhile

    def twin(self) -> Duty:
        """The same duty, which goes on by itself from here."""
        return copy(self)
