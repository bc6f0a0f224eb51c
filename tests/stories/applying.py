"""What people do who apply for a card, ask where it is, or hand cards out in their unit."""

from __future__ import annotations

from datetime import date

from bank import applications, production
from bank.people import person
from simulators.world.world import World
from sscard.forms import form_qr_text
from tests.stories.acts import opens


def begins(world: World, key: str = "tan") -> None:
    """Apply for oneself, up to what comes of asking whether one may."""
    opens(world, "apply")
    world.sees("apply.who")
    world.presses("self")
    world.sees("apply.id_card")
    world.lays(key)
    world.sees("apply.bank", "trouble")


def begins_as_agent(world: World, agent: str = "lu", key: str = "tan") -> None:
    """Apply for somebody else, up to what comes of asking whether they may."""
    opens(world, "apply")
    world.sees("apply.who")
    world.presses("agent")
    world.sees("apply.agent_card")
    world.lays(agent)
    world.sees("apply.id_card")
    world.lifts()
    world.waits(5)
    world.lays(key)
    world.sees("apply.bank", "trouble")


def chooses_bank(world: World, bank_id: str = "ccb") -> None:
    """From the question of the bank to that of the details."""
    world.sees("apply.bank")
    world.presses(bank_id)
    world.sees("apply.confirm_bank")
    world.presses("confirm")
    world.sees("apply.details")


def to_the_signature(world: World, key: str = "tan", bank_id: str = "ccb") -> None:
    """Everything as it is, the photo of the ID card: up to the signature."""
    begins(world, key)
    chooses_bank(world, bank_id)
    world.presses("right")
    world.sees("apply.photo")
    world.presses("id_photo")
    world.sees("apply.sign")


def applies(world: World, key: str = "tan", bank_id: str = "ccb") -> str:
    """Hand the form in; its number."""
    to_the_signature(world, key, bank_id)
    world.presses("confirm")
    world.sees("apply.result")
    return form_of(world, key)


def types(world: World, digits: str) -> None:
    """Press keys on the screen, one after the other."""
    for digit in digits:
        world.presses(f"digit:{digit}")


def finishes(world: World) -> None:
    """Away from the result, and the ID card too."""
    world.presses("done")
    world.lifts()
    world.takes_code_away()
    world.sees("idle", within_s=20)


def prints(world: World, service: str) -> str:
    """Print the result; what stands on the paper."""
    world.presses("print")
    world.sees(f"{service}.printing")
    world.sees(f"{service}.result")
    return world.receipts()[-1]


def form_of(world: World, key: str) -> str:
    """The number of the person's latest form, as the bank has it."""
    with world.bank.engine.begin() as connection:
        taken = applications.of_person(connection, person(key).id_number)
    code = taken[0].form_code
    assert code is not None
    return code


def forms(world: World, key: str) -> int:
    """How many forms of the person the bank has."""
    with world.bank.engine.begin() as connection:
        return len(applications.of_person(connection, person(key).id_number))


def days_go_by(world: World, days: int) -> date:
    """So many days later; every day the bank moved its cards. The day it is then."""
    world.agenda.skip_days(days)
    world.waits(10)
    today = world.agenda.wall().date()
    with world.bank.engine.begin() as connection:
        production.advance(connection, today)
    return today


def collects(world: World, key: str) -> None:
    """The card is handed over at the outlet."""
    with world.bank.engine.begin() as connection:
        (latest, *_) = applications.of_person(connection, person(key).id_number)
        today = world.agenda.wall().date()
        done = production.collect(connection, latest.application_id, person(key).id_number, today)
    assert done.allowed


def asks_by_id_card(world: World, key: str = "tan") -> None:
    """Where is my card? By the ID card alone."""
    opens(world, "where_is_my_card")
    world.sees("where_is_my_card.by")
    world.presses("id_card")
    world.lays(key)


def asks_by_form(world: World, code: str, key: str = "tan") -> None:
    """Where is my card? By a form and an ID card."""
    opens(world, "where_is_my_card")
    world.sees("where_is_my_card.by")
    world.presses("form")
    world.sees("where_is_my_card.form")
    world.holds_up(form_qr_text(code))
    world.sees("where_is_my_card.id_card")
    world.takes_code_away()
    world.lays(key)


def opens_the_batch(world: World, key: str = "xie") -> None:
    """The administrator opens the list of the unit."""
    opens(world, "unit")
    world.sees("unit.id_card")
    world.lays(key)
    world.sees("unit.member", "trouble")


def first_member(world: World) -> str:
    """The first card of the page that is open."""
    return next(each.id for each in world.view.options if each.id.startswith("unit-"))


def marks(world: World, member: str, state: str = "handed_out") -> None:
    """Mark one card of the page that is open."""
    world.presses(member)
    world.sees("unit.what")
    world.presses(state)
    world.sees("unit.confirm")
    world.presses("confirm")
    world.sees("unit.member", "unit.result", "trouble")
