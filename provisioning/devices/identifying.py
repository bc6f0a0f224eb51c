"""Asks whatever is at the end of a serial line whether it is one of ours, and what it calls itself.

Each of these talks asks one kind's question, once, and takes an answer only if it holds: a length and
a check sum for the PIN pad and the ID-card scanner; for the printer, whose answers are single bytes,
four of them, each alone and of its pattern, on a line that was quiet before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from kiosk.drivers.events import Device
from kiosk.drivers.id_scanner import protocol as scanner
from kiosk.drivers.links.inbox import Inbox
from kiosk.drivers.links.ops import Discard, Read, Talk, Write
from kiosk.drivers.pin_pad import protocol as pad
from kiosk.drivers.receipt_printer import protocol as printer
from kiosk.drivers.receipt_printer.layout import INITIALISE
from provisioning.wire import FoundDevice

Identify = Callable[[int], Talk[FoundDevice | None]]

THINKS_S: Final = 0.25  # what a device may take to begin its answer; the driver allows it more
_PAD_ANSWER_BYTES: Final = 180  # to "3", with its frame and the request
_BITS_A_BYTE: Final = 10
_QUIET_S: Final = 0.04  # a byte more within this and it was no single answer
_LEAST_PAD_CODE: Final = 0x60  # lower ones are no return codes: an echo of the question
_FLOW_CONTROL: Final = b"\x11\x13"

CLEAN: Final = printer.CLEAR_BUFFERS + INITIALISE + printer.ask_status(1)
"""For a printer that was found: questions meant for the other kinds would head its next receipt.

The answer to the status at its end says that all of it has arrived.
"""


def pin_pad(baud: int) -> Talk[FoundDevice | None]:
    """A long-frame pad, by its information ("3"). Searching, it is asked once, without repeats."""
    limit_s = THINKS_S + _PAD_ANSWER_BYTES * _BITS_A_BYTE / baud
    answer = yield from pad.ask(
        Inbox(), pad.Splitter(), pad.INFORMATION, limit_s, _not_heeded, tries=1
    )
    if not isinstance(answer, pad.Answer) or answer.code < _LEAST_PAD_CODE:
        return None
    facts = pad.information_of(answer)
    if facts is None:
        return FoundDevice(Device.PIN_PAD, "", "", "")
    number = f"{facts.made}-{facts.serial_number}"  # four digits alone begin anew each month
    return FoundDevice(Device.PIN_PAD, facts.model, number, f"{facts.hardware}/{facts.software}")


def id_scanner(baud: int) -> Talk[FoundDevice | None]:
    """An ID-card reader module (GA 467-2013), by its status; its number is the security module's."""
    inbox, limit_s = Inbox(), THINKS_S + 64 * _BITS_A_BYTE / baud
    yield Discard()
    yield Write(scanner.request(scanner.Command.SAM_STATUS))
    status = yield from scanner.receive(inbox, limit_s)
    if not isinstance(status, scanner.Answer):
        return None
    answer = yield from scanner.ask(inbox, scanner.Command.SAM_NUMBER, limit_s)
    number = scanner.sam_number_of(answer.data) if isinstance(answer, scanner.Answer) else None
    if number is None:
        return FoundDevice(Device.ID_SCANNER, "", "", "")
    kind, serial_number = number.split("-", 1)
    return FoundDevice(Device.ID_SCANNER, f"SAM {kind}", serial_number, "")


def receipt_printer(baud: int) -> Talk[FoundDevice | None]:
    """An ESC/POS printer, by DLE EOT 1 to 4. It may keep some letters of this: `CLEAN` follows."""
    yield Discard()
    if (yield from _said(_QUIET_S)):
        return None  # it speaks without being asked
    for n in range(1, 5):
        yield Write(printer.ask_status(n))
        said = yield from _said(THINKS_S)
        said += (yield from _said(_QUIET_S)) if said else b""
        if len(said) != 1 or not printer.is_status(said[0]):
            return None
    ear = printer.Ear(Inbox())
    words: list[str] = []
    for n in (printer.MODEL, printer.SERIAL_NUMBER, printer.FIRMWARE):
        words.append((yield from printer.identity(ear, n, THINKS_S + 0.1)))
        if not words[0]:
            words = ["", "", ""]
            break
    model, serial_number, firmware = words
    return FoundDevice(Device.RECEIPT_PRINTER, model, serial_number, firmware)


def _said(timeout_s: float) -> Talk[bytes]:
    """What comes next within `timeout_s`, without the printer's flow control."""
    data: bytes = yield Read(64, timeout_s)
    return data.translate(None, _FLOW_CONTROL)


def _not_heeded(_key: int) -> None:
    """A key that is pressed during the search is nobody's business."""


# The printer comes first: its question is three bytes that mean nothing to the other two.
KINDS: Final[Mapping[Device, Identify]] = {
    Device.RECEIPT_PRINTER: receipt_printer,
    Device.PIN_PAD: pin_pad,
    Device.ID_SCANNER: id_scanner,
}

# The usual speeds first. The scanner and the printer have none below 9,600, the pad has.
_ALL: Final = tuple(KINDS)
SPEEDS: Final[Mapping[int, tuple[Device, ...]]] = {
    115_200: _ALL,
    9_600: _ALL,
    19_200: _ALL,
    38_400: _ALL,
    57_600: _ALL,
    4_800: (Device.PIN_PAD,),
    2_400: (Device.PIN_PAD,),
    1_200: (Device.PIN_PAD,),
}
