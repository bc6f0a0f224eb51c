"""A bank that is slow, silent, wrong, refusing or repeating itself: what the person is told, and
what is true at the bank.
"""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bank.people import person
from bank.schema import accounts, cards
from simulators.world.bank_line import BankMood
from simulators.world.world import World
from tests.stories.acts import says
from tests.stories.ledger import operations, reports

NO_WORD = (BankMood.SILENT, BankMood.ANSWER_LOST, BankMood.NONSENSE, BankMood.FOREIGN)
WRONG = (*NO_WORD, BankMood.REFUSING)
DONE_WORDS = ("已生效", "已冻结", "In force", "Frozen by the bank", "card is frozen")


def waits_for_the_bank(world: World) -> None:
    """The queue's longest pause between two tries, and its answer."""
    world.bank.mood = BankMood.WELL
    world.waits(310.0)


def confirms_a_loss(world: World, kind: str = "written") -> None:
    world.presses("loss")
    world.lays("chen")
    world.sees("loss.choose_kind")
    world.presses(kind)
    world.sees("loss.confirm")


def asks_for_balances(world: World) -> None:
    world.presses("balance")
    world.lays("chen")
    world.sees("balance.card")
    world.inserts("chen")
    world.sees("balance.password")
    world.waits(1.0)
    world.types("246810e")


def goes_home(world: World) -> None:
    world.presses("done")
    if world.slot.occupied:
        world.pulls()
    world.lifts()
    world.sees("idle")


def wrong_passwords_at_the_bank(world: World) -> int:
    pan = person("chen").cards[0].pan
    with world.bank.engine.connect() as bank:
        asked = (
            select(accounts.c.wrong_in_a_row)
            .join_from(accounts, cards)
            .where(cards.c.pan == pan, accounts.c.account == "financial")
        )
        return int(bank.execute(asked).scalar_one())


@pytest.mark.parametrize("mood", WRONG)
def test_a_loss_report_without_a_good_answer_is_taken_and_not_called_in_force(
    world: World, mood: BankMood
) -> None:
    confirms_a_loss(world)
    world.bank.mood = mood
    world.presses("confirm")
    world.sees("loss.result", within_s=6.0)  # the queue gives up after 5 s, and says so
    world.reads("挂失已登记，但还没有生效", "冻结前，卡仍可能被使用", "95002")
    assert not any(word in world.view.title for word in DONE_WORDS)
    world.presses("language")
    world.reads("Taken, but not in force yet", "Until then the card may still be used")
    goes_home(world)
    waits_for_the_bank(world)
    assert world.queue.waiting == 0
    assert reports(world) == 1
    assert operations(world, "loss_report") == 1


@pytest.mark.parametrize("mood", WRONG)
@pytest.mark.parametrize(
    "language, honest, dishonest",
    [
        ("zh", ("已登记，尚未生效", "银行收到后才冻结"), "已生效，卡已冻结"),
        ("en", ("taken, NOT in force yet", "Until then it may"), "in force, card frozen"),
    ],
)
def test_the_paper_of_a_report_that_waits_says_that_it_is_not_in_force(
    world: World, mood: BankMood, language: str, honest: tuple[str, str], dishonest: str
) -> None:
    if language == "en":
        world.presses("language")
    confirms_a_loss(world)
    world.bank.mood = mood
    world.presses("confirm")
    world.sees("loss.result")
    world.presses("print")
    world.sees("loss.printing")
    world.sees("loss.result")
    paper = world.receipts()[-1].replace("\n", " ")
    assert all(words in paper for words in honest)
    assert dishonest not in paper
    assert "LOSS.FREEZE_ON_RECEIPT" in paper
    assert "95002" in paper, "the hotline that freezes at once"
    goes_home(world)
    waits_for_the_bank(world)


@pytest.mark.parametrize("mood", WRONG)
def test_a_balance_check_without_a_good_answer_shows_no_balance(
    world: World, mood: BankMood
) -> None:
    world.presses("balance")
    world.lays("chen")
    world.sees("balance.card")
    world.inserts("chen")
    world.sees("balance.password")
    world.waits(1.0)
    world.bank.mood = mood
    world.types("246810e")
    world.sees("balance.result")
    world.reads("查询已登记，还没有查到")
    assert not says(world, "¥")
    world.presses("language")
    world.reads("Taken, but not answered yet")
    goes_home(world)
    waits_for_the_bank(world)
    assert operations(world, "balance_check") == 1


def test_the_paper_of_a_balance_check_that_waits_carries_no_balance(world: World) -> None:
    world.presses("balance")
    world.lays("chen")
    world.sees("balance.card")
    world.inserts("chen")
    world.sees("balance.password")
    world.waits(1.0)
    world.bank.mood = BankMood.SILENT
    world.types("246810e")
    world.sees("balance.result")
    world.presses("print")
    world.sees("balance.printing")
    world.sees("balance.result")
    assert "已登记，等待送达银行" in world.receipts()[-1]
    assert "¥" not in world.receipts()[-1]


