"""What to look at, and in which order, when a device was not found. For a person with a torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kiosk.drivers.events import Device

PEOPLE_SAY: Final[Mapping[Device, str]] = {
    Device.CARD_READER: "card reader",
    Device.ID_SCANNER: "ID-card scanner",
    Device.PIN_PAD: "PIN pad",
    Device.RECEIPT_PRINTER: "receipt printer",
    Device.CAMERA: "camera",
}

_SEARCH_AGAIN = "Then search again."
STEPS: Final[Mapping[Device, tuple[str, ...]]] = {
    Device.CARD_READER: (
        "Is the reader's light on? If not: is its USB plug in all the way, at both ends?",
        "Plug it into a socket of the board itself, without a hub between.",
        "Is the service that speaks to it running? `systemctl status pcscd`",
        "Is there a card stuck in the slot? Take it out.",
        _SEARCH_AGAIN,
    ),
    Device.ID_SCANNER: (
        "Does the scanner's light come on when the terminal is switched on? If not: its power.",
        "Is the serial plug screwed down at both ends? The scanner's own socket often works loose.",
        "Are the two data wires crossed? TX of one goes to RX of the other.",
        "Lay nothing on the glass, wait five seconds after power came on: it tests itself first.",
        _SEARCH_AGAIN,
    ),
    Device.PIN_PAD: (
        "Is the pad screwed down tight, all four corners? Its removal switches open otherwise.",
        "Does it beep when power comes on? If not: its own power plug, then its fuse.",
        "Is the serial plug in all the way, and in the right one of the board's sockets?",
        "Press no key during the search.",
        _SEARCH_AGAIN,
    ),
    Device.RECEIPT_PRINTER: (
        "Is the printer's power light on? If not: its 24 V supply, then the switch at its back.",
        "Is the cover closed and paper in? It answers without, but look now.",
        "Is the serial plug in all the way? A printer with two sockets wants the one marked COM.",
        "Switch it off, hold the feed button, switch it on: it prints its own settings. The speed"
        " there is to be 9600 or more, 8 data bits, no parity.",
        _SEARCH_AGAIN,
    ),
    Device.CAMERA: (
        "Is its USB plug in all the way? A ribbon cable: is the latch down, blue side to the latch?",
        "Take the film off the lens.",
        "Plug it into another socket of the board itself, without a hub between.",
        "Is another program looking through it? The terminal's own must be stopped.",
        _SEARCH_AGAIN,
    ),
}


def remedy(device: Device) -> str:
    """The steps as one text, numbered."""
    return " ".join(f"{number}. {step}" for number, step in enumerate(STEPS[device], start=1))
