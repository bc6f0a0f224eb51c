"""The self-test of the card reader: pcscd has it, and its slot says whether a card is in it."""

from __future__ import annotations

import contextlib

from kiosk.drivers.events import Device
from kiosk.drivers.links.ops import AwaitChange, LinkLost, Open, Slot, SlotState
from kiosk.drivers.links.pcsc import PcscLink
from kiosk.drivers.links.runner import Link
from provisioning.devices.wiring import remedy
from provisioning.readiness.verdicts import concern, failed, passed
from provisioning.wire import Finding

_CHECK = f"{Device.CARD_READER}.status"


def card_reader(reader_name: str | None = None, link: Link | None = None) -> Finding:
    """Look at the slot once. `reader_name` None: the first reader; `link` None: through pcscd."""
    with contextlib.closing(link or PcscLink(reader_name)) as held:
        try:
            held.perform(Open())
            state: SlotState = held.perform(AwaitChange(None, 0))
        except LinkLost as lost:
            return failed(
                *(_CHECK, f"The service that speaks to card readers does not answer: {lost}."),
                "Start it: `systemctl start pcscd`, then test again.",
            )
    match state.slot:
        case Slot.EMPTY:
            return passed(_CHECK, "The card reader answers, its slot is empty.")
        case Slot.PRESENT:
            text = "The card reader answers, and a card is in its slot."
            return concern(_CHECK, text, "Whose is it? Take it out before the terminal opens.")
        case Slot.MUTE:
            return concern(
                *(_CHECK, "Something is in the card reader's slot that does not answer."),
                "Take it out. If the slot is empty, clean its contacts with a cleaning card.",
            )
    return failed(_CHECK, "There is no card reader.", remedy(Device.CARD_READER))
