"""Visits in the simulated world, for the measures that need one."""

from __future__ import annotations

from kiosk.screens.view import View
from simulators.world.world import World

PERSON = "chen"
PASSWORD = "246810"  # invented, see bank.people


def balance_visit(world: World) -> None:
    """A whole balance check, from idle to idle; nobody thinks or fumbles."""
    world.presses("balance")
    world.lays(PERSON)
    world.sees("balance.card")
    world.inserts(PERSON)
    world.sees("balance.password")
    world.types(PASSWORD + "e")
    world.sees("balance.result")
    world.presses("done")
    world.sees("take_card")
    world.pulls()
    world.lifts()
    world.sees("goodbye")
    world.sees("idle")


def views_of_visit() -> list[View]:
    """What is on the glass in one balance check with a receipt, in both languages."""
    views: list[View] = []
    with World() as world:
        for _ in range(2):
            _watched_visit(world, views)
            world.presses("language")
    return views


def _watched_visit(world: World, views: list[View]) -> None:
    def keep() -> None:
        views.append(world.view)

    keep()
    world.presses("balance")
    keep()
    world.lays(PERSON)
    world.sees("balance.card")
    keep()
    world.inserts(PERSON)
    world.sees("balance.reading")
    keep()
    world.sees("balance.password")
    for digit in PASSWORD:
        world.types(digit)
        keep()
    world.types("e")
    world.sees("balance.result")
    keep()
    world.presses("print")
    keep()
    world.sees("balance.result")
    keep()
    world.presses("done")
    world.sees("take_card")
    keep()
    world.pulls()
    world.lifts()
    world.sees("goodbye")
    keep()
    world.sees("idle")
    world.waits(5.0)
