"""What the self-test is told on a real terminal: where its devices are, and how everything else stands."""

from __future__ import annotations

from pathlib import Path

from kiosk.drivers.events import Device
from kiosk.drivers.pin_pad.driver import PinPadConfig
from kiosk.shelf import FileShelf
from provisioning.cli import image
from provisioning.cli.image import Terminal
from provisioning.cli.showing import Failed
from provisioning.devices.key_book import KeyBook, KeyBookBroken
from provisioning.readiness.glass import Glass
from provisioning.readiness.machine import Machine
from provisioning.readiness.self_test import Circumstances, Places
from provisioning.terminal.office_line import OfficeFailed

BOOK = "keys.book"
KEY_PLACES = {
    "bank": PinPadConfig().bank_key,
    "social_security": PinPadConfig().social_security_key,
}
"""A name for each key that the terminal uses, and its place in the pad."""


def places(terminal: Terminal) -> Places:
    """Where the devices are that the inventory has, as the screen process will look for them."""
    settings, _ = terminal.settings()
    kinds = {each.kind for each in terminal.assignment().devices}
    return Places(
        id_scanner=settings.id_scanner if Device.ID_SCANNER in kinds else None,
        pin_pad=settings.pin_pad if Device.PIN_PAD in kinds else None,
        receipt_printer=settings.receipt_printer if Device.RECEIPT_PRINTER in kinds else None,
        camera=settings.camera_source if Device.CAMERA in kinds else None,
        has_card_reader=Device.CARD_READER in kinds,
        reader=settings.card_reader,
    )


def book(terminal: Terminal) -> KeyBook:
    """The book of the pad's keys."""
    return KeyBook(FileShelf(terminal.image.folder / BOOK))


def circumstances(terminal: Terminal, glass: Glass | None = None) -> Circumstances:
    """Everything else; the office is asked once. `glass` None: the screen is not looked at."""
    try:
        entries = book(terminal).entries()
    except KeyBookBroken as error:
        raise Failed(str(error), "keep the file as it is, and tell the bank") from error
    why = ""
    try:
        terminal.line.first_contact()
    except OfficeFailed as error:
        why = str(error)
    leaf = terminal.credentials().leaf
    given = terminal.image.places
    return Circumstances(
        terminal=terminal.assignment().terminal,
        machine=Machine(terminal.image.machine),
        data_folder=terminal.image.folder,  # on the disk that the queue writes to
        queue_socket=Path(given["queue_socket"]),
        reach_office=lambda: why,
        machine_now=image.machine_now(),
        trusted_now=None if why else terminal.clock.now(),
        certificate=(leaf.not_valid_before_utc, leaf.not_valid_after_utc),
        look=None if glass is None else glass.fill,
        key_entries=entries,
        key_places=KEY_PLACES,
        page=None if glass is None else glass.page,
    )
