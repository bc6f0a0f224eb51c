"""Driver, runner, serial link, pseudo-terminal and printer: a receipt on a real line."""

from __future__ import annotations

import contextlib
import queue
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kiosk.drivers.events import Device, DeviceChanged, DeviceStatus, NotPrinted, Printed
from kiosk.drivers.links.runner import DeviceRunner
from kiosk.drivers.links.serial_line import SerialLine, SerialPort
from kiosk.drivers.orders import Line, PrintReceipt, QrCode
from kiosk.drivers.receipt_printer.driver import ReceiptPrinter
from simulators.models import receipt_printer as simulated
from simulators.wires.pty_line import PtyLine

PATIENCE_S = 30.0
RECEIPT = PrintReceipt((Line("挂失受理", big=True), QrCode("SSC-990000-0001")))
LONG = PrintReceipt(tuple(Line(f"长凭条第{number}行") for number in range(200)))


class Whole:
    """The parts, and the events as they come."""

    def __init__(self, path: Path) -> None:
        self.printer = simulated.ReceiptPrinter()
        self.line = PtyLine(self.printer, path)
        self.events: queue.Queue[Any] = queue.Queue()
        self.runner = DeviceRunner(
            Device.RECEIPT_PRINTER,
            ReceiptPrinter().serve(),
            SerialLine(SerialPort(str(path), self.printer.baud)),
            lambda _, event: self.events.put(event),
        )
        self.runner.start()

    def next(self) -> Any:
        return self.events.get(timeout=PATIENCE_S)

    def next_status(self) -> DeviceStatus:
        event = self.next()
        assert isinstance(event, DeviceChanged)
        return event.status

    def close(self) -> None:
        self.runner.close()
        self.line.close()


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    with contextlib.closing(Whole(tmp_path / "receipt_printer")) as whole:
        yield whole


def test_a_receipt_is_printed_and_proved(whole: Whole) -> None:
    assert whole.next_status() is DeviceStatus.ONLINE
    whole.runner.order(1, RECEIPT)
    assert whole.next() == Printed()
    with whole.line.device_lock:
        (receipt,) = whole.printer.receipts
        assert receipt.lines[0].text == "挂失受理"
        assert receipt.codes[0].text == "SSC-990000-0001"
        assert whole.printer.complaints == []


def test_a_printer_unplugged_in_the_middle_is_taken_up_again_and_cleared(whole: Whole) -> None:
    assert whole.next_status() is DeviceStatus.ONLINE
    whole.runner.order(1, LONG)
    with whole.line.device_lock:
        whole.printer.cover_open = True  # it holds the receipt in its buffer
    assert isinstance(whole.next(), DeviceChanged | NotPrinted)
    whole.line.unplug()
    while (status := whole.events.get(timeout=PATIENCE_S)) is not None:
        if isinstance(status, DeviceChanged) and status.status is DeviceStatus.OFFLINE:
            break
    with whole.line.device_lock:
        whole.printer.cover_open = False
    whole.line.plug()
    assert whole.next_status() is DeviceStatus.ONLINE
    whole.runner.order(2, RECEIPT)
    assert whole.next() == Printed()
    with whole.line.device_lock:
        assert whole.printer.receipts[-1].lines[0].text == "挂失受理"
        assert "第199行" not in whole.printer.receipts[-1].text
