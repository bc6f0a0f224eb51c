"""A way to every screen of the terminal, in the clerk's words. A new screen needs a new way."""

from __future__ import annotations

from collections.abc import Callable

from kiosk.drivers.events import Device
from simulators.models.scenes import Stand
from simulators.world.world import World
from sscard.cards import Account
from tests.stories.acts import opens
from tests.stories.passwords import (
    activates,
    changes,
    goes_to_the_change,
    goes_to_the_unlock,
    sets_anew,
    shows_papers,
    types_twice,
)
from tests.stories.reissuing import begins_to_replace, copies_the_id_card, gets_a_bin
from tests.stories.ways_applying import APPLYING_WAYS
from tests.stories.ways_asking import ASKING_WAYS
from tests.stories.ways_staff import STAFF_WAYS


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
    world.sees("loss.confirm")


def to_loss_asking(world: World) -> None:
    to_loss_confirm(world)
    world.presses("confirm")


def to_loss_printing(world: World) -> None:
    to_loss_asking(world)
    world.sees("loss.result")
    world.presses("print")


def to_receipt_check_code(world: World) -> None:
    opens(world, "receipt_check")


def to_receipt_check_asking(world: World) -> None:
    to_loss_printing(world)
    world.sees("loss.result")
    world.presses("done")
    world.sees("idle")
    lines = world.receipts()[-1].splitlines()
    opens(world, "receipt_check")
    world.holds_up(next(line for line in lines if line.startswith("SSC-LOSS:")))


# --- a card in place of another --------------------------------------------------------------


def to_replace_id_card(world: World) -> None:
    opens(world, "replace")


def to_replace_which(world: World) -> None:
    opens(world, "replace")
    world.lays("li")


def to_replace_begin(world: World) -> None:
    opens(world, "replace")
    world.lays("huang")


def to_replace_decide(world: World) -> None:
    begins_to_replace(world)
    world.pays()


def to_replace_giving_up(world: World) -> None:
    to_replace_decide(world)
    world.sees("replace.decide")
    world.presses("give_up")


def to_replace_asking(world: World) -> None:
    to_replace_decide(world)
    world.sees("replace.decide")
    world.presses("go_on")


def to_replace_printing(world: World) -> None:
    to_replace_asking(world)
    world.sees("replace.result")
    world.presses("print")


def to_change_id_card(world: World) -> None:
    gets_a_bin(world)
    opens(world, "change")


def to_change_reason(world: World) -> None:
    to_change_id_card(world)
    world.lays("chen")


def to_change_which(world: World) -> None:
    to_change_id_card(world)
    world.lays("li")


def to_change_photo_receipt(world: World) -> None:
    to_change_reason(world)
    world.sees("change.reason")
    world.presses("photo")


def to_change_copy(world: World) -> None:
    to_change_reason(world)
    world.sees("change.reason")
    world.presses("damaged")


def to_change_begin(world: World) -> None:
    to_change_copy(world)
    copies_the_id_card(world)


def to_change_decide(world: World) -> None:
    to_change_begin(world)
    world.sees("change.pay")
    world.pays()


def to_change_giving_up(world: World) -> None:
    to_change_decide(world)
    world.sees("change.decide")
    world.presses("give_up")


def to_change_hand_in(world: World) -> None:
    to_change_decide(world)
    world.sees("change.decide")
    world.presses("go_on")


def to_change_keeping(world: World) -> None:
    to_change_hand_in(world)
    world.sees("change.hand_in")
    world.inserts("chen")


def to_change_printing(world: World) -> None:
    to_change_keeping(world)
    world.sees("change.result")
    world.presses("print")


# --- passwords ---------------------------------------------------------------------------------


def to_activate_id_card(world: World) -> None:
    world.presses("activate")


def to_activate_card(world: World) -> None:
    to_activate_id_card(world)
    world.lays("wang")


def to_activate_reading(world: World) -> None:
    shows_papers(world, "activate", "wang")


def to_activate_new_medical_again(world: World) -> None:
    to_activate_reading(world)
    world.sees("activate.new_medical")
    world.types("135246e")


def to_activate_new_financial(world: World) -> None:
    to_activate_reading(world)
    types_twice(world, "activate.new_medical", "135246")


def to_activate_new_financial_again(world: World) -> None:
    to_activate_new_financial(world)
    world.sees("activate.new_financial")
    world.types("802461e")


