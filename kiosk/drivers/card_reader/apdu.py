"""One command to the card and its whole answer, within bounds of time and number."""

from __future__ import annotations

from collections.abc import Callable

from kiosk.drivers.card_reader.status import StatusWord
from kiosk.drivers.events import CardTrouble
from kiosk.drivers.links.ops import Now, Stop, Take, Talk, Transmit
from kiosk.drivers.masked import Masked
from kiosk.drivers.orders import Order

MOST_COMMANDS = 160
"""APDUs in one reading. A card with a long application list needs about sixty."""

MOST_ROUNDS = 8
"""GET RESPONSE commands after one command: 8 x 256 bytes, four times an EMV record."""

GET_RESPONSE = b"\x00\xc0\x00\x00"

Trace = Callable[[str], None]
"""Takes one line an APDU: its header, the status word, the answer's length. Never any data."""


class Unreadable(Exception):
    """The reading ends here. Stays inside this package; the driver makes an event of it."""

    def __init__(self, trouble: CardTrouble, raw: str) -> None:
        super().__init__(f"{trouble}: {raw}")
        self.trouble = trouble
        self.raw = raw


class Interrupted(Exception):
    """An order came while the card was being read. Stays inside this package."""

    def __init__(self, order: Order | Stop) -> None:
        super().__init__("order received")
        self.order = order


class OutOfBounds(Exception):
    """The card used up the time or the number of commands. Stays inside this package."""


class Answer(Masked, frozen=True):
    """A card's whole answer. The data may be personal, so `repr` leaves it out."""

    data: bytes
    word: StatusWord


class Exchange:
    """Commands to one card in one reading, with the reading's bounds.

    Serves readers that pass 61xx and 6Cxx on (T=0) and readers that hide them alike.
    """

    def __init__(self, deadline_s: float, trace: Trace | None = None) -> None:
        """`deadline_s` is a time of `Now`."""
        self._deadline_s = deadline_s
        self._trace = trace
        self._sent = 0

    def send(self, apdu: bytes) -> Talk[Answer]:
        """Send `apdu`, fetch what 61xx holds ready, repeat once with the Le that 6Cxx names.

        Raises `Interrupted`, `OutOfBounds`, `Unreadable`, and the link's `CardGone`, `LinkLost`.
        """
        answer = yield from self._once(apdu)
        right_length = answer.word.right_length
        if right_length is not None:
            answer = yield from self._once(_without_le(apdu) + bytes([right_length & 0xFF]))
        data = answer.data
        for _ in range(MOST_ROUNDS):
            waiting = answer.word.bytes_waiting
            if waiting is None:
                return Answer(data, answer.word)
            answer = yield from self._once(GET_RESPONSE + bytes([waiting & 0xFF]))
            if answer.word.right_length is not None:
                again = GET_RESPONSE + bytes([answer.word.right_length & 0xFF])
                answer = yield from self._once(again)
            data += answer.data
        raise Unreadable(CardTrouble.MALFORMED, "endless GET RESPONSE")

    def _once(self, apdu: bytes) -> Talk[Answer]:
        order: Order | Stop | None = yield Take(0)
        if order is not None:
            raise Interrupted(order)
        now_s: float = yield Now()
        if now_s >= self._deadline_s or self._sent == MOST_COMMANDS:
            raise OutOfBounds
        self._sent += 1
        raw: bytes = yield Transmit(apdu)
        if not 2 <= len(raw) <= 258:
            raise Unreadable(CardTrouble.MALFORMED, f"answer of {len(raw)} bytes")
        answer = Answer(raw[:-2], StatusWord(int.from_bytes(raw[-2:], "big")))
        if self._trace is not None:
            # The header says which file and record; names, numbers and PINs are never in it.
            word = answer.word
            self._trace(f"{apdu[:4].hex(' ')} -> {word} {word.meaning}, {len(answer.data)} bytes")
        return answer


def _without_le(apdu: bytes) -> bytes:
    """A short command without its Le byte (ISO/IEC 7816-3, 12.1.3)."""
    if len(apdu) <= 5:
        return apdu[:4]
    return apdu[: 5 + apdu[4]]