def test_a_slow_bank_is_waited_for_so_long_and_its_late_answer_still_shown(world: World) -> None:
    confirms_a_loss(world)
    world.bank.mood = BankMood.SLOW
    world.presses("confirm")
    world.waits(1.0)
    world.sees("loss.asking")
    world.sees("loss.result", within_s=10.0)
    world.reads("还没有生效", "银行还没有答复，本机会一直送到为止")
    world.waits(10.0)
    world.sees("loss.result")
    world.reads("挂失已生效，卡已冻结")
    assert reports(world) == 1


def test_an_answer_after_the_person_left_reaches_nobody(world: World) -> None:
    confirms_a_loss(world)
    world.bank.mood = BankMood.SLOW
    world.presses("confirm")
    world.sees("loss.result")
    goes_home(world)
    world.presses("loss")
    world.lays("zhao")
    world.waits(6.0)  # the first report's answer comes now
    world.sees("loss.listing", "loss.choose_kind")
    assert not says(world, "已冻结")
    world.sees("loss.choose_kind")
    assert reports(world) == 1


def test_a_bank_that_answers_twice_does_it_once(world: World) -> None:
    world.bank.mood = BankMood.TWICE
    confirms_a_loss(world)
    world.presses("confirm")
    world.sees("loss.result")
    world.reads("挂失已生效")
    goes_home(world)
    assert reports(world) == 1
    assert operations(world, "loss_report") == 1


@pytest.mark.parametrize("mood", [BankMood.TWICE, BankMood.ANSWER_LOST])
def test_one_wrong_password_costs_one_try_whatever_becomes_of_the_answer(
    world: World, mood: BankMood
) -> None:
    world.presses("balance")
    world.lays("chen")
    world.sees("balance.card")
    world.inserts("chen")
    world.sees("balance.password")
    world.waits(1.0)
    world.bank.mood = mood
    world.types("111111e")
    world.sees("balance.result", "balance.password")
    world.waits(6.0)
    world.bank.mood = BankMood.WELL
    world.waits(20.0)
    assert wrong_passwords_at_the_bank(world) == 1


def test_a_lost_answer_that_is_asked_for_again_is_the_same_answer(world: World) -> None:
    confirms_a_loss(world, "oral")
    world.bank.mood = BankMood.ANSWER_LOST
    world.presses("confirm")
    world.sees("loss.result")
    world.reads("还没有生效")
    world.bank.mood = BankMood.WELL
    world.waits(30.0)
    world.reads("挂失已生效，卡已冻结", "口头挂失有效至")
    assert reports(world) == 1
    assert operations(world, "loss_report") == 1


def test_a_refusal_that_comes_late_takes_the_place_of_waiting(world: World) -> None:
    world.cuts_line()
    world.waits(20.0)
    world.presses("loss")
    world.lays("wang")  # her card was never activated: the bank will refuse
    world.sees("loss.choose_kind")
    world.presses("written")
    world.sees("loss.confirm")
    world.presses("confirm")
    world.sees("loss.result")
    world.reads("还没有生效")
    world.repairs_line()
    world.sees("trouble", within_s=60.0)
    world.reads("这张卡还没有激活")
    assert reports(world) == 0


def test_the_screen_does_not_call_a_request_saved_before_it_is(world: World) -> None:
    confirms_a_loss(world)
    world.bank.mood = BankMood.SILENT
    world.presses("confirm")
    world.sees("loss.asking")
    assert not says(world, "保存")
    world.waits(0.1)
    world.sees("loss.asking")
    world.reads("已经安全保存")


def test_a_bank_that_does_not_list_the_cards_still_gets_the_report(world: World) -> None:
    world.bank.mood = BankMood.NONSENSE
    world.presses("loss")
    world.lays("li")
    world.sees("loss.choose_kind")
    world.presses("written")
    world.sees("loss.confirm")
    world.reads("您名下全部社会保障卡")
    world.presses("confirm")
    world.sees("loss.result")
    goes_home(world)
    waits_for_the_bank(world)
    assert reports(world) == 2, "both of the person's cards"


@pytest.mark.parametrize("mood", WRONG)
def test_a_bank_that_gives_no_good_answer_counts_as_no_line(world: World, mood: BankMood) -> None:
    world.bank.mood = mood
    confirms_a_loss(world)
    world.presses("confirm")
    world.sees("loss.result")
    world.presses("done")
    world.lifts()
    world.sees("idle")
    waits_for_the_bank(world)
    assert all(
        button.enabled and not button.second.startswith("线路") for button in world.view.options
    )
    asks_for_balances(world)
    world.sees("trouble")
    world.reads("这张卡已经挂失")
