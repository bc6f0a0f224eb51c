"""What each device says when it is asked who it is, over a real pseudo-terminal."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk.drivers.links.ops import LinkLost, Open, Talk
from kiosk.drivers.links.serial_line import SerialLine, SerialPort
from provisioning.devices.asking import Asking, Lost, why_lost
from provisioning.devices.identifying import id_scanner, pin_pad, receipt_printer
from provisioning.wire import FoundDevice
from simulators.models.id_scanner import IdScanner
from simulators.models.line import LineDevice
from simulators.models.pin_pad import PinPad
from simulators.models.receipt_printer import ReceiptPrinter
from simulators.wires.pty_line import PtyLine
from tests.drivers.talking import Scripted

Identify = Callable[[int], Talk[FoundDevice | None]]


def told(tmp_path: Path, model: LineDevice, identify: Identify) -> FoundDevice | None:
    wire = PtyLine(model, tmp_path / "port")
    line = SerialLine(SerialPort(str(wire.path), model.baud))
    with contextlib.closing(wire), contextlib.closing(line):
        line.perform(Open())
        return Asking(line).carry_out(identify(model.baud))


def test_the_pad_tells_model_number_and_versions(tmp_path: Path) -> None:
    found = told(tmp_path, PinPad(), pin_pad)
    assert found == FoundDevice("pin_pad", "ZT598", "2401-0001", "100/200")


def test_the_scanner_tells_its_security_modules_number(tmp_path: Path) -> None:
    found = told(tmp_path, IdScanner(), id_scanner)
    assert found == FoundDevice("id_scanner", "SAM 05.01", "20240101-0000012345-0000000678", "")


def test_a_printer_without_a_name_is_a_printer(tmp_path: Path) -> None:
    found = told(tmp_path, ReceiptPrinter(), receipt_printer)
    assert found == FoundDevice("receipt_printer", "", "", "")


def test_a_printer_with_a_name_tells_it(tmp_path: Path) -> None:
    names = {67: b"_KPM180\x00", 68: b"_SN-0042\x00", 65: b"_1.23\x00"}

    def answer(data: bytes) -> list[tuple[float, bytes]]:
        if data[:2] == b"\x10\x04":
            return [(0.01, b"\x12")]
        return [(0.01, names[data[2]])] if data[:2] == b"\x1dI" else []

    found = told(tmp_path, Scripted(answer), receipt_printer)
    assert found == FoundDevice("receipt_printer", "KPM180", "SN-0042", "1.23")


@pytest.mark.parametrize(
    ("model", "identify"),
    [
        (PinPad, id_scanner),
        (PinPad, receipt_printer),
        (IdScanner, pin_pad),
        (IdScanner, receipt_printer),
        (ReceiptPrinter, pin_pad),
        (ReceiptPrinter, id_scanner),
    ],
)
def test_nobody_answers_to_anothers_name(
    tmp_path: Path, model: Callable[[], LineDevice], identify: Identify
) -> None:
    assert told(tmp_path, model(), identify) is None


def test_a_line_that_gives_back_what_it_gets_is_no_device(tmp_path: Path) -> None:
    for number, identify in enumerate((pin_pad, id_scanner, receipt_printer)):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert told(folder, Scripted(lambda data: [(0.0, data)]), identify) is None


def test_chatter_with_a_printers_bytes_in_it_is_no_printer(tmp_path: Path) -> None:
    pad = Scripted(lambda data: [(0.0, b"\x12\x12")])
    assert told(tmp_path, pad, receipt_printer) is None


def test_a_pad_that_was_opened_is_still_a_pad(tmp_path: Path) -> None:
    pad = PinPad()
    pad.faults.tampered = True
    assert told(tmp_path, pad, pin_pad) == FoundDevice("pin_pad", "", "", "")


def test_a_port_held_by_another_program_is_told_from_one_that_is_not_there(
    tmp_path: Path,
) -> None:
    wire = PtyLine(PinPad(), tmp_path / "port")
    holder, second = (SerialLine(SerialPort(str(wire.path), 9600)) for _ in range(2))
    none = SerialLine(SerialPort(str(tmp_path / "none"), 9600))
    with contextlib.ExitStack() as stack:
        for each in (wire, holder, second, none):
            stack.callback(each.close)
        holder.perform(Open())
        with pytest.raises(LinkLost) as busy:
            second.perform(Open())
        with pytest.raises(LinkLost) as absent:
            none.perform(Open())
    assert why_lost(busy.value) is Lost.BUSY
    assert why_lost(absent.value) is Lost.ABSENT
