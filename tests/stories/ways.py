"""A way to every screen of the terminal, in the clerk's words. A new screen needs a new way."""

from __future__ import annotations

from collections.abc import Callable

from kiosk.drivers.events import Device
from simulators.world.world import World


def to_idle(world: World) -> None:
    world.sees("idle")


def to_card_first(world: World) -> None:
    world.inserts("chen")


def to_out_of_service(world: World) -> None:
    world.lines[Device.ID_SCANNER].unplug()
    world.sees("idle")
    world.waits(10)
    world.camera.die()


def to_balance_id_card(world: World) -> None:
    world.presses("balance")


def to_balance_card(world: World) -> None:
    world.presses("balance")
    world.lays("chen")


def to_balance_reading(world: World) -> None:
    to_balance_card(world)
    world.sees("balance.card")
    world.inserts("chen")


def to_balance_asking(world: World) -> None:
    to_balance_reading(world)
    world.sees("balance.password")
    world.types("246810e")


def to_balance_printing(world: World) -> None:
    to_balance_asking(world)
    world.sees("balance.result")
    world.presses("print")


def to_trouble(world: World) -> None:
    world.presses("balance")
    world.lays("li")
    world.sees("balance.card")
    world.inserts("chen")


def to_take_card(world: World) -> None:
    to_balance_asking(world)
    world.sees("balance.result")
    world.presses("done")


def to_goodbye(world: World) -> None:
    to_take_card(world)
    world.pulls()


def to_loss_id_card(world: World) -> None:
    world.presses("loss")


def to_loss_listing(world: World) -> None:
    world.presses("loss")
    world.lays("li")


def to_loss_choose_kind(world: World) -> None:
    to_loss_listing(world)
    world.sees("loss.choose_card")
    world.presses("card:1")


def to_loss_confirm(world: World) -> None:
    to_loss_choose_kind(world)
    world.presses("oral")


def to_loss_asking(world: World) -> None:
    to_loss_confirm(world)
    world.presses("confirm")


def to_loss_printing(world: World) -> None:
    to_loss_asking(world)
    world.sees("loss.result")
    world.presses("print")


def to_receipt_check_code(world: World) -> None:
    world.presses("receipt_check")


def to_receipt_check_asking(world: World) -> None:
    to_loss_printing(world)
    world.sees("loss.result")
    world.presses("done")
    world.sees("idle")
    lines = world.receipts()[-1].splitlines()
    world.presses("receipt_check")
    world.holds_up(next(line for line in lines if line.startswith("SSC-LOSS:")))


WAYS: dict[str, Callable[[World], None]] = {
    "idle": to_idle,
    "card_first": to_card_first,
    "trouble": to_trouble,
    "take_card": to_take_card,
    "card_left": to_card_first,
    "goodbye": to_goodbye,
    "out_of_service": to_out_of_service,
    "loss.id_card": to_loss_id_card,
    "loss.listing": to_loss_listing,
    "loss.choose_card": to_loss_listing,
    "loss.choose_kind": to_loss_choose_kind,
    "loss.confirm": to_loss_confirm,
    "loss.asking": to_loss_asking,
    "loss.result": to_loss_asking,
    "loss.printing": to_loss_printing,
    "balance.id_card": to_balance_id_card,
    "balance.card": to_balance_card,
    "balance.reading": to_balance_reading,
    "balance.password": to_balance_reading,
    "balance.asking": to_balance_asking,
    "balance.result": to_balance_asking,
    "balance.printing": to_balance_printing,
    "receipt_check.code": to_receipt_check_code,
    "receipt_check.asking": to_receipt_check_asking,
    "receipt_check.result": to_receipt_check_asking,
}


def goes_to(world: World, state: str) -> None:
    """Bring a terminal that is idle to a screen."""
    WAYS[state](world)
    world.sees(state)
