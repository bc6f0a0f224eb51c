"""Which device is where: everything is asked, and what answers is held against what is expected."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from msgspec import Struct

from kiosk.drivers.events import Device
from provisioning.devices import camera_search, serial_search
from provisioning.devices.camera_search import CameraAnswer
from provisioning.devices.card_readers import reader_names, readers
from provisioning.devices.serial_search import PortAnswer, PortOutcome
from provisioning.devices.system_ports import PortFacts
from provisioning.wire import FoundDevice


class Located(Struct, frozen=True):
    """A device and where it answered: a port, a reader's name, a camera's source."""

    device: FoundDevice
    place: str
    baud: int | None = None  # of a serial line

    @property
    def kind(self) -> Device:
        """Which of the five it is."""
        return Device(self.device.kind)


class Discovery(Struct, frozen=True):
    """All that came of one search. `card_service`: pcscd answered."""

    located: tuple[Located, ...]
    ports: tuple[PortAnswer, ...]
    cameras: tuple[CameraAnswer, ...]
    card_service: bool

    def of(self, kind: Device) -> tuple[Located, ...]:
        """Those of one kind; more than one is for a person to settle."""
        return tuple(each for each in self.located if each.kind is kind)


def discover(
    ports: Sequence[str],
    cameras: Sequence[PortFacts],
    card_reader_names: Callable[[], tuple[str, ...] | None] = reader_names,
) -> Discovery:
    """Ask serial ports and cameras at the same time, within 20 s, and pcscd. Repeats do no harm."""
    with ThreadPoolExecutor(1, "cameras") as aside:
        looking = aside.submit(camera_search.search, cameras)
        answered = serial_search.search(ports)
        seen = looking.result()
    names = card_reader_names()
    located = [
        *(
            Located(each.device, each.port, each.baud)
            for each in answered
            if each.outcome is PortOutcome.FOUND and each.device is not None
        ),
        *(Located(each.device, each.name) for each in readers(names or ())),
        *(Located(each.device, each.source) for each in seen if each.device is not None),
    ]
    return Discovery(tuple(located), answered, seen, names is not None)
