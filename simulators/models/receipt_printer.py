"""A thermal kiosk printer for 80 mm paper that speaks ESC/POS, simulated.

What is sent goes into a buffer, which the mechanism works off at its own speed, in order;
`receipts` are the pieces it has cut. Status is asked in real time (DLE EOT) or in sequence (GS r).
Values and bits follow the Epson ESC/POS command reference.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import StrEnum

from simulators.models.line_faults import LineFaults, Outbox
from simulators.models.paper import LINE_DOTS, Blank, Item, PrintedReceipt
from simulators.models.receipt_printer_head import PrintHead
from simulators.models.receipt_printer_stream import ENQ, EOT, Command, StreamParser

ROLL_LINES = 20_000.0
"""A roll of 75 m."""

NEAR_END_LINES = 400.0
"""What is left on the roll when the near-end sensor sees it: 1.5 m (assumed)."""

BUFFER_BYTES = 65_536
"""What comes beyond it is lost; the line has no flow control here."""

MOST_RECEIPTS = 1000
"""Pieces kept; the oldest go first."""

_CUT_S = 0.3
_ANSWER_S = 0.002
_RETRY, _CLEAR = 1, 2
_IDLE = 0x12  # the bits that every DLE EOT answer has


class Stuck(StrEnum):
    """What holds the mechanism until DLE ENQ."""

    NO = "no"
    PAPER = "paper"
    CUTTER = "cutter"


@dataclass(slots=True)
class ReceiptPrinterFaults(LineFaults):
    """Faults of the printer besides those of its line. `silent` prints on, and answers nothing."""

    cutter: bool = False  # the next cut jams; needs DLE ENQ once it is free again
    jammed: bool = False  # paper stuck in the transport, likewise
    head_hot: bool = False  # stops until the head has cooled, then goes on by itself
    unrecoverable: bool = False  # memory, voltage, board: stops for good


class ReceiptPrinter:
    """The printer. Everything that hands do to it is a method or attribute, at any moment."""

    def __init__(
        self,
        *,
        baud: int = 115_200,
        lines_per_s: float = 20.0,
        paper_lines: float = ROLL_LINES,
        near_end_sensor: bool = True,
    ) -> None:
        self.baud = baud
        self.faults = ReceiptPrinterFaults()
        self.lines_per_s = lines_per_s
        self.paper_lines = paper_lines
        self.near_end_sensor = near_end_sensor
        self.cover_open = False
        self.receipts: list[PrintedReceipt] = []  # cut and given out, the oldest first
        self.scraps: list[PrintedReceipt] = []  # torn off by hand
        self.lost_bytes = 0
        self._parser = StreamParser(self._real_time)
        self._head = PrintHead(self._parser.complain)
        self._outbox = Outbox(self.faults)
        self._queue: deque[Command] = deque()
        self._powered = True
        self._stuck = Stuck.NO
        self._now_s = 0.0
        self._free_s = 0.0  # when the mechanism has done what it is doing
        self._stalled = False

    def __repr__(self) -> str:
        return (
            f"ReceiptPrinter({'offline' if self._offline else 'online'}, "
            f"{len(self._queue)} commands waiting, {len(self.receipts)} receipts)"
        )

    # --- hands ---------------------------------------------------------------------------

    @property
    def complaints(self) -> list[str]:
        """What the terminal sent and the printer did not understand or could not do."""
        return self._parser.complaints

    @property
    def waiting_bytes(self) -> int:
        """What stands in the buffer and is not printed yet."""
        return sum(command.size for command in self._queue)

    def load_paper(self, lines: float = ROLL_LINES) -> None:
        """Put a new roll in: what hung from the old one is torn off."""
        self.tear_off()
        self.paper_lines = lines

    def tear_off(self) -> None:
        """Pull out and tear off whatever has been printed and not been cut."""
        self._give(self._head.tear(), cut=False)

    def switch_off(self) -> None:
        """Take the power away; the buffer is lost, the paper stays."""
        self._powered = False
        self._queue.clear()
        self._head.reset()
        self._parser.forget(wide=False)
        self._outbox.forget()
        self._stuck = Stuck.NO

    def switch_on(self) -> None:
        """Give power again."""
        self._powered = True

    # --- the line ------------------------------------------------------------------------

    def hear(self, data: bytes, now_s: float) -> None:
        """See `LineDevice`."""
        self._advance(now_s)
        if not self._powered:
            return
        if not self._queue:
            self._free_s = max(self._free_s, now_s)
        waiting = self.waiting_bytes
        for byte in data:
            for command in self._parser.feed(byte):
                if waiting + command.size > BUFFER_BYTES:
                    self.lost_bytes += command.size
                else:
                    waiting += command.size
                    self._queue.append(command)
        self._advance(now_s)

    def speak(self, now_s: float) -> bytes:
        """See `LineDevice`."""
        self._advance(now_s)
        return self._outbox.speak(now_s) if self._powered else b""

    def next_s(self) -> float | None:
        """See `LineDevice`. Also when the mechanism goes on to what comes next."""
        if not self._powered:
            return None
        times = [self._outbox.next_s()]
        if self._queue and not self._offline:
            times.append(max(self._free_s, self._now_s))
        return min((at_s for at_s in times if at_s is not None), default=None)

    # --- the mechanism -------------------------------------------------------------------

    @property
    def _offline(self) -> bool:
        faults = self.faults
        stopped = self._stuck is not Stuck.NO or faults.head_hot or faults.unrecoverable
        return not self._powered or self.cover_open or self.paper_lines <= 0 or stopped

    def _advance(self, now_s: float) -> None:
        """Let the mechanism work until `now_s`, or until something stops it."""
        self._now_s = now_s
        if self._offline or self._stalled:
            self._free_s = max(self._free_s, now_s)
        while self._queue and not self._offline and self._free_s <= now_s:
            self._work(self._queue[0])
        self._stalled = self._offline

    def _work(self, command: Command) -> None:
        """The turn of one command has come; it stays in the queue if something jams."""
        cuts = command.name == "GS V"
        if self.faults.jammed:
            self._stuck = Stuck.PAPER
            return
        if cuts and self.faults.cutter:
            self._stuck = Stuck.CUTTER
            return
        self._queue.popleft()
        if cuts:
            feeds = command.parameters[1:]  # GS V 65 and 66 feed to the cutter first
            dots = self._head.feed_to_cutter(feeds[0]) if feeds else 0
            self._give(self._head.cut(), cut=True)
            self._free_s += _CUT_S
        elif command.name == "GS r":
            dots = 0
            self._answer_in_sequence(command.parameters[0])
        else:
            dots = self._head.carry_out(command)
        self.paper_lines = max(0.0, self.paper_lines - dots / LINE_DOTS)
        self._free_s += dots / LINE_DOTS / self.lines_per_s

    def _give(self, items: tuple[Item, ...], cut: bool) -> None:
        if any(not isinstance(item, Blank) for item in items):
            pile = self.receipts if cut else self.scraps
            pile.append(PrintedReceipt(items, cut))
            del pile[:-MOST_RECEIPTS]

    # --- status --------------------------------------------------------------------------

    def _real_time(self, kind: int, n: int) -> None:
        if kind == EOT:
            bits = self._status_bits(n)
            if bits is not None:
                self._say(self._now_s, _IDLE | bits)
        elif kind == ENQ and n in (_RETRY, _CLEAR):
            self._stuck = Stuck.NO
            if n == _CLEAR:
                self._queue.clear()
                self._head.forget()
                self._parser.forget(wide=self._head.settings.wide)

    def _status_bits(self, n: int) -> int | None:
        """The bits of DLE EOT n; None for the sets that this printer does not have."""
        faults, out = self.faults, self.paper_lines <= 0
        stuck = self._stuck is not Stuck.NO
        error = stuck or faults.head_hot or faults.unrecoverable
        match n:
            case 1:
                return _bits((3, self._offline), (5, stuck))
            case 2:
                return _bits((2, self.cover_open), (5, out), (6, error))
            case 3:
                return _bits(
                    (2, self._stuck is Stuck.PAPER),
                    (3, self._stuck is Stuck.CUTTER),
                    (5, faults.unrecoverable),
                    (6, faults.head_hot),
                )
            case 4:
                return _bits((2, self._near_end), (3, self._near_end), (5, out), (6, out))
        return None

    @property
    def _near_end(self) -> bool:
        return self.near_end_sensor and self.paper_lines <= NEAR_END_LINES

    def _answer_in_sequence(self, n: int) -> None:
        """GS r: 1 paper, 2 drawer (there is none). Out of paper it is never carried out."""
        near_end = _bits((0, self._near_end), (1, self._near_end))
        if n in (1, 0x31):
            self._say(self._free_s, near_end)
        elif n in (2, 0x32):
            self._say(self._free_s, 0)
        else:
            self._parser.complain(f"GS r {n:02x}")

    def _say(self, at_s: float, byte: int) -> None:
        self._outbox.answer(at_s + _ANSWER_S + self.faults.slow_s, bytes([byte]))


def _bits(*bits: tuple[int, bool]) -> int:
    return sum(1 << place for place, on in bits if on)
