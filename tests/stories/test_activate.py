"""Activation: a new card with both its passwords, in one act, by its holder in person."""

from __future__ import annotations

import pytest

from kiosk.drivers.events import Device
from simulators.models.pin_pad import Mode
from simulators.models.scenes import Stand
from simulators.world.bank_line import BankMood
from simulators.world.world import World
from sscard.cards import Account
from tests.stories.acts import says, tile, trouble
from tests.stories.passwords import (
    FINANCIAL,
    MEDICAL,
    activates,
    card_of,
    changes,
    ends_the_visit,
    hashes,
    shows_papers,
    state_of,
    types_twice,
)
from tests.stories.reissuing import gets_a_bin

WANG = card_of("wang")


def to_the_medical_password(world: World, key: str = "wang", card: int = 1) -> None:
    shows_papers(world, "activate", key, card)
    world.sees("activate.new_medical")


@pytest.mark.rule("ACTIVATE.BOTH_OR_NEITHER", "CARD.TWO_ACCOUNTS")
def test_a_new_card_gets_both_passwords_and_works_at_once(world: World) -> None:
    activates(world, "wang")
    world.sees("activate.result")
    world.reads("卡已激活，可以使用了", "两个密码已设好")
    assert state_of(world, WANG) == "active"
    ends_the_visit(world)
    world.presses("balance")
    world.lays("wang")
    world.sees("balance.card")
    world.inserts("wang")
    world.sees("balance.password")
    world.types(f"{FINANCIAL}e")
    world.sees("balance.result")
    ends_the_visit(world)
    changes(world, "wang", Account.MEDICAL, MEDICAL, "246813")
    world.sees("password_change.result")


def test_the_whole_of_it_in_english_with_a_receipt(world: World) -> None:
    world.presses("language")
    activates(world, "wang")
    world.sees("activate.result")
    world.reads("Your card is active", "Both passwords are set")
    world.presses("print")
    world.sees("activate.result")
    world.reads("The receipt is printed")
    (paper,) = world.receipts()
    assert "Card activated" in paper
    assert "ACTIVATE.BOTH_OR_NEITHER" in paper
    assert MEDICAL not in paper
    assert FINANCIAL not in paper


@pytest.mark.rule("CARD.TWO_ENVIRONMENTS")
def test_each_password_is_asked_for_by_its_name_and_its_use(world: World) -> None:
    to_the_medical_password(world)
    world.reads("请设医保账户新密码", "看病、买药时用")
    world.types(f"{MEDICAL}e")
    world.sees("activate.new_medical_again")
    world.reads("请再输一遍医保账户新密码")
    world.types(f"{MEDICAL}e")
    world.sees("activate.new_financial")
    world.reads("请设金融账户新密码", "取钱、转账时用")


def test_two_entries_that_differ_begin_that_password_anew_and_no_other(world: World) -> None:
    to_the_medical_password(world)
    world.types("135246e")
    world.sees("activate.new_medical_again")
    world.types("135247e")
    world.sees("activate.new_medical")
    world.reads("两次输入的不一样，请重新设一次")
    types_twice(world, "activate.new_medical", MEDICAL)
    world.sees("activate.new_financial")
    world.types("802461e")
    world.sees("activate.new_financial_again")
    world.types("802416e")
    world.sees("activate.new_financial")
    world.reads("两次输入的不一样")
    types_twice(world, "activate.new_financial", FINANCIAL)
    world.sees("activate.result")
    assert state_of(world, WANG) == "active"


@pytest.mark.parametrize(
    ("medical", "financial"),
    [("123456", FINANCIAL), (MEDICAL, "888888"), ("200401", FINANCIAL)],
    ids=["a run", "all the same", "the birthday"],
)
def test_a_password_too_easy_is_refused_by_the_bank_and_another_can_be_chosen(
    world: World, medical: str, financial: str
) -> None:
    before = hashes(world, WANG)
    activates(world, "wang", medical=medical, financial=financial)
    world.sees("trouble")
    world.reads("这个密码不能用", "不能是连号、同号或生日")
    assert state_of(world, WANG) == "inactive"
    assert hashes(world, WANG) == before
    world.presses("again")
    types_twice(world, "activate.new_medical", MEDICAL)
    types_twice(world, "activate.new_financial", FINANCIAL)
    world.sees("activate.result")
    assert state_of(world, WANG) == "active"


