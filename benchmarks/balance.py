"""Machine time of a balance check: what the person waits for the terminal, against the floor.

In the simulated world, where time is exact: the terminal runs its real session, drivers and
queue, and only lines, devices and the line to the bank take time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from bank.people import person
from benchmarks import floor
from benchmarks.figures import Figure, paired, spread
from benchmarks.visits import PASSWORD, PERSON
from kiosk.drivers.events import Device
from kiosk.receipts import receipt_of
from simulators.documents import laid_document
from simulators.world.bank_line import FLUSH_S, ONE_WAY_S
from simulators.world.world import World

TARGET = 1.3
BANK_S = FLUSH_S + 2 * ONE_WAY_S  # the queue's flush, the question and the answer
_THINKS_S = (0.3, 4.0)  # a person before each action; it shifts the devices' polling


@dataclass(frozen=True, slots=True)
class Wait:
    """One wait of a person: what for, how long, and how long at the least (s)."""

    what: str
    took_s: float
    floor_s: float


def balance(visits: int = 100) -> list[Figure]:
    """Balance checks with a receipt by people who take their time."""
    rng = Random(1)  # noqa: S311  # the same people in every run
    with World() as world:
        taken = [_visit(world, rng) for _ in range(visits)]
    notes = tuple(
        f"{name}: {took} ms, at the least {least} ms"
        for name, took, least in (_part(taken, index) for index in range(len(taken[0])))
    )
    totals = [
        (sum(wait.took_s for wait in waits), sum(wait.floor_s for wait in waits)) for waits in taken
    ]
    against = (
        "the floor of bytes at each line's speed, APDUs at the reader's latency, the devices' own "
        f"time, and the line to the bank ({visits} visits in the world, virtual time)"
    )
    return [paired("machine time of a balance check", against, "s", totals, TARGET, notes=notes)]


def _part(taken: list[list[Wait]], index: int) -> tuple[str, str, str]:
    took = spread([1000 * waits[index].took_s for waits in taken])
    least = spread([1000 * waits[index].floor_s for waits in taken])
    return taken[0][index].what, took.text(0), least.text(0)


def _visit(world: World, rng: Random) -> list[Wait]:
    def thinks() -> None:
        world.waits(rng.uniform(*_THINKS_S))

    def waits(act: Callable[[], None], *states: str) -> float:
        before_s = world.agenda.now_s()
        act()
        for state in states:
            world.sees(state)
        return world.agenda.now_s() - before_s

    card = person(PERSON).cards[0]
    thinks()
    world.presses("balance")
    thinks()
    found_s = waits(lambda: world.lays(PERSON), "balance.card")
    thinks()
    apdus_s = world.slot.apdus_s
    read_s = waits(lambda: world.inserts(PERSON), "balance.password")
    apdus_s = world.slot.apdus_s - apdus_s
    thinks()
    world.types(PASSWORD)
    answered_s = waits(lambda: _enters(world), "balance.result")
    thinks()
    receipt = receipt_of(world.terminal.session, world.terminal.place, world.agenda.wall())
    printed_s = waits(lambda: world.presses("print"), "balance.printing", "balance.result")
    thinks()
    world.presses("done")
    world.sees("take_card")
    world.pulls()
    world.lifts()
    world.sees("goodbye")
    world.sees("idle")
    return [
        Wait(
            "ID card laid to its being read",
            found_s,
            floor.scanner_s(laid_document(person(PERSON))),
        ),
        Wait("card in to the password prompt", read_s, apdus_s),
        Wait("last key to the balances", answered_s, floor.password_s(PASSWORD, card.pan) + BANK_S),
        Wait("print pressed to the receipt proved", printed_s, floor.receipt_s(receipt.blocks)),
    ]


def _enters(world: World) -> None:
    world.pad.press("enter")
    world.lines[Device.PIN_PAD].poke()
