"""The card reader as the terminal sees it: watches its slot, reads the card, gives it out, keeps it."""

from __future__ import annotations

from msgspec import Struct

from kiosk.drivers.card_reader.apdu import Exchange, Interrupted, OutOfBounds, Trace, Unreadable
from kiosk.drivers.card_reader.protocol import open_chip, read_card, run_command
from kiosk.drivers.card_reader.status import reader_status, reader_words, retain_trouble
from kiosk.drivers.events import (
    CardInserted,
    CardMute,
    CardNotRead,
    CardRead,
    CardRemoved,
    CardRetained,
    CardTrouble,
    ChallengeGiven,
    CommandDone,
    CommandTorn,
    Device,
    DeviceChanged,
    DeviceStatus,
    NotRetained,
    RetainTrouble,
)
from kiosk.drivers.links.back_off import BackOff
from kiosk.drivers.links.ops import (
    AwaitChange,
    CardGone,
    Connect,
    Disconnect,
    Emit,
    LinkLost,
    Moved,
    Now,
    Open,
    Retain,
    Slot,
    SlotState,
    Stop,
    Take,
    Talk,
)
from kiosk.drivers.orders import (
    EjectCard,
    GetChallenge,
    Order,
    ReadCard,
    RetainCard,
    RunChipCommand,
)


class CardReaderConfig(Struct, frozen=True):
    """The reader's limits. `trace` is told of every APDU, without its data."""

    idle_every_s: float = 5.0  # the slot is looked at anew so often even if nothing is told
    read_limit_s: float = 15.0  # both applications over T=0 at 9600 baud take about 4 s
    back_off_first_s: float = 0.5
    back_off_longest_s: float = 5.0
    trace: Trace | None = None


_HELD = (Slot.PRESENT, Slot.MUTE)
_Found = CardRead | CardNotRead | ChallengeGiven


