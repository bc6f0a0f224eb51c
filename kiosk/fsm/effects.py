"""What the session may ask for. It never does anything itself."""

from __future__ import annotations

from dataclasses import dataclass, field

from kiosk.drivers.events import Device
from kiosk.drivers.orders import Order
from kiosk.fsm.limits import Limit
from kiosk.fsm.staff.words import StaffEffect
from sscard.requests import Companion, Kept, Request


@dataclass(frozen=True, slots=True)
class OrderDevice:
    """Give a device an order; events of any earlier order of it are void from now on."""

    device: Device
    order: Order


@dataclass(frozen=True, slots=True)
class StopDevice:
    """End whatever the device is doing; its events of that order are void from now on."""

    device: Device


@dataclass(frozen=True, slots=True)
class KeepCard:
    """Keep the card in the slot for good, under a claim number that is written down first."""

    why: Kept
    tail: str = ""  # the last four characters of its number, where it could be read


@dataclass(frozen=True, slots=True)
class Print:
    """Print the receipt of this visit; its wording is made from the visit outside the session."""


@dataclass(frozen=True, slots=True)
class Submit:
    """Hand a request to the queue under this ticket of the session, now or `after_s`."""

    ticket: int
    request: Request
    companion: Companion | None = field(default=None, repr=False)
    after_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Forget:
    """Nobody waits for this ticket's answer any more."""

    ticket: int


@dataclass(frozen=True, slots=True)
class StartClock:
    """Start the one clock of the session; the one before is void."""

    number: int
    limit: Limit


@dataclass(frozen=True, slots=True)
class StopClock:
    """The state has no limit: nothing runs."""


@dataclass(frozen=True, slots=True)
class Record:
    """A line for the journal: what happened, in catalogue words, never whose."""

    what: str
    detail: str = ""


Effect = (
    OrderDevice
    | StopDevice
    | KeepCard
    | Print
    | Submit
    | Forget
    | StartClock
    | StopClock
    | Record
    | StaffEffect
)
