"""A lost card is replaced: application, fee, confirmation, in that order (REPLACE.*, FEE.*)."""

from __future__ import annotations

from datetime import date

import pytest

from bank.people import person
from kiosk.drivers.events import Device
from simulators.world.bank_line import BankMood
from simulators.world.world import World
from sscard.cards import CardState
from sscard.forms import form_from_text, form_of, ready_on
from tests.stories.acts import goes_to_the_card, opens, says, tile, trouble
from tests.stories.ledger import operations, states
from tests.stories.reissuing import (
    begins_to_replace,
    clerk_hands_out,
    days_pass,
    ends,
    in_the_books,
    money,
    pays_for_it,
    reissued,
    replaces,
)

ONE_PAYMENT = [(2_000, 1, None)]


@pytest.mark.rule("REPLACE.PAY_THEN_CONFIRM", "REPLACE.SUSPENDED", "FEE.REISSUE_20")
def test_a_lost_card_is_replaced_against_20_yuan(world: World) -> None:
    begins_to_replace(world)
    world.reads("¥ 20.00", "首张卡免费")
    assert states(world, "huang") == [CardState.LOST_WRITTEN]
    pays_for_it(world)
    world.reads("尾号 9593", "¥ 20.00", "旧卡永远不能再用，费用不退", "南城")
    assert states(world, "huang") == [CardState.LOST_WRITTEN], "nothing before the confirmation"
    world.presses("go_on")
    world.sees("replace.result")
    world.reads("办好了，新卡开始制作", "2027 年 1 月 5 日", "以当年放假通知为准")
    assert states(world, "huang") == [CardState.SUSPENDED]
    assert money(world) == ONE_PAYMENT


@pytest.mark.rule("REPLACE.THIRTY_WORKING_DAYS", "FEE.REISSUE_20")
def test_the_paper_is_form_and_voucher_that_a_clerk_can_check(world: World) -> None:
    answer = replaces(world)
    world.presses("print")
    world.reads("凭条已打印")
    paper = world.receipts()[-1]
    for words in (
        answer.form_code,
        answer.voucher,
        "¥ 20.00，已付",
        "2027 年 1 月 5 日",
        "以当年放假通知为准",
        "南城示例支行",
        "原件",
        "REPLACE.OLD_IS_DEAD",
        "FEE.REISSUE_20",
    ):
        assert words in paper
    holder = person("huang")
    assert holder.name not in paper
    assert holder.cards[0].card_number not in paper
    code = next(line for line in paper.splitlines() if line.startswith("SSC-FORM:"))
    read = form_from_text(code)
    assert read == answer.form_code
    form = form_of(read)
    assert form is not None
    assert ready_on(form.submitted_on).day == date(2027, 1, 5)


def test_in_english_it_says_the_same(world: World) -> None:
    world.presses("language")
    begins_to_replace(world)
    world.reads("Scan to pay ¥ 20.00")
    pays_for_it(world)
    world.reads("never works again")
    world.presses("go_on")
    world.sees("replace.result")
    world.reads("your new card is being made", "subject to the holiday notice")


@pytest.mark.rule("REPLACE.NEEDS_WRITTEN_LOSS")
@pytest.mark.parametrize("key", ["chen", "liu"], ids=["not reported", "by word of mouth"])
def test_without_a_written_report_it_is_said_by_its_rule(world: World, key: str) -> None:
    opens(world, "replace")
    world.lays(key)
    world.sees("replace.which")
    world.sees_button("card:1", enabled=False)
    world.reads("没有可以补的卡", "还没有书面挂失", "REPLACE.NEEDS_WRITTEN_LOSS")
    world.presses("language")
    world.reads("not reported lost in writing")


@pytest.mark.parametrize(
    ("key", "rule"), [("wang", "ACTIVATE.BEFORE_USE"), ("zhou", "REPLACE.SUSPENDED")]
)
def test_a_card_in_another_state_says_so_with_its_rule(world: World, key: str, rule: str) -> None:
    opens(world, "replace")
    world.lays(key)
    world.sees("replace.which")
    world.sees_button("card:1", enabled=False)
    world.reads(rule)


