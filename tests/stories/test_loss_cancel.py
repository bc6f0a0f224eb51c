"""The lost card is found again: its report is cancelled here, in person, with the card and its form."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from bank.people import person
from kiosk.fsm.visit import SessionTrouble
from simulators.world.bank_line import BankMood
from simulators.world.world import World
from sscard.cards import CardState
from tests.stories.acts import opens, prints_the_report, reports_a_loss, sees_tile, trouble
from tests.stories.ledger import operations, states


def ends(world: World) -> None:
    """Done, and everything is taken away."""
    world.presses("done")
    if world.slot.occupied:
        world.pulls()
    world.lifts()
    world.sees("idle")


def reported_in_writing(world: World, key: str = "chen") -> str:
    """A written report in force, and the visit over; the text of its receipt's code."""
    reports_a_loss(world, key)
    paper = prints_the_report(world)
    ends(world)
    return next(line for line in paper.splitlines() if line.startswith("SSC-LOSS:"))


def shows_the_card(world: World, key: str, card: int = 1) -> None:
    """Cancelling, with ID card and found card, up to what the terminal does by itself."""
    opens(world, "loss_cancel")
    world.lays(key)
    world.sees("loss_cancel.card")
    world.inserts(key, card)


def goes_to_the_review(world: World, key: str, form: str | None = None) -> None:
    shows_the_card(world, key)
    if form is not None:
        world.sees("loss_cancel.form")
        world.holds_up(form)
    world.sees("loss_cancel.confirm")
    world.takes_code_away()


@pytest.mark.rule("LOSS.CANCEL")
def test_an_oral_report_is_cancelled_and_the_card_works_again(world: World) -> None:
    shows_the_card(world, "liu")
    world.sees("loss_cancel.still")
    world.sees("loss_cancel.copy")
    world.sees("loss_cancel.confirm")
    world.reads("请核对，然后确认", "尾号 8224", "口头挂失", "免费")
    world.presses("confirm")
    world.sees("loss_cancel.result")
    world.reads("挂失已撤销，卡可以用了", "尾号 8224")
    assert states(world, "liu") == [CardState.ACTIVE]
    world.presses("print")
    world.sees("loss_cancel.result")
    paper = world.receipts()[-1]
    for words in ("撤销挂失凭条", "卡已恢复使用", "8224", "LOSS.CANCEL", "免费"):
        assert words in paper
    ends(world)
    world.presses("balance")
    world.lays("liu")
    world.sees("balance.card")
    world.inserts("liu")
    world.sees("balance.password")
    world.types("135790e")
    world.sees("balance.result")


@pytest.mark.rule("LOSS.CANCEL")
def test_a_written_report_asks_for_its_own_receipt(world: World) -> None:
    form = reported_in_writing(world)
    world.presses("language")
    shows_the_card(world, "chen")
    world.sees("loss_cancel.form")
    world.reads("Show the receipt of the written report", "Receipt lost?")
    world.holds_up("https://example.cn/abcdefgh")
    world.reads("not one of our loss receipts")
    world.holds_up(form)
    world.sees("loss_cancel.confirm")
    world.reads("written report")
    world.presses("confirm")
    world.sees("loss_cancel.result")
    world.reads("Cancelled: the card works again")
    assert states(world, "chen") == [CardState.ACTIVE]


@pytest.mark.rule("LOSS.CANCEL")
def test_somebody_elses_receipt_is_refused_and_the_right_one_still_works(world: World) -> None:
    theirs = reported_in_writing(world, "xu")
    form = reported_in_writing(world)
    goes_to_the_review(world, "chen", theirs)
    world.presses("confirm")
    world.sees("trouble")
    world.reads("这张")
    world.presses("why")
    world.reads("LOSS.CANCEL")
    assert states(world, "chen") == [CardState.LOST_WRITTEN]
    world.presses("again")
    world.sees("loss_cancel.form")
    world.holds_up(form)
    world.sees("loss_cancel.confirm")
    world.presses("confirm")
    world.sees("loss_cancel.result")
    assert states(world, "chen") == [CardState.ACTIVE]


def test_a_receipt_that_the_bank_does_not_know_is_refused(world: World) -> None:
    reported_in_writing(world)
    goes_to_the_review(world, "chen", "SSC-LOSS:000000000")
    world.presses("confirm")
    world.sees("trouble")
    assert trouble(world) == "code_unknown"
    assert states(world, "chen") == [CardState.LOST_WRITTEN]


def test_whoever_has_lost_the_receipt_is_sent_to_a_branch(world: World) -> None:
    shows_the_card(world, "huang")
    world.sees("loss_cancel.form")
    world.reads("凭条丢了？", "到发卡银行网点撤销")
    world.presses("leave")
    world.sees("take_card")


@pytest.mark.parametrize(
    ("key", "words", "rule"),
    [
        ("chen", "这张卡没有挂失", "LOSS.CANCEL"),
        ("wang", "这张卡还没有激活", "ACTIVATE.BEFORE_USE"),
        ("zhou", "补卡已经办完，不能撤销", "LOSS.NO_CANCEL_AFTER_REPLACEMENT"),
        ("wu", "补卡已经办完，不能撤销", "LOSS.NO_CANCEL_AFTER_REPLACEMENT"),
    ],
    ids=["not lost", "inactive", "being replaced", "replaced"],
)
@pytest.mark.rule("LOSS.NO_CANCEL_AFTER_REPLACEMENT")
def test_a_card_that_has_nothing_to_cancel_says_so_before_any_picture(
    world: World, key: str, words: str, rule: str
) -> None:
    before = states(world, key)
    shows_the_card(world, key)
    world.sees("trouble")
    world.reads(words)
    world.presses("why")
    world.reads(rule)
    assert states(world, key) == before
    assert ("step", "loss_cancel.still") not in world.records


