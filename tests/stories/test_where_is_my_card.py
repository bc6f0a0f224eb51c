"""Where is my card? By the ID card, by the form, and by the form alone when there is no line."""

from __future__ import annotations

import pytest

from bank.people import person
from simulators.world.bank_line import BankMood
from simulators.world.world import World
from sscard.forms import form_qr_text
from tests.stories.acts import opens, says, trouble
from tests.stories.applying import (
    applies,
    asks_by_form,
    asks_by_id_card,
    collects,
    days_go_by,
    finishes,
    prints,
)

RESULT = "where_is_my_card.result"


def applied(world: World) -> str:
    """A form was handed in before this visit; its number."""
    code = applies(world)
    finishes(world)
    return code


def no_line(world: World) -> None:
    world.cuts_line()
    world.waits(20)


# --- with a line ---------------------------------------------------------------------------


@pytest.mark.rule("APPLY.THIRTY_WORKING_DAYS")
def test_the_stages_of_a_card_one_after_the_other(world: World) -> None:
    applied(world)
    for days, said in (
        (0, "申请已收下，等待制卡"),
        (1, "卡正在制作"),
        (45, "卡已经到网点，可以领了"),
    ):
        days_go_by(world, days)
        asks_by_id_card(world)
        world.sees(RESULT)
        world.reads(said, "2026 年 11 月 23 日", "万江示例支行")
        finishes(world)
    collects(world, "tan")
    asks_by_id_card(world)
    world.sees(RESULT)
    world.reads("卡已经领走")


@pytest.mark.rule("COLLECT.DESTROY_180")
def test_the_last_day_to_collect_is_told_and_printed(world: World) -> None:
    applied(world)
    days_go_by(world, 43)  # it came to the outlet on 5 January 2027
    asks_by_id_card(world)
    world.sees(RESULT)
    world.reads("最后一天可以领", "2027 年 7 月 4 日", "还有 181 天")
    assert not says(world, "以当年放假通知为准")  # what has come is not provisional
    assert "2027 年 7 月 4 日" in prints(world, "where_is_my_card")
    finishes(world)
    days_go_by(world, 180)
    asks_by_id_card(world)
    world.sees(RESULT)
    world.reads("卡已经到网点，可以领了", "还有 1 天")
    finishes(world)
    days_go_by(world, 1)
    asks_by_id_card(world)
    world.sees(RESULT)
    world.reads("卡过期没领，已经销毁")


def test_who_has_applied_for_nothing_is_told_so(world: World) -> None:
    asks_by_id_card(world, "chen")
    world.sees(RESULT)
    world.reads("您名下没有在办的卡")


def test_in_english(world: World) -> None:
    applied(world)
    world.presses("language")
    asks_by_id_card(world)
    world.sees(RESULT)
    world.reads("Accepted, waiting to be made", "Wanjiang Sample Sub-branch")


@pytest.mark.rule("APPLY.UNIQUE_FORM")
def test_the_own_form_and_the_id_card(world: World) -> None:
    code = applied(world)
    asks_by_form(world, code)
    world.sees(RESULT)
    world.reads("申请已收下，等待制卡")
    assert f"SSC-FORM:{code}" in prints(world, "where_is_my_card")


@pytest.mark.rule("APPLY.UNIQUE_FORM")
def test_somebody_elses_form_is_refused_and_tells_nothing(world: World) -> None:
    code = applied(world)
    asks_by_form(world, code, "feng")
    world.sees("trouble")
    assert trouble(world) == "form_not_yours"
    assert not says(world, "建设银行")
    world.presses("why")
    world.reads("APPLY.UNIQUE_FORM")


@pytest.mark.rule("APPLY.UNIQUE_FORM")
def test_a_form_that_the_bank_never_made_is_refused(world: World) -> None:
    code = applied(world)
    with World(2) as another:
        foreign = applies(another)
    assert foreign != code
    asks_by_form(world, foreign)
    world.sees("trouble")
    assert trouble(world) == "form_unknown"
    world.presses("again")
    world.sees("where_is_my_card.form")


