"""Measures of the simulated world: whole visits a second, and the start of a world."""

from __future__ import annotations

import time

from benchmarks.figures import Figure, spread
from benchmarks.visits import balance_visit
from simulators.world.world import World

VISITS_A_SECOND = 50.0
WORLD_START_S = 0.25  # a test with a world of its own should not be felt


def stories(rounds: int = 7, visits: int = 30, warm: int = 5) -> list[Figure]:
    """Whole balance checks: session, drivers, queue, sealing, gateway and database."""
    starts, rates = [], []
    balance_in_new_world(warm)
    for _ in range(rounds):
        start_s, visits_s = balance_in_new_world(visits)
        starts.append(1000 * start_s)
        rates.append(visits / visits_s)
    return [
        Figure(
            "stories",
            "one core: processor time of whole balance checks in the world, after warm-up",
            "visits/s",
            spread(rates),
            VISITS_A_SECOND,
            at_least=True,
            digits=0,
        ),
        Figure(
            "start of a world",
            "one core: processor time until every device, queue and bank is up",
            "ms",
            spread(starts),
            1000 * WORLD_START_S,
            digits=0,
        ),
    ]


def balance_in_new_world(visits: int) -> tuple[float, float]:
    """Processor seconds to start a world, and of `visits` balance checks in it."""
    began_s = time.process_time()
    with World() as world:
        started_s = time.process_time()
        for _ in range(visits):
            balance_visit(world)
        return started_s - began_s, time.process_time() - started_s
