"""The least time a device needs: its bytes at the line's speed, and its own thinking and printing.

The device's model is spoken to alone, with no driver and no waiting in between: what is sent is
what a visit needs and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence

from kiosk.drivers.id_scanner.protocol import Command, request
from kiosk.drivers.orders import Block
from kiosk.drivers.pin_pad.protocol import START_ENTRY, fetch_block
from kiosk.drivers.receipt_printer.layout import job
from kiosk.drivers.receipt_printer.protocol import ASK_IN_TURN
from simulators.models.id_scanner import IdScanner, LaidDocument
from simulators.models.line import LineDevice
from simulators.models.pin_pad import PIN_KEY_INDEX, PinPad
from simulators.models.receipt_printer import ReceiptPrinter
from simulators.world.links import BITS_A_BYTE


def scanner_s(document: LaidDocument) -> float:
    """Find, select and read a document that lies there (GA 467-2013)."""
    scanner = IdScanner()
    scanner.lay(document)
    commands = (Command.FIND, Command.SELECT, Command.READ)
    return _in_turn(scanner, 0.0, [request(command) for command in commands])


def password_s(password: str, pan: str) -> float:
    """From the enter key to the whole PIN block."""
    pad = PinPad()
    opened_s = _in_turn(pad, 0.0, [START_ENTRY])
    for digit in password:
        pad.press(digit)
    opened_s = _drained_s(pad, opened_s)
    pad.press("enter")
    told_s = _drained_s(pad, opened_s)
    return _in_turn(pad, told_s, [fetch_block(PIN_KEY_INDEX, pan)]) - opened_s


def receipt_s(blocks: Sequence[Block]) -> float:
    """Send a receipt without a pause, print it, cut it, and have it proved (`GS r 1`)."""
    printer = ReceiptPrinter()
    now_s = 0.0
    for unit in (*job(blocks), ASK_IN_TURN):
        now_s += _line_s(printer, unit)
        printer.hear(unit, now_s)
    return _drained_s(printer, now_s)


def _in_turn(device: LineDevice, now_s: float, requests: Sequence[bytes]) -> float:
    """Each request as soon as the one before it has been answered. Answers the end's moment."""
    for each in requests:
        now_s += _line_s(device, each)
        device.hear(each, now_s)
        now_s = _drained_s(device, now_s)
    return now_s


def _drained_s(device: LineDevice, now_s: float) -> float:
    """When the last byte of what the device has to say by itself is through."""
    while True:
        data = device.speak(now_s)
        if data:
            return now_s + _line_s(device, data)
        next_s = device.next_s()
        assert next_s is not None, "the device has nothing to say"
        now_s = max(now_s, next_s)


def _line_s(device: LineDevice, data: bytes) -> float:
    return len(data) * BITS_A_BYTE / device.baud
