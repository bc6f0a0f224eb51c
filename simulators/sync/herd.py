"""The herd: thousands of terminals come back after an outage, in virtual time.

    python -m simulators.sync.herd [--write]

The bank serves a fixed number of batches a second, from one line of waiting requests; whoever
waits longer than a client's patience has left, and what is done for them is done for nothing.
Strategies by the terminal's own rule differ in when a batch that failed is sent again. Under
`paced` both sides run the real code: `offline_queue.sending.line` and `policy`, `bank.pacing`.
`--write` puts the table into docs/performance.md and the picture beside it.
"""

from __future__ import annotations

import heapq
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count
from random import Random

from bank.pacing import Pacer
from offline_queue.formats.envelope import BATCH_OPS_MAX
from offline_queue.sending.bank_client import TOTAL_TIMEOUT_S
from offline_queue.sending.line import Line

TERMINALS = 5_000
CAPACITY_PER_S = 20.0  # batches
LOSS_SHARE = 0.05  # of the terminals: a loss report among what waits
OPS_MAX = 10  # waiting at one terminal
LIMIT_S = 2_400.0  # a strategy that has not drained by then does not
_BACKLOG = 1_000  # requests that wait at the bank; more are refused at once
_ONE_WAY_S = 0.03
_NAIVE_S = 5.0


class Strategy(StrEnum):
    """When a batch that was not served is sent again."""

    NAIVE = "naive"  # after five seconds
    JITTER = "jitter"  # exponential, full jitter
    PACED = "paced"  # when the bank says


