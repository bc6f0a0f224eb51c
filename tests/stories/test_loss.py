"""Loss reports with a line: what they freeze, what they do not, and until when."""

from __future__ import annotations

import pytest

from simulators.models.id_scanner import LaidDocument
from simulators.models.scenes import Stand
from simulators.world.bank_line import BankMood
from simulators.world.world import World
from sscard.cards import CardState
from sscard.requests import Presence
from tests.stories.acts import prints_the_report, says
from tests.stories.ledger import operations, states


@pytest.mark.rule("LOSS.ORAL_LAPSE")
def test_an_oral_report_freezes_the_card_and_says_until_when(world: World) -> None:
    world.presses("loss")
    world.lays("chen")
    world.sees("loss.choose_kind")
    world.presses("oral")
    world.sees("loss.confirm")
    world.reads("广发银行", "尾号 1372", "口头挂失", "免费")
    world.presses("confirm")
    world.sees("loss.result")
    world.reads("挂失已生效，卡已冻结", "口头挂失有效至", "11 月 28 日")
    assert states(world, "chen") == [CardState.LOST_ORAL]
    receipt = prints_the_report(world)
    for words in ("已生效，卡已冻结", "2026-11-28", "LOSS.ORAL_LAPSE", "SSC-LOSS:", "挂失免费"):
        assert words in receipt
    assert "尚未生效" not in receipt


@pytest.mark.rule("LOSS.WRITTEN_NOW")
def test_a_written_report_does_not_end_by_itself(world: World) -> None:
    world.presses("loss")
    world.lays("chen")
    world.sees("loss.choose_kind")
    world.presses("written")
    world.sees("loss.confirm")
    world.presses("confirm")
    world.sees("loss.result")
    world.reads("书面挂失不会自动失效")
    assert states(world, "chen") == [CardState.LOST_WRITTEN]
    receipt = prints_the_report(world)
    assert "不会自动失效" in receipt
    assert "LOSS.WRITTEN_NOW" in receipt


@pytest.mark.rule("LOSS.WRITTEN_UPGRADES_ORAL")
def test_a_written_report_carries_an_oral_one_on_without_a_gap(world: World) -> None:
    world.presses("loss")
    world.lays("liu")
    world.sees("loss.choose_kind")
    world.presses("written")
    world.sees("loss.confirm")
    world.presses("confirm")
    world.sees("loss.result")
    assert states(world, "liu") == [CardState.LOST_WRITTEN]
    receipt = prints_the_report(world)
    assert "LOSS.WRITTEN_UPGRADES_ORAL" in receipt
    assert "2026-11-22" in receipt  # in force since the oral report of yesterday


def test_an_oral_report_said_twice_does_not_last_longer(world: World) -> None:
    world.presses("loss")
    world.lays("liu")
    world.sees("loss.choose_kind")
    world.presses("oral")
    world.sees("loss.confirm")
    world.presses("confirm")
    world.sees("loss.result")
    world.reads("11 月 27 日")  # five days from yesterday
    assert states(world, "liu") == [CardState.LOST_ORAL]


NOT_REPORTABLE = [
    ("wang", "还没有激活", "not activated", "ACTIVATE.BEFORE_USE"),
    ("zhou", "正在换卡", "being replaced", "REPLACE.SUSPENDED"),
    ("huang", "已经书面挂失", "reported in writing already", "LOSS.WRITTEN_NOW"),
]


@pytest.mark.parametrize(
    ("key", "reason", "english", "rule"), NOT_REPORTABLE, ids=["inactive", "suspended", "written"]
)
def test_a_card_that_cannot_be_reported_says_so_with_its_rule_where_it_would_be_chosen(
    world: World, key: str, reason: str, english: str, rule: str
) -> None:
    before = states(world, key)
    world.presses("loss")
    world.lays(key)
    world.sees("loss.choose_card")
    world.sees_button("card:1", enabled=False)
    assert "all" not in {each.id for each in world.view.buttons()}
    world.reads(reason, rule)
    world.presses("language")
    world.reads(english, rule)
    world.terminal.press("card:1")
    world.waits(1)
    assert world.state == "loss.choose_card"
    world.presses("leave")
    world.sees("goodbye")
    assert states(world, key) == before
    assert operations(world, "loss_report") == 0


@pytest.mark.parametrize(
    ("key", "title", "rule"),
    [
        ("wang", "这张卡还没有激活", "ACTIVATE.BEFORE_USE"),
        ("zhou", "这张卡正在补换", "REPLACE.SUSPENDED"),
    ],
    ids=["inactive", "suspended"],
)
def test_where_the_bank_listed_nothing_the_refusal_names_its_rule(
    world: World, key: str, title: str, rule: str
) -> None:
    before = states(world, key)
    reports_unlisted(world, key, "oral")
    world.sees("trouble")
    world.reads(title)
    world.presses("why")
    world.reads(rule)
    assert states(world, key) == before


