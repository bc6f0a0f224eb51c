"""Whole devices on a real pseudo-terminal: runner, serial line, driver, wire and model."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from queue import Queue

import pytest

from kiosk.drivers.events import (
    DeviceChanged,
    DeviceEvent,
    DeviceStatus,
    IdRead,
    PinEntered,
    PinProgress,
    PinStop,
    PinStopped,
)
from kiosk.drivers.id_scanner.driver import IdScanner, IdScannerConfig
from kiosk.drivers.links.runner import DeviceRunner
from kiosk.drivers.links.serial_line import SerialLine, SerialPort
from kiosk.drivers.orders import EnterPin, ReadIdDocument
from kiosk.drivers.pin_pad.driver import PinPad, PinPadConfig
from simulators.models import id_scanner as simulated_scanner
from simulators.models import pin_pad as simulated_pad
from simulators.models.line import LineDevice
from simulators.wires.pty_line import PtyLine

LIMIT_S = 20.0
PAN = "6200001234567890128"

Heard = Callable[[], DeviceEvent]
Plug = Callable[[PinPad | IdScanner, LineDevice], tuple[DeviceRunner, PtyLine, Heard]]


@pytest.fixture
def plug(tmp_path: Path) -> Iterator[Plug]:
    with ExitStack() as stack:

        def connect(
            driver: PinPad | IdScanner, model: LineDevice
        ) -> tuple[DeviceRunner, PtyLine, Heard]:
            wire = PtyLine(model, tmp_path / "port")
            stack.callback(wire.close)
            link = SerialLine(SerialPort(str(wire.path), model.baud))
            events: Queue[DeviceEvent] = Queue()
            runner = DeviceRunner(
                driver.device, driver.serve(), link, lambda number, event: events.put(event)
            )
            stack.callback(runner.close)
            runner.start()
            return runner, wire, lambda: events.get(timeout=LIMIT_S)

        yield connect


def test_a_pin_is_entered_on_a_real_line(plug: Plug) -> None:
    pad = simulated_pad.PinPad()
    runner, wire, heard = plug(PinPad(PinPadConfig()), pad)
    assert heard() == DeviceChanged(PinPad.device, DeviceStatus.ONLINE, "RTN 60")
    runner.order(1, EnterPin(PAN))
    assert heard() == PinProgress(0)
    for count, key in enumerate("246810", start=1):
        with wire.device_lock:
            pad.press(key)
        assert heard() == PinProgress(count)
    with wire.device_lock:
        pad.press("enter")
    assert heard() == PinEntered("63762CD053403B4B", 6)


def test_an_unplugged_pad_ends_the_entry_and_comes_back(plug: Plug) -> None:
    runner, wire, heard = plug(PinPad(PinPadConfig()), simulated_pad.PinPad())
    heard()
    runner.order(1, EnterPin(PAN))
    assert heard() == PinProgress(0)
    wire.unplug()
    assert heard() == PinStopped(PinStop.PAD_FAULT, "link lost")
    assert heard() == DeviceChanged(PinPad.device, DeviceStatus.OFFLINE, "link lost")
    wire.plug()
    assert heard() == DeviceChanged(PinPad.device, DeviceStatus.ONLINE, "RTN 60")


def test_a_document_is_read_on_a_real_line(plug: Plug) -> None:
    module = simulated_scanner.IdScanner()
    runner, wire, heard = plug(IdScanner(IdScannerConfig()), module)
    assert heard() == DeviceChanged(IdScanner.device, DeviceStatus.ONLINE, "SW3 90")
    runner.order(1, ReadIdDocument())
    with wire.device_lock:
        module.lay(simulated_scanner.LaidDocument())
    read = heard()
    assert isinstance(read, IdRead)
    assert read.document.number == "990000199001010017"