def test_somebody_elses_card_cancels_nothing(world: World) -> None:
    opens(world, "loss_cancel")
    world.lays("chen")
    world.sees("loss_cancel.card")
    world.inserts("liu")
    world.sees("trouble")
    assert trouble(world) == SessionTrouble.NOT_SAME_PERSON
    assert states(world, "liu") == [CardState.LOST_ORAL]


@pytest.mark.rule("LOSS.ORAL_LAPSE")
def test_a_report_that_lapses_while_the_person_looks_at_the_review_is_said_to_have_lapsed(
    world: World,
) -> None:
    goes_to_the_review(world, "liu")
    lapses(world, "liu")
    world.presses("confirm")
    world.sees("trouble")
    world.reads("这张卡没有挂失", "直接使用即可")
    world.presses("why")
    world.reads("LOSS.ORAL_LAPSE")


@pytest.mark.rule("LOSS.NO_CANCEL_AFTER_REPLACEMENT")
def test_a_replacement_completed_on_another_terminal_wins(world: World) -> None:
    goes_to_the_review(world, "liu")
    at_the_bank(world, "liu", "state = 'suspended', lapses_at = null")
    world.presses("confirm")
    world.sees("trouble")
    world.reads("补卡已经办完，不能撤销")
    assert states(world, "liu") == [CardState.SUSPENDED]


def lapses(world: World, key: str) -> None:
    """The bank's clock passes the end of the oral report's term."""
    now: datetime = world.agenda.wall()
    just = (now - timedelta(seconds=1)).isoformat(timespec="milliseconds")
    at_the_bank(world, key, f"lapses_at = '{just}'")


def at_the_bank(world: World, key: str, change: str) -> None:
    with world.bank.engine.begin() as connection:
        number = {"number": person(key).cards[0].card_number}
        query = f"UPDATE cards SET {change} WHERE card_number = :number"  # noqa: S608
        connection.execute(text(query), number)


# --- the line, and the bank ---------------------------------------------------------------------


def test_without_a_line_it_is_not_offered(world: World) -> None:
    world.cuts_line()
    world.waits(20)
    sees_tile(world, "loss_cancel", enabled=False)


def test_a_bank_that_is_silent_leaves_it_unknown_and_says_so_truthfully(world: World) -> None:
    goes_to_the_review(world, "liu")
    world.bank.mood = BankMood.SILENT
    world.presses("confirm")
    world.sees("loss_cancel.result", within_s=20)
    world.reads("不知道办没办成", "请先当作仍在挂失", "请稍后再来")
    world.presses("print")
    world.sees("loss_cancel.result")
    assert "不知道办没办成" in world.receipts()[-1]
    ends(world)


@pytest.mark.parametrize("mood", [BankMood.ANSWER_LOST, BankMood.TWICE, BankMood.SLOW])
def test_whatever_the_line_does_it_is_cancelled_once_and_can_be_asked_again(
    world: World, mood: BankMood
) -> None:
    goes_to_the_review(world, "liu")
    world.bank.mood = mood
    world.presses("confirm")
    world.sees("loss_cancel.result", within_s=20)
    world.bank.mood = BankMood.WELL
    world.waits(60)
    assert states(world, "liu") == [CardState.ACTIVE]
    assert operations(world, "loss_cancel") == 1
    if world.state == "loss_cancel.result":
        ends(world)
    elif world.slot.occupied:
        world.pulls()
    world.sees("idle", within_s=300)
    shows_the_card(world, "liu")
    world.sees("trouble")
    world.reads("这张卡没有挂失")


def test_a_line_that_drops_at_the_confirmation_ends_in_words_that_are_true(world: World) -> None:
    goes_to_the_review(world, "liu")
    world.cuts_line()
    world.presses("confirm")
    world.sees("loss_cancel.result", "trouble", within_s=30)
    world.repairs_line()
    world.waits(60)
    assert states(world, "liu") in ([CardState.LOST_ORAL], [CardState.ACTIVE])


def test_whoever_does_not_confirm_has_cancelled_nothing(world: World) -> None:
    goes_to_the_review(world, "liu")
    world.presses("leave")
    world.sees("take_card")
    world.pulls()
    world.sees("idle")
    assert states(world, "liu") == [CardState.LOST_ORAL]
    assert operations(world, "loss_cancel") == 0


def test_a_card_pulled_before_the_confirmation_is_still_the_one_that_was_read(world: World) -> None:
    goes_to_the_review(world, "liu")
    world.pulls()
    world.presses("confirm")
    world.sees("loss_cancel.result")
    assert states(world, "liu") == [CardState.ACTIVE]


def test_a_camera_that_dies_says_so_and_nothing_is_cancelled(world: World) -> None:
    shows_the_card(world, "liu")
    world.sees("loss_cancel.still")
    world.camera.die()
    world.sees("trouble")
    world.reads("摄像头没有应答")
    assert states(world, "liu") == [CardState.LOST_ORAL]
