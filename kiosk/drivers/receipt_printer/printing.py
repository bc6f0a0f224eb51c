"""One receipt on its way to the paper: written piece by piece, then proved to be out."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from kiosk.drivers.links.inbox import Inbox
from kiosk.drivers.links.ops import Now, Talk, Write
from kiosk.drivers.receipt_printer.config import ReceiptPrinterConfig
from kiosk.drivers.receipt_printer.leftovers import Leftovers
from kiosk.drivers.receipt_printer.protocol import (
    ASK_IN_TURN,
    Ear,
    is_in_turn,
    is_status,
    query,
)
from kiosk.drivers.receipt_printer.status import is_offline


class Press(Struct, frozen=True):
    """Prints on a printer whose buffers are empty. An order in `inbox` ends what it does."""

    config: ReceiptPrinterConfig
    inbox: Inbox
    ear: Ear
    leftovers: Leftovers

    def print(self, units: list[bytes]) -> Talk[bool]:
        """Print `units` (see `layout.job`). Result: whether GS r 1 was answered at their end.

        False: the printer has stopped, paused for too long or stayed silent, or an order waits.
        """
        self.ear.held = False  # the buffer is empty; a pause asked for earlier was noise
        until_s = (yield Now()) + self.config.job_limit_s
        sent = yield from self._send(units, until_s)
        return sent and (yield from self._proof(until_s))

    def _send(self, units: list[bytes], until_s: float) -> Talk[bool]:
        """Write the job and GS r 1 after it. Result: whether all of it went out."""
        asks = True
        for piece in _pieces(units, self.config.piece_bytes):
            yield Write(piece)
            if asks or self.ear.held:
                reply = yield from query(self.ear, 1, self.config.answer_limit_s)
                asks = reply.status is not None
                if reply.status is not None and is_offline(reply.status):
                    return False
            if not (yield from self._flows(until_s)) or self._interrupted():
                return False
        yield Write(ASK_IN_TURN)
        self.leftovers.asked()
        return True

    def _flows(self, until_s: float) -> Talk[bool]:
        """Wait while the printer holds the line (XOFF). Result: False when it does for too long."""
        until_s = min(until_s, (yield Now()) + self.config.in_turn_limit_s)
        while self.ear.held and not self._interrupted():
            if (yield Now()) >= until_s:
                return False
            yield from self.ear.byte(min(until_s, (yield Now()) + self.config.look_every_s))
        return True

    def _proof(self, until_s: float) -> Talk[bool]:
        """Wait for the answer in turn, a bounded time, and less once the printer has stopped."""
        now_s = yield Now()
        until_s = min(until_s, now_s + self.config.in_turn_limit_s)
        stopped = False
        while not self._interrupted() and now_s < until_s:
            byte = yield from self.ear.byte(min(until_s, now_s + self.config.look_every_s))
            now_s = yield Now()
            if byte is None:
                yield from self.ear.ask(1)
            elif is_status(byte) and is_offline(byte) and not stopped:
                stopped = True
                until_s = min(until_s, now_s + self.config.stopped_grace_s)
            elif is_in_turn(byte):
                self.leftovers.answered()
                return True
        return False

    def _interrupted(self) -> bool:
        """Whether an order has come that ends this one."""
        return self.inbox.waiting is not None


def _pieces(units: list[bytes], most_bytes: int) -> Iterator[bytes]:
    """`units` joined to pieces of about `most_bytes`; a unit is never broken up, for a
    real-time request in the middle of a command would be taken for its data."""
    piece = b""
    for unit in units:
        if piece and len(piece) + len(unit) > most_bytes:
            yield piece
            piece = b""
        piece += unit
    yield piece
