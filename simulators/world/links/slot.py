"""A reader on pcscd: a slot that the person puts a card into and pulls it out of.

With a bin it is a motor reader that can keep a card; without one the hand alone moves cards.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kiosk.drivers.links.ops import (
    AwaitChange,
    CardGone,
    Connect,
    Disconnect,
    LinkLost,
    Moved,
    Op,
    Open,
    Retain,
    Slot,
    SlotState,
    Transmit,
)
from simulators.models.card import Card
from simulators.models.retain_bin import RETAIN_S, RetainBin
from simulators.models.social_security_card import CardPulled
from simulators.world.agenda import Agenda
from simulators.world.runner import NOT_YET, nobody

APDU_S = 0.012  # a contact reader's own time for one APDU, or for powering the card
T0_BYTE_S = 12 * 372 / 3_571_200  # T=0 at F=372, D=1 and 3.57 MHz (ISO 7816-3)


class WorldSlot:
    """The slot, its reader and pcscd. It takes any model of a card."""

    def __init__(self, agenda: Agenda, bin_: RetainBin | None = None) -> None:
        self.bin = bin_
        self.wake: Callable[[], None] = nobody
        self.apdus_s = 0.0  # time all APDUs took, for the benchmark
        self._agenda = agenda
        self._card: Card | None = None
        self._upside_down = False
        self._counter = 0
        self._reader = True
        self._service = True
        self._opened = False
        self._connected = False
        self._answer: bytes | None = None
        self._motor_from_s: float | None = None  # since when the motor moves the card
        self._moved = Moved.UNSUPPORTED

    @property
    def occupied(self) -> bool:
        """Whether a card is in the slot."""
        return self._card is not None

    @property
    def connected(self) -> bool:
        """Whether the terminal holds a connection to the card."""
        return self._connected

    def insert(self, card: Card, *, upside_down: bool = False) -> None:
        """Put a card in; upside down its chip touches nothing."""
        assert self._card is None, "there is a card in the slot"
        self._card, self._upside_down = card, upside_down
        self._changed()

    def pull(self) -> None:
        """Take the card out, whatever it is doing. What the motor holds cannot be pulled."""
        if self._motor_holds:
            return
        self._let_go()
        self._card = None
        self._changed()

    def lose_reader(self, *, service: bool = False) -> None:
        """The reader is unplugged, or (`service`) pcscd itself stops."""
        self._reader = False
        self._service = not service
        self._opened = self._opened and self._service
        self._let_go()
        if self._motor_holds:
            self._drop_into_bin()  # the card is past the point where the spring would give it back
        self._motor_from_s = None
        self._changed()

    def find_reader(self) -> None:
        """Reader and pcscd are back."""
        self._reader = self._service = True
        self._changed()

    def begin(self, op: Op) -> float:
        """See `WorldLink`."""
        now_s = self._agenda.now_s()
        match op:
            case AwaitChange(_, timeout_s):
                return now_s + timeout_s
            case Connect():
                return now_s + APDU_S
            case Transmit(apdu):
                return now_s + self._ask(apdu)
            case Retain():
                return now_s + self._start_motor()
        return now_s

    def result(self, op: Op, *, over: bool, ordered: bool) -> Any:
        """See `WorldLink`. An order that waits cuts neither an APDU nor a power-up short."""
        if isinstance(op, Open):
            if not self._service:
                raise LinkLost("no service")
            self._opened = True
            return None
        if isinstance(op, Disconnect):
            self._let_go()
            return False
        if not self._opened:
            raise LinkLost("no service")
        match op:
            case AwaitChange(known):
                state = self._state()
                return state if state != known or over or ordered else NOT_YET
            case Connect():
                return self._connect(over=over)
            case Transmit():
                return self._transmitted(over=over)
            case Retain():
                return self._retained(over=over)
        raise AssertionError(f"a card slot cannot do {type(op).__name__}")

    def _state(self) -> SlotState:
        if not self._reader:
            return SlotState(Slot.NO_READER, self._counter)
        retains = None if self.bin is None else self.bin.takes_more
        in_bin = None if self.bin is None else self.bin.count
        if self._card is None:
            return SlotState(Slot.EMPTY, self._counter, b"", retains, in_bin)
        if self._upside_down or not self._card.atr():
            return SlotState(Slot.MUTE, self._counter, b"", retains, in_bin)
        return SlotState(Slot.PRESENT, self._counter, self._card.atr(), retains, in_bin)

    # --- the motor -------------------------------------------------------------------------

    @property
    def _motor_holds(self) -> bool:
        """Whether the card is out of the hand's reach."""
        since_s = self._motor_from_s
        return since_s is not None and self._agenda.now_s() >= since_s + RETAIN_S / 2

    def _start_motor(self) -> float:
        """Begin to take the card in. Answers how long (s) that lasts."""
        self._moved = Moved.DONE
        if self.bin is None:
            self._moved = Moved.UNSUPPORTED
        elif self._card is None:
            self._moved = Moved.NO_MEDIA
        elif self.bin.is_full:
            self._moved = Moved.FULL
        elif self.bin.is_jammed:
            self._moved = Moved.MEDIA_JAM
        if self._moved is not Moved.DONE:
            return 0.0
        self._let_go()
        self._motor_from_s = self._agenda.now_s()
        return RETAIN_S

    def _retained(self, *, over: bool) -> Any:
        """What came of the move once it is over."""
        if not self._reader:
            raise LinkLost("reader gone")
        if not over:
            return NOT_YET
        if self._motor_from_s is None:
            return self._moved
        if self._card is None:
            self._motor_from_s = None
            return Moved.NO_MEDIA
        assert self.bin is not None
        if self.bin.jams:
            self.bin.is_jammed = True
            self._motor_from_s = None
            return Moved.MEDIA_JAM  # it is given back, and sticks in the slot
        self._drop_into_bin()
        self._motor_from_s = None
        self._changed()
        return Moved.DONE

    def _drop_into_bin(self) -> None:
        assert self.bin is not None
        assert self._card is not None
        self.bin.cards.append(self._card)
        self._card = None

    # --- the chip --------------------------------------------------------------------------

    def _connect(self, *, over: bool) -> Any:
        """The ATR once the card is powered, which is when a chip may turn out to be dead."""
        if over and self._card is not None and self._state().slot is Slot.PRESENT:
            self._card.power_on()
            self._connected = True
        state = self._state()
        if state.slot is Slot.NO_READER:
            raise LinkLost("reader gone")
        if state.slot is not Slot.PRESENT:
            self._let_go()
            raise CardGone(state.slot)
        return state.atr if over else NOT_YET

    def _ask(self, apdu: bytes) -> float:
        """Put `apdu` to the card. Answers how long (s) the exchange lasts."""
        card = self._card if self._connected else None
        if card is None:
            return 0.0
        try:
            answer = card.apdu(apdu)
        except CardPulled:
            self.pull()
            return 0.0
        if not self._connected:
            return 0.0  # reader or service went away during the command
        self._answer = answer
        took_s = APDU_S + (len(apdu) + len(answer)) * T0_BYTE_S
        self.apdus_s += took_s
        return took_s + card.slow_s

    def _transmitted(self, *, over: bool) -> Any:
        if not self._reader:
            raise LinkLost("reader gone")
        if self._answer is None:
            raise CardGone("removed")
        if not over:
            return NOT_YET
        answer, self._answer = self._answer, None
        return answer

    def _let_go(self) -> None:
        """The connection is over: no power for the card, and its answer goes nowhere."""
        if self._card is not None:
            self._card.power_off()
        self._connected = False
        self._answer = None

    def _changed(self) -> None:
        self._counter += 1
        self.wake()
