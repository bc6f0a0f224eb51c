"""A way to every screen of the services around applying; see `ways`."""

from __future__ import annotations

from collections.abc import Callable

from simulators.world.world import World
from sscard.forms import form_qr_text
from tests.stories import applying
from tests.stories.acts import opens


def to_who(world: World) -> None:
    opens(world, "apply")


def to_agent_card(world: World) -> None:
    to_who(world)
    world.presses("agent")


def to_id_card(world: World) -> None:
    to_who(world)
    world.presses("self")


def to_terms(world: World) -> None:
    to_id_card(world)
    world.lays("tan")


def to_confirm_bank(world: World) -> None:
    applying.begins(world)
    world.presses("ccb")


def to_details(world: World) -> None:
    to_confirm_bank(world)
    world.presses("confirm")


def to_telephone(world: World) -> None:
    to_details(world)
    world.presses("telephone")


def to_photo(world: World) -> None:
    to_details(world)
    world.presses("right")


def to_photo_receipt(world: World) -> None:
    to_photo(world)
    world.presses("receipt")


def to_copy(world: World) -> None:
    applying.begins_as_agent(world)
    applying.chooses_bank(world)
    world.presses("right")
    world.presses("id_photo")


def to_applying(world: World) -> None:
    applying.to_the_signature(world)
    world.presses("confirm")


def to_application_printed(world: World) -> None:
    to_applying(world)
    world.sees("apply.result")
    world.presses("print")


def to_by(world: World) -> None:
    opens(world, "where_is_my_card")


def to_form(world: World) -> None:
    to_by(world)
    world.presses("form")


def to_where_id_card(world: World) -> None:
    to_by(world)
    world.presses("id_card")


def to_form_alone(world: World) -> None:
    world.cuts_line()
    world.waits(20)
    opens(world, "where_is_my_card")
    world.sees("where_is_my_card.form_alone")
    world.repairs_line()
    world.waits(20)


def to_where_asking(world: World) -> None:
    to_where_id_card(world)
    world.lays("tan")


def to_where_asking_form(world: World) -> None:
    code = applying.applies(world)
    applying.finishes(world)
    to_form(world)
    world.holds_up(form_qr_text(code))
    world.sees("where_is_my_card.id_card")
    world.takes_code_away()
    world.lays("tan")


def to_where_printing(world: World) -> None:
    applying.applies(world)
    applying.finishes(world)
    to_where_asking(world)
    world.sees("where_is_my_card.result")
    world.presses("print")


def to_unit_id_card(world: World) -> None:
    opens(world, "unit")


def to_batch(world: World) -> None:
    to_unit_id_card(world)
    world.lays("xie")


def to_what(world: World) -> None:
    applying.opens_the_batch(world)
    world.presses(applying.first_member(world))


def to_unit_confirm(world: World) -> None:
    to_what(world)
    world.presses("handed_out")


def to_unit_asking(world: World) -> None:
    to_unit_confirm(world)
    world.presses("confirm")


def to_unit_result(world: World) -> None:
    applying.opens_the_batch(world)
    world.presses("finish")


def to_unit_printing(world: World) -> None:
    to_unit_result(world)
    world.presses("print")


APPLYING_WAYS: dict[str, Callable[[World], None]] = {
    "apply.who": to_who,
    "apply.agent_card": to_agent_card,
    "apply.id_card": to_id_card,
    "apply.terms": to_terms,
    "apply.bank": to_terms,
    "apply.confirm_bank": to_confirm_bank,
    "apply.details": to_details,
    "apply.telephone": to_telephone,
    "apply.photo": to_photo,
    "apply.photo_receipt": to_photo_receipt,
    "apply.copy": to_copy,
    "apply.sign": applying.to_the_signature,
    "apply.asking": to_applying,
    "apply.result": to_applying,
    "apply.printing": to_application_printed,
    "where_is_my_card.by": to_by,
    "where_is_my_card.form": to_form,
    "where_is_my_card.id_card": to_where_id_card,
    "where_is_my_card.form_alone": to_form_alone,
    "where_is_my_card.asking": to_where_asking,
    "where_is_my_card.asking_form": to_where_asking_form,
    "where_is_my_card.result": to_where_asking,
    "where_is_my_card.printing": to_where_printing,
    "unit.id_card": to_unit_id_card,
    "unit.batch": to_batch,
    "unit.member": to_batch,
    "unit.what": to_what,
    "unit.confirm": to_unit_confirm,
    "unit.asking": to_unit_asking,
    "unit.result": to_unit_result,
    "unit.printing": to_unit_printing,
}
