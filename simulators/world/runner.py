"""Runs a driver's `Talk` in virtual time: the counterpart of the terminal's device threads."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Final, Protocol

from kiosk.drivers.events import Device, DeviceEvent
from kiosk.drivers.links.ops import CardGone, Emit, LinkLost, Now, Op, Stop, Take, Talk, Wait
from kiosk.drivers.orders import Order
from simulators.world.agenda import Agenda

NOT_YET: Final = object()
"""A link's answer while an operation is not over."""

Emitter = Callable[[int, DeviceEvent], None]


class WorldLink(Protocol):
    """What carries out the operations that need hardware, in virtual time."""

    wake: Callable[[], None]
    """Set by the runner: the link calls it whenever a waiting operation may be over."""

    def begin(self, op: Op) -> float:
        """Start `op`; answers the moment (s) at which it is over at the latest."""

    def result(self, op: Op, *, hurry: bool) -> Any:
        """The result, or `NOT_YET`; `hurry` when time is up or an order waits.

        Raises `LinkLost`, `CardGone`.
        """


class WorldRunner:
    """One device at work in the world; the terminal's door to it."""

    def __init__(
        self, device: Device, talk: Talk[None], link: WorldLink, agenda: Agenda, emit: Emitter
    ) -> None:
        self.device = device
        self._talk = talk
        self._link = link
        self._agenda = agenda
        self._emit = emit
        self._mailbox: deque[tuple[int, Order | Stop]] = deque()
        self._number = 0
        self._op: Op | None = None
        self._ends_s = 0.0
        self._running = False
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
                    return
                self._resume(result, None)
        finally:
            self._running = False

    def _resume(self, result: Any, error: LinkLost | CardGone | None) -> None:
        try:
            op = self._talk.send(result) if error is None else self._talk.throw(error)
        except StopIteration:
            self._op = None
            return
        self._op = op
        now_s = self._agenda.now_s()
        match op:
            case Now() | Emit():
                return
            case Wait(seconds):
                self._ends_s = now_s + seconds
            case Take(timeout_s):
                self._ends_s = now_s + timeout_s
            case _:
                self._ends_s = self._link.begin(op)
        if self._ends_s > now_s:
            self._agenda.at(self._ends_s, self._go_on)

    def _try(self, op: Op) -> Any:
        over = self._agenda.now_s() >= self._ends_s
        match op:
            case Now():
                return self._agenda.now_s()
            case Emit(event):
                return self._emit(self._number, event)
            case Wait():
                return None if over or self._mailbox else NOT_YET
            case Take():
                if self._mailbox:
                    self._number, order = self._mailbox.popleft()
                    return order
                return None if over else NOT_YET
        return self._link.result(op, hurry=over or bool(self._mailbox))