def to_activate_asking(world: World) -> None:
    activates(world, "wang")


def to_activate_printing(world: World) -> None:
    to_activate_asking(world)
    world.sees("activate.result")
    world.presses("print")


def to_activate_hand_in(world: World) -> None:
    gets_a_bin(world)
    activates(world, "gao", 2)


def to_activate_keeping(world: World) -> None:
    to_activate_hand_in(world)
    world.sees("activate.hand_in")
    world.reads("请先取出这张卡")
    world.pulls()
    world.inserts("gao", 1)


def to_password_change_id_card(world: World) -> None:
    opens(world, "password_change")


def to_password_change_card(world: World) -> None:
    opens(world, "password_change")
    world.lays("chen")


def to_password_change_reading(world: World) -> None:
    shows_papers(world, "password_change", "chen")


def to_password_change_password(world: World) -> None:
    goes_to_the_change(world, "chen", Account.FINANCIAL)


def to_password_change_new(world: World) -> None:
    to_password_change_password(world)
    world.types("246810e")


def to_password_change_new_again(world: World) -> None:
    to_password_change_new(world)
    world.sees("password_change.new")
    world.types("135246e")


def to_password_change_asking(world: World) -> None:
    changes(world, "chen", Account.FINANCIAL, "246810", "135246")


def to_password_change_printing(world: World) -> None:
    to_password_change_asking(world)
    world.sees("password_change.result")
    world.presses("print")


def to_password_unlock_id_card(world: World) -> None:
    opens(world, "password_unlock")


def to_password_unlock_card(world: World) -> None:
    opens(world, "password_unlock")
    world.lays("zhang")


def to_password_unlock_reading(world: World) -> None:
    shows_papers(world, "password_unlock", "zhang")


def to_password_unlock_still(world: World) -> None:
    goes_to_the_unlock(world, "zhang", Account.FINANCIAL)


def to_password_unlock_new_again(world: World) -> None:
    to_password_unlock_still(world)
    world.sees("password_unlock.new")
    world.types("135246e")


def to_password_unlock_confirm(world: World) -> None:
    to_password_unlock_reading(world)
    world.sees("password_unlock.account")
    world.stands(Stand.AWAY)
    world.presses("financial")


def to_password_unlock_asking(world: World) -> None:
    sets_anew(world, "zhang", Account.FINANCIAL, "135246")


def to_password_unlock_chip(world: World) -> None:
    sets_anew(world, "chen", Account.MEDICAL, "135246")


def to_password_unlock_chip_torn(world: World) -> None:
    to_password_unlock_chip(world)
    world.sees("password_unlock.chip_setting")
    world.waits(0.02)  # the command is on its way
    world.pulls()


def to_password_unlock_printing(world: World) -> None:
    to_password_unlock_asking(world)
    world.sees("password_unlock.result")
    world.presses("print")


# --- custody, and a loss that is cancelled ---------------------------------------------------


def to_last_call(world: World) -> None:
    gets_a_bin(world)
    world.inserts("chen")
    world.sees("card_first")
    world.presses("leave")


def to_loss_glance(world: World) -> None:
    to_loss_choose_kind(world)
    world.sees("loss.choose_kind")
    world.presses("oral")


def to_loss_still(world: World) -> None:
    to_loss_choose_kind(world)
    world.sees("loss.choose_kind")
    world.presses("written")


def to_loss_cancel_id_card(world: World) -> None:
    opens(world, "loss_cancel")


def to_loss_cancel_card(world: World) -> None:
    to_loss_cancel_id_card(world)
    world.lays("liu")


def to_loss_cancel_reading(world: World) -> None:
    to_loss_cancel_card(world)
    world.sees("loss_cancel.card")
    world.inserts("liu")


def to_loss_cancel_form(world: World) -> None:
    to_loss_cancel_id_card(world)
    world.lays("huang")
    world.sees("loss_cancel.card")
    world.inserts("huang")


def to_loss_cancel_asking(world: World) -> None:
    to_loss_cancel_reading(world)
    world.sees("loss_cancel.confirm")
    world.presses("confirm")


def to_loss_cancel_printing(world: World) -> None:
    to_loss_cancel_asking(world)
    world.sees("loss_cancel.result")
    world.presses("print")


