"""The search over serial ports: each is asked by itself, all at the same time, at every speed."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from typing import Final

from msgspec import Struct

from kiosk.drivers.events import Device
from kiosk.drivers.links.ops import LinkLost, Open, Read, Write
from kiosk.drivers.links.serial_line import SerialLine, SerialPort
from provisioning.devices.asking import Asking, Lost, why_lost
from provisioning.devices.identifying import CLEAN, KINDS, SPEEDS, THINKS_S
from provisioning.wire import FoundDevice

SEARCH_LIMIT_S: Final = 15.0  # of all ports together; the slowest question more may still follow
PORTS_MAX: Final = 16


class PortOutcome(StrEnum):
    """What came of asking at one port."""

    FOUND = "found"
    SILENT = "silent"  # not a byte, at any speed
    FOREIGN = "foreign"  # it speaks, and is none of ours
    TWO_KINDS = "two_kinds"  # it answers as more than one device
    GONE = "gone"  # unplugged in the middle of the search
    ABSENT = "absent"
    BUSY = "busy"
    DENIED = "denied"
    NOT_ASKED = "not_asked"  # no time was left, or there were too many ports


class PortAnswer(Struct, frozen=True):
    """One port. `device` and `baud` with FOUND alone, `kinds` are those it answered as."""

    port: str
    outcome: PortOutcome
    device: FoundDevice | None = None
    baud: int | None = None
    kinds: tuple[Device, ...] = ()


def search(ports: Sequence[str], limit_s: float = SEARCH_LIMIT_S) -> tuple[PortAnswer, ...]:
    """What answers at each of `ports`, in their order, within `limit_s` and one question more."""
    asked, rest = ports[:PORTS_MAX], ports[PORTS_MAX:]
    end_s = time.monotonic() + limit_s
    answers: list[PortAnswer] = []
    if asked:
        with ThreadPoolExecutor(len(asked), "port-search") as pool:
            answers = list(pool.map(lambda port: ask_port(port, end_s), asked))
    return (*answers, *(PortAnswer(port, PortOutcome.NOT_ASKED) for port in rest))


def ask_port(port: str, end_s: float) -> PortAnswer:
    """What answers at one port, until the monotonic time `end_s`."""
    heard, opened = 0, False
    for baud, kinds in SPEEDS.items():
        if time.monotonic() + THINKS_S > end_s:
            return PortAnswer(port, PortOutcome.NOT_ASKED)
        with contextlib.closing(SerialLine(SerialPort(port, baud))) as line:
            asking = Asking(line)
            try:
                line.perform(Open())
                opened = True
                told = [asking.carry_out(KINDS[kind](baud)) for kind in kinds]
                if any(each is not None and each.kind == Device.RECEIPT_PRINTER for each in told):
                    line.perform(Write(CLEAN))
                    line.perform(Read(1, THINKS_S))  # it has come: closing may drop what is unsent
            except LinkLost as error:
                return PortAnswer(port, _outcome(why_lost(error), opened))
        found = [device for device in told if device is not None]
        if len(found) > 1:
            both = tuple(Device(device.kind) for device in found)
            return PortAnswer(port, PortOutcome.TWO_KINDS, None, baud, both)
        if found:
            kind = Device(found[0].kind)
            return PortAnswer(port, PortOutcome.FOUND, found[0], baud, (kind,))
        heard += asking.heard
    return PortAnswer(port, PortOutcome.FOREIGN if heard else PortOutcome.SILENT)


def _outcome(lost: Lost, opened: bool) -> PortOutcome:
    if opened and lost is not Lost.BUSY:
        return PortOutcome.GONE
    return PortOutcome(lost.value)
