"""The words of technician mode: what the session asks for there, and what it hears back.

Plain data. Nothing in it is a cardholder's; a technician is a number of four digits.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from kiosk.drivers.events import Device, DeviceChanged
from kiosk.drivers.masked import Masked
from sscard.requests import Kept
from sscard.staff_codes import Role


class Fitness(StrEnum):
    """What the self-test says of the terminal; only one that passed may serve."""

    PASSED = "passed"
    FAILED = "failed"
    DECOMMISSIONED = "decommissioned"
    NOT_TESTED = "not_tested"  # there is no record, or none that can be read


class Refused(StrEnum):
    """Why somebody is not let into technician mode, or not as the second person."""

    NO_CODES = "no_codes"  # the terminal has no secret yet
    WRONG = "wrong"
    USED = "used"  # each code opens once
    LOCKED = "locked"
    SAME_PERSON = "same_person"  # the second person is the first one
    NOT_KEPT = "not_kept"  # what must be kept of a try could not be written down


class Act(StrEnum):
    """What a technician does to the terminal as a whole; each is confirmed first."""

    CLOSE = "close"
    OPEN = "open"
    EMPTY_BIN = "empty_bin"
    EXPORT = "export"
    RESTART = "restart"
    SIGN_OFF = "sign_off"


class ActTrouble(StrEnum):
    """Why an act was not done."""

    NO_FOLDER = "no_folder"  # nothing to write to: no stick, or none that is set up
    DISK_FULL = "disk_full"
    CANNOT_WRITE = "cannot_write"
    BOOK_SPOILT = "book_spoilt"  # an entry of the book of kept cards does not follow
    STILL_HERE = "still_here"  # the process was to end and did not


# --- what the session asks for ---------------------------------------------------------


class CheckStaffCode(Masked, frozen=True):
    """Is this the person's code? Answer: `StaffAdmitted` or `StaffRefused`."""

    technician: str
    code: str


class LookAround(Struct, frozen=True):
    """Answer: `StandingIs`, `StaffSees`, and `QueueSeen` when the queue answers."""


class PrintTest(Struct, frozen=True):
    """Print the test page. The printer answers as to any receipt."""


class SetClosed(Struct, frozen=True):
    """Take the terminal out of service, or put it back. Answer: `StandingIs` or `ActFailed`."""

    closed: bool
    suspect: bool = False  # a device said that somebody meddled with it


class EmptyBin(Struct, frozen=True):
    """The kept cards were taken out and counted. Answer: `BinEmptied` or `ActFailed`."""

    found: int


class ExportJournal(Struct, frozen=True):
    """Copy the journal out. Answer: `JournalExported` or `ActFailed`."""


class Restart(Struct, frozen=True):
    """End the process; the service manager begins it anew."""


class SignOff(Struct, frozen=True):
    """Leave the request for the closing self-test, and end the process."""

    technician: str
    second: str


StaffEffect = (
    CheckStaffCode
    | LookAround
    | PrintTest
    | SetClosed
    | EmptyBin
    | ExportJournal
    | Restart
    | SignOff
)


# --- what it hears ---------------------------------------------------------------------


class StandingIs(Struct, frozen=True):
    """Whether the terminal may serve, and whether it knows its staff. Told at start and when asked."""

    fitness: Fitness = Fitness.PASSED
    remedies: tuple[str, ...] = ()  # the self-test's own sentences
    tested_at: str = ""  # ISO 8601
    closed: bool = False
    suspect: bool = False  # when it was closed, a device had told of meddling
    has_codes: bool = False


class StaffAdmitted(Struct, frozen=True):
    """The code is this person's."""

    technician: str
    role: Role


class StaffRefused(Struct, frozen=True):
    """The code opens nothing. `locked_for_s`: seconds in which no code is looked at."""

    reason: Refused
    tries_left: int = 0
    locked_for_s: int = 0


class DeviceSeen(Struct, frozen=True):
    """What a device said last, and since when it has been saying so (ISO 8601)."""

    told: DeviceChanged
    since: str


class ClaimSeen(Struct, frozen=True):
    """A card of the book of kept cards: its claim number, never its own."""

    number: str
    since: str
    why: Kept
    is_kept: bool
    is_told: bool


class StaffSees(Struct, frozen=True):
    """The terminal as a technician sees it. `claims` is None when the book cannot be read."""

    devices: dict[Device, DeviceSeen]
    claims: tuple[ClaimSeen, ...] | None
    version: str


class QueueSeen(Struct, frozen=True):
    """What waits for the bank, by kind, and since when nobody there answered."""

    waiting: dict[str, int]
    oldest_age_s: float | None
    last_contact_at: str | None
    dead: int
    space_left_bytes: int | None


class BinEmptied(Struct, frozen=True):
    """The book began anew: what was found, what it had, and what it was not sure of."""

    found: int
    booked: int
    moving: int

    @property
    def agrees(self) -> bool:
        """Whether the count is one that the book explains."""
        return self.booked <= self.found <= self.booked + self.moving


class JournalExported(Struct, frozen=True):
    """The copy: its name, its size in bytes, and the digest of the journal's last entry."""

    name: str
    size_bytes: int
    head: str


class ActFailed(Struct, frozen=True):
    """An act was not done."""

    act: Act
    trouble: ActTrouble


StaffEvent = (
    StandingIs
    | StaffAdmitted
    | StaffRefused
    | StaffSees
    | QueueSeen
    | BinEmptied
    | JournalExported
    | ActFailed
)
