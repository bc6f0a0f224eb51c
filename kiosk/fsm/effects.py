"""What the session may ask for. It never does anything itself."""

from __future__ import annotations

from dataclasses import dataclass, field

from msgspec import Struct

from kiosk.drivers.events import Device
from kiosk.drivers.orders import Order
from kiosk.fsm.limits import Limit
from kiosk.fsm.staff.words import StaffEffect
from sscard.requests import Companion, Kept, Request


class OrderDevice(Struct, frozen=True):
    """Give a device an order; events of any earlier order of it are void from now on."""

    device: Device
    order: Order


class StopDevice(Struct, frozen=True):
    """End whatever the device is doing; its events of that order are void from now on."""

    device: Device


class KeepCard(Struct, frozen=True):
    """Keep the card in the slot for good, under a claim number that is written down first."""

    why: Kept
    tail: str = ""  # the last four characters of its number, where it could be read


class Print(Struct, frozen=True):
    """Print the receipt of this visit; its wording is made from the visit outside the session."""


@dataclass(frozen=True, slots=True)
class Submit:
    """Hand a request to the queue under this ticket of the session, now or `after_s`."""

    ticket: int
    request: Request
    companion: Companion | None = field(default=None, repr=False)
    after_s: float = 0.0


class Forget(Struct, frozen=True):
    """Nobody waits for this ticket's answer any more."""

    ticket: int


class StartClock(Struct, frozen=True):
    """Start the one clock of the session; the one before is void."""

    number: int
    limit: Limit


class StopClock(Struct, frozen=True):
    """The state has no limit: nothing runs."""


class Record(Struct, frozen=True):
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
