"""The card readers that pcscd has, by their names; model and serial number stand in them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct
from smartcard.scard import (
    SCARD_E_NO_READERS_AVAILABLE,
    SCARD_S_SUCCESS,
    SCARD_SCOPE_USER,
    SCardEstablishContext,
    SCardListReaders,
    SCardReleaseContext,
)

from kiosk.drivers.events import Device
from provisioning.wire import FoundDevice

# pcscd's names: "MODEL [INTERFACE] (SERIAL NUMBER) 00 01", reader and slot in two hex digits each.
_NAME = re.compile(
    r"(?P<model>.+?)(?: \[(?P<interface>[^\]]*)\])?(?: \((?P<number>[^)]*)\))?"
    r" (?P<reader>[0-9A-F]{2}) (?P<slot>[0-9A-F]{2})"
)
READERS_MAX = 16


class CardReaderFound(Struct, frozen=True):
    """One reader. `name` is pcscd's, of its first slot, and what the settings want."""

    name: str
    device: FoundDevice


def reader_names() -> tuple[str, ...] | None:
    """pcscd's names of all slots; None while pcscd itself does not answer. Does not wait."""
    code, context = SCardEstablishContext(SCARD_SCOPE_USER)
    if code != SCARD_S_SUCCESS:
        return None
    code, names = SCardListReaders(context, [])
    SCardReleaseContext(context)
    if code == SCARD_E_NO_READERS_AVAILABLE:
        return ()
    return tuple(names) if code == SCARD_S_SUCCESS else None


def readers(names: Iterable[str]) -> tuple[CardReaderFound, ...]:
    """The readers behind these names: a reader with several slots has a name for each."""
    found: dict[str, CardReaderFound] = {}
    for name in sorted(names)[:READERS_MAX]:
        parts = _NAME.fullmatch(name)
        model = parts["model"].strip() if parts else name
        number = (parts["number"] or "") if parts else ""
        device = FoundDevice(Device.CARD_READER, model, number, "")
        found.setdefault(
            f"{model} {number} {parts['reader'] if parts else ''}", CardReaderFound(name, device)
        )
    return tuple(found.values())
