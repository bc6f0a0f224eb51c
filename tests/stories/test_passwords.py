"""The password: wrong, short, forgotten, cancelled, never finished."""

from __future__ import annotations

from sqlalchemy import text

from kiosk.drivers.events import Device
from kiosk.screens.view import Dots
from simulators.models.pin_pad import Mode
from simulators.world.bank_line import BankMood
from simulators.world.world import World
from tests.stories.acts import goes_to_the_password


def tries_wrongly(world: World, keys: str = "111111e") -> None:
    """Type a wrong password and come back to the pad."""
    world.types(keys)
    world.sees("balance.asking")
    world.sees("balance.password")


def wrong_in_a_row(world: World, pan: str) -> int:
    """How many wrong entries the bank counts on the financial account of a card."""
    asked = text(
        "SELECT wrong_in_a_row FROM accounts JOIN cards USING (card_id)"
        " WHERE pan = :pan AND account = 'financial'"
    )
    with world.bank.engine.connect() as connection:
        count: int = connection.execute(asked, {"pan": pan}).scalar_one()
    return count


CHENS_PAN = "6200001234567890128"


def test_a_wrong_password_is_said_with_the_tries_left_and_can_be_tried_again(
    world: World,
) -> None:
    goes_to_the_password(world)
    tries_wrongly(world)
    world.waits(5)  # the pad is open again, and it is still said
    world.reads("密码不对，还可以试 5 次")
    world.types("246810e")
    world.sees("balance.result")
    world.reads("¥ 1,234.56")


def test_what_was_said_of_a_wrong_password_goes_with_the_first_digit(world: World) -> None:
    goes_to_the_password(world)
    tries_wrongly(world)
    world.reads("密码不对")
    world.types("2")
    assert not any("密码不对" in each for each in world.view.texts())


def test_a_right_password_makes_the_wrong_ones_forgotten(world: World) -> None:
    goes_to_the_password(world)
    tries_wrongly(world)
    tries_wrongly(world)
    assert wrong_in_a_row(world, CHENS_PAN) == 2
    world.types("246810e")
    world.sees("balance.result")
    assert wrong_in_a_row(world, CHENS_PAN) == 0


def test_wrong_until_locked_and_then_even_the_right_one_is_refused(world: World) -> None:
    goes_to_the_password(world)
    for left in (5, 4, 3, 2, 1):
        tries_wrongly(world)
        world.reads(f"还可以试 {left} 次")
    world.types("111111e")
    world.sees("trouble")
    world.reads("金融账户密码已锁定")
    world.presses("why")
    world.reads("PIN.LOCK")
    world.presses("leave")
    world.sees("take_card")
    world.pulls()
    world.lifts()
    world.sees("idle")
    goes_to_the_password(world)
    world.types("246810e")
    world.sees("trouble")
    world.reads("金融账户密码已锁定")


def test_a_password_locked_before_is_said_to_be_locked(world: World) -> None:
    goes_to_the_password(world, "zhang")
    world.types("135790e")
    world.sees("trouble")
    world.reads("金融账户密码已锁定")


def test_the_wrong_password_of_one_card_does_not_count_for_another(world: World) -> None:
    goes_to_the_password(world, "li", 1)
    tries_wrongly(world)
    world.reads("还可以试 5 次")
    world.pulls()
    world.sees("trouble")
    world.inserts("li", 2)
    world.sees("balance.password")
    tries_wrongly(world)
    world.reads("还可以试 5 次")


def test_the_medical_password_is_not_the_one_that_is_asked_for(world: World) -> None:
    goes_to_the_password(world)
    world.reads("请输入金融账户密码")
    world.types("097531e")
    world.sees("balance.asking")
    world.sees("balance.password")
    world.reads("密码不对")


def test_a_password_too_short_is_said_so_and_nobody_counts_it(world: World) -> None:
    goes_to_the_password(world)
    world.types("2468e")
    world.waits(3)
    world.reads("密码是 6 位数字，请重新输入")
    assert wrong_in_a_row(world, CHENS_PAN) == 0
    assert ("step", "balance.asking") not in world.records
    world.types("246810e")
    world.sees("balance.result")


def test_enter_without_a_digit_is_too_short_as_well(world: World) -> None:
    goes_to_the_password(world)
    world.waits(1)
    world.types("e")
    world.waits(3)
    world.reads("密码是 6 位数字")
    world.types("246810e")
    world.sees("balance.result")


def test_a_seventh_digit_is_not_taken(world: World) -> None:
    goes_to_the_password(world)
    world.waits(1)
    world.types("2468109e")
    world.sees("balance.result")