class CardReader:
    """Drives the reader for social security cards.

    Orders: `ReadCard`, `GetChallenge`, `RunChipCommand`, `EjectCard`, `RetainCard`, `Stop`. A card that comes back while the reader was away
    is announced anew, since nobody can say that it is the same one.
    """

    device = Device.CARD_READER

    def __init__(self, config: CardReaderConfig | None = None) -> None:
        self._config = config or CardReaderConfig()
        self._slot: SlotState | None = None  # as last told to the terminal
        self._raw = ""
        self._bin: tuple[bool | None, int | None] = (None, None)  # as last told
        self._is_held = False  # the card is powered and has given a challenge
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
                self._slot, self._is_held = None, False
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
                case ReadCard() | GetChallenge():
                    yield Emit(CardNotRead(CardTrouble.READER_LOST, raw=self._raw))
                case RunChipCommand():
                    yield Emit(CommandTorn(sent=False, raw=self._raw))
                case RetainCard(claim):
                    yield Emit(NotRetained(claim, RetainTrouble.READER_LOST, raw=self._raw))
                case EjectCard() | Stop() | None:
                    pass  # nothing runs; the slot is told anew when the reader is back
                case _:
                    raise _not_ours(order)

    def _look(self) -> Talk[None]:
        state: SlotState = yield AwaitChange(None, 0)
        yield from self._announce(state)

    def _announce(self, state: SlotState) -> Talk[None]:
        """Tell what changed in the slot. A card swapped unseen shows in the counter."""
        before = self._slot
        yield from self._look_over(state)
        if before is not None and before.slot is not Slot.NO_READER:
            if _same_card(before, state):
                return
            yield from self._let_go()
            if before.slot in _HELD and state.slot in _HELD and before.counter != state.counter:
                yield Emit(CardRemoved())
        match state.slot:
            case Slot.EMPTY:
                yield Emit(CardRemoved())
            case Slot.PRESENT:
                yield Emit(CardInserted())
            case Slot.MUTE:
                yield Emit(CardMute())

    def _look_over(self, state: SlotState) -> Talk[None]:
        """Tell what the reader says of itself, and remember the slot."""
        self._slot = state
        bin_now = None if state.slot is Slot.NO_READER else (state.retains, state.in_bin)
        yield from self._became(reader_status(state.slot), reader_words(state.slot), bin_now)

    def _became(
        self, status: DeviceStatus, raw: str, bin_now: tuple[bool | None, int | None] | None = None
    ) -> Talk[None]:
        self._raw = raw
        if status is self.status and bin_now in (None, self._bin):
            return
        self.status = status
        if bin_now is None:  # a reader that is away says nothing of its bin
            yield Emit(DeviceChanged(self.device, status, raw=raw))
            return
        self._bin = bin_now
        retains, in_bin = bin_now
        yield Emit(DeviceChanged(self.device, status, raw=raw, retains=retains, in_bin=in_bin))

    # --- orders ------------------------------------------------------------------------

    def _carry_out(self, order: Order | Stop) -> Talk[None]:
        """Carry out `order`, and each that interrupts the one before it."""
        while True:
            try:
                if not isinstance(order, RunChipCommand):
                    yield from self._let_go()
                match order:
                    case ReadCard() | GetChallenge():
                        yield from self._read(order)
                    case RunChipCommand(apdu):
                        yield from self._run(apdu)
                    case EjectCard():
                        yield from self._eject()
                    case RetainCard(claim):
                        yield from self._retain(claim)
                    case Stop():
                        pass  # nothing runs any more
                    case _:
                        raise _not_ours(order)
                return
            except Interrupted as interrupted:
                order = interrupted.order

    def _let_go(self) -> Talk[None]:
        """End the power of a card that has given a challenge; it is forgotten with it."""
        if self._is_held:
            self._is_held = False
            yield Disconnect()

    def _read(self, order: ReadCard | GetChallenge) -> Talk[None]:
        told = self._slot
        try:
            state: SlotState = yield AwaitChange(None, 0)
            if state.slot is Slot.NO_READER:
                event: _Found = CardNotRead(CardTrouble.READER_LOST)
            elif told is None or state.slot is Slot.EMPTY or not _same_card(told, state):
                # The card that the terminal means is not the one in the slot any more.
                event = CardNotRead(CardTrouble.PULLED, raw=state.slot)
            elif state.slot is Slot.MUTE:
                event = CardNotRead(CardTrouble.MUTE)
            else:
                event = yield from self._attempt(order)
        except LinkLost as lost:
            yield Emit(CardNotRead(CardTrouble.READER_LOST, raw=str(lost)))
            raise
        yield Emit(event)
        yield from self._look()

    def _attempt(self, order: ReadCard | GetChallenge) -> Talk[_Found]:
        """One reading from power-up to power-down, but that a challenge keeps the card powered.

        Raises `Interrupted`, `LinkLost`.
        """
        try:
            yield Connect()
            now_s: float = yield Now()
            exchange = Exchange(now_s + self._config.read_limit_s, self._config.trace)
            if isinstance(order, GetChallenge):
                given = yield from open_chip(exchange)
                self._is_held = True
                return given
            event: _Found = CardRead((yield from read_card(exchange)))
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

    def _run(self, apdu: bytes) -> Talk[None]:
        """Pass the command on, once, if the card is still the one that gave the challenge."""
        if not self._is_held:
            yield Emit(CommandTorn(sent=False, raw=self._raw))
            return
        now_s: float = yield Now()
        exchange = Exchange(now_s + self._config.read_limit_s, self._config.trace)
        try:
            event: CommandDone | CommandTorn = CommandDone(
                str((yield from run_command(exchange, apdu)))
            )
        except (CardGone, OutOfBounds, Unreadable) as torn:
            event = CommandTorn(sent=True, raw=str(torn))
        except Interrupted:
            yield from self._let_go()
            raise
        except LinkLost as lost:
            yield Emit(CommandTorn(sent=True, raw=str(lost)))
            raise
        yield from self._let_go()
        yield Emit(event)
        yield from self._look()

    def _eject(self) -> Talk[None]:
        """Give the card out. Its leaving is told by the slot, now or whenever it is taken."""
        yield Disconnect(eject=True)
        state: SlotState = yield AwaitChange(None, 0)
        gone_before = self._slot is not None and self._slot.slot is Slot.EMPTY
        yield from self._announce(state)
        if gone_before and state.slot is Slot.EMPTY:
            yield Emit(CardRemoved())  # nothing changed, but the order wants its answer

    def _retain(self, claim: str) -> Talk[None]:
        """Take the card in. `CardRetained` is told before, and instead of, `CardRemoved`."""
        try:
            moved: Moved = yield Retain()
            state: SlotState = yield AwaitChange(None, 0)
        except LinkLost as lost:
            # Where the card is now, only the bin can tell, or a technician.
            yield Emit(NotRetained(claim, RetainTrouble.READER_LOST, raw=str(lost)))
            raise
        if moved is not Moved.DONE:
            yield Emit(NotRetained(claim, retain_trouble(moved), raw=str(moved)))
            yield from self._announce(state)
            return
        yield Emit(CardRetained(claim))
        if state.slot is Slot.EMPTY:
            yield from self._look_over(state)
        else:
            yield from self._announce(state)  # the next card is in the slot already


def _not_ours(order: Order) -> TypeError:
    return TypeError(f"a card reader cannot {type(order).__name__}")


def _same_card(before: SlotState, now: SlotState) -> bool:
    """Whether nothing has happened between two looks at the slot that has a card, or none."""
    return before.slot is now.slot and (now.slot is Slot.EMPTY or before.counter == now.counter)
