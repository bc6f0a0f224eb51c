"""Balance check, with a line and without."""

from __future__ import annotations

import pytest

from simulators.world.bank_line import BankMood
from simulators.world.world import World
from tests.stories.acts import goes_to_the_password, says


def test_both_balances_are_shown_and_printed(world: World) -> None:
    goes_to_the_password(world, "chen")
    world.types("246810e")
    world.sees("balance.result")
    world.reads("¥ 1,234.56", "¥ 32,081.50", "广发银行", "尾号 1372")
    world.presses("print")
    world.sees("balance.printing")
    world.sees("balance.result")
    world.reads("凭条已打印")
    world.presses("done")
    world.sees("take_card")
    world.pulls()
    world.sees("goodbye")
    world.sees("idle")
    (receipt,) = world.receipts()
    assert "¥ 1,234.56" in receipt
    assert "¥ 32,081.50" in receipt
    assert "CARD.TWO_ACCOUNTS" in receipt


def test_a_receipt_names_nobody(world: World) -> None:
    goes_to_the_password(world, "chen")
    world.types("246810e")
    world.sees("balance.result")
    world.presses("print")
    world.sees("balance.printing")
    world.sees("balance.result")
    (receipt,) = world.receipts()
    for personal in ("陈美玲", "99000019880312402X", "H99001372", "6200001234567890128"):
        assert personal not in receipt
    assert "1372" in receipt


def test_the_balances_are_those_of_the_card_in_the_slot(world: World) -> None:
    goes_to_the_password(world, "li", card=2)
    world.types("864209e")
    world.sees("balance.result")
    world.reads("尾号 4119", "工商银行")


def test_the_second_card_does_not_open_with_the_password_of_the_first(world: World) -> None:
    goes_to_the_password(world, "li", card=2)
    world.types("135790e")
    world.sees("balance.asking")
    world.sees("balance.password")
    world.reads("密码不对")


def test_the_line_is_down_and_the_check_waits(world: World) -> None:
    world.cuts_line()
    world.waits(20)
    world.reads("到银行的线路暂时中断")
    world.presses("balance")
    world.lays("chen")
    world.sees("balance.card")
    world.inserts("chen")
    world.sees("balance.result")
    world.reads("查询已登记，还没有查到", "等待送达银行")
    assert not says(world, "¥")
    assert world.queue.waiting == 1
    world.presses("print")
    world.sees("balance.printing")
    world.sees("balance.result")
    world.presses("done")
    world.sees("take_card")
    world.pulls()
    world.sees("idle")
    world.repairs_line()
    world.waits(60)
    assert world.queue.waiting == 0
    assert "等待送达银行" in world.receipts()[0]


def test_without_a_line_no_password_is_asked_for(world: World) -> None:
    world.cuts_line()
    world.waits(20)
    world.presses("balance")
    world.lays("chen")
    world.sees("balance.card")
    world.inserts("chen")
    world.sees("balance.result")
    world.reads("密码没有保存")
    assert ("step", "balance.password") not in world.records


def test_the_line_drops_while_the_person_looks_for_the_card(world: World) -> None:
    world.presses("balance")
    world.lays("chen")
    world.sees("balance.card")
    world.cuts_line()
    world.waits(20)
    world.inserts("chen")
    world.sees("balance.result")
    world.reads("查询已登记，还没有查到")


def test_the_line_drops_while_the_password_is_typed_and_the_password_does_not_wait(
    world: World,
) -> None:
    goes_to_the_password(world, "chen")
    world.types("246")
    world.cuts_line()
    world.waits(20)
    world.types("810e")
    world.sees("balance.result")
    world.reads("查询已登记，还没有查到", "密码没有保存")
    world.presses("done")
    world.pulls()
    world.waits(120)
    world.repairs_line()
    world.waits(60)
    assert world.queue.waiting == 0
    assert not says(world, "¥")