WAYS: dict[str, Callable[[World], None]] = {
    "last_call": to_last_call,
    "keeping": to_last_call,
    "card_kept": to_last_call,
    "loss.glance": to_loss_glance,
    "loss.still": to_loss_still,
    "loss.copy": to_loss_still,
    "loss_cancel.id_card": to_loss_cancel_id_card,
    "loss_cancel.card": to_loss_cancel_card,
    "loss_cancel.reading": to_loss_cancel_reading,
    "loss_cancel.standing": to_loss_cancel_reading,
    "loss_cancel.still": to_loss_cancel_reading,
    "loss_cancel.copy": to_loss_cancel_reading,
    "loss_cancel.form": to_loss_cancel_form,
    "loss_cancel.confirm": to_loss_cancel_reading,
    "loss_cancel.asking": to_loss_cancel_asking,
    "loss_cancel.result": to_loss_cancel_asking,
    "loss_cancel.printing": to_loss_cancel_printing,
    **APPLYING_WAYS,
    **ASKING_WAYS,
    **STAFF_WAYS,
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
    "activate.id_card": to_activate_id_card,
    "activate.card": to_activate_card,
    "activate.reading": to_activate_reading,
    "activate.standing": to_activate_reading,
    "activate.still": to_activate_reading,
    "activate.new_medical": to_activate_reading,
    "activate.new_medical_again": to_activate_new_medical_again,
    "activate.new_financial": to_activate_new_financial,
    "activate.new_financial_again": to_activate_new_financial_again,
    "activate.hand_in": to_activate_hand_in,
    "activate.keeping": to_activate_keeping,
    "activate.asking": to_activate_asking,
    "activate.result": to_activate_asking,
    "activate.printing": to_activate_printing,
    "password_change.id_card": to_password_change_id_card,
    "password_change.card": to_password_change_card,
    "password_change.reading": to_password_change_reading,
    "password_change.standing": to_password_change_reading,
    "password_change.account": to_password_change_reading,
    "password_change.password": to_password_change_password,
    "password_change.new": to_password_change_new,
    "password_change.new_again": to_password_change_new_again,
    "password_change.asking": to_password_change_asking,
    "password_change.result": to_password_change_asking,
    "password_change.printing": to_password_change_printing,
    "password_unlock.id_card": to_password_unlock_id_card,
    "password_unlock.card": to_password_unlock_card,
    "password_unlock.reading": to_password_unlock_reading,
    "password_unlock.standing": to_password_unlock_reading,
    "password_unlock.account": to_password_unlock_reading,
    "password_unlock.still": to_password_unlock_still,
    "password_unlock.copy": to_password_unlock_still,
    "password_unlock.new": to_password_unlock_still,
    "password_unlock.new_again": to_password_unlock_new_again,
    "password_unlock.confirm": to_password_unlock_confirm,
    "password_unlock.asking": to_password_unlock_asking,
    "password_unlock.chip": to_password_unlock_chip,
    "password_unlock.chip_command": to_password_unlock_chip,
    "password_unlock.chip_setting": to_password_unlock_chip,
    "password_unlock.chip_torn": to_password_unlock_chip_torn,
    "password_unlock.chip_telling": to_password_unlock_chip,
    "password_unlock.result": to_password_unlock_asking,
    "password_unlock.printing": to_password_unlock_printing,
    "replace.id_card": to_replace_id_card,
    "replace.listing": to_replace_begin,
    "replace.which": to_replace_which,
    "replace.begin": to_replace_begin,
    "replace.pay": to_replace_begin,
    "replace.decide": to_replace_decide,
    "replace.giving_up": to_replace_giving_up,
    "replace.asking": to_replace_asking,
    "replace.result": to_replace_asking,
    "replace.printing": to_replace_printing,
    "change.id_card": to_change_id_card,
    "change.listing": to_change_reason,
    "change.which": to_change_which,
    "change.reason": to_change_reason,
    "change.photo_receipt": to_change_photo_receipt,
    "change.copy": to_change_copy,
    "change.begin": to_change_begin,
    "change.pay": to_change_begin,
    "change.decide": to_change_decide,
    "change.giving_up": to_change_giving_up,
    "change.hand_in": to_change_hand_in,
    "change.keeping": to_change_keeping,
    "change.asking": to_change_keeping,
    "change.result": to_change_keeping,
    "change.printing": to_change_printing,
}


def goes_to(world: World, state: str) -> None:
    """Bring a terminal that is idle to a screen."""
    WAYS[state](world)
    world.sees(state)