def test_of_two_cards_the_lost_one_is_replaced(world: World) -> None:
    world.presses("loss")
    world.lays("li")
    world.sees("loss.choose_card")
    world.presses("card:2")
    world.sees("loss.choose_kind")
    world.presses("written")
    world.sees("loss.confirm")
    _to_the_result_of_the_loss(world)
    ends(world)
    opens(world, "replace")
    world.lays("li")
    world.sees("replace.which")
    world.sees_button("card:1", enabled=False)
    world.presses("card:2")
    world.sees("replace.pay")
    pays_for_it(world)
    world.presses("go_on")
    world.sees("replace.result")
    assert states(world, "li") == [CardState.ACTIVE, CardState.SUSPENDED]


def _to_the_result_of_the_loss(world: World) -> None:
    for _ in range(6):
        state = world.sees("loss.confirm", "loss.still", "loss.copy", "loss.result")
        if state == "loss.result":
            return
        if state == "loss.confirm":
            world.presses("confirm")
            continue
        from simulators.models.scenes import Shown

        if state == "loss.copy":
            world.scene(shown=Shown.FRONT)
            world.waits(4)
            world.scene(shown=Shown.BACK)
        world.waits(4)
        world.scene(shown=Shown.NOTHING)
    raise AssertionError("the loss report does not end")


# --- the money -------------------------------------------------------------------------------------


def test_nothing_happens_until_the_money_is_there(world: World) -> None:
    begins_to_replace(world)
    looks = operations(world, "payment_look")
    world.waits(30)
    assert world.state == "replace.pay"
    assert 10 <= operations(world, "payment_look") - looks <= 16, "every two seconds"
    world.pays(after_s=20)
    world.waits(19)
    assert world.state == "replace.pay"
    world.sees("replace.decide", within_s=5)


def test_who_says_to_have_paid_and_has_not_is_asked_again(world: World) -> None:
    begins_to_replace(world)
    world.presses("confirm")
    world.waits(3)
    assert world.state == "replace.pay"
    assert states(world, "huang") == [CardState.LOST_WRITTEN]


def test_the_button_looks_at_once_and_gives_more_time(world: World) -> None:
    begins_to_replace(world)
    world.waits(170)
    world.presses("confirm")
    world.waits(170)
    assert world.state == "replace.pay"


def test_another_amount_pays_nothing_and_goes_back(world: World) -> None:
    begins_to_replace(world)
    world.pays(fen=1_999)
    world.waits(10)
    assert world.state == "replace.pay"
    assert money(world) == [(1_999, 0, "amount")]


def test_money_that_comes_twice_is_taken_once(world: World) -> None:
    begins_to_replace(world)
    world.pays(times=2)
    world.sees("replace.decide")
    world.waits(1)
    assert money(world) == [(2_000, 1, None), (2_000, 0, "twice")]


def test_who_did_not_see_the_money_arrive_finds_it_at_the_next_visit(world: World) -> None:
    begins_to_replace(world)
    world.pays(after_s=400)
    world.sees("idle", within_s=300)
    world.lifts()
    world.waits(300)
    assert states(world, "huang") == [CardState.LOST_WRITTEN]
    opens(world, "replace")
    world.lays("huang")
    world.sees("replace.decide")
    world.reads("您上次已经付款")
    world.presses("go_on")
    world.sees("replace.result")
    assert money(world) == ONE_PAYMENT


def test_an_application_that_nobody_pays_lapses_and_the_late_money_goes_back(world: World) -> None:
    begins_to_replace(world)
    code = world.payer.scans()
    world.sees("idle", within_s=300)
    world.lifts()
    days_pass(world, 2)
    world.payer.pays(code, fen=None, after_s=0.0, times=1)
    world.waits(1)
    assert money(world) == [(2_000, 0, "too_late")]
    assert in_the_books(world, "SELECT progress FROM applications") == [("lapsed",)]
    assert states(world, "huang") == [CardState.LOST_WRITTEN]


def test_late_money_pays_for_what_was_begun_anew(world: World) -> None:
    begins_to_replace(world)
    code = world.payer.scans()
    world.sees("idle", within_s=300)
    world.lifts()
    days_pass(world, 2)
    begins_to_replace(world)
    assert world.payer.scans() != code
    world.payer.pays(code, fen=None, after_s=0.0, times=1)
    world.sees("replace.decide")
    world.presses("go_on")
    world.sees("replace.result")
    assert money(world) == ONE_PAYMENT


