"""The card reader as the terminal sees it: watches its slot, reads the card, gives it out."""

from __future__ import annotations

from msgspec import Struct

from kiosk.drivers.card_reader.apdu import Exchange, Interrupted, Trace, Unreadable
from kiosk.drivers.card_reader.protocol import read_card
from kiosk.drivers.card_reader.status import reader_status, reader_words
from kiosk.drivers.events import (
    CardInserted,
    CardMute,
    CardNotRead,
    CardRead,
    CardRemoved,
    CardTrouble,
    Device,
    DeviceChanged,
    DeviceStatus,
)
from kiosk.drivers.links.back_off import BackOff
from kiosk.drivers.links.ops import (
    AwaitChange,
    CardGone,
    Connect,
    Disconnect,
    Emit,
    LinkLost,
    Now,
    Open,
    Slot,
    SlotState,
    Stop,
    Take,
    Talk,
)
from kiosk.drivers.orders import EjectCard, Order, ReadCard


class CardReaderConfig(Struct, frozen=True):
    """The reader's limits. `trace` is told of every APDU, without its data."""

    idle_every_s: float = 5.0  # the slot is looked at anew so often even if nothing is told
    read_limit_s: float = 15.0  # both applications over T=0 at 9600 baud take about 4 s
    back_off_first_s: float = 0.5
    back_off_longest_s: float = 5.0
    trace: Trace | None = None


_HELD = (Slot.PRESENT, Slot.MUTE)


class CardReader:
    """Drives the reader for social security cards.

    Orders: `ReadCard`, `EjectCard`, `Stop`. A card that comes back while the reader was away
    is announced anew, since nobody can say that it is the same one.
    """

    device = Device.CARD_READER

    def __init__(self, config: CardReaderConfig | None = None) -> None:
        self._config = config or CardReaderConfig()
        self._slot: SlotState | None = None  # as last told to the terminal
        self._raw = ""
        self.status = DeviceStatus.UNKNOWN

    def __repr__(self) -> str:
        return f"CardReader({self.status}, slot {self._slot.slot if self._slot else 'unknown'})"

    def serve(self) -> Talk[None]:
        """Run for ever: open the reader, watch its slot, carry out orders.

        Raises `TypeError` for another device's order.
        """
        back_off = BackOff(self._config.back_off_first_s, self._config.back_off_longest_s)
        while True:
            try:
                yield Open()
                yield from self._look()
                back_off.reset()
                while True:
                    yield from self._watch()
            except LinkLost as lost:
                self._slot = None
                yield from self._became(DeviceStatus.OFFLINE, str(lost))
            yield from self._rest(back_off.next_s())

    # --- between orders ----------------------------------------------------------------

    def _watch(self) -> Talk[None]:
        order: Order | Stop | None = yield Take(0)
        if order is not None:
            yield from self._carry_out(order)
            return
        state: SlotState = yield AwaitChange(self._slot, self._config.idle_every_s)
        yield from self._announce(state)

    def _rest(self, seconds: float) -> Talk[None]:
        """Let `seconds` pass with the reader away; orders are answered meanwhile."""
        until_s = (yield Now()) + seconds
        while (left_s := until_s - (yield Now())) > 0:
            order: Order | Stop | None = yield Take(left_s)
            match order:
                case ReadCard():
                    yield Emit(CardNotRead(CardTrouble.READER_LOST, raw=self._raw))
                case EjectCard() | Stop() | None:
                    pass  # nothing runs; the slot is told anew when the reader is back
                case _:
                    raise _not_ours(order)

    def _look(self) -> Talk[None]:
        state: SlotState = yield AwaitChange(None, 0)
        yield from self._announce(state)

    def _announce(self, state: SlotState) -> Talk[None]:
        """Tell what changed in the slot. A card swapped unseen shows in the counter."""
        before, self._slot = self._slot, state
        yield from self._became(reader_status(state.slot), reader_words(state.slot))
        if before is not None and before.slot is not Slot.NO_READER:
            if _same_card(before, state):
                return
            if before.slot in _HELD and state.slot in _HELD and before.counter != state.counter:
                yield Emit(CardRemoved())
        match state.slot:
            case Slot.EMPTY:
                yield Emit(CardRemoved())
            case Slot.PRESENT:
                yield Emit(CardInserted())
            case Slot.MUTE:
                yield Emit(CardMute())

    def _became(self, status: DeviceStatus, raw: str) -> Talk[None]:
        self._raw = raw
        if status is not self.status:
            self.status = status
            yield Emit(DeviceChanged(self.device, status, raw=raw))

    # --- orders ------------------------------------------------------------------------

    def _carry_out(self, order: Order | Stop) -> Talk[None]:
        """Carry out `order`, and each that interrupts the one before it."""
        while True:
            try:
                match order:
                    case ReadCard():
                        yield from self._read()
                    case EjectCard():
                        yield from self._eject()
                    case Stop():
                        pass  # nothing runs any more
                    case _:
                        raise _not_ours(order)
                return
            except Interrupted as interrupted:
                order = interrupted.order

    def _read(self) -> Talk[None]:
        told = self._slot
        try:
            state: SlotState = yield AwaitChange(None, 0)
            if state.slot is Slot.NO_READER:
                event: CardRead | CardNotRead = CardNotRead(CardTrouble.READER_LOST)
            elif told is None or state.slot is Slot.EMPTY or not _same_card(told, state):
                # The card that the terminal means is not the one in the slot any more.
                event = CardNotRead(CardTrouble.PULLED, raw=state.slot)
            elif state.slot is Slot.MUTE:
                event = CardNotRead(CardTrouble.MUTE)
            else:
                event = yield from self._attempt()
        except LinkLost as lost:
            yield Emit(CardNotRead(CardTrouble.READER_LOST, raw=str(lost)))
            raise
        yield Emit(event)
        yield from self._look()

    def _attempt(self) -> Talk[CardRead | CardNotRead]:
        """One reading from power-up to power-down. Raises `Interrupted`, `LinkLost`."""
        try:
            yield Connect()
            now_s: float = yield Now()
            exchange = Exchange(now_s + self._config.read_limit_s, self._config.trace)
            event: CardRead | CardNotRead = CardRead((yield from read_card(exchange)))
        except Unreadable as unreadable:
            event = CardNotRead(unreadable.trouble, unreadable.raw)
        except CardGone as gone:
            # A chip that does not answer the reset looks the same, but stays in the slot.
            state: SlotState = yield AwaitChange(None, 0)
            mute = state.slot is Slot.MUTE
            event = CardNotRead(CardTrouble.MUTE if mute else CardTrouble.PULLED, raw=str(gone))
        except Interrupted:
            yield Disconnect()
            raise
        yield Disconnect()
        return event

    def _eject(self) -> Talk[None]:
        """Give the card out. Its leaving is told by the slot, now or whenever it is taken."""
        yield Disconnect(eject=True)
        state: SlotState = yield AwaitChange(None, 0)
        gone_before = self._slot is not None and self._slot.slot is Slot.EMPTY
        yield from self._announce(state)
        if gone_before and state.slot is Slot.EMPTY:
            yield Emit(CardRemoved())  # nothing changed, but the order wants its answer


def _not_ours(order: Order) -> TypeError:
    return TypeError(f"a card reader cannot {type(order).__name__}")


def _same_card(before: SlotState, now: SlotState) -> bool:
    """Whether nothing has happened between two looks at the slot that has a card, or none."""
    return before.slot is now.slot and (now.slot is Slot.EMPTY or before.counter == now.counter)
