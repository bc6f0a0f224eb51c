"""What the session hears besides the devices: the person's finger, time, the queue and the bank.

The devices' own events are `kiosk.drivers.events`; together they are `Event`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from kiosk.drivers.events import DeviceEvent
from kiosk.fsm.staff.words import StaffEvent
from sscard.requests import Answer


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button of the view was pressed."""

    button: str


@dataclass(frozen=True, slots=True)
class TimeUp:
    """The clock that `StartClock(number, …)` started has run down."""

    number: int


@dataclass(frozen=True, slots=True)
class RequestTaken:
    """The queue has the request sealed and flushed. `code` is the receipt's, `at` ISO 8601."""

    ticket: int
    code: str
    at: str


@dataclass(frozen=True, slots=True)
class RequestNotTaken:
    """The queue kept nothing of the request. `reason` is the queue's word."""

    ticket: int
    reason: str


@dataclass(frozen=True, slots=True)
class BankAnswered:
    """The bank's signed answer."""

    ticket: int
    answer: Answer


@dataclass(frozen=True, slots=True)
class LineChanged:
    """Whether the bank can be reached."""

    up: bool


@dataclass(frozen=True, slots=True)
class QueueChanged:
    """Whether the queue answers; while it does not, nothing can be taken."""

    there: bool


@dataclass(frozen=True, slots=True)
class DayIs:
    """The calendar day, told at start and whenever it changes."""

    day: date


Event = (
    Pressed
    | DayIs
    | TimeUp
    | RequestTaken
    | RequestNotTaken
    | BankAnswered
    | LineChanged
    | QueueChanged
    | StaffEvent
    | DeviceEvent
)
