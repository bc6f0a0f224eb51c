"""A way to every screen of the services that only ask or tell; see `ways`."""

from __future__ import annotations

from collections.abc import Callable

from bank.people import person
from bank.services.electronic import show_code
from simulators.world.world import World
from tests.stories.acts import opens

CODE = "Zx81-opaque-code"


def to_menu(world: World) -> None:
    world.presses("more")


def to_records(world: World) -> None:
    opens(world, "records")


def to_records_what(world: World) -> None:
    to_records(world)
    world.lays("chen")
    world.sees("records.what")


def to_records_latest(world: World) -> None:
    to_records_what(world)
    world.presses("payments")


def to_records_year(world: World) -> None:
    to_records_latest(world)
    world.sees("records.year")


def to_records_listing(world: World) -> None:
    to_records_year(world)
    world.presses("2025")


def to_records_rights(world: World) -> None:
    to_records_what(world)
    world.presses("rights")


def to_records_printing(world: World) -> None:
    to_records_rights(world)
    world.sees("records.result")
    world.presses("print")


def to_electronic(world: World) -> None:
    opens(world, "electronic")


def to_electronic_code(world: World) -> None:
    to_electronic(world)
    world.presses("show")


def to_electronic_looking(world: World) -> None:
    to_electronic_code(world)
    world.sees("electronic.code")
    with world.bank.engine.begin() as connection:
        show_code(connection, person("chen").id_number, CODE, world.agenda.wall())
    world.holds_up(CODE)


def to_electronic_id_card(world: World) -> None:
    to_electronic(world)
    world.presses("activate")


def to_electronic_still(world: World) -> None:
    to_electronic_id_card(world)
    world.lays("chen")


def to_electronic_confirm(world: World) -> None:
    to_electronic_still(world)
    world.sees("electronic.confirm")


def to_electronic_asking(world: World) -> None:
    to_electronic_confirm(world)
    world.presses("confirm")


def to_guidance(world: World) -> None:
    opens(world, "guidance")


def to_guidance_errand(world: World) -> None:
    to_guidance(world)
    world.presses("bring")


def to_guidance_theme(world: World) -> None:
    to_guidance(world)
    world.presses("rules")


def to_guidance_rule(world: World) -> None:
    to_guidance_theme(world)
    world.presses("loss")


def to_guidance_result(world: World) -> None:
    to_guidance(world)
    world.presses("banks")


def to_my_cards(world: World) -> None:
    opens(world, "my_cards")


def to_my_cards_listing(world: World) -> None:
    to_my_cards(world)
    world.lays("li")


def to_my_cards_printing(world: World) -> None:
    to_my_cards_listing(world)
    world.sees("my_cards.result")
    world.presses("print")


ASKING_WAYS: dict[str, Callable[[World], None]] = {
    "menu": to_menu,
    "records.id_card": to_records,
    "records.what": to_records_what,
    "records.latest": to_records_latest,
    "records.year": to_records_year,
    "records.listing": to_records_listing,
    "records.rights": to_records_rights,
    "records.result": to_records_rights,
    "records.printing": to_records_printing,
    "electronic.what": to_electronic,
    "electronic.code": to_electronic_code,
    "electronic.looking": to_electronic_looking,
    "electronic.id_card": to_electronic_id_card,
    "electronic.still": to_electronic_still,
    "electronic.confirm": to_electronic_confirm,
    "electronic.asking": to_electronic_asking,
    "electronic.result": to_electronic_asking,
    "guidance.topic": to_guidance,
    "guidance.errand": to_guidance_errand,
    "guidance.theme": to_guidance_theme,
    "guidance.rule": to_guidance_rule,
    "guidance.result": to_guidance_result,
    "my_cards.id_card": to_my_cards,
    "my_cards.listing": to_my_cards_listing,
    "my_cards.result": to_my_cards_listing,
    "my_cards.printing": to_my_cards_printing,
}
"""How to get to each of them."""
