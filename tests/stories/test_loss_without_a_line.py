"""Loss reports while the line is bad: never shown as done before they are, in force once."""

from __future__ import annotations

import pytest

from simulators.world.bank_line import BankMood
from simulators.world.world import World
from sscard.cards import CardState
from tests.stories.acts import prints_the_report, says
from tests.stories.ledger import operations, reports, states


def reports_without_a_line(world: World, key: str, kind: str) -> None:
    """Cut the line and report a loss, up to the result that says that it waits."""
    world.cuts_line()
    world.waits(20)
    world.presses("loss")
    world.lays(key)
    world.sees("loss.choose_kind")
    world.presses(kind)
    world.sees("loss.confirm")
    world.reads("线路暂时中断")
    world.presses("confirm")
    world.sees("loss.result", within_s=1)  # nobody is kept waiting for a line that is down


@pytest.mark.rule("LOSS.FREEZE_ON_RECEIPT")
def test_a_report_that_waits_is_never_shown_as_done(world: World) -> None:
    reports_without_a_line(world, "chen", "written")
    world.reads("挂失已登记，但还没有生效", "冻结前，卡仍可能被使用", "95002")
    assert not says(world, "已生效")
    receipt = prints_the_report(world)
    assert "已登记，尚未生效" in receipt
    assert "95002" in receipt
    assert "LOSS.FREEZE_ON_RECEIPT" in receipt
    assert "已生效" not in receipt
    assert states(world, "chen") == [CardState.ACTIVE]


def test_a_report_that_waited_arrives_when_the_line_returns_and_takes_effect_once(
    world: World,
) -> None:
    reports_without_a_line(world, "li", "oral")
    world.presses("done")
    world.sees("idle")
    world.repairs_line()
    world.waits(60)
    assert world.queue.waiting == 0
    assert states(world, "li") == [CardState.LOST_ORAL, CardState.LOST_ORAL]
    assert operations(world, "loss_report") == 1
    assert reports(world) == 2  # one for each of the two cards
    world.waits(300)
    assert operations(world, "loss_report") == 1


def test_the_line_returns_while_the_waiting_screen_is_still_shown(world: World) -> None:
    reports_without_a_line(world, "chen", "oral")
    assert "尚未生效" in prints_the_report(world)
    world.repairs_line()
    world.waits(30)
    world.reads("挂失已生效，卡已冻结", "口头挂失有效至")
    assert "已生效，卡已冻结" in prints_the_report(world)  # the new truth can be printed too


def test_a_refusal_that_comes_with_the_line_is_told_while_the_person_still_stands_there(
    world: World,
) -> None:
    reports_without_a_line(world, "wang", "oral")
    world.repairs_line()
    world.sees("trouble", within_s=30)
    world.reads("这张卡还没有激活")


def test_the_line_drops_between_the_questions(world: World) -> None:
    world.presses("loss")
    world.lays("li")
    world.sees("loss.choose_card")
    world.presses("card:1")
    world.cuts_line()
    world.waits(20)
    world.presses("oral")
    world.sees("loss.confirm")
    world.presses("confirm")
    world.sees("loss.result")
    world.reads("挂失已登记，但还没有生效", "95003")
    assert not says(world, "95005")  # the bank of the other card
    world.presses("done")
    world.repairs_line()
    world.waits(60)
    assert states(world, "li") == [CardState.LOST_ORAL, CardState.ACTIVE]


def test_the_line_returns_between_the_questions(world: World) -> None:
    world.cuts_line()
    world.waits(20)
    world.presses("loss")
    world.lays("li")
    world.sees("loss.choose_kind")
    world.repairs_line()
    world.waits(20)
    world.presses("oral")
    world.sees("loss.confirm")
    world.presses("confirm")
    world.sees("loss.result")
    world.reads("挂失已生效，卡已冻结", "尾号 2746", "尾号 4119")


def test_the_line_drops_while_the_bank_lists_the_cards(world: World) -> None:
    world.bank.mood = BankMood.SILENT
    world.presses("loss")
    world.lays("li")
    world.sees("loss.listing")
    world.cuts_line()
    world.sees("loss.choose_kind", within_s=12)


def test_a_bank_too_slow_to_list_the_cards_does_not_keep_a_loss_waiting(world: World) -> None:
    world.bank.mood = BankMood.SILENT
    world.presses("loss")
    world.lays("li")
    world.sees("loss.choose_kind", within_s=15)
    world.bank.mood = BankMood.WELL
    world.presses("oral")
    world.sees("loss.confirm")
    world.reads("您名下全部社会保障卡")
    world.presses("confirm")
    world.sees("loss.result")
    world.waits(60)
    assert states(world, "li") == [CardState.LOST_ORAL, CardState.LOST_ORAL]


def test_an_answer_that_is_lost_on_the_way_does_not_freeze_twice(world: World) -> None:
    world.presses("loss")
    world.lays("chen")
    world.sees("loss.choose_kind")
    world.bank.mood = BankMood.ANSWER_LOST
    world.presses("oral")
    world.sees("loss.confirm")
    world.presses("confirm")
    world.sees("loss.result", within_s=15)
    world.reads("挂失已登记，但还没有生效")
    assert states(world, "chen") == [CardState.LOST_ORAL]  # the bank knows, the terminal does not
    world.bank.mood = BankMood.WELL
    world.waits(30)
    world.reads("挂失已生效，卡已冻结")
    assert operations(world, "loss_report") == 1
    assert reports(world) == 1


def test_a_slow_bank_is_not_called_a_line_that_is_down(world: World) -> None:
    world.presses("loss")
    world.lays("chen")
    world.sees("loss.choose_kind")
    world.bank.mood = BankMood.SLOW
    world.presses("oral")
    world.sees("loss.confirm")
    world.presses("confirm")
    world.sees("loss.result", within_s=10)
    world.reads("挂失已登记，但还没有生效", "银行还没有答复")
    world.waits(10)
    world.reads("挂失已生效，卡已冻结")


def test_a_report_that_reaches_the_bank_twice_takes_effect_once(world: World) -> None:
    world.bank.mood = BankMood.TWICE
    world.presses("loss")
    world.lays("chen")
    world.sees("loss.choose_kind")
    world.presses("oral")
    world.sees("loss.confirm")
    world.presses("confirm")
    world.sees("loss.result")
    world.reads("挂失已生效，卡已冻结")
    assert operations(world, "loss_report") == 1
    assert reports(world) == 1


def test_a_report_survives_the_death_of_the_queue(world: World) -> None:
    reports_without_a_line(world, "chen", "written")
    world.kills_queue()
    world.presses("done")
    world.sees("idle")
    world.starts_queue()
    world.repairs_line()
    world.waits(60)
    assert states(world, "chen") == [CardState.LOST_WRITTEN]
    assert operations(world, "loss_report") == 1


def test_two_people_report_without_a_line_and_both_arrive(world: World) -> None:
    reports_without_a_line(world, "chen", "written")
    world.presses("done")
    world.lifts()
    world.sees("idle")
    reports_without_a_line(world, "huang", "oral")
    world.presses("done")
    world.sees("idle")
    assert world.queue.waiting == 2
    world.repairs_line()
    world.waits(60)
    assert world.queue.waiting == 0
    assert states(world, "chen") == [CardState.LOST_WRITTEN]
    assert operations(world, "loss_report") == 2
