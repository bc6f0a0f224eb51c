"""What the session hears besides the devices: the person's finger, time, the queue and the bank.

The devices' own events are `kiosk.drivers.events`; together they are `Event`.
"""

from __future__ import annotations

from datetime import date

from msgspec import Struct

from kiosk.drivers.events import DeviceEvent
from kiosk.fsm.staff.words import StaffEvent
from sscard.requests import Answer


class Pressed(Struct, frozen=True):
    """A button of the view was pressed."""

    button: str


class TimeUp(Struct, frozen=True):
    """The clock that `StartClock(number, …)` started has run down."""

    number: int


class RequestTaken(Struct, frozen=True):
    """The queue has the request sealed and flushed. `code` is the receipt's, `at` ISO 8601."""

    ticket: int
    code: str
    at: str


class RequestNotTaken(Struct, frozen=True):
    """The queue kept nothing of the request. `reason` is the queue's word."""

    ticket: int
    reason: str


class BankAnswered(Struct, frozen=True):
    """The bank's signed answer."""

    ticket: int
    answer: Answer


class LineChanged(Struct, frozen=True):
    """Whether the bank can be reached."""

    up: bool


class QueueChanged(Struct, frozen=True):
    """Whether the queue answers; while it does not, nothing can be taken."""

    there: bool


class DayIs(Struct, frozen=True):
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