def test_a_card_reported_in_writing_stays_reported_in_writing(world: World) -> None:
    reports_unlisted(world, "huang", "oral")
    world.sees("loss.result")
    world.reads("挂失已生效，卡已冻结", "书面挂失不会自动失效")
    assert states(world, "huang") == [CardState.LOST_WRITTEN]


def reports_unlisted(world: World, key: str, kind: str) -> None:
    """Report a loss when the bank was too slow to list the cards."""
    world.bank.mood = BankMood.SILENT
    world.presses("loss")
    world.lays(key)
    world.sees("loss.choose_kind", within_s=15)
    world.bank.mood = BankMood.WELL
    world.presses(kind)
    world.sees("loss.confirm")
    world.presses("confirm")


def test_somebody_without_a_card_is_told_so_before_any_question(world: World) -> None:
    world.presses("loss")
    world.lays_document(LaidDocument())
    world.sees("trouble")
    world.reads("没有查到您的社会保障卡")


def test_of_an_old_and_a_new_card_only_the_new_one_is_reported(world: World) -> None:
    world.presses("loss")
    world.lays("wu")
    world.sees("loss.choose_kind")
    world.presses("written")
    world.sees("loss.confirm")
    world.reads("尾号 3701")
    world.presses("confirm")
    world.sees("loss.result")
    assert states(world, "wu") == [CardState.SUPERSEDED, CardState.LOST_WRITTEN]


def test_of_two_cards_only_the_chosen_one_is_frozen(world: World) -> None:
    world.presses("loss")
    world.lays("li")
    world.sees("loss.choose_card")
    world.reads("尾号 2746", "尾号 4119")
    world.presses("card:2")
    world.presses("oral")
    world.sees("loss.confirm")
    world.reads("尾号 4119")
    world.presses("confirm")
    world.sees("loss.result")
    assert states(world, "li") == [CardState.ACTIVE, CardState.LOST_ORAL]
    assert not says(world, "2746")


def test_of_two_cards_both_can_be_frozen_at_once(world: World) -> None:
    world.presses("loss")
    world.lays("li")
    world.sees("loss.choose_card")
    world.presses("all")
    world.presses("written")
    world.sees("loss.confirm")
    world.reads("您名下全部社会保障卡")
    world.presses("confirm")
    world.sees("loss.result")
    world.reads("尾号 2746", "尾号 4119")
    assert states(world, "li") == [CardState.LOST_WRITTEN, CardState.LOST_WRITTEN]


def test_the_person_changes_their_mind_about_which_card(world: World) -> None:
    world.presses("loss")
    world.lays("li")
    world.sees("loss.choose_card")
    world.presses("card:1")
    world.sees("loss.choose_kind")
    world.presses("back")
    world.sees("loss.choose_card")
    world.presses("card:2")
    world.presses("oral")
    world.sees("loss.confirm")
    world.presses("confirm")
    world.sees("loss.result")
    assert states(world, "li") == [CardState.ACTIVE, CardState.LOST_ORAL]


def test_whoever_does_not_confirm_has_reported_nothing(world: World) -> None:
    world.presses("loss")
    world.lays("chen")
    world.sees("loss.choose_kind")
    world.presses("written")
    world.sees("loss.confirm")
    world.presses("leave")
    world.sees("goodbye")
    world.waits(30)
    assert states(world, "chen") == [CardState.ACTIVE]
    assert operations(world, "loss_report") == 0


def test_nothing_of_the_person_before_is_left_when_the_id_card_is_laid_anew(world: World) -> None:
    """Back to the ID card, somebody else's is laid, and the bank does not list their cards."""
    world.presses("loss")
    world.lays("li")
    world.sees("loss.choose_card")
    world.presses("card:2")
    world.sees("loss.choose_kind")
    world.presses("back")
    world.presses("back")
    world.sees("loss.id_card")
    world.cuts_line()
    world.waits(20)
    world.lifts()
    world.lays("chen")
    world.sees("loss.choose_kind")
    world.presses("oral")
    world.sees("loss.confirm")
    assert not says(world, "4119")
    world.presses("confirm")
    world.sees("loss.result")
    world.repairs_line()
    world.waits(60)
    assert states(world, "chen") == [CardState.LOST_ORAL]
    assert states(world, "li") == [CardState.ACTIVE, CardState.ACTIVE]


# --- in person ----------------------------------------------------------------------------------


def presence_shown(world: World) -> Presence | None:
    """What the visit's pictures come to, as the report will carry them."""
    pictures = world.terminal.session.situation.person.pictures
    still, copy = pictures.get("still") or pictures.get("glance"), pictures.get("copy")
    return None if still is None else Presence(still[0], *(copy or ()))