def test_a_digit_can_be_taken_back(world: World) -> None:
    goes_to_the_password(world)
    world.waits(1)
    world.types("2469")
    world.reads("4/6")
    world.types("d")
    world.reads("3/6")
    world.types("810e")
    world.sees("balance.result")


def test_all_digits_can_be_taken_back(world: World) -> None:
    goes_to_the_password(world)
    world.waits(1)
    world.types("999999dddddd")
    world.reads("0/6")
    world.types("246810e")
    world.sees("balance.result")


def test_the_screen_shows_how_many_digits_and_never_which(world: World) -> None:
    goes_to_the_password(world)
    world.waits(1)
    for count, digit in enumerate("246810", 1):
        world.types(digit)
        world.reads(f"{count}/6")
    assert "246" not in "".join(world.view.texts())


def test_cancel_on_the_pad_ends_the_visit(world: World) -> None:
    goes_to_the_password(world)
    world.waits(1)
    world.types("246c")
    world.sees("take_card", within_s=1)
    world.waits(1)
    assert world.pad.mode is Mode.CLOSED
    world.pulls()
    world.sees("idle")


def test_leaving_by_the_screen_closes_the_pad(world: World) -> None:
    goes_to_the_password(world)
    world.waits(1)
    world.types("246")
    world.presses("leave")
    world.waits(1)
    assert world.pad.mode is Mode.CLOSED
    assert not world.pad.holds_digits
    world.types("810e")
    world.sees("take_card")


def test_a_password_never_finished_runs_out_of_time(world: World) -> None:
    goes_to_the_password(world)
    world.waits(1)
    world.types("246")
    world.sees("take_card", within_s=75)
    assert not [detail for what, detail in world.records if what == "trouble"]
    world.waits(1)
    assert not world.pad.holds_digits


def test_slow_fingers_have_their_time_with_every_digit(world: World) -> None:
    goes_to_the_password(world)
    for digit in "246810":
        world.waits(25)
        world.types(digit)
    world.waits(25)
    world.types("e")
    world.sees("balance.result")


def test_digits_typed_before_the_pad_is_asked_for_are_not_a_password(world: World) -> None:
    world.presses("balance")
    world.types("111111e")
    world.lays("chen")
    world.sees("balance.card")
    world.types("111111e")
    world.inserts("chen")
    world.sees("balance.password")
    world.waits(2)
    world.reads("0/6")
    world.types("246810e")
    world.sees("balance.result")


def test_a_password_the_bank_never_heard_counts_as_no_try(world: World) -> None:
    goes_to_the_password(world)
    world.cuts_line()
    world.types("111111e")
    world.sees("balance.result")
    world.presses("done")
    world.pulls()
    world.waits(120)  # a block that found no line by then is given up
    world.repairs_line()
    world.waits(60)
    assert wrong_in_a_row(world, CHENS_PAN) == 0


def test_a_wrong_password_that_arrives_twice_is_one_try(world: World) -> None:
    world.bank.mood = BankMood.TWICE
    goes_to_the_password(world)
    tries_wrongly(world)
    world.reads("还可以试 5 次")
    assert wrong_in_a_row(world, CHENS_PAN) == 1


def test_a_wrong_password_whose_answer_is_late_is_told_on_the_result(world: World) -> None:
    goes_to_the_password(world)
    world.bank.mood = BankMood.SLOW
    world.types("111111e")
    world.sees("balance.result")
    world.sees("trouble", within_s=20)
    world.reads("密码不对", "还可以试 5 次")
    assert wrong_in_a_row(world, CHENS_PAN) == 1


def test_nobody_is_asked_for_a_password_before_the_pad_takes_it(world: World) -> None:
    goes_to_the_password(world)
    world.reads("请稍候", "密码键盘正在准备")
    assert not asks(world)
    until_asked(world)
    world.pad.press("2")
    world.lines[Device.PIN_PAD].poke()
    world.waits(0.05)
    assert world.view.blocks[0] == Dots(1, 6), "the first key counts"


def test_the_screen_asks_again_only_when_the_pad_takes_a_new_entry(world: World) -> None:
    goes_to_the_password(world)
    until_asked(world)
    world.types("24e")
    until_asked(world)
    world.reads("密码是 6 位数字")
    world.pad.press("2")
    world.lines[Device.PIN_PAD].poke()
    world.waits(0.05)
    assert world.view.blocks[0] == Dots(1, 6)


def asks(world: World) -> bool:
    return world.view.title == "请输入金融账户密码"


def until_asked(world: World) -> None:
    for _ in range(500):
        if asks(world):
            return
        world.waits(0.005)
    raise AssertionError("the pad is never ready")
