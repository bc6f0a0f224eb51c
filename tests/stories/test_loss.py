"""Loss reports with a line: what they freeze, what they do not, and until when."""

from __future__ import annotations

import pytest

from simulators.models.id_scanner import LaidDocument
from simulators.world.bank_line import BankMood
from simulators.world.world import World
from sscard.cards import CardState
from tests.stories.acts import prints_the_report, says
from tests.stories.ledger import operations, states


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


def test_a_written_report_does_not_end_by_itself(world: World) -> None:
    world.presses("loss")
    world.lays("chen")
    world.sees("loss.choose_kind")
    world.presses("written")
    world.presses("confirm")
    world.sees("loss.result")
    world.reads("书面挂失不会自动失效")
    assert states(world, "chen") == [CardState.LOST_WRITTEN]
    receipt = prints_the_report(world)
    assert "不会自动失效" in receipt
    assert "LOSS.WRITTEN_NOW" in receipt


def test_a_written_report_carries_an_oral_one_on_without_a_gap(world: World) -> None:
    world.presses("loss")
    world.lays("liu")
    world.sees("loss.choose_kind")
    world.presses("written")
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
    assert "card:all" not in {each.id for each in world.view.buttons()}
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
    world.reads("尾号 4119")
    world.presses("confirm")
    world.sees("loss.result")
    assert states(world, "li") == [CardState.ACTIVE, CardState.LOST_ORAL]
    assert not says(world, "2746")


def test_of_two_cards_both_can_be_frozen_at_once(world: World) -> None:
    world.presses("loss")
    world.lays("li")
    world.sees("loss.choose_card")
    world.presses("card:all")
    world.presses("written")
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
