"""The change of paper, led by what the printer itself says of its cover, to a page that is sharp."""

from __future__ import annotations

from kiosk.drivers.events import Device, DeviceChanged, NotPrinted, Printed
from kiosk.fsm.effects import Effect
from kiosk.fsm.events import Event
from kiosk.fsm.staff.duty import Duty, Paper
from kiosk.fsm.staff.words import PrintTest
from kiosk.fsm.visit import Situation


def begin(duty: Duty) -> None:
    """Start where the cover is."""
    told = duty.seen and duty.seen.devices.get(Device.RECEIPT_PRINTER)
    duty.word = ""
    duty.paper = Paper.CHANGE if told and told.told.cover_open else Paper.OPEN


def buttons(duty: Duty, now: Situation) -> tuple[str, ...]:
    """What can be pressed now."""
    if duty.paper is Paper.LOOK:
        return ("sharp", "blurred")
    if duty.paper in (Paper.CHANGE, Paper.PRINTING) or not now.usable(Device.RECEIPT_PRINTER):
        return ()
    return ("print",)


def press(button: str, duty: Duty) -> tuple[Effect, ...]:
    """A button of `buttons` was pressed."""
    if button == "print":
        duty.paper = Paper.PRINTING
        return (PrintTest(),)
    duty.paper = Paper(button)
    return ()


def on(event: Event, duty: Duty) -> None:
    """What the printer says."""
    match event:
        case DeviceChanged(Device.RECEIPT_PRINTER, cover_open=True):
            duty.paper = Paper.CHANGE
        case DeviceChanged(Device.RECEIPT_PRINTER) if duty.paper is Paper.CHANGE:
            duty.paper = Paper.CLOSED if event.cover_open is False else Paper.OPEN
        case Printed() if duty.paper is Paper.PRINTING:
            duty.paper = Paper.LOOK
        case NotPrinted(trouble, raw) if duty.paper is Paper.PRINTING:
            duty.paper, duty.word = Paper.FAILED, f"{trouble} {raw}".strip()
