"""The five devices at work: each driver's talk, the link it runs against, and its thread."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from kiosk.drivers.camera.driver import Camera, CameraConfig
from kiosk.drivers.card_reader.driver import CardReader, CardReaderConfig
from kiosk.drivers.events import Device, DeviceEvent
from kiosk.drivers.id_scanner.driver import IdScanner, IdScannerConfig
from kiosk.drivers.links.camera_child import CameraChild
from kiosk.drivers.links.ops import Talk
from kiosk.drivers.links.pcsc import PcscLink
from kiosk.drivers.links.runner import DeviceRunner, Link
from kiosk.drivers.links.serial_line import SerialLine, SerialPort
from kiosk.drivers.pin_pad.driver import PinPad, PinPadConfig
from kiosk.drivers.receipt_printer.driver import ReceiptPrinter, ReceiptPrinterConfig
from kiosk.settings import SerialSettings, Settings


def device_runners(
    settings: Settings,
    emit: Callable[[Device, int, DeviceEvent], None],
    card_reader: Link | None = None,
) -> dict[Device, DeviceRunner]:
    """A runner for each device, not started. `emit` is called in the device's own thread;
    `card_reader` is the reader's link, None: on pcscd.
    """
    return {
        device: DeviceRunner(device, talk, link, partial(emit, device))
        for device, (talk, link) in _parts(settings, card_reader).items()
    }


def _parts(settings: Settings, card_reader: Link | None) -> dict[Device, tuple[Talk[None], Link]]:
    camera = CameraChild(settings.camera_source, memory_mib=settings.camera_memory_mib)
    return {
        Device.CARD_READER: (
            CardReader(CardReaderConfig()).serve(),
            card_reader or PcscLink(settings.card_reader),
        ),
        Device.ID_SCANNER: (IdScanner(IdScannerConfig()).serve(), _line(settings.id_scanner)),
        Device.PIN_PAD: (PinPad(PinPadConfig()).serve(), _line(settings.pin_pad)),
        Device.RECEIPT_PRINTER: (
            ReceiptPrinter(ReceiptPrinterConfig()).serve(),
            _line(settings.receipt_printer),
        ),
        Device.CAMERA: (Camera(CameraConfig()).serve(), camera),
    }


def _line(serial: SerialSettings) -> SerialLine:
    return SerialLine(SerialPort(serial.port, serial.baud))
