"""Change of a password by who knows the old one; the bank counts the wrong ones."""

from __future__ import annotations

import pytest

from simulators.world.bank_line import BankMood
from simulators.world.world import World
from sscard.cards import Account
from tests.stories.acts import says, tile, trouble
from tests.stories.passwords import (
    card_of,
    changes,
    ends_the_visit,
    goes_to_the_change,
    hashes,
    shows_papers,
    types_twice,
    wrong_in_a_row,
)

CHEN = card_of("chen")
OLD = {Account.MEDICAL: CHEN.medical_password, Account.FINANCIAL: CHEN.password}
BOTH = pytest.mark.parametrize("account", list(Account))
NEW = "135246"


@BOTH
@pytest.mark.rule("CARD.TWO_ACCOUNTS", "CARD.TWO_ENVIRONMENTS")
def test_either_password_is_changed_by_who_knows_it_and_the_other_stays(
    world: World, account: Account
) -> None:
    before = hashes(world, CHEN)
    changes(world, "chen", account, OLD[account], NEW)
    world.sees("password_change.result")
    world.reads("密码已修改", "旧密码不能再用")
    after = hashes(world, CHEN)
    assert [a == b for a, b in zip(before, after, strict=True)].count(True) == 1
    ends_the_visit(world)
    changes(world, "chen", account, NEW, "802461")
    world.sees("password_change.result")


def test_in_english_with_a_receipt_that_says_no_digit(world: World) -> None:
    world.presses("language")
    changes(world, "chen", Account.MEDICAL, OLD[Account.MEDICAL], NEW)
    world.sees("password_change.result")
    world.reads("The password is changed", "Medical account")
    world.presses("print")
    world.sees("password_change.result")
    world.reads("The receipt is printed")
    (paper,) = world.receipts()
    assert "Password changed" in paper
    assert NEW not in paper
    assert OLD[Account.MEDICAL] not in paper


@BOTH
@pytest.mark.rule("CARD.TWO_ACCOUNTS")
def test_each_password_is_asked_for_by_its_accounts_name(world: World, account: Account) -> None:
    name = "医保账户" if account is Account.MEDICAL else "金融账户"
    goes_to_the_change(world, "chen", account)
    world.reads(f"请输入{name}密码")
    world.types(f"{OLD[account]}e")
    world.sees("password_change.new")
    world.reads(f"请设{name}新密码")
    world.types(f"{NEW}e")
    world.sees("password_change.new_again")
    world.reads(f"请再输一遍{name}新密码")


@BOTH
@pytest.mark.rule("PIN.LOCK")
def test_a_wrong_old_password_says_how_many_tries_are_left_and_the_last_one_locks(
    world: World, account: Account
) -> None:
    goes_to_the_change(world, "chen", account)
    for left in (5, 4, 3, 2, 1):
        world.types("999998e")
        types_twice(world, "password_change.new", NEW)
        world.sees("password_change.password")
        world.reads(f"密码不对，还可以试 {left} 次，用完会锁定")
    world.types("999998e")
    types_twice(world, "password_change.new", NEW)
    world.sees("trouble")
    world.reads("密码已锁定", "另一个账户不受影响", "密码解锁、重设")
    assert wrong_in_a_row(world, CHEN, account) == 6
    (other,) = set(Account) - {account}
    assert wrong_in_a_row(world, CHEN, other) == 0


@pytest.mark.rule("PIN.LOCK")
@pytest.mark.parametrize(
    ("key", "locked"), [("zhang", Account.FINANCIAL), ("tang", Account.MEDICAL)]
)
def test_a_locked_password_cannot_be_chosen_and_says_where_to_go(
    world: World, key: str, locked: Account
) -> None:
    shows_papers(world, "password_change", key)
    world.sees("password_change.account")
    world.reads("已锁定，请选“密码解锁、重设”")
    can = {each.id: each.enabled for each in world.view.options}
    assert can == {each: each is not locked for each in Account}


def test_two_entries_that_differ_begin_the_new_password_anew(world: World) -> None:
    goes_to_the_change(world, "chen", Account.MEDICAL)
    world.types(f"{OLD[Account.MEDICAL]}e")
    world.sees("password_change.new")
    world.types("135246e")
    world.sees("password_change.new_again")
    world.types("135264e")
    world.sees("password_change.new")
    world.reads("两次输入的不一样")
    types_twice(world, "password_change.new", NEW)
    world.sees("password_change.result")


@pytest.mark.parametrize("weak", ["123456", "000000", "880312"])
def test_a_password_too_easy_is_refused_by_the_bank_and_another_can_be_chosen(
    world: World, weak: str
) -> None:
    before = hashes(world, CHEN)
    changes(world, "chen", Account.FINANCIAL, OLD[Account.FINANCIAL], weak)
    world.sees("trouble")
    world.reads("这个密码不能用")
    assert hashes(world, CHEN) == before
    world.presses("again")
    world.sees("password_change.password")
    world.types(f"{OLD[Account.FINANCIAL]}e")
    types_twice(world, "password_change.new", NEW)
    world.sees("password_change.result")


@pytest.mark.rule("ACTIVATE.BEFORE_USE", "CARD.STATES")
@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("wang", "这张卡还没有激活"),
        ("liu", "这张卡已经挂失"),
        ("zhou", "这张卡正在补换"),
        ("wu", "这张旧卡已经作废"),
    ],
)
def test_a_card_that_is_not_in_use_says_so_before_any_password(
    world: World, key: str, words: str
) -> None:
    shows_papers(world, "password_change", key)
    world.sees("trouble")
    world.reads(words)


@pytest.mark.rule("OFFLINE.HONEST")
def test_a_lost_answer_is_said_to_be_unknown_with_what_to_do(world: World) -> None:
    goes_to_the_change(world, "chen", Account.FINANCIAL)
    world.types(f"{OLD[Account.FINANCIAL]}e")
    world.sees("password_change.new")
    world.types(f"{NEW}e")
    world.sees("password_change.new_again")
    world.bank.mood = BankMood.ANSWER_LOST
    world.types(f"{NEW}e")
    world.sees("password_change.result")
    world.reads("还不知道密码改了没有", "不是旧密码就是新密码", "请稍后再试新密码")
    assert not says(world, "密码已修改")


@pytest.mark.rule("OFFLINE.THREE")
def test_with_no_line_it_says_that_it_cannot(world: World) -> None:
    world.cuts_line()
    world.waits(60)
    assert tile(world, "password_change") == ("线路中断，暂不能办", False)


def test_a_bank_that_does_not_answer_about_the_card_can_be_asked_again(world: World) -> None:
    world.bank.mood = BankMood.SILENT
    shows_papers(world, "password_change", "chen")
    world.sees("trouble")
    assert trouble(world) in ("no_answer", "no_line")
    world.bank.mood = BankMood.WELL
    world.waits(15)
    world.presses("again")
    world.sees("password_change.account")


def test_cancel_on_the_pad_at_the_second_entry_ends_the_visit(world: World) -> None:
    before = hashes(world, CHEN)
    goes_to_the_change(world, "chen", Account.MEDICAL)
    world.types(f"{OLD[Account.MEDICAL]}e")
    world.sees("password_change.new")
    world.types(f"{NEW}e")
    world.sees("password_change.new_again")
    world.types("13c")
    world.sees("take_card")
    assert hashes(world, CHEN) == before
