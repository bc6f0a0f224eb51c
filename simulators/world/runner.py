"""Runs a driver's `Talk` in virtual time: the counterpart of the terminal's device threads."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Final, Protocol

from kiosk.drivers.events import DeviceEvent
from kiosk.drivers.links.ops import CardGone, Emit, LinkLost, Now, Op, Stop, Take, Talk, Wait
from kiosk.drivers.orders import Order
from simulators.world.agenda import SAME_MOMENT_MAX, Agenda
from simulators.world.alarm import Alarm

NOT_YET: Final = object()
"""A link's answer while an operation is not over."""

Emitter = Callable[[int, DeviceEvent], None]


class WorldLink(Protocol):
    """What carries out the operations that need hardware, in virtual time."""

    wake: Callable[[], None]
    """Set by the runner: the link calls it whenever a waiting operation may be over."""

    def begin(self, op: Op) -> float:
        """Start `op`; answers the moment (s) at which it is over at the latest."""

    def result(self, op: Op, *, over: bool, ordered: bool) -> Any:
        """The result, or `NOT_YET`; `over` when its time is up, `ordered` when an order waits.

        Asked when the operation has begun, at every wake, at every order and when time is up.
        Raises `LinkLost`, `CardGone`.
        """


def nobody() -> None:
    """What a link wakes before a runner listens."""


def unseen(op: Op) -> None:
    """What a runner shows its operations to when nobody watches."""


class WorldRunner:
    """One device at work in the world; the terminal's door to it.

    `emit(number, event)` is called with the number of the order last taken, 0 before any.
    `watch` is shown each operation just before it begins, and may change the world then.
    `name` is for the complaint about a talk that lets no time pass.
    """

    def __init__(
        self,
        name: str,
        talk: Talk[Any],
        link: WorldLink,
        agenda: Agenda,
        emit: Emitter,
        watch: Callable[[Op], None] = unseen,
    ) -> None:
        self.ended = False  # the talk came to its end by itself
        self.result: Any = None  # and returned this
        self._name = name
        self._talk = talk
        self._link = link
        self._agenda = agenda
        self._emit = emit
        self._watch = watch
        self._mailbox: deque[tuple[int, Order | Stop]] = deque()
        self._number = 0
        self._op: Op | None = None
        self._ends_s = 0.0
        self._alarm = Alarm(agenda, self._go_on)
        self._running = False
        self._moment_s = 0.0  # when the last operations were answered, and how many then
        self._answered = 0
        link.wake = self._go_on

    def start(self) -> None:
        """Begin the talk."""
        self._resume(None, None)
        self._go_on()

    def stop(self) -> None:
        """The process ends in the middle of whatever it does."""
        self._op = None
        self._mailbox.clear()
        self._talk.close()

    def order(self, number: int, order: Order | Stop) -> None:
        """Give the device its next order."""
        self._mailbox.append((number, order))
        self._agenda.after(0, self._go_on)

    def _go_on(self) -> None:
        """Answer operations as long as they are over."""
        if self._running:
            return
        self._running = True
        try:
            while self._op is not None:
                try:
                    result = self._try(self._op)
                except (LinkLost, CardGone) as lost:
                    self._resume(None, lost)
                    continue
                if result is NOT_YET:
                    self._alarm.set(self._ends_s)
                    return
                self._resume(result, None)
        finally:
            self._running = False

    def _resume(self, result: Any, error: LinkLost | CardGone | None) -> None:
        try:
            op = self._talk.send(result) if error is None else self._talk.throw(error)
        except StopIteration as stop:
            self.ended, self.result, self._op = True, stop.value, None
            return
        self._op = op
        self._count(op)
        self._watch(op)
        match op:
            case Now() | Emit():
                self._ends_s = self._agenda.now_s()
            case Wait(seconds):
                self._ends_s = self._agenda.now_s() + seconds
            case Take(timeout_s):
                self._ends_s = self._agenda.now_s() + timeout_s
            case _:
                self._ends_s = self._link.begin(op)

    def _count(self, op: Op) -> None:
        """Stop a talk that goes on for ever without letting time pass."""
        now_s = self._agenda.now_s()
        self._answered = self._answered + 1 if now_s == self._moment_s else 0
        self._moment_s = now_s
        assert self._answered < SAME_MOMENT_MAX, (
            f"no time passes at {now_s} s: {self._name}, {type(op).__name__}"
        )

    def _try(self, op: Op) -> Any:
        over = self._agenda.now_s() >= self._ends_s
        ordered = bool(self._mailbox)
        match op:
            case Now():
                return self._agenda.now_s()
            case Emit(event):
                return self._emit(self._number, event)
            case Wait():
                return None if over or ordered else NOT_YET
            case Take():
                if ordered:
                    self._number, order = self._mailbox.popleft()
                    return order
                return None if over else NOT_YET
        return self._link.result(op, over=over, ordered=ordered)
