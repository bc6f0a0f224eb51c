"""The test of each device: what it is ordered, and what its answers mean. Nothing read is kept.

An identity document or a code that is seen in a test is known only to have been seen; the PIN pad's
block is dropped, and was made with no card's number.
"""

from __future__ import annotations

from kiosk.drivers.events import (
    CardInserted,
    CardMute,
    CardRemoved,
    CodeSeen,
    CodeUnreadable,
    Device,
    DeviceChanged,
    IdNotRead,
    IdRead,
    NotPrinted,
    PinEntered,
    PinProgress,
    PinStop,
    PinStopped,
    Printed,
)
from kiosk.drivers.orders import EjectCard, EnterPin, ReadIdDocument, ScanCode
from kiosk.fsm.effects import Effect, OrderDevice, StopDevice
from kiosk.fsm.events import Event
from kiosk.fsm.staff.duty import Duty, Test
from kiosk.fsm.staff.words import PrintTest
from kiosk.fsm.visit import Situation

NO_CARD_NUMBER = "0" * 16
_EJECT = OrderDevice(Device.CARD_READER, EjectCard())


def begin(duty: Duty, now: Situation) -> tuple[Effect, ...]:
    """Start the test of the duty's device."""
    duty.test, duty.digits, duty.word = Test.ASKED, 0, ""
    match duty.device:
        case Device.CARD_READER if now.slot_used:
            duty.test = Test.HALF
            return (_EJECT,)
        case Device.ID_SCANNER:
            return (OrderDevice(Device.ID_SCANNER, ReadIdDocument()),)
        case Device.PIN_PAD:
            return (OrderDevice(Device.PIN_PAD, EnterPin(NO_CARD_NUMBER)),)
        case Device.CAMERA:
            return (OrderDevice(Device.CAMERA, ScanCode()),)
        case Device.RECEIPT_PRINTER:
            return (PrintTest(),)
    return ()  # the card reader waits for a card


def on(event: Event, duty: Duty, now: Situation) -> tuple[Effect, ...]:
    """What an event means to the test that runs."""
    device = duty.device
    assert device is not None
    match event:
        case DeviceChanged(changed, status) if changed is device and not now.usable(device):
            _failed(duty, f"{status} {event.raw}")
        case CardInserted() if device is Device.CARD_READER:
            duty.test = Test.HALF
            return (_EJECT,)
        case CardMute() if device is Device.CARD_READER:
            _failed(duty, "no answer to reset")
            return (_EJECT,)
        case CardRemoved() if device is Device.CARD_READER and duty.test is Test.HALF:
            duty.test = Test.PASSED
        case IdRead() if device is Device.ID_SCANNER:
            duty.test = Test.PASSED
            return (StopDevice(device),)
        case IdNotRead(trouble, raw) if device is Device.ID_SCANNER:
            _failed(duty, f"{trouble} {raw}")
        case PinProgress(digits) if device is Device.PIN_PAD:
            duty.digits = digits
        case PinEntered() if device is Device.PIN_PAD:
            duty.test = Test.PASSED
        case PinStopped(PinStop.TOO_SHORT) if device is Device.PIN_PAD:
            duty.digits = 0
        case PinStopped(reason, raw) if device is Device.PIN_PAD:
            _failed(duty, f"{reason} {raw}")
        case CodeSeen() | CodeUnreadable() if device is Device.CAMERA:
            duty.test = Test.PASSED
            return (StopDevice(device),)
        case Printed() if device is Device.RECEIPT_PRINTER:
            duty.test = Test.PASSED
        case NotPrinted(trouble, raw) if device is Device.RECEIPT_PRINTER:
            _failed(duty, f"{trouble} {raw}")
    return ()


def _failed(duty: Duty, word: str) -> None:
    duty.test, duty.word = Test.FAILED, word.strip()
