"""A pcscd for the tests of the card reader's link, and the slot of its virtual reader."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import pytest

from kiosk.drivers.links.ops import AwaitChange, LinkLost, Open, Slot, SlotState
from kiosk.drivers.links.pcsc import PcscLink
from simulators.wires.vpcd import VpcdSlot
from tests.drivers.links.own_pcscd import SOCKET_VARIABLE, OwnPcscd

READY_WITHIN_S = 20.0
POLL_S = 0.05


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait until `condition` holds; fails the test after a bounded time."""
    for _ in range(int(READY_WITHIN_S / POLL_S)):
        if condition():
            return
        Event().wait(POLL_S)
    pytest.fail(f"not within {READY_WITHIN_S} s: {what}")


def seen() -> Slot:
    """What a new connection to pcscd sees of its slot; also NO_READER where no pcscd answers."""
    link = PcscLink()
    try:
        link.perform(Open())
        state: SlotState = link.perform(AwaitChange(None, 0))
        return state.slot
    except LinkLost:
        return Slot.NO_READER
    finally:
        link.close()


def start(service: OwnPcscd) -> None:
    """Start it, and wait until its readers are there."""
    service.start()
    until(lambda: seen() is not Slot.NO_READER, "pcscd serves a reader")


@pytest.fixture(scope="session")
def pcscd() -> Iterator[OwnPcscd]:
    """A running pcscd with vpcd's readers, for this process and no other."""
    with tempfile.TemporaryDirectory(prefix="pcscd-") as folder:
        service = OwnPcscd(Path(folder))
        with pytest.MonkeyPatch.context() as until_read:
            # The library reads it once. A desk that this process starts is to have the machine's.
            until_read.setenv(SOCKET_VARIABLE, str(service.socket))
            start(service)
        yield service
        service.stop()


@pytest.fixture
def slot(pcscd: OwnPcscd) -> Iterator[VpcdSlot]:
    """The virtual reader's slot, empty before and after."""
    slot = VpcdSlot(pcscd.port)
    slot.start()
    yield slot
    slot.close()
    if pcscd.running():
        until(lambda: seen() is Slot.EMPTY, "the slot is empty again")
