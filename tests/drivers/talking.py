"""A driver alone on a bench: the simulated world's executor with one link and nothing else.

bench = Bench(PinPad(PinPadConfig()).serve(), line_to(pad))
bench.order(1.0, EnterPin(pan="..."))
bench.at(2.0, lambda: pad.press("1"))
bench.at(5.0, bench.link.unplug)
bench.run_until(10.0)
assert PinProgress(1) in bench.said()
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Generic, TypeVar

from kiosk.drivers.links.ops import Op, Stop, Talk
from kiosk.drivers.orders import Order
from simulators.models.line import LineDevice
from simulators.world.agenda import Agenda
from simulators.world.links import WorldLine
from simulators.world.runner import WorldLink, WorldRunner, unseen

L = TypeVar("L", bound=WorldLink)
O = TypeVar("O", bound=Op)  # noqa: E741  # an operation, as everywhere
E = TypeVar("E")


def line_to(peer: LineDevice) -> Callable[[Agenda], WorldLine]:
    """A line without mercy: each byte comes by itself, and a write lasts until all is heard."""
    return partial(WorldLine, peer, parcel_bytes=1, buffer_bytes=0)


class Bench(Generic[L]):
    """Runs `talk` on the link that `link_on` makes, from `now_s` on, with nothing beside it.

    The link is poked after every action and before every run, so that a test may change a model
    as it likes. `watch` is shown each operation before it begins.
    """

    def __init__(
        self, talk: Talk[Any], link_on: Callable[[Agenda], L], *, now_s: float = 0.0
    ) -> None:
        self.events: list[tuple[float, Any]] = []
        self.asked: list[Op] = []
        self.watch: Callable[[Op], None] = unseen
        self.agenda = Agenda()
        self.agenda.run(now_s, lambda: False)
        self.link = link_on(self.agenda)
        self.runner = WorldRunner("bench", talk, self.link, self.agenda, self._emit, self._see)
        self.agenda.after(0.0, self.runner.start)

    def order(self, at_s: float, order: Order | Stop) -> None:
        """Give the talk `order` at virtual time `at_s`."""
        self.at(at_s, lambda: self.runner.order(0, order))

    def at(self, at_s: float, action: Callable[[], object]) -> None:
        """Call `action` at virtual time `at_s` (a key press, a fault, `bench.link.unplug` ...)."""
        assert at_s >= self.agenda.now_s(), "the past cannot be changed"

        def act() -> None:
            action()
            self._poke()

        self.agenda.at(at_s, act)

    def run_until(self, until_s: float) -> None:
        """Let virtual time pass up to `until_s`, everything due at that moment included."""
        self._poke()
        self.agenda.run(until_s, lambda: False)

    def said(self) -> list[Any]:
        """The events so far, without their times."""
        return [event for _, event in self.events]

    def of(self, kind: type[E]) -> list[E]:
        """The events so far that are of `kind`."""
        return [event for event in self.said() if isinstance(event, kind)]

    def asked_for(self, kind: type[O]) -> list[O]:
        """The link operations of `kind` so far."""
        return [op for op in self.asked if isinstance(op, kind)]

    def _emit(self, number: int, event: Any) -> None:
        self.events.append((self.agenda.now_s(), event))

    def _see(self, op: Op) -> None:
        self.asked.append(op)
        self.watch(op)

    def _poke(self) -> None:
        if isinstance(self.link, WorldLine):
            self.link.poke()
        else:
            self.link.wake()


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