def test_the_line_comes_back_while_the_password_is_not_yet_due(world: World) -> None:
    world.cuts_line()
    world.waits(20)
    world.presses("balance")
    world.lays("chen")
    world.sees("balance.card")
    world.repairs_line()
    world.waits(20)
    world.inserts("chen")
    world.sees("balance.password")
    world.types("246810e")
    world.sees("balance.result")
    world.reads("¥ 1,234.56")


def test_the_line_comes_back_while_the_waiting_screen_is_still_shown(world: World) -> None:
    world.cuts_line()
    world.waits(20)
    world.presses("balance")
    world.lays("chen")
    world.sees("balance.card")
    world.inserts("chen")
    world.sees("balance.result")
    world.reads("等待送达银行")
    world.repairs_line()
    world.waits(30)
    world.reads("银行会直接答复您")


def test_the_line_drops_while_the_bank_is_asked(world: World) -> None:
    goes_to_the_password(world, "chen")
    world.bank.mood = BankMood.SILENT
    world.types("246810e")
    world.sees("balance.asking")
    world.cuts_line()
    world.sees("balance.result", within_s=6)  # as soon as the line is known to be down
    world.reads("查询已登记，还没有查到")


def test_a_silent_bank_is_not_waited_for_longer_than_a_person_bears(world: World) -> None:
    goes_to_the_password(world, "chen")
    world.bank.mood = BankMood.SILENT
    world.types("246810e")
    world.sees("balance.result", within_s=12)
    world.reads("查询已登记，还没有查到")
    assert not says(world, "¥")


def test_balances_that_come_late_go_to_nobody(world: World) -> None:
    goes_to_the_password(world, "chen")
    world.bank.mood = BankMood.SLOW
    world.types("246810e")
    world.sees("balance.result")
    world.presses("done")
    world.pulls()
    world.sees("idle")
    world.bank.mood = BankMood.WELL
    world.presses("balance")
    for _ in range(40):
        world.waits(1)
        assert not says(world, "¥")


@pytest.mark.parametrize(
    ("person", "card", "title", "rule"),
    [
        ("wang", 1, "这张卡还没有激活", "ACTIVATE.BEFORE_USE"),
        ("liu", 1, "这张卡已经挂失", "LOSS.ORAL_LAPSE"),
        ("huang", 1, "这张卡已经挂失", "LOSS.WRITTEN_NOW"),
        ("zhou", 1, "这张卡正在补换", "REPLACE.SUSPENDED"),
        ("wu", 1, "这张旧卡已经作废", "REPLACE.OLD_IS_DEAD"),
    ],
)
def test_a_card_in_another_state_is_refused_with_its_rule(
    world: World, person: str, card: int, title: str, rule: str
) -> None:
    goes_to_the_password(world, person, card)
    world.types("135790e")
    world.sees("trouble")
    world.reads(title)
    world.presses("why")
    world.reads(rule)
    world.presses("leave")
    world.sees("take_card")


def test_the_new_card_works_where_the_old_one_does_not(world: World) -> None:
    goes_to_the_password(world, "wu", card=2)
    world.types("135790e")
    world.sees("balance.result")
    world.reads("尾号 3701")


def test_the_person_goes_back_to_the_id_card(world: World) -> None:
    world.presses("balance")
    world.lays("li")
    world.sees("balance.card")
    world.presses("back")
    world.sees("balance.id_card")
    world.lifts()
    world.lays("chen")
    world.sees("balance.card")
    world.inserts("chen")
    world.sees("balance.password")
    world.types("246810e")
    world.sees("balance.result")
    world.reads("尾号 1372")


def test_two_people_one_after_the_other_see_each_their_own(world: World) -> None:
    goes_to_the_password(world, "chen")
    world.types("246810e")
    world.sees("balance.result")
    world.presses("done")
    world.pulls()
    world.lifts()
    world.sees("idle")
    goes_to_the_password(world, "xu")
    world.reads("请输入金融账户密码")
    world.types("135790e")
    world.sees("balance.result")
    world.reads("尾号 9185")
    assert not says(world, "1372")
