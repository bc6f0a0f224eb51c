"""A motor and a bin for the virtual reader, which has neither: as a link of the card reader.

Whether there is a bin, and what is the matter with it, the desk knows (`CardHands`); the kiosk's
process asks it over a socket, and the desk moves the card.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from kiosk.drivers.links.ops import AwaitChange, Disconnect, Moved, Op, Retain, Slot, SlotState
from kiosk.drivers.links.runner import Link
from simulators.wires.question import Words, ask

LOOK_EVERY_S = 0.5  # a bin that is fitted or fills up is seen by then
LEFT_WITHIN_S = 5.0  # until pcscd has seen that the card is gone

_NO_BIN: Words = {"retains": None, "in_bin": None}


class MotorLink:
    """`reader` as if it had a motor; `desk` is the socket where the desk answers for it."""

    def __init__(self, reader: Link, desk: Path) -> None:
        self._reader = reader
        self._desk = desk
        self._woken = threading.Event()

    def __repr__(self) -> str:
        return f"MotorLink({self._reader!r})"

    def perform(self, op: Op) -> Any:
        """See `Link`."""
        match op:
            case AwaitChange(known, timeout_s):
                return self._await_change(known, timeout_s)
            case Retain():
                return self._retain()
        return self._reader.perform(op)

    def wake(self) -> None:
        """See `Link`."""
        self._woken.set()
        self._reader.wake()

    def close(self) -> None:
        """See `Link`."""
        self._reader.close()

    def _await_change(self, known: SlotState | None, timeout_s: float) -> SlotState:
        until_s = time.monotonic() + timeout_s
        plain = None if known is None else replace(known, retains=None, in_bin=None)
        while True:
            left_s = max(0.0, until_s - time.monotonic())
            state = self._with_bin(
                self._reader.perform(AwaitChange(plain, min(left_s, LOOK_EVERY_S)))
            )
            if known is None or state != known:
                return state
            if left_s <= LOOK_EVERY_S or self._woken.is_set():
                self._woken.clear()
                return state

    def _with_bin(self, state: SlotState) -> SlotState:
        if state.slot is Slot.NO_READER:
            return state
        said = self._ask("look", _NO_BIN)
        return replace(state, retains=said["retains"], in_bin=said["in_bin"])

    def _retain(self) -> Moved:
        self._reader.perform(Disconnect(False))
        if self._reader.perform(AwaitChange(None, 0.0)).slot is Slot.EMPTY:
            return Moved.NO_MEDIA
        moved = Moved(self._ask("retain", {"moved": Moved.UNSUPPORTED})["moved"])
        if moved is not Moved.DONE:
            return moved
        until_s = time.monotonic() + LEFT_WITHIN_S
        state: SlotState = self._reader.perform(AwaitChange(None, 0.0))
        while state.slot is not Slot.EMPTY and time.monotonic() < until_s:
            state = self._reader.perform(AwaitChange(state, LOOK_EVERY_S))
        return moved if state.slot is Slot.EMPTY else Moved.MEDIA_JAM

    def _ask(self, do: str, otherwise: Words) -> Words:
        try:
            return ask(self._desk, {"do": do})
        except (OSError, ValueError):
            return otherwise  # the desk ends; without it nothing moves
