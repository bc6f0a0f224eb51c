"""Loss reports: what is in force, what only waits, and that each takes effect once."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from bank.ledger import cards_of
from bank.people import person
from simulators.models.id_scanner import LaidDocument
from simulators.world.bank_line import BankMood
from simulators.world.world import World
from sscard.cards import CardState


def states(world: World, key: str) -> list[CardState]:
    """The stored states of a person's cards at the bank, first issued first."""
    with world.bank.engine.connect() as connection:
        owned = cards_of(connection, person(key).id_number)
    return [card.standing.state for card in owned]


def reports(world: World) -> int:
    """How many cards the bank has noted a report from a terminal for."""
    with world.bank.engine.connect() as connection:
        asked = (
            "SELECT count(*) FROM loss_reports JOIN operations USING (op_id) WHERE terminal = :t"
        )
        found: int = connection.execute(text(asked), {"t": "world-0001"}).scalar_one()
    return found


def operations(world: World, kind: str) -> int:
    """How many requests of a kind the bank has decided."""
    with world.bank.engine.connect() as connection:
        asked = text("SELECT count(*) FROM operations WHERE kind = :kind")
        found: int = connection.execute(asked, {"kind": kind}).scalar_one()
    return found


def says(world: World, words: str) -> bool:
    """Whether the screen says this now."""
    return any(words in each for each in world.view.texts())


def prints(world: World) -> str:
    """Print the result; the receipt's text."""
    world.presses("print")
    world.sees("loss.printing")
    world.sees("loss.result")
    return world.receipts()[-1]


# --- with a line ----------------------------------------------------------------------------


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
    receipt = prints(world)
    for words in ("已生效，卡已冻结", "11 月 28 日", "LOSS.ORAL_LAPSE", "SSC-LOSS:", "挂失免费"):
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
    receipt = prints(world)
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
    receipt = prints(world)
    assert "LOSS.WRITTEN_UPGRADES_ORAL" in receipt
    assert "11 月 22 日" in receipt  # in force since the oral report of yesterday


def test_an_oral_report_said_twice_does_not_last_longer(world: World) -> None:
    world.presses("loss")
    world.lays("liu")
    world.sees("loss.choose_kind")
    world.presses("oral")
    world.presses("confirm")
    world.sees("loss.result")
    world.reads("11 月 27 日")  # five days from yesterday
    assert states(world, "liu") == [CardState.LOST_ORAL]


def test_a_card_reported_in_writing_stays_reported_in_writing(world: World) -> None:
    world.presses("loss")
    world.lays("huang")
    world.sees("loss.choose_kind")
    world.presses("oral")
    world.presses("confirm")
    world.sees("loss.result")
    world.reads("挂失已生效，卡已冻结", "书面挂失不会自动失效")
    assert states(world, "huang") == [CardState.LOST_WRITTEN]


@pytest.mark.parametrize(
    ("key", "title", "rule"),
    [
        ("wang", "这张卡还没有激活", "ACTIVATE.BEFORE_USE"),
        ("zhou", "这张卡正在补换", "REPLACE.SUSPENDED"),
    ],
    ids=["inactive", "suspended"],
)
def test_a_card_that_cannot_be_reported_is_refused_with_its_rule(
    world: World, key: str, title: str, rule: str
) -> None:
    before = states(world, key)
    world.presses("loss")
    world.lays(key)
    world.sees("loss.choose_kind")
    world.presses("oral")
    world.presses("confirm")
    world.sees("trouble")
    world.reads(title)
    world.presses("why")
    world.reads(rule)
    assert states(world, key) == before


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


# --- without a line -------------------------------------------------------------------------


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


def test_a_report_that_waits_is_never_shown_as_done(world: World) -> None:
    reports_without_a_line(world, "chen", "written")
    world.reads("挂失已登记，但还没有生效", "冻结前，卡仍可能被使用", "95002")
    assert not says(world, "已生效")
    receipt = prints(world)
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
    assert "尚未生效" in prints(world)
    world.repairs_line()
    world.waits(30)
    world.reads("挂失已生效，卡已冻结", "口头挂失有效至")
    assert "已生效，卡已冻结" in prints(world)  # the new truth can be printed too


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
    world.presses("confirm")
    world.sees("loss.result")
    world.reads("挂失已生效，卡已冻结")
    assert operations(world, "loss_report") == 1
    assert reports(world) == 1


def test_a_report_survives_the_death_of_the_queue(world: World) -> None:
    reports_without_a_line(world, "chen", "written")
    world.queue.kill()
    world.presses("done")
    world.sees("idle")
    world.queue.start()
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
