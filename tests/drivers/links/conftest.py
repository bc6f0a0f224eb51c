"""A pcscd for the tests of the card reader's link: one at a time on the whole machine."""

from __future__ import annotations

import fcntl
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import pytest

from kiosk.drivers.links.ops import AwaitChange, LinkLost, Open, Slot, SlotState
from kiosk.drivers.links.pcsc import PcscLink
from simulators.wires.vpcd import VpcdSlot

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


def served() -> bool:
    """Whether some pcscd answers and has a reader."""
    return seen() is not Slot.NO_READER


class Pcscd:
    """The machine's pcscd. Started here only where none runs, and stopped only then."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self.is_ours = not served()

    def start(self) -> None:
        """Start it, if it is ours, and wait until its readers are there."""
        if self.is_ours:
            self._process = subprocess.Popen(
                ["pcscd", "--foreground"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
        until(served, "pcscd serves a reader")

    def running(self) -> bool:
        """Whether it serves."""
        return not self.is_ours or self._process is not None

    def stop(self) -> None:
        """Stop it, if it was started here. May be called twice."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            process.wait(READY_WITHIN_S)


@pytest.fixture(scope="session")
def pcscd() -> Iterator[Pcscd]:
    """A running pcscd with vpcd's readers. Test runs that share the machine take turns."""
    lock = Path(tempfile.gettempdir()) / "sscard-tests-pcscd.lock"
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        service = Pcscd()
        service.start()
        yield service
        service.stop()


@pytest.fixture
def slot(pcscd: Pcscd) -> Iterator[VpcdSlot]:
    """The virtual reader's slot, empty before and after."""
    slot = VpcdSlot()
    slot.start()
    yield slot
    slot.close()
    if pcscd.running():
        until(lambda: seen() is Slot.EMPTY, "the slot is empty again")
