"""What the module's result codes (SW3, GA 467-2013) mean for the terminal."""

from __future__ import annotations

from typing import TypeGuard

from kiosk.drivers.events import DeviceStatus, IdTrouble
from kiosk.drivers.id_scanner.protocol import Answer, Failure

DONE = 0x90
FOUND = 0x9F
NO_CARD = frozenset({0x80, 0x34})  # 34: some makers' "not yet found"
NOT_SELECTED = 0x81
UNUSABLE = frozenset({0x60, 0x66})  # self-test failed, not authorised

_TROUBLES = {
    0x21: IdTrouble.MOVED,  # wrong order: the module has forgotten the card it had selected
    0x31: IdTrouble.MOVED,  # card does not accept the module: lay it down again
    0x32: IdTrouble.MOVED,  # module does not accept the card: lay it down again
    0x33: IdTrouble.SUSPECT,
    0x40: IdTrouble.NOT_ACCEPTED,
    0x41: IdTrouble.MOVED,
    0x80: IdTrouble.MOVED,
    NOT_SELECTED: IdTrouble.MOVED,
}

PASSING = frozenset({0x24, 0x47, NOT_SELECTED})
"""Results that another try clears without the person's doing; told after the tries only."""


def succeeded(answer: Answer | Failure, hoped_for: int) -> TypeGuard[Answer]:
    """Whether the module answered, and with the result `hoped_for`."""
    return isinstance(answer, Answer) and answer.sw3 == hoped_for


def no_card(answer: Answer | Failure) -> bool:
    """Whether the module is sound and has found no card."""
    return isinstance(answer, Answer) and answer.sw3 in NO_CARD


def trouble(answer: Answer | Failure) -> IdTrouble:
    """The word for an answer that is not what was asked for; unknown ones are a fault."""
    if isinstance(answer, Failure):
        return IdTrouble.READER_FAULT
    return _TROUBLES.get(answer.sw3, IdTrouble.READER_FAULT)


def device_status(answer: Answer | Failure) -> DeviceStatus:
    """The module's own state after any answer, or after none."""
    if answer is Failure.SILENT:
        return DeviceStatus.UNKNOWN
    if answer is Failure.GARBLED:
        return DeviceStatus.HARDWARE_ERROR
    assert isinstance(answer, Answer)
    return DeviceStatus.HARDWARE_ERROR if answer.sw3 in UNUSABLE else DeviceStatus.ONLINE


def raw(answer: Answer | Failure) -> str:
    """The device's own words, for the journal."""
    return answer.word if isinstance(answer, Answer) else str(answer)
