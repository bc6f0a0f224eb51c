"""The self-test as one list of steps: which there are for a terminal, and the walk through them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from kiosk.drivers.events import Device
from kiosk.settings import SerialSettings
from provisioning.devices.key_book import KeyEntry
from provisioning.devices.wiring import PEOPLE_SAY
from provisioning.readiness import board, disk, identity, lines, printer, screen, serial_devices
from provisioning.readiness.camera import camera
from provisioning.readiness.card_reader import card_reader
from provisioning.readiness.machine import Machine
from provisioning.wire import Finding


class Step(Struct, frozen=True):
    """One thing that is tested: what people call it, and the test."""

    name: str
    run: Callable[[], tuple[Finding, ...]]


class Places(Struct, frozen=True):
    """Where the devices are; None: the terminal has none of this kind. `reader` None: the first."""

    id_scanner: SerialSettings | None = None
    pin_pad: SerialSettings | None = None
    receipt_printer: SerialSettings | None = None
    camera: str | None = None
    has_card_reader: bool = True
    reader: str | None = None


class Circumstances(Struct, frozen=True):
    """What the self-test is told by those who know; times are aware."""

    terminal: str
    machine: Machine
    data_folder: Path  # on the disk that the queue writes to
    queue_socket: Path
    reach_office: Callable[[], str]
    machine_now: datetime
    trusted_now: datetime | None
    certificate: tuple[datetime, datetime] | None  # not before, not after
    look: screen.Look | None  # None: no screen to look at
    key_entries: Sequence[KeyEntry]
    key_places: Mapping[str, int]  # a name for each key, and its place in the pad
    page: Callable[[], screen.Picture | None] | None = None  # shows a page, takes a picture of it


def steps(places: Places, told: Circumstances) -> tuple[Step, ...]:
    """The steps for a terminal with these devices, quick ones first, the printer's paper last."""
    return (*_of_the_machine(told), *of_the_devices(places, told))


def walk(
    through: Iterable[Step], begun: Callable[[str], None] = lambda _name: None
) -> tuple[Finding, ...]:
    """All findings, in order. `begun` is told each step's name as it begins."""
    found: list[Finding] = []
    for step in through:
        begun(step.name)
        found += step.run()
    return tuple(found)


def _of_the_machine(told: Circumstances) -> list[Step]:
    machine = told.machine
    found = [
        Step("memory", lambda: board.memory(machine)),
        Step("temperature and power", lambda: (board.temperature(machine), board.power(machine))),
        Step("sound", lambda: (board.sound(machine),)),
        Step(
            "clock",
            lambda: (
                identity.clock(told.machine_now, told.trusted_now),
                board.battery_clock(machine),
            ),
        ),
        Step(
            "disk",
            lambda: (
                *disk.flushes(told.data_folder),
                disk.space(told.data_folder),
                disk.wear(machine),
            ),
        ),
        Step(
            "lines",
            lambda: (*lines.queue_and_bank(told.queue_socket), lines.office(told.reach_office)),
        ),
    ]
    if told.certificate is not None:
        begins, ends = told.certificate
        now = told.trusted_now or told.machine_now
        found.append(Step("certificate", lambda: (identity.certificate(begins, ends, now),)))
    if told.look is not None:
        look = told.look
        found.append(Step("screen", lambda: (screen.colours(look), *_page(told.page))))
    return found


def _page(shown: Callable[[], screen.Picture | None] | None) -> tuple[Finding, ...]:
    return () if shown is None else (screen.page(shown()),)


def of_the_devices(places: Places, told: Circumstances) -> list[Step]:
    """The steps of the devices alone, each named as people call it."""
    found: list[Step] = []
    if places.has_card_reader:
        name = PEOPLE_SAY[Device.CARD_READER]
        found.append(Step(name, lambda: (card_reader(places.reader),)))
    if (scanner := places.id_scanner) is not None:
        name = PEOPLE_SAY[Device.ID_SCANNER]
        found.append(Step(name, lambda: (serial_devices.id_scanner(scanner),)))
    if (pad := places.pin_pad) is not None:
        found.append(
            Step(
                PEOPLE_SAY[Device.PIN_PAD],
                lambda: serial_devices.pin_pad(pad, told.key_entries, told.key_places),
            )
        )
    if (source := places.camera) is not None:
        found.append(Step(PEOPLE_SAY[Device.CAMERA], lambda: camera(source)))
    if (paper := places.receipt_printer) is not None:
        page = printer.proof_page(told.terminal, told.machine_now)
        name = PEOPLE_SAY[Device.RECEIPT_PRINTER]
        found.append(Step(name, lambda: printer.receipt_printer(paper, page)))
    return found
