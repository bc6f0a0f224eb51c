"""A month of random visits by random people, with outages: afterwards all books must agree."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from random import Random

import pytest

from bank import production
from offline_queue.formats.envelope import canonical
from simulators.world.world import World
from sscard.requests import to_wire
from tests.month.books import disagreements, wrong
from tests.month.departments import Watch
from tests.month.passers_by import Crowd

DAYS = 30
VISITS_A_DAY = 4
SETTLES_S = 1_200.0

SEEDS = (1, 2, 3, 4)


def _a_day(world: World, crowd: Crowd, rng: Random) -> None:
    """What a day brings: visits, and the line, the queue or the power going."""
    for _ in range(VISITS_A_DAY):
        event = rng.random()
        if event < 0.08:
            world.cuts_line()
        elif event < 0.5:
            world.repairs_line()
        elif event < 0.53:
            world.kills_queue()
            world.starts_queue()
        elif event < 0.56:
            world.loses_power()
        world.sees("idle", within_s=900.0)
        crowd.visit(world)


def _night(world: World) -> None:
    """The bank's own work of a day, and the day after."""
    today: date = world.agenda.wall().date()
    with world.bank.engine.begin() as connection:
        production.advance(connection, today)
    world.agenda.skip_days(1)


@pytest.mark.rule(
    "CARD.STATES",
    "CARD.NEED_TO_KNOW",
    "OFFLINE.ONCE",
    "OFFLINE.HONEST",
    "FEE.REISSUE_20",
    "REPLACE.PAY_THEN_CONFIRM",
    "REPLACE.SUSPENDED",
)
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", SEEDS)
def test_after_a_month_the_books_agree(
    seed: int,
    record_property: Callable[[str, object], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = Random(seed)
    with World(seed=seed) as world:
        watch = Watch(world.bank.engine, monkeypatch)
        world.sees("idle")
        crowd = Crowd(rng)
        for _ in range(DAYS):
            _a_day(world, crowd, rng)
            _night(world)
        world.repairs_line()
        world.waits(SETTLES_S)
        assert world.queue.waiting == 0, "something still waits though the line is up"
        record_property("visits", crowd.visits)
        shown = [(code, json.loads(canonical(to_wire(answer)))) for code, answer in crowd.shown]
        with world.bank.engine.connect() as bank:
            assert wrong(bank, world.book) == []
            assert disagreements(bank, shown) == []
        assert watch.pried() == []
        assert len(watch.touched) > 8, "hardly a service reached the bank"
        assert len(crowd.visits) > 8, f"hardly a service was used: {crowd.visits}"
        assert shown, "no answer was ever shown"
