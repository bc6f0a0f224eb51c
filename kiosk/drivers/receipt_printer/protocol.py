"""The bytes between terminal and receipt printer (ESC/POS reference).

Real-time status is asked for with DLE EOT and answered out of turn; GS r 1 is answered in
turn, after everything before it has been worked off. Their answers differ in pattern, so
either may be awaited while the other is due.
"""

from __future__ import annotations

from msgspec import Struct

from kiosk.drivers.links.inbox import Inbox
from kiosk.drivers.links.ops import Now, Read, Talk, Write
from kiosk.drivers.receipt_printer.status import Answers

CLEAR_BUFFERS = b"\x10\x05\x02"  # DLE ENQ 2, real time
AUTOMATIC_STATUS_OFF = b"\x1da\x00"  # GS a 0: unasked groups of four would mix with answers
ASK_IN_TURN = b"\x1dr\x01"  # GS r 1

FIRMWARE, MAKER, MODEL, SERIAL_NUMBER = 65, 66, 67, 68  # of GS I
_IDENTITY_HEAD = 0x5F
_MOST_IDENTITY_BYTES = 80

_XON, _XOFF = 0x11, 0x13
_FLOW_CONTROL = (_XON, _XOFF)
_MOST_STRAY_BYTES = 64
_DRAIN_BYTES = 256
_MOST_DRAINS = 64  # 16 KiB: more than a port keeps


def ask_status(n: int) -> bytes:
    """DLE EOT `n`, 1 to 4."""
    assert 1 <= n <= 4
    return bytes([0x10, 0x04, n])


def is_status(byte: int) -> bool:
    """Whether `byte` has the pattern of an answer to DLE EOT: 0xx1xx10."""
    return byte & 0x93 == 0x12


def is_in_turn(byte: int) -> bool:
    """Whether `byte` can be the answer to GS r 1: 0xx0xxxx, its sensors' bits in pairs."""
    pairs = byte & 0x03 in (0, 0x03) and byte & 0x0C in (0, 0x0C)
    return byte & 0x90 == 0 and pairs


class Ear:
    """What comes from the printer. `held`: it has asked for a pause (XOFF).

    `in_turn` counts the bytes that can be an answer to GS r 1: among others like it such a byte
    proves nothing.
    """

    def __init__(self, inbox: Inbox) -> None:
        self.held = False
        self.in_turn = 0
        self._inbox = inbox
        self._due = 0  # answers to DLE EOT that may still come

    def reset(self) -> None:
        """The line is new: nothing is on its way."""
        self.held, self._due = False, 0

    def ask(self, n: int) -> Talk[None]:
        """Send DLE EOT `n`; the answer is one of the bytes to come."""
        yield Write(ask_status(n))
        self._due += 1

    def byte(self, until_s: float) -> Talk[int | None]:
        """The next byte that is not flow control, None when `until_s` has passed."""
        while True:
            left_s = until_s - (yield Now())
            if left_s <= 0:
                return None
            data = yield from self._inbox.read(1, left_s)
            if not data:
                continue
            byte = data[0]
            self._heed(byte)
            if byte in _FLOW_CONTROL:
                continue
            if is_status(byte):
                self._due = max(0, self._due - 1)
            return byte

    def settle(self, within_s: float) -> Talk[None]:
        """Wait for answers that are still due, then throw away what has come.

        A late answer to one question must not be taken for the answer to the next.
        """
        until_s = (yield Now()) + within_s
        while self._due and (yield from self.byte(until_s)) is not None:
            pass
        self._due = 0
        for _ in range(_MOST_DRAINS):
            data = yield Read(_DRAIN_BYTES, 0)
            for byte in data:
                self._heed(byte)
            if len(data) < _DRAIN_BYTES:
                return

    def _heed(self, byte: int) -> None:
        """Keep in mind a pause asked for or ended, and count what can be an answer in turn."""
        if byte in _FLOW_CONTROL:
            self.held = byte == _XOFF
        else:
            self.in_turn += is_in_turn(byte)


class Reply(Struct, frozen=True):
    """What came after DLE EOT: the first byte of its answer's pattern, and whether anything."""

    status: int | None
    heard: bool


def query(ear: Ear, n: int, within_s: float) -> Talk[Reply]:
    """Ask DLE EOT `n` and listen for `within_s`, or until too many bytes were no answer."""
    yield from ear.settle(within_s)
    yield from ear.ask(n)
    until_s = (yield Now()) + within_s
    for strays in range(_MOST_STRAY_BYTES):
        byte = yield from ear.byte(until_s)
        if byte is None:
            return Reply(None, heard=strays > 0)
        if is_status(byte):
            return Reply(byte, heard=True)
    return Reply(None, heard=True)


def poll(ear: Ear, within_s: float) -> Talk[Answers]:
    """Ask DLE EOT 1 to 4 in turn, each answered in `within_s` or not.

    The first one that stays without an answer ends the round: a late answer would be taken
    for the next one's.
    """
    found: list[int | None] = [None] * 4
    heard = False
    for n in range(1, 5):
        reply = yield from query(ear, n, within_s)
        found[n - 1] = reply.status
        heard = heard or reply.heard
        if reply.status is None:
            break
    printer, cause, error, paper = found
    return Answers(printer, cause, error, paper, heard)


def identity(ear: Ear, n: int, within_s: float) -> Talk[str]:
    """Ask GS I `n`, 65 to 68: the printer's own words, '' where it has none for this.

    It is answered in turn, with 5F, up to 80 characters and 00 ("printer information B"). A printer
    that does not know it may keep a letter for the next line: clear its buffers afterwards.
    """
    assert FIRMWARE <= n <= SERIAL_NUMBER
    yield from ear.settle(within_s)
    yield Write(bytes([0x1D, 0x49, n]))
    until_s = (yield Now()) + within_s
    heard = bytearray()
    while (byte := (yield from ear.byte(until_s))) != 0:
        if byte is None or len(heard) > _MOST_IDENTITY_BYTES:
            return ""
        heard.append(byte)
    text = heard[1:].decode("ascii", errors="replace").strip()
    return text if heard[:1] == bytes([_IDENTITY_HEAD]) and text.isprintable() else ""