@pytest.mark.rule("LOSS.IN_PERSON", "LOSS.WRITTEN_NOW")
def test_a_written_report_asks_for_a_still_and_both_sides_of_the_id_card(world: World) -> None:
    world.presses("loss")
    world.lays("chen")
    world.sees("loss.choose_kind")
    world.presses("written")
    world.sees("loss.still")
    world.reads("请看镜头")
    world.sees("loss.copy")
    world.reads("请出示身份证的人像面")
    world.reads("请再出示国徽面")
    world.sees("loss.confirm")
    shown = presence_shown(world)
    assert shown is not None
    assert shown.front is not None
    assert shown.back is not None
    world.presses("confirm")
    world.sees("loss.result")


@pytest.mark.rule("LOSS.IN_PERSON")
def test_an_oral_report_takes_a_still_by_the_way_and_no_copy(world: World) -> None:
    world.presses("loss")
    world.lays("chen")
    world.sees("loss.choose_kind")
    world.presses("oral")
    world.sees("loss.glance")
    world.sees("loss.confirm")
    shown = presence_shown(world)
    assert shown is not None
    assert shown.front is None


def test_an_oral_report_is_not_held_up_by_somebody_who_stands_beside_the_camera(
    world: World,
) -> None:
    world.presses("loss")
    world.lays("chen")
    world.sees("loss.choose_kind")
    world.stands(Stand.AWAY)
    world.presses("oral")
    world.sees("loss.confirm", within_s=60)
    assert presence_shown(world) is None
    world.presses("confirm")
    world.sees("loss.result")
    assert states(world, "chen") == [CardState.LOST_ORAL]


def test_without_a_camera_a_report_is_taken_orally_and_the_written_one_says_why_not(
    world: World,
) -> None:
    world.camera.starts = False
    world.camera.die()
    world.waits(10)
    world.presses("loss")
    world.lays("chen")
    world.sees("loss.choose_kind")
    world.sees_button("written", enabled=False)
    world.reads("摄像头暂不可用")
    world.presses("oral")
    world.sees("loss.confirm")
    world.presses("confirm")
    world.sees("loss.result")
    assert states(world, "chen") == [CardState.LOST_ORAL]
    world.camera.starts = True


def test_a_camera_that_dies_in_a_written_report_says_so_and_nothing_is_reported(
    world: World,
) -> None:
    world.presses("loss")
    world.lays("chen")
    world.sees("loss.choose_kind")
    world.presses("written")
    world.sees("loss.still")
    world.camera.die()
    world.sees("trouble")
    world.reads("摄像头没有应答")
    world.waits(15)
    world.presses("again")
    world.sees("loss.confirm")
    assert operations(world, "loss_report") == 0


@pytest.mark.rule("FEE.LOSS_REPORT_FREE")
@pytest.mark.parametrize("kind", ["oral", "written"])
def test_a_report_costs_nothing_on_screen_and_on_paper(world: World, kind: str) -> None:
    world.presses("loss")
    world.lays("chen")
    world.sees("loss.choose_kind")
    world.reads("挂失不收费")
    world.presses(kind)
    world.sees("loss.confirm")
    world.reads("免费")
    world.presses("confirm")
    world.sees("loss.result")
    assert "挂失免费" in prints_the_report(world)
    assert "元" not in world.receipts()[-1]


# --- several of many ----------------------------------------------------------------------------


def test_of_four_cards_those_that_are_marked_are_frozen_and_no_other(world: World) -> None:
    world.presses("loss")
    world.lays("peng")
    world.sees("loss.choose_card")
    world.presses("several")
    world.sees_button("marked", enabled=False)
    for card in ("card:1", "card:2", "card:3", "card:2"):
        world.presses(card)
    world.reads("挂失选中的 2 张", "已选中 · 尾号 0009", "已选中 · 尾号 0025")
    assert not says(world, "已选中 · 尾号 0017")
    world.presses("marked")
    world.sees("loss.choose_kind")
    world.presses("written")
    world.sees("loss.confirm")
    world.reads("尾号 0009", "尾号 0025")
    assert not says(world, "0017")
    world.presses("confirm")
    world.sees("loss.result")
    lost, active = CardState.LOST_WRITTEN, CardState.ACTIVE
    assert states(world, "peng") == [lost, active, lost, active]
    assert "0033" not in prints_the_report(world)


def test_whoever_marks_may_go_back_to_one_or_all(world: World) -> None:
    world.presses("language")
    world.presses("loss")
    world.lays("peng")
    world.sees("loss.choose_card")
    world.presses("several")
    world.reads("Touch to mark")
    world.presses("card:4")
    world.presses("one")
    world.presses("card:1")
    world.sees("loss.choose_kind")
    world.presses("back")
    world.sees("loss.choose_card")
    world.presses("all")
    world.presses("oral")
    world.sees("loss.confirm")
    world.presses("confirm")
    world.sees("loss.result")
    assert states(world, "peng") == [CardState.LOST_ORAL] * 4


def test_of_two_cards_nobody_is_asked_to_mark_any(world: World) -> None:
    world.presses("loss")
    world.lays("li")
    world.sees("loss.choose_card")
    assert "several" not in {each.id for each in world.view.buttons()}
