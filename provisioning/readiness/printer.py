"""The self-test of the receipt printer: its status, and a test page that the printer itself proves."""

from __future__ import annotations

import contextlib
import time
from datetime import datetime
from queue import Empty, SimpleQueue
from typing import Final

from kiosk.drivers.events import (
    Device,
    DeviceChanged,
    DeviceEvent,
    DeviceStatus,
    NotPrinted,
    Paper,
    Printed,
    PrintTrouble,
)
from kiosk.drivers.links.inbox import Inbox
from kiosk.drivers.links.ops import LinkLost, Open
from kiosk.drivers.links.runner import DeviceRunner
from kiosk.drivers.links.serial_line import SerialLine, SerialPort
from kiosk.drivers.orders import Align, Block, Line, Pair, PrintReceipt, QrCode, Rule
from kiosk.drivers.receipt_printer.driver import ReceiptPrinter
from kiosk.drivers.receipt_printer.protocol import Ear, poll
from kiosk.drivers.receipt_printer.status import meaning
from kiosk.settings import SerialSettings
from provisioning.devices.asking import Asking
from provisioning.devices.wiring import remedy
from provisioning.readiness.verdicts import concern, failed, passed, unknown
from provisioning.wire import Finding

FIRST_WORD_LIMIT_S: Final = 10.0
PRINTING_LIMIT_S: Final = 60.0
ANSWER_LIMIT_S: Final = 0.5

_TROUBLES: Final[dict[PrintTrouble, tuple[str, str]]] = {
    PrintTrouble.PAPER_OUT: ("The printer is out of paper.", "Put a new roll in."),
    PrintTrouble.COVER_OPEN: ("The printer's cover is open.", "Close it until it clicks."),
    PrintTrouble.CUTTER: (
        "The printer's cutter is stuck.",
        "Switch it off, turn the cutter's wheel until it is free, take scraps out, switch it on.",
    ),
    PrintTrouble.JAMMED: (
        "Paper is stuck in the printer.",
        "Open the cover, take the paper out whole, put the roll in again.",
    ),
    PrintTrouble.FAULT: (
        "The printer reports a fault.",
        "Let it cool for five minutes and look at its supply; if it stays so, change it.",
    ),
    PrintTrouble.NO_ANSWER: (
        "The printer did not prove that the page was printed.",
        remedy(Device.RECEIPT_PRINTER),
    ),
}
_PAPER_CHECK = f"{Device.RECEIPT_PRINTER}.paper"


def proof_page(terminal: str, at: datetime) -> tuple[Block, ...]:
    """What shows a weak dot, a slow motor and a wrong character set at one look."""
    return (
        Line("打印测试 Test page", big=True, align=Align.CENTRE),
        Pair("Terminal", terminal),
        Pair("Time", at.isoformat(timespec="minutes")),
        Rule(),
        Line("社会保障卡自助终端 0123456789 ABCDEFGHIJKLM"),
        Line("龘䶮〇〇〇 ￥20.00 （测试）【样张】", bold=True),
        Line("█" * 24),
        Line("||||" * 12),
        QrCode(f"KIOSK-TEST-{terminal}", caption="This code can be read"),
        Rule(),
        Line("Both edges, all lines, one cut.", align=Align.CENTRE),
    )


def receipt_printer(settings: SerialSettings, page: tuple[Block, ...]) -> tuple[Finding, ...]:
    """Print `page` through the terminal's own driver and have it proved. Uses some 15 cm of paper."""
    told: SimpleQueue[DeviceEvent] = SimpleQueue()
    runner = DeviceRunner(
        Device.RECEIPT_PRINTER,
        ReceiptPrinter().serve(),
        SerialLine(SerialPort(settings.port, settings.baud)),
        lambda _number, event: told.put(event),
    )
    runner.start()
    with contextlib.closing(runner):
        state = _next(told, FIRST_WORD_LIMIT_S)
        if not isinstance(state, DeviceChanged) or state.status in _ABSENT:
            raw = f" ({state.raw})" if isinstance(state, DeviceChanged) and state.raw else ""
            text = f"The receipt printer does not answer{raw}."
            return (
                failed(f"{Device.RECEIPT_PRINTER}.status", text, remedy(Device.RECEIPT_PRINTER)),
            )
        runner.order(1, PrintReceipt(page))
        trouble, state = _printed(told, state)
    if trouble is PrintTrouble.NO_ANSWER:
        trouble = _trouble_now(settings) or trouble
    return (*_page(trouble), _paper(state))


def _printed(
    told: SimpleQueue[DeviceEvent], state: DeviceChanged
) -> tuple[PrintTrouble | None, DeviceChanged]:
    """What kept the page from being printed, None if nothing did, and the printer's last state."""
    end_s = time.monotonic() + PRINTING_LIMIT_S
    while (left_s := end_s - time.monotonic()) > 0:
        match _next(told, left_s):
            case DeviceChanged() as changed:
                state = changed
            case Printed():
                return None, state
            case NotPrinted(trouble):
                return trouble, state
    return PrintTrouble.NO_ANSWER, state


def _trouble_now(settings: SerialSettings) -> PrintTrouble | None:
    """What the printer itself says is wrong: the order may have ended before it said so."""
    with contextlib.closing(SerialLine(SerialPort(settings.port, settings.baud))) as line:
        try:
            line.perform(Open())
            answers = Asking(line).carry_out(poll(Ear(Inbox()), ANSWER_LIMIT_S))
        except LinkLost:
            return None
    return meaning(answers).trouble


_ABSENT = (DeviceStatus.OFFLINE, DeviceStatus.UNKNOWN, DeviceStatus.NO_DEVICE)


def _next(told: SimpleQueue[DeviceEvent], limit_s: float) -> DeviceEvent | None:
    try:
        return told.get(timeout=limit_s)
    except Empty:
        return None


def _page(trouble: PrintTrouble | None) -> tuple[Finding, ...]:
    status, printed = f"{Device.RECEIPT_PRINTER}.status", f"{Device.RECEIPT_PRINTER}.test_page"
    if trouble is None:
        return (
            passed(status, "The receipt printer is sound."),
            passed(printed, "The test page was printed and cut; the printer proved it."),
        )
    text, done = _TROUBLES[trouble]
    return (
        failed(status, text, done),
        failed(
            printed, "The test page is not known to be printed.", "First the printer, then again."
        ),
    )


def _paper(state: DeviceChanged) -> Finding:
    match state.paper:
        case Paper.FULL:
            return passed(_PAPER_CHECK, "There is paper.")
        case Paper.LOW:
            return concern(_PAPER_CHECK, "The paper is nearly out.", "Put a new roll in.")
        case Paper.OUT:
            return failed(_PAPER_CHECK, "There is no paper.", "Put a new roll in.")
    return unknown(_PAPER_CHECK, "Unknown: the printer does not tell how much paper there is.")