@dataclass(slots=True)
class Drained:
    """How a herd came home. Times are seconds since the line came back; None: not by the limit."""

    strategy: Strategy
    terminals: int
    ideal_s: float
    drain_s: float | None
    home_s: list[float]  # each terminal, when its last request was settled
    loss_s: list[float]  # each loss report, when it was settled
    losses: int
    asked_per_s: list[int]  # batches that reached the bank, a second
    hellos_per_s: list[int]

    @property
    def ratio(self) -> float | None:
        """The drain time against the ideal."""
        return None if self.drain_s is None else self.drain_s / self.ideal_s

    @property
    def loss_p99_s(self) -> float | None:
        """When 99 of 100 loss reports were settled."""
        rank = -(-self.losses * 99 // 100)
        return sorted(self.loss_s)[rank - 1] if len(self.loss_s) >= rank else None


@dataclass(slots=True, eq=False)
class _Terminal:
    name: str
    ops: int
    has_loss: bool
    line: Line
    asks: int = 0  # which of its requests is the one it waits for
    busy: bool = False
    greeted: bool = False
    looks: int = 0  # which of its alarm clocks is the one set last


@dataclass(slots=True, eq=False)
class _Request:
    terminal: _Terminal
    number: int
    ops: int
    has_loss: bool
    next_slot_ms: int = 0


@dataclass(slots=True)
class _Herd:
    """One run. Everything that happens is a function in a heap of times."""

    strategy: Strategy
    rng: Random
    pacer: Pacer
    now_s: float = 0.0
    agenda: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    order: count[int] = field(default_factory=count)
    waiting: deque[_Request] = field(default_factory=deque)
    serving: bool = False
    home_s: list[float] = field(default_factory=list)
    loss_s: list[float] = field(default_factory=list)
    asked: list[int] = field(default_factory=lambda: [0] * int(LIMIT_S + 1))
    hellos: list[int] = field(default_factory=lambda: [0] * int(LIMIT_S + 1))

    def after(self, seconds: float, do: Callable[[], None]) -> None:
        heapq.heappush(self.agenda, (self.now_s + seconds, next(self.order), do))

    # --- the terminal ------------------------------------------------------------------

    def wake(self, terminal: _Terminal) -> None:
        """Set its alarm to when it has something to do, as the queue's process does."""
        if terminal.busy or not terminal.ops:
            return
        line = terminal.line
        send_at_s = line.urgent_at_s if terminal.has_loss else line.open_at_s
        if not terminal.greeted:  # the first word is a hello
            send_at_s = LIMIT_S
        due_s = min(send_at_s, line.hello_at_s)
        if terminal.greeted and self.strategy is not Strategy.PACED:
            due_s = send_at_s  # the plain strategies know batches alone
        terminal.looks += 1
        look = terminal.looks
        self.after(max(0.0, due_s - self.now_s), lambda: self.turn(terminal, look))

    def turn(self, terminal: _Terminal, look: int) -> None:
        if look != terminal.looks or terminal.busy:
            return
        line = terminal.line
        if terminal.greeted and self.now_s >= line.open_at_s:
            self.send(terminal, terminal.ops)
        elif terminal.greeted and terminal.has_loss and self.now_s >= line.urgent_at_s:
            self.send(terminal, 1)
        elif self.now_s >= line.hello_at_s:
            self.hellos[int(self.now_s)] += 1
            terminal.busy = True
            self.after(2 * _ONE_WAY_S, lambda: self.greet(terminal))
        else:
            self.wake(terminal)

    def greet(self, terminal: _Terminal) -> None:
        terminal.busy, terminal.greeted = False, True
        slot_ms = self.pacer.slot_ms(terminal.name, self.now_s)
        terminal.line.seen(self.now_s, slot_ms / 1000)
        self.wake(terminal)

    def send(self, terminal: _Terminal, ops: int) -> None:
        terminal.busy = True
        terminal.asks += 1
        ops = min(ops, BATCH_OPS_MAX if terminal.line.up else 1)
        request = _Request(terminal, terminal.asks, ops, terminal.has_loss)
        self.after(_ONE_WAY_S, lambda: self.arrive(request))
        self.after(TOTAL_TIMEOUT_S, lambda: self.unanswered(request, 0.0))

    def unanswered(self, request: _Request, hold_s: float) -> None:
        """No answer, or a 503: unless the answer came, the batch is sent again, later."""
        terminal, line = request.terminal, request.terminal.line
        if request.number != terminal.asks or not terminal.busy:
            return
        terminal.busy = False
        if hold_s > 0:
            line.held(self.now_s, hold_s, urgent=request.has_loss)
        elif self.strategy is Strategy.NAIVE:
            line.held(self.now_s, _NAIVE_S, urgent=True)
        else:
            line.failed(self.now_s)
        self.wake(terminal)

    def answered(self, request: _Request, next_slot_ms: int) -> None:
        terminal = request.terminal
        if request.number != terminal.asks or not terminal.busy:
            return
        terminal.busy = False
        terminal.ops -= request.ops
        if request.has_loss:
            terminal.has_loss = False
            self.loss_s.append(self.now_s)
        terminal.line.worked(self.now_s, next_slot_ms / 1000, urgent=request.has_loss)
        if terminal.ops:
            self.wake(terminal)
        else:
            self.home_s.append(self.now_s)

    # --- the bank ----------------------------------------------------------------------

    def arrive(self, request: _Request) -> None:
        self.asked[int(self.now_s)] += 1
        if self.strategy is Strategy.PACED:
            said = self.pacer.ask(request.terminal.name, request.has_loss, self.now_s)
            slot_ms = said.next_slot_ms
            if not said.serve:
                hold_s = said.next_slot_ms / 1000
                self.after(_ONE_WAY_S, lambda: self.unanswered(request, hold_s))
                return
            request.next_slot_ms = slot_ms
        elif len(self.waiting) >= _BACKLOG:
            self.after(_ONE_WAY_S, lambda: self.unanswered(request, 0.0))
            return
        self.waiting.append(request)
        if not self.serving:
            self.serve()

    def serve(self) -> None:
        self.serving = bool(self.waiting)
        if self.serving:
            self.after(1 / CAPACITY_PER_S, self.served)

    def served(self) -> None:
        request = self.waiting.popleft()
        self.after(_ONE_WAY_S, lambda: self.answered(request, request.next_slot_ms))
        self.serve()


def come_back(strategy: Strategy, terminals: int = TERMINALS, seed: int = 1) -> Drained:
    """Let a herd come back under one strategy."""
    rng = Random(seed)  # noqa: S311 - to be repeated
    herd = _Herd(strategy, rng, Pacer(CAPACITY_PER_S))
    losses = 0
    for number in range(terminals):
        line = Line(rng.random)
        line.not_seen(0.0)  # the last hello of the outage: the next ones find the line again
        has_loss = rng.random() < LOSS_SHARE
        losses += has_loss
        ops = rng.randint(1, OPS_MAX)
        herd.wake(_Terminal(f"herd-{number:05d}", ops, has_loss, line))
    while herd.agenda and len(herd.home_s) < terminals:
        herd.now_s, _, do = heapq.heappop(herd.agenda)
        if herd.now_s > LIMIT_S:
            break
        do()
    home = len(herd.home_s) == terminals
    return Drained(
        strategy=strategy,
        terminals=terminals,
        ideal_s=terminals / CAPACITY_PER_S,
        drain_s=max(herd.home_s) if home else None,
        home_s=herd.home_s,
        loss_s=herd.loss_s,
        losses=losses,
        asked_per_s=herd.asked,
        hellos_per_s=herd.hellos,
    )


def main() -> None:
    """Run all strategies; print the table, or write table and picture."""
    from simulators.sync.herd_page import table, write

    all_of = [come_back(strategy) for strategy in Strategy]
    print(table(all_of))
    if "--write" in sys.argv[1:]:
        write(all_of)


if __name__ == "__main__":
    main()