def test_a_code_that_runs_out_while_it_is_shown_is_begun_anew(world: World) -> None:
    begins_to_replace(world)
    world.agenda.skip_days(1)
    world.sees("trouble")
    assert trouble(world) == "payment_unknown"
    world.presses("again")
    world.sees("replace.pay")
    assert in_the_books(world, "SELECT progress FROM applications ORDER BY begun_at") == [
        ("lapsed",),
        ("begun",),
    ]


def test_who_gives_up_after_paying_is_paid_back(world: World) -> None:
    begins_to_replace(world)
    pays_for_it(world)
    world.presses("give_up")
    world.sees("replace.result")
    world.reads("申请已取消", "¥ 20.00", "卡保持原来的状态")
    assert states(world, "huang") == [CardState.LOST_WRITTEN]
    assert money(world) == [(2_000, 0, "abandoned")]
    world.presses("print")
    world.reads("凭条已打印")
    assert "申请已取消" in world.receipts()[-1]


# --- the line --------------------------------------------------------------------------------------


def test_with_no_line_it_is_refused_before_it_starts(world: World) -> None:
    world.cuts_line()
    world.waits(20)
    words, enabled = tile(world, "replace")
    assert not enabled
    assert "线路中断" in words


def test_a_line_that_drops_at_the_payment_says_so_and_goes_on_when_it_is_back(
    world: World,
) -> None:
    begins_to_replace(world)
    world.cuts_line()
    world.waits(15)
    world.reads("已经付的钱不会丢")
    world.pays()
    world.waits(5)
    assert world.state == "replace.pay"
    world.repairs_line()
    world.sees("replace.decide")


@pytest.mark.rule("OFFLINE.HONEST", "OFFLINE.ONCE")
def test_an_answer_that_is_lost_is_said_to_be_unknown_and_found_at_the_next_visit(
    world: World,
) -> None:
    begins_to_replace(world)
    pays_for_it(world)
    world.bank.mood = BankMood.ANSWER_LOST
    world.presses("go_on")
    world.sees("replace.result")
    world.reads("不知道办没办成", "付的钱不会丢")
    assert not says(world, "办好了")
    assert states(world, "huang") == [CardState.SUSPENDED]
    world.bank.mood = BankMood.WELL
    ends(world)
    opens(world, "replace")
    world.lays("huang")
    world.sees("replace.which")
    world.reads("正在补换", "REPLACE.SUSPENDED")
    assert money(world) == ONE_PAYMENT


@pytest.mark.rule("OFFLINE.HONEST")
def test_a_confirmation_that_did_not_arrive_is_taken_up_without_paying_again(world: World) -> None:
    begins_to_replace(world)
    pays_for_it(world)
    world.bank.mood = BankMood.SILENT
    world.presses("go_on")
    world.sees("replace.result")
    world.reads("不知道办没办成")
    ends(world)
    world.waits(60)
    world.bank.mood = BankMood.WELL
    world.waits(600)
    assert states(world, "huang") == [CardState.LOST_WRITTEN]
    opens(world, "replace")
    world.lays("huang")
    world.sees("replace.decide")
    world.presses("go_on")
    world.sees("replace.result")
    assert money(world) == ONE_PAYMENT


# --- afterwards ------------------------------------------------------------------------------------


@pytest.mark.rule("REPLACE.SUSPENDED")
def test_a_card_that_is_replaced_shows_no_balances(world: World) -> None:
    replaces(world)
    ends(world)
    goes_to_the_card(world, "huang")
    world.inserts("huang")
    world.sees("balance.password")
    world.types("135790e")
    world.sees("trouble")
    assert trouble(world) == "card_suspended"


@pytest.mark.rule("REPLACE.OLD_IS_DEAD", "REPLACE.THIRTY_WORKING_DAYS")
def test_the_new_card_is_collected_on_the_day_and_the_old_one_is_dead(world: World) -> None:
    answer = replaces(world)
    ends(world)
    left = (answer.collection.due - world.agenda.wall().date()).days
    days_pass(world, left - 1)
    assert not clerk_hands_out(world, answer.form_code, "huang")
    days_pass(world, 1)
    assert clerk_hands_out(world, answer.form_code, "huang")
    assert states(world, "huang") == [CardState.SUPERSEDED, CardState.INACTIVE]


def test_the_printer_breaks_and_the_numbers_stand_on_the_screen(world: World) -> None:
    world.lines[Device.RECEIPT_PRINTER].unplug()
    answer = replaces(world)
    world.reads(answer.form_code, answer.voucher)
    assert reissued(world) == answer