@pytest.mark.rule("CARD.STATES", "ACTIVATE.BEFORE_USE")
@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("chen", "这张卡已经激活"),
        ("liu", "这张卡已经挂失"),
        ("huang", "这张卡已经挂失"),
        ("zhou", "这张卡正在补换"),
        ("wu", "这张旧卡已经作废"),
    ],
)
def test_a_card_that_is_not_to_be_activated_says_so_before_any_password(
    world: World, key: str, words: str
) -> None:
    shows_papers(world, "activate", key)
    world.sees("trouble")
    world.reads(words)
    assert world.pad.mode is Mode.CLOSED


@pytest.mark.rule("ACTIVATE.ORIGINALS")
def test_somebody_elses_card_is_not_activated(world: World) -> None:
    world.presses("activate")
    world.lays("li")
    world.sees("activate.card")
    world.inserts("wang")
    world.sees("trouble")
    assert trouble(world) == "not_same_person"


@pytest.mark.rule("ACTIVATE.IN_PERSON")
def test_nobody_before_the_camera_and_the_visit_ends(world: World) -> None:
    world.presses("activate")
    world.lays("wang")
    world.sees("activate.card")
    world.stands(Stand.AWAY)
    world.inserts("wang")
    world.sees("activate.still")
    world.sees("take_card", within_s=60)
    assert state_of(world, WANG) == "inactive"


@pytest.mark.rule("ACTIVATE.IN_PERSON")
def test_without_a_camera_nothing_is_activated_here(world: World) -> None:
    world.camera.starts = False
    world.camera.die()
    world.waits(10)
    second, can = tile(world, "activate")
    assert not can
    assert "摄像头" in second


# --- no answer -----------------------------------------------------------------------------


@pytest.mark.rule("OFFLINE.HONEST", "OFFLINE.ONCE")
def test_a_lost_answer_is_said_to_be_unknown_and_the_next_visit_tells_the_truth(
    world: World,
) -> None:
    shows_papers(world, "activate", "wang")
    types_twice(world, "activate.new_medical", MEDICAL)
    world.sees("activate.new_financial")
    world.types(f"{FINANCIAL}e")
    world.sees("activate.new_financial_again")
    world.bank.mood = BankMood.ANSWER_LOST
    world.types(f"{FINANCIAL}e")
    world.sees("activate.result")
    world.reads("还不知道卡有没有激活", "请稍后再来")
    assert not says(world, "卡已激活")
    ends_the_visit(world)
    world.bank.mood = BankMood.WELL
    world.waits(120)
    shows_papers(world, "activate", "wang")
    world.sees("trouble")
    world.reads("这张卡已经激活", "那一次已经办成", "密码就是那一次设的")


@pytest.mark.rule("OFFLINE.HONEST")
def test_an_answer_that_comes_late_is_told_while_the_person_still_stands_here(
    world: World,
) -> None:
    shows_papers(world, "activate", "wang")
    types_twice(world, "activate.new_medical", MEDICAL)
    world.sees("activate.new_financial")
    world.types(f"{FINANCIAL}e")
    world.sees("activate.new_financial_again")
    world.bank.mood = BankMood.SLOW
    world.types(f"{FINANCIAL}e")
    world.sees("activate.result")
    world.reads("还不知道卡有没有激活")
    for _ in range(30):
        world.waits(1)
        if says(world, "卡已激活，可以使用了"):
            return
    raise AssertionError("the late answer is never told")


def test_with_no_line_it_says_that_it_cannot(world: World) -> None:
    world.cuts_line()
    world.waits(60)
    assert tile(world, "activate") == ("线路中断，暂不能办", False)


def test_a_line_that_falls_before_the_last_key_leaves_the_card_as_it_was(world: World) -> None:
    before = hashes(world, WANG)
    shows_papers(world, "activate", "wang")
    types_twice(world, "activate.new_medical", MEDICAL)
    world.sees("activate.new_financial")
    world.cuts_line()
    world.waits(30)
    types_twice(world, "activate.new_financial", FINANCIAL)
    world.sees("trouble", "activate.result")
    assert says(world, "没有登记成功") or says(world, "还不知道")
    ends_the_visit(world)
    world.repairs_line()
    world.waits(120)
    assert state_of(world, WANG) == "inactive"
    assert hashes(world, WANG) == before


