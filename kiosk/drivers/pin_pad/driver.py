"""The PIN pad as the terminal sees it.

No digit ever reaches the terminal: the pad sends one mask character for each, and a pad
that sends a digit in clear is closed at once. The encrypted block lives in one event.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto
from typing import assert_never

from msgspec import Struct

from kiosk.drivers.events import (
    Device,
    DeviceChanged,
    DeviceStatus,
    PinEntered,
    PinProgress,
    PinStop,
    PinStopped,
)
from kiosk.drivers.links.back_off import BackOff
from kiosk.drivers.links.inbox import Inbox
from kiosk.drivers.links.ops import Emit, LinkLost, Now, Open, Read, Stop, Talk
from kiosk.drivers.orders import EnterPin, Order, PinKey
from kiosk.drivers.pin_pad import protocol
from kiosk.drivers.pin_pad import status as meaning
from kiosk.drivers.pin_pad.keys import Keys
from kiosk.drivers.pin_pad.protocol import Answer, Failure, Splitter


class PinPadConfig(Struct, frozen=True):
    """Where the pad keeps its two PIN keys (an index of 30 to 7F hex each), and its times."""

    bank_key: int = 0x30
    social_security_key: int = 0x31
    answer_limit_s: float = 1.0
    idle_every_s: float = 5.0
    half_frame_limit_s: float = 0.5  # a frame that began is whole by then, or noise
    pad_ahead_s: float = 1.0  # the pad's own time-out comes before the driver's
    entry_limit_s: float = 180.0  # all entries of one order together
    back_off_first_s: float = 0.5
    back_off_longest_s: float = 5.0


class EntryEnd(Enum):
    """How one entry of an order ended."""

    TOO_SHORT = auto()  # the order goes on with a new entry
    OVER = auto()  # the order is over too, and its last event is out


class PinPad:
    """Answers `EnterPin` with `PinProgress`, then `PinEntered` or `PinStopped`.

    `PinProgress(0)` comes as soon as the pad takes keys, at each entry's beginning.
    `PinStopped(TOO_SHORT)` does not end the order: the pad waits for a new entry. A lost
    line ends it with `PAD_FAULT`. The input is disabled after every end.
    """

    device = Device.PIN_PAD

    def __init__(self, config: PinPadConfig | None = None) -> None:
        self._config = config or PinPadConfig()
        self.status = DeviceStatus.UNKNOWN
        self._inbox = Inbox()
        self._splitter = Splitter()
        self._keys = Keys.closed()
        self._told_status: DeviceStatus | None = None
        self._running = False  # an order has begun and its last event is not out

    def __repr__(self) -> str:
        return f"PinPad({self.status}{', taking a PIN' if self._running else ''})"

    def serve(self) -> Talk[None]:
        """Run for ever: open, disable the input, poll, take PINs when ordered to.

        Raises `TypeError` for another device's order, `ValueError` for one no pad could do.
        """
        back_off = BackOff(self._config.back_off_first_s, self._config.back_off_longest_s)
        while True:
            try:
                yield Open()
                self._splitter.forget()
                yield from self._ask(protocol.DISABLE_INPUT)
                yield from self._poll()
                back_off.reset()
                while True:
                    yield from self._work()
            except LinkLost:
                yield from self._stopped(PinStop.PAD_FAULT, "link lost")
                yield from self._became(DeviceStatus.OFFLINE, "link lost")
            yield from self._rest(back_off.next_s())

    def _work(self) -> Talk[None]:
        """The next order, or a poll when none comes."""
        match (yield from self._take_order(self._config.idle_every_s)):
            case None:
                yield from self._poll()
            case EnterPin() as order:
                yield from self._carry_out(order)
            case Stop():
                pass  # nothing runs, and the input is disabled already

    def _rest(self, seconds: float) -> Talk[None]:
        """Let time pass without a line; an order ends the rest and fails at once."""
        order = yield from self._take_order(seconds)
        if isinstance(order, EnterPin):
            self._running = True
            yield from self._stopped(PinStop.PAD_FAULT, "link lost")

    def _take_order(self, timeout_s: float) -> Talk[EnterPin | Stop | None]:
        order: Order | Stop | None = yield from self._inbox.take(timeout_s)
        if isinstance(order, EnterPin):
            _check(order)
        elif order is not None and not isinstance(order, Stop):
            raise TypeError(f"a PIN pad cannot {type(order).__name__}")
        return order

    # --- one order ---------------------------------------------------------------------

    def _carry_out(self, order: EnterPin) -> Talk[None]:
        self._running = True
        yield from self._take_pin(order)
        self._running = False
        self._keys = Keys.closed()
        yield from self._ask(protocol.DISABLE_INPUT)

    def _take_pin(self, order: EnterPin) -> Talk[None]:
        """Set up and take entries until one is long enough or the order ends."""
        end_s = (yield Now()) + self._config.entry_limit_s
        for request in _set_up(order):
            answer = yield from self._ask(request)
            if (yield from self._inbox.look()):
                return
            # A pad that does not know this setting keeps its own habit with the clear key.
            if not meaning.done(answer) and request != protocol.CLEAR_TAKES_ONE_DIGIT:
                yield from self._failed(answer)
                return
        while True:
            answer = yield from self._start(order)
            if not meaning.done(answer):
                yield from self._failed(answer)
                return
            if (yield from self._one_entry(order, end_s)) is EntryEnd.OVER:
                return
            if (yield from self._inbox.look()):
                return
            yield Emit(PinStopped(PinStop.TOO_SHORT))
            self._keys = Keys.closed()
            yield from self._ask(protocol.DISABLE_INPUT)

    def _start(self, order: EnterPin) -> Talk[Answer | Failure]:
        """Open the input. Each repeat is a new entry: what the last one heard is void."""
        answer: Answer | Failure = Failure.SILENT
        for _ in range(protocol.TRIES):
            self._keys = Keys(order.longest, pin_mode=True)
            answer = yield from self._ask(protocol.START_ENTRY, tries=1)
            if isinstance(answer, Answer):
                break
        return answer

    def _one_entry(self, order: EnterPin, end_s: float) -> Talk[EntryEnd]:
        """Keys up to enter, then the block."""
        told: int | None = None  # the first word, no digits, says that the pad is open
        key_limit_s = order.timeout_s + self._config.pad_ahead_s
        quiet_s = (yield Now()) + key_limit_s
        while not (yield from self._inbox.look()):
            keys = self._keys
            if keys.digits != told and not keys.clear_digit:
                told = keys.digits
                yield Emit(PinProgress(told))
            end = yield from self._ended_by_keys(order)
            if end is not None:
                return end
            left_s = min(quiet_s, end_s) - (yield Now())
            if left_s <= 0:
                yield from self._stopped(PinStop.TIMED_OUT)
                break
            count = keys.count
            if (yield from self._ended_by_pad((yield from self._hear(left_s)))):
                break
            if keys.count != count:
                quiet_s = (yield Now()) + key_limit_s
        return EntryEnd.OVER

    def _ended_by_keys(self, order: EnterPin) -> Talk[EntryEnd | None]:
        """How the keys pressed so far end the entry; None while they do not."""
        if self._keys.clear_digit:
            yield from self._stopped(PinStop.PAD_FAULT, "digit in clear")
            return EntryEnd.OVER
        if self._keys.cancelled:
            yield from self._stopped(PinStop.CANCELLED)
            return EntryEnd.OVER
        if not self._keys.entered:
            return None
        if self._keys.digits < order.shortest:
            return EntryEnd.TOO_SHORT
        return (yield from self._fetch(order))

    def _ended_by_pad(self, answers: list[Answer]) -> Talk[bool]:
        """Whether the pad itself has ended the entry: its time-out, or tampering."""
        for answer in answers:
            if meaning.stop_reason(answer) is not PinStop.PAD_FAULT:
                yield from self._failed(answer)
                return True
        return False

    def _hear(self, timeout_s: float) -> Talk[list[Answer]]:
        """What the pad says by itself: keys are counted, frames are the result."""
        if self._splitter.in_frame:
            timeout_s = min(timeout_s, self._config.half_frame_limit_s)
        data: bytes = yield Read(protocol.CHUNK_SIZE, timeout_s)
        if not data:
            self._splitter.forget()
        answers = []
        for part in self._splitter.feed(data):
            if isinstance(part, Answer):
                answers.append(part)
            elif isinstance(part, int):
                self._keys.press(part)
        return answers

    def _fetch(self, order: EnterPin) -> Talk[EntryEnd]:
        """Ask for the PIN block and tell it. `TOO_SHORT` when the pad finds the PIN so."""
        answer = yield from self._ask(protocol.fetch_block(self._key_index(order), order.pan))
        if (yield from self._inbox.look()):
            return EntryEnd.OVER
        if self._keys.clear_digit:
            yield from self._stopped(PinStop.PAD_FAULT, "digit in clear")
            return EntryEnd.OVER
        if not meaning.done(answer):
            if meaning.stop_reason(answer) is PinStop.TOO_SHORT:
                return EntryEnd.TOO_SHORT
            yield from self._failed(answer)
            return EntryEnd.OVER
        assert isinstance(answer, Answer)
        found = protocol.block_of(answer)
        if found is None or found.length > order.longest:
            yield from self._stopped(PinStop.PAD_FAULT, "malformed block")
            return EntryEnd.OVER
        if found.length < order.shortest:
            return EntryEnd.TOO_SHORT
        self._running = False
        yield Emit(PinEntered(found.block, found.length))
        return EntryEnd.OVER

    def _key_index(self, order: EnterPin) -> int:
        match order.key:
            case PinKey.BANK:
                return self._config.bank_key
            case PinKey.SOCIAL_SECURITY:
                return self._config.social_security_key
        assert_never(order.key)

    def _failed(self, answer: Answer | Failure) -> Talk[None]:
        reason = meaning.stop_reason(answer)
        if isinstance(answer, Answer) and reason is PinStop.TAMPERED:
            yield from self._became(DeviceStatus.FRAUD_ATTEMPT, answer.word)
        if reason is PinStop.TOO_SHORT:
            reason = PinStop.PAD_FAULT  # a length refused before there was an entry
        yield from self._stopped(reason, meaning.raw(answer))

    def _stopped(self, reason: PinStop, raw: str = "") -> Talk[None]:
        """End the running order, unless another one has ended it already."""
        if self._running and not (yield from self._inbox.look()):
            yield Emit(PinStopped(reason, raw))
        self._running = False

    # --- the pad -----------------------------------------------------------------------

    def _ask(self, request: bytes, tries: int = protocol.TRIES) -> Talk[Answer | Failure]:
        limit_s = self._config.answer_limit_s
        answer = yield from protocol.ask(
            self._inbox, self._splitter, request, limit_s, self._keys.press, tries
        )
        status = meaning.device_status(answer)
        if status is not None:
            yield from self._became(status, meaning.raw(answer))
        return answer

    def _poll(self) -> Talk[None]:
        answer = yield from self._ask(protocol.INFORMATION)
        if meaning.device_status(answer) is None:
            yield from self._became(DeviceStatus.HARDWARE_ERROR, meaning.raw(answer))

    def _became(self, status: DeviceStatus, raw: str) -> Talk[None]:
        self.status = status
        if status is not self._told_status:
            self._told_status = status
            yield Emit(DeviceChanged(self.device, status, raw))


def _set_up(order: EnterPin) -> Iterator[bytes]:
    yield protocol.SET_MASK
    yield protocol.CLEAR_TAKES_ONE_DIGIT
    yield protocol.set_shortest(order.shortest)
    yield protocol.set_longest(order.longest)
    yield protocol.set_time_limit(order.timeout_s)


def _check(order: EnterPin) -> None:
    """Raises ValueError, without the number, for what no pad could do."""
    if not (order.pan.isascii() and order.pan.isdigit() and 12 <= len(order.pan) <= 19):
        raise ValueError("an account number has 12 to 19 digits")
    if not 4 <= order.shortest <= order.longest <= 12:
        raise ValueError("a PIN has 4 to 12 digits")
    if not 1 <= order.timeout_s <= 255:
        raise ValueError("a pad's time limit is 1 to 255 s")
