"""A small bench in virtual time: runs a driver's `Talk` against a simulated line device.

`Bench` interprets the link operations without a thread, a port or a wait: time jumps to
whatever happens next. Orders, the person's actions and faults are scheduled at virtual
times, the driver's events are collected with the time they were emitted at.

    bench = Bench(PinPad(PinPadConfig()).serve(), pad)
    bench.order(1.0, EnterPin(pan="..."))
    bench.at(2.0, lambda: pad.press("1"))
    bench.at(5.0, bench.cut)
    bench.run_until(10.0)
    assert PinProgress(1) in bench.said()
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from kiosk.drivers.links.ops import (
    CardGone,
    Discard,
    Emit,
    LinkLost,
    Now,
    Op,
    Open,
    Read,
    Stop,
    Take,
    Talk,
    Wait,
    Write,
)
from kiosk.drivers.orders import Order
from simulators.models.line import LineDevice

E = TypeVar("E")

NOT_YET: Final = object()
"""What a bench's `other` answers while an operation is not over."""

SAME_MOMENT_LIMIT = 20_000
"""Steps allowed without time passing; more means that the talk or the device spins."""

BITS_A_BYTE = 10  # 8N1


@dataclass
class Bench:
    """Runs `talk` against `peer` in virtual time.

    `peer` is None for a talk that uses no serial line. `other(op, out_of_time, order_waiting)`
    interprets operations of other links (AwaitChange, NextCode, ...): it returns the result,
    `NOT_YET`, or raises `LinkLost` or `CardGone`; it is asked again at every happening and
    when the operation's `timeout_s` is over.
    """

    talk: Talk[Any]
    peer: LineDevice | None = None
    other: Callable[[Op, bool, bool], Any] | None = None
    now_s: float = 0.0
    events: list[tuple[float, Any]] = field(default_factory=list)
    ended: bool = False
    result: Any = None
    opened: int = 0  # how many times the talk opened its line
    written: bytearray = field(default_factory=bytearray)  # all the talk has sent
    _line_up: bool = True
    _open: bool = False
    _mailbox: list[Order | Stop] = field(default_factory=list)
    _agenda: list[tuple[float, int, Callable[[], object]]] = field(default_factory=list)
    _agenda_count: int = 0
    _in_flight: list[tuple[float, int]] = field(default_factory=list)  # arrival, byte
    _received: bytearray = field(default_factory=bytearray)
    _op: Op | None = None
    _deadline_s: float = 0.0

    # --- what a test says -----------------------------------------------------------

    def order(self, at_s: float, order: Order | Stop) -> None:
        """Give the talk `order` at virtual time `at_s`."""
        self.at(at_s, lambda: self._mailbox.append(order))

    def at(self, at_s: float, action: Callable[[], object]) -> None:
        """Call `action` at virtual time `at_s` (a key press, a fault, `bench.cut` ...)."""
        assert at_s >= self.now_s, "the past cannot be changed"
        self._agenda_count += 1
        heapq.heappush(self._agenda, (at_s, self._agenda_count, action))

    def cut(self) -> None:
        """Unplug the line: every operation on it raises `LinkLost` until opened again."""
        self._line_up = False
        self._open = False
        self._in_flight.clear()
        self._received.clear()

    def restore(self) -> None:
        """Plug the line in again; the talk still has to open it."""
        self._line_up = True

    def said(self) -> list[Any]:
        """The events so far, without their times."""
        return [event for _, event in self.events]

    def of(self, kind: type[E]) -> list[E]:
        """The events so far that are of `kind`."""
        return [event for event in self.said() if isinstance(event, kind)]

    def run_until(self, until_s: float) -> None:
        """Let virtual time pass up to `until_s`, everything due at that moment included."""
        moment, steps = self.now_s, 0
        while True:
            steps = steps + 1 if self.now_s == moment else 0
            moment = self.now_s
            assert steps < SAME_MOMENT_LIMIT, f"no time passes at {moment} s, op {self._op!r}"
            self._happen()
            if not self.ended and self._step():
                continue
            next_s = self._next_s()
            if next_s is None or next_s > until_s:
                self.now_s = max(self.now_s, until_s)
                return
            self.now_s = max(self.now_s, next_s)

    # --- the world ------------------------------------------------------------------

    def _happen(self) -> None:
        """All that is due now: agenda, the device's speech, bytes that arrive."""
        while self._agenda and self._agenda[0][0] <= self.now_s:
            heapq.heappop(self._agenda)[2]()
        if self.peer is not None:
            self._carry(self.peer.speak(self.now_s), self.peer.baud)
        while self._in_flight and self._in_flight[0][0] <= self.now_s:
            self._received.append(self._in_flight.pop(0)[1])

    def _carry(self, data: bytes, baud: int) -> None:
        if not self._open:
            return
        start_s = max([self.now_s, *(arrival_s for arrival_s, _ in self._in_flight[-1:])])
        for place, byte in enumerate(data, start=1):
            self._in_flight.append((start_s + place * BITS_A_BYTE / baud, byte))

    def _next_s(self) -> float | None:
        """When the next thing happens after now; the device's overdue words count as now."""
        times = [arrival_s for arrival_s, _ in self._in_flight[:1]]
        times += [at_s for at_s, _, _ in self._agenda[:1]]
        if self.peer is not None and (speaks_s := self.peer.next_s()) is not None:
            times.append(speaks_s)
        if not self.ended and self._op is not None:
            times.append(self._deadline_s)
        return min(times, default=None)

    # --- the talk -------------------------------------------------------------------

    def _step(self) -> bool:
        """Answer the talk's operation if it is over. True when the talk went on."""
        if self._op is None:
            self._resume(None)
            return True
        try:
            result = self._try(self._op)
        except (LinkLost, CardGone) as lost:
            self._resume(None, lost)
            return True
        if result is NOT_YET:
            return False
        self._resume(result)
        return True

    def _resume(self, result: Any, error: Exception | None = None) -> None:
        try:
            self._op = self.talk.throw(error) if error else self.talk.send(result)
        except StopIteration as stop:
            self.ended, self.result, self._op = True, stop.value, None
            return
        self._deadline_s = self.now_s + self._seconds(self._op)

    def _seconds(self, op: Op) -> float:
        if isinstance(op, Wait):
            return max(0.0, op.seconds)
        if isinstance(op, Write):
            return len(op.data) * BITS_A_BYTE / self.peer.baud if self.peer else 0.0
        return max(0.0, float(getattr(op, "timeout_s", 0.0)))

    def _try(self, op: Op) -> Any:
        over = self.now_s >= self._deadline_s
        ordered = bool(self._mailbox)
        match op:
            case Now():
                return self.now_s
            case Wait():
                return None if over or ordered else NOT_YET
            case Take():
                if ordered:
                    return self._mailbox.pop(0)
                return None if over else NOT_YET
            case Emit(event):
                self.events.append((self.now_s, event))
                return None
            case Open() | Write() | Read() | Discard():
                return self._try_line(op, over, ordered)
        if self.other is None:
            raise AssertionError(f"this bench has nothing to do {op!r} with")
        return self.other(op, over, ordered)

    def _try_line(self, op: Op, over: bool, ordered: bool) -> Any:
        if isinstance(op, Open):
            if not self._line_up:
                raise LinkLost("cut")
            self._open = True
            self.opened += 1
            self._received.clear()
            return None
        if not self._open:
            raise LinkLost("cut")
        if isinstance(op, Write):
            if not over:
                return NOT_YET
            self.written += op.data
            if self.peer is not None:
                self.peer.hear(op.data, self.now_s)
            return None
        if isinstance(op, Discard):
            self._received.clear()
            return None
        assert isinstance(op, Read) and op.size > 0
        if self._received:
            data = bytes(self._received[: op.size])
            del self._received[: op.size]
            return data
        return b"" if over or ordered else NOT_YET


@dataclass
class Scripted:
    """A line device whose answers a test writes down byte by byte.

    `answer(data)` gives, for each thing heard, pairs of a delay in seconds and bytes.
    """

    answer: Callable[[bytes], Iterable[tuple[float, bytes]]] = lambda data: ()
    baud: int = 115_200
    heard: list[bytes] = field(default_factory=list)
    _to_say: list[tuple[float, int, bytes]] = field(default_factory=list)
    _said_count: int = 0

    def say(self, at_s: float, data: bytes) -> None:
        """Send `data` unasked at `at_s`."""
        self._said_count += 1
        heapq.heappush(self._to_say, (at_s, self._said_count, data))

    def hear(self, data: bytes, now_s: float) -> None:
        """See `LineDevice`."""
        self.heard.append(data)
        for delay_s, words in self.answer(data):
            self.say(now_s + delay_s, words)

    def speak(self, now_s: float) -> bytes:
        """See `LineDevice`."""
        words = b""
        while self._to_say and self._to_say[0][0] <= now_s:
            words += heapq.heappop(self._to_say)[2]
        return words

    def next_s(self) -> float | None:
        """See `LineDevice`."""
        return self._to_say[0][0] if self._to_say else None