# --- the old card --------------------------------------------------------------------------


@pytest.mark.rule("ACTIVATE.OLD_CARD")
def test_the_old_card_of_the_same_bank_is_handed_in_last_and_is_dead(world: World) -> None:
    gets_a_bin(world)
    old, new = card_of("gao", 1), card_of("gao", 2)
    activates(world, "gao", 2)
    world.sees("activate.hand_in")
    assert state_of(world, new) == "inactive"
    world.reads("请先取出这张卡")
    world.pulls()
    world.reads("请插入要交回的旧卡")
    world.inserts("gao", 1)
    world.sees("activate.result")
    claim = world.terminal.session.situation.person.handed_in
    assert claim is not None
    world.reads("卡已激活", "旧卡已作废", "旧卡保管号", claim.claim)
    assert (state_of(world, old), state_of(world, new)) == ("superseded", "active")
    world.presses("print")
    world.sees("activate.result")
    assert claim.claim in world.receipts()[-1]


@pytest.mark.rule("ACTIVATE.OLD_CARD")
def test_the_wrong_old_card_is_given_back(world: World) -> None:
    gets_a_bin(world)
    activates(world, "gao", 2)
    world.sees("activate.hand_in")
    world.reads("请先取出这张卡")
    world.pulls()
    world.inserts("chen")
    world.reads("这不是要交回的旧卡")
    world.pulls()
    world.presses("leave")
    world.sees("goodbye", "idle")
    assert state_of(world, card_of("gao", 2)) == "inactive"


@pytest.mark.rule("ACTIVATE.OLD_CARD")
def test_a_weak_password_after_the_hand_in_does_not_ask_for_the_old_card_twice(
    world: World,
) -> None:
    gets_a_bin(world)
    activates(world, "gao", 2, medical="111111")
    world.sees("activate.hand_in")
    world.reads("请先取出这张卡")
    world.pulls()
    world.inserts("gao", 1)
    world.sees("trouble")
    world.presses("again")
    types_twice(world, "activate.new_medical", MEDICAL)
    types_twice(world, "activate.new_financial", FINANCIAL)
    world.sees("activate.result")
    assert state_of(world, card_of("gao", 1)) == "superseded"


@pytest.mark.rule("ACTIVATE.OLD_CARD")
@pytest.mark.parametrize("key", ["song", "luo"], ids=["another bank's", "lost"])
def test_an_old_card_of_another_bank_or_a_lost_one_is_not_asked_for(world: World, key: str) -> None:
    activates(world, key, 2)
    world.sees("activate.result")
    assert state_of(world, card_of(key, 2)) == "active"
    assert state_of(world, card_of(key, 1)) == ("active" if key == "song" else "superseded")


def test_a_terminal_that_cannot_keep_cards_says_so_before_any_password(world: World) -> None:
    shows_papers(world, "activate", "gao", 2)
    world.sees("trouble")
    world.reads("本机不能收回旧卡", "什么都没有办理")


# --- what befalls the machine ----------------------------------------------------------------


def test_a_card_pulled_between_the_passwords_is_put_in_again_and_all_is_asked_anew(
    world: World,
) -> None:
    to_the_medical_password(world)
    world.types(f"{MEDICAL}e")
    world.sees("activate.new_medical_again")
    world.pulls()
    world.sees("trouble")
    assert trouble(world) == "pulled"
    world.inserts("wang")
    types_twice(world, "activate.new_medical", MEDICAL)
    types_twice(world, "activate.new_financial", FINANCIAL)
    world.sees("activate.result")


def test_the_pad_that_breaks_between_the_passwords_ends_it_and_nothing_is_done(
    world: World,
) -> None:
    to_the_medical_password(world)
    world.types(f"{MEDICAL}e")
    world.sees("activate.new_medical_again")
    world.lines[Device.PIN_PAD].unplug()
    world.sees("trouble")
    assert state_of(world, WANG) == "inactive"


def test_the_passwords_leave_the_visit_with_the_request(world: World) -> None:
    activates(world, "wang")
    world.sees("activate.result")
    visit = world.terminal.session.situation.person
    assert visit.companion is None
    assert visit.first_entry == ""