@pytest.mark.rule("APPLY.UNIQUE_FORM")
def test_a_form_has_served_when_the_card_is_collected(world: World) -> None:
    code = applied(world)
    days_go_by(world, 50)
    collects(world, "tan")
    asks_by_form(world, code)
    world.sees("trouble")
    assert trouble(world) == "form_used"
    world.reads("这张申请表已经办完", "只用身份证")


@pytest.mark.parametrize("text", ["SSC-LOSS:7K42MX9QD", "SSC-FORM:261123-CCB-000000000-1", "x"])
def test_a_code_that_is_no_form_is_said_so_and_the_camera_looks_on(world: World, text: str) -> None:
    opens(world, "where_is_my_card")
    world.presses("form")
    world.sees("where_is_my_card.form")
    world.holds_up(text)
    world.reads("这不是社保卡申请表")
    assert world.state == "where_is_my_card.form"


def test_without_a_camera_the_id_card_still_asks(world: World) -> None:
    world.camera.die()
    world.camera.starts = False
    world.waits(5)
    opens(world, "where_is_my_card")
    world.sees_button("form", enabled=False)
    world.presses("id_card")
    world.lays("tan")
    world.sees(RESULT)


def test_a_silent_bank_is_said_and_asked_again(world: World) -> None:
    applied(world)
    world.bank.mood = BankMood.SILENT
    asks_by_id_card(world)
    world.sees("trouble", within_s=30)
    world.bank.mood = BankMood.WELL
    world.waits(30)
    world.presses("again")
    world.sees(RESULT)


# --- by the form alone ---------------------------------------------------------------------


@pytest.mark.rule("APPLY.THIRTY_WORKING_DAYS", "OFFLINE.HONEST")
def test_without_a_line_the_form_alone_says_when_the_card_is_due(world: World) -> None:
    code = applied(world)
    no_line(world)
    tile = next(each for each in world.view.options if each.id == "where_is_my_card")
    assert tile.enabled
    assert tile.second == "线路中断，可看表单"
    world.presses("where_is_my_card")
    world.sees("where_is_my_card.form_alone")
    world.holds_up(form_qr_text(code))
    world.sees(RESULT)
    world.reads(
        "申请表上是这样写的",
        "2026 年 11 月 23 日",
        "2027 年 1 月 5 日",
        "以当年放假通知为准",
        "中国建设银行东莞分行",
        "现在没有问银行",
    )
    paper = prints(world, "where_is_my_card")
    assert "只看了申请表，没有问银行" in paper
    assert person("tan").name not in paper
    world.presses("why")
    world.reads("APPLY.THIRTY_WORKING_DAYS")


def test_nothing_is_asked_or_queued_by_the_form_alone(world: World) -> None:
    code = applied(world)
    no_line(world)
    before = world.terminal.session.situation.next_ticket
    world.presses("where_is_my_card")
    world.holds_up(form_qr_text(code))
    world.sees(RESULT)
    assert world.terminal.session.situation.next_ticket == before


def test_a_line_that_drops_after_the_form_leaves_what_the_form_says(world: World) -> None:
    code = applied(world)
    opens(world, "where_is_my_card")
    world.presses("form")
    world.cuts_line()
    world.waits(20)
    world.holds_up(form_qr_text(code))
    world.sees(RESULT)
    world.reads("申请表上是这样写的", "现在没有问银行")


def test_a_bank_that_falls_silent_leaves_what_the_form_says(world: World) -> None:
    code = applied(world)
    world.bank.mood = BankMood.SILENT
    asks_by_form(world, code)
    world.sees(RESULT, within_s=30)
    world.reads("申请表上是这样写的", "现在没有问银行")


def test_without_line_and_camera_it_is_not_offered(world: World) -> None:
    no_line(world)
    world.camera.die()
    world.camera.starts = False
    world.waits(5)
    tile = next(each for each in world.view.options if each.id == "where_is_my_card")
    assert not tile.enabled
