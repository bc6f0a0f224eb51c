"""The search over real pseudo-terminals: whatever hangs at whichever port, at whichever speed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Timer
from typing import Any

import pytest

from kiosk.drivers.events import Device
from kiosk.drivers.links.ops import Open, Read, Write
from kiosk.drivers.links.serial_line import SerialLine, SerialPort
from kiosk.drivers.receipt_printer.layout import FEED_AND_CUT
from kiosk.drivers.receipt_printer.protocol import ASK_IN_TURN
from provisioning.devices.serial_search import PORTS_MAX, PortOutcome, search
from simulators.models.id_scanner import IdScanner
from simulators.models.line import LineDevice
from simulators.models.pin_pad import PinPad
from simulators.models.receipt_printer import ReceiptPrinter
from simulators.wires.pty_line import PtyLine
from tests.drivers.talking import Scripted
from tests.provisioning.devices.fussy_line import FussyLine


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def plugged(stack: ExitStack, path: Path, model: LineDevice) -> PtyLine:
    wire = PtyLine(model, path)
    stack.callback(wire.close)
    return wire


def at_speed(stack: ExitStack, path: Path, *models: Any, echo: bool = False) -> str:
    line = FussyLine(path, *models, echo=echo)
    stack.callback(line.close)
    return str(path)


def test_devices_are_found_by_what_answers_and_not_by_the_order_of_ports(
    stack: ExitStack, tmp_path: Path
) -> None:
    models = (ReceiptPrinter(), PinPad(), IdScanner())
    for order in ((0, 1, 2), (2, 0, 1)):
        ports = [tmp_path / f"tty{number}{order}" for number in range(3)]
        wires = [plugged(stack, port, models[at]) for port, at in zip(ports, order, strict=True)]
        answers = search([str(port) for port in ports])
        kinds = (Device.RECEIPT_PRINTER, Device.PIN_PAD, Device.ID_SCANNER)
        assert [answer.kinds for answer in answers] == [(kinds[at],) for at in order]
        assert {answer.outcome for answer in answers} == {PortOutcome.FOUND}
        for wire in wires:
            wire.close()


def test_each_devices_speed_is_found(stack: ExitStack, tmp_path: Path) -> None:
    slow_printer, scanner = ReceiptPrinter(baud=19_200), IdScanner()
    scanner.baud = 57_600
    ports = [
        at_speed(stack, tmp_path / "pad", PinPad()),
        at_speed(stack, tmp_path / "printer", slow_printer),
        at_speed(stack, tmp_path / "scanner", scanner),
    ]
    assert [(answer.outcome, answer.baud) for answer in search(ports)] == [
        (PortOutcome.FOUND, 9_600),
        (PortOutcome.FOUND, 19_200),
        (PortOutcome.FOUND, 57_600),
    ]


def test_nothing_of_the_search_stands_on_the_next_receipt(stack: ExitStack, tmp_path: Path) -> None:
    printer = ReceiptPrinter(lines_per_s=100)
    wire = plugged(stack, tmp_path / "tty", printer)
    (answer,) = search([str(wire.path)])
    assert answer.kinds == (Device.RECEIPT_PRINTER,)
    line = SerialLine(SerialPort(str(wire.path), printer.baud))
    stack.callback(line.close)
    line.perform(Open())
    line.perform(Write(b"own words\n" + FEED_AND_CUT + ASK_IN_TURN))
    assert line.perform(Read(1, 10.0))
    with wire.device_lock:
        (receipt,) = printer.receipts
    assert receipt.text.strip() == "own words"


def test_a_port_with_nothing_behind_it_is_silent_and_the_search_ends_in_time(
    stack: ExitStack, tmp_path: Path
) -> None:
    began_s = time.monotonic()
    ports = [at_speed(stack, tmp_path / f"tty{number}") for number in range(4)]
    assert {answer.outcome for answer in search(ports)} == {PortOutcome.SILENT}
    assert time.monotonic() - began_s <= 20


def test_a_line_that_echoes_is_foreign(stack: ExitStack, tmp_path: Path) -> None:
    (answer,) = search([at_speed(stack, tmp_path / "tty", echo=True)])
    assert answer.outcome is PortOutcome.FOREIGN


def test_two_devices_on_one_line_are_told_as_such(stack: ExitStack, tmp_path: Path) -> None:
    pad, scanner = PinPad(), IdScanner()
    pad.baud = 115_200
    (answer,) = search([at_speed(stack, tmp_path / "tty", pad, scanner)])
    assert answer.outcome is PortOutcome.TWO_KINDS
    assert set(answer.kinds) == {Device.PIN_PAD, Device.ID_SCANNER}
    assert answer.device is None


def test_an_adapter_pulled_in_the_middle_is_gone_and_the_others_are_found(
    stack: ExitStack, tmp_path: Path
) -> None:
    pulled = plugged(stack, tmp_path / "pulled", Scripted())
    stays = plugged(stack, tmp_path / "stays", IdScanner())
    timer = Timer(0.6, pulled.unplug)
    stack.callback(timer.join)
    timer.start()
    gone, found = search([str(pulled.path), str(stays.path)])
    assert gone.outcome is PortOutcome.GONE
    assert found.outcome is PortOutcome.FOUND


def test_a_port_that_is_not_there_is_absent(tmp_path: Path) -> None:
    (answer,) = search([str(tmp_path / "ttyUSB0")])
    assert answer.outcome is PortOutcome.ABSENT


def test_no_time_left_is_said_and_nothing_is_asked(stack: ExitStack, tmp_path: Path) -> None:
    model = Scripted()
    (answer,) = search([str(plugged(stack, tmp_path / "tty", model).path)], limit_s=0.0)
    assert answer.outcome is PortOutcome.NOT_ASKED
    assert model.heard == []


def test_ports_beyond_the_most_are_said_to_be_not_asked(tmp_path: Path) -> None:
    answers = search([str(tmp_path / f"none{number}") for number in range(PORTS_MAX + 2)])
    assert [answer.outcome for answer in answers[-2:]] == [PortOutcome.NOT_ASKED] * 2
