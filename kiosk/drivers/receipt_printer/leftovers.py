"""What an earlier receipt may have left behind, and how it is got rid of."""

from __future__ import annotations

from msgspec import Struct

from kiosk.drivers.links.ops import Now, Talk, Write
from kiosk.drivers.receipt_printer.layout import FEED_AND_CUT, INITIALISE
from kiosk.drivers.receipt_printer.protocol import ASK_IN_TURN, CLEAR_BUFFERS, Ear, is_in_turn


class Leftovers(Struct):
    """Traces of earlier receipts. A new one expects all of them: who knows what ran before."""

    unclean: bool = True  # lines may wait in the printer's buffers
    torn: bool = True  # paper with somebody's text may hang behind the cutter
    owed: int = 1  # answers to GS r 1 that may still come

    def given_up(self) -> None:
        """A receipt was begun and will not be finished."""
        self.unclean = self.torn = True

    def asked(self) -> None:
        """GS r 1 was sent."""
        self.owed += 1

    def answered(self) -> None:
        """What was owed has come, or will never come."""
        self.owed = 0


def clear(ear: Ear, leftovers: Leftovers, limit_s: float) -> Talk[None]:
    """Empty the printer's buffers and cut off what an earlier receipt left behind.

    Clean only when GS r 1 was answered: then nothing of the old receipt is to come. An
    answer still owed to an earlier GS r 1 is waited for too, or it would prove the next
    receipt; it never comes when clearing swallowed the question.
    """
    cut = FEED_AND_CUT if leftovers.torn else b""
    yield Write(CLEAR_BUFFERS + INITIALISE + cut + ASK_IN_TURN)
    leftovers.asked()
    answers = 0
    until_s = (yield Now()) + limit_s
    while answers < leftovers.owed:
        byte = yield from ear.byte(until_s)
        if byte is None:
            break
        answers += is_in_turn(byte)
    if answers:
        leftovers.unclean = leftovers.torn = False
        leftovers.answered()
