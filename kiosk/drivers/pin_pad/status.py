"""What the pad's return codes mean for the terminal (SZZT long-frame pads)."""

from __future__ import annotations

from kiosk.drivers.events import DeviceStatus, PinStop
from kiosk.drivers.pin_pad.protocol import Answer, Failure

TAMPERED = frozenset({0xFF, 0xDD})  # removal switch, tampered
TIMED_OUT = 0xEE
WRONG_LENGTH = 0xFC


def done(answer: Answer | Failure) -> bool:
    """Whether the pad carried the command out: 60 to 9F, and A3."""
    return isinstance(answer, Answer) and (0x60 <= answer.code <= 0x9F or answer.code == 0xA3)


def stop_reason(answer: Answer | Failure) -> PinStop:
    """Why an entry ends when the pad answers a command of it with anything but success."""
    code = answer.code if isinstance(answer, Answer) else None
    if code in TAMPERED:
        return PinStop.TAMPERED
    if code == TIMED_OUT:
        return PinStop.TIMED_OUT
    return PinStop.TOO_SHORT if code == WRONG_LENGTH else PinStop.PAD_FAULT


def device_status(answer: Answer | Failure) -> DeviceStatus | None:
    """The pad's own state after any answer, or after none.

    None: the pad is there and refused this one command, which says nothing of its state.
    """
    if answer is Failure.SILENT:
        return DeviceStatus.UNKNOWN
    if answer is Failure.GARBLED:
        return DeviceStatus.HARDWARE_ERROR
    if isinstance(answer, Answer) and answer.code in TAMPERED:
        return DeviceStatus.FRAUD_ATTEMPT
    return DeviceStatus.ONLINE if done(answer) else None


def raw(answer: Answer | Failure) -> str:
    """The device's own words, for the journal."""
    return answer.word if isinstance(answer, Answer) else str(answer)
