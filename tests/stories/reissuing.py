"""What people do who have a card replaced or changed, and a look into the bank's book of it."""

from __future__ import annotations

from datetime import timedelta

from bank import payments, production
from bank.applications import by_form
from bank.clock import bank_instant
from bank.people import person
from simulators.models.scenes import Shown
from simulators.world.world import World
from sscard.requests import Reissued
from tests.stories.acts import opens


def begins_to_replace(world: World, key: str = "huang") -> None:
    """Replacement, up to the payment code."""
    opens(world, "replace")
    world.lays(key)
    world.sees("replace.pay")


def pays_for_it(world: World, service: str = "replace") -> None:
    """From the payment code to the last question."""
    world.sees(f"{service}.pay")
    world.pays()
    world.sees(f"{service}.decide")


def replaces(world: World, key: str = "huang") -> Reissued:
    """The whole way; what the bank answered."""
    begins_to_replace(world, key)
    pays_for_it(world)
    world.presses("go_on")
    world.sees("replace.result")
    return reissued(world)


def gets_a_bin(world: World) -> None:
    """The reader is one that keeps cards."""
    world.fits_bin()


def begins_to_change(world: World, key: str = "chen", reason: str = "damaged") -> None:
    """Change, up to the copy of the ID card, and beyond it."""
    opens(world, "change")
    world.lays(key)
    world.sees("change.reason")
    world.presses(reason)
    if reason == "photo":
        world.sees("change.photo_receipt")
        world.holds_up("GD990000000000000101")
    copies_the_id_card(world)


def copies_the_id_card(world: World) -> None:
    """Both sides before the camera."""
    world.sees("change.copy")
    world.takes_code_away()
    world.scene(shown=Shown.FRONT)
    world.waits(4)
    world.scene(shown=Shown.BACK)
    world.sees("change.begin", "change.pay", "change.decide", "trouble")
    world.scene(shown=Shown.NOTHING)


def reissued(world: World) -> Reissued:
    """What the bank answered to the confirmation."""
    answer = world.terminal.session.situation.person.answer
    assert isinstance(answer, Reissued)
    return answer


def ends(world: World) -> None:
    """The visit is over, and the next one may begin."""
    world.presses("done")
    world.lifts()
    world.sees("goodbye", "idle")
    world.sees("idle")


def days_pass(world: World, days: int) -> None:
    """So many days go by, and the bank does every day what it does."""
    for _ in range(days):
        world.agenda.skip_days(1)
        with world.bank.engine.begin() as connection:
            now = bank_instant(world.agenda.wall())
            payments.lapse(connection, now)
            production.advance(connection, now.date())
    world.waits(timedelta(minutes=1).total_seconds())


def clerk_hands_out(world: World, form_code: str, key: str) -> bool:
    """A clerk looks the form up and hands the card over; whether there was one."""
    with world.bank.engine.begin() as connection:
        found = by_form(connection, form_code)
        assert found is not None
        today = bank_instant(world.agenda.wall()).date()
        return production.collect(
            connection, found.application_id, person(key).id_number, today
        ).allowed


def in_the_books(world: World, query: str) -> list[tuple[object, ...]]:
    """Ask the bank's database."""
    with world.bank.engine.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def money(world: World) -> list[tuple[object, ...]]:
    """Every arrival of money: how much, whether it is kept, and why it went back."""
    return in_the_books(
        world, "SELECT amount_fen, kept_for IS NOT NULL, why FROM arrivals ORDER BY arrival_no"
    )
