"""OFFLINE.ONCE: what was taken takes effect at the bank exactly once, whatever is killed between."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, text

from bank.schema import operations, own_channel
from simulators.world.bank_line import FLUSH_S, ONE_WAY_S, BankMood
from simulators.world.world import World
from tests.stories.acts import code_on_screen
from tests.stories.ledger import reports

LONGEST_PAUSE_S = 310.0  # of the queue between two tries

# From the moment of confirming to well after the answer: before the flush, between flush and
# word, on the way, at the bank, on the way back, answered.
KILLED_AT_S = (0.0, FLUSH_S / 2, FLUSH_S, FLUSH_S + 0.0002, 0.02, ONE_WAY_S + 0.003, 0.05, 0.2)


def confirms_a_loss(world: World) -> None:
    world.presses("loss")
    world.lays("chen")
    world.sees("loss.choose_kind")
    world.presses("written")
    world.sees("loss.confirm")
    world.presses("confirm")


def goes_home(world: World) -> None:
    if world.state != "goodbye":
        world.presses("leave" if world.state == "trouble" else "done")
    if world.slot.occupied:
        world.pulls()
    world.lifts()
    world.sees("idle")


def loss_operations(world: World) -> list[str]:
    with world.bank.engine.connect() as bank:
        asked = select(operations.c.code).where(operations.c.kind == "loss_report")
        asked = asked.order_by(text("rowid"))  # as they came
        return list(bank.execute(asked).scalars())


@pytest.mark.parametrize("moment_s", KILLED_AT_S)
def test_a_queue_killed_and_started_at_once_loses_nothing_and_doubles_nothing(
    world: World, moment_s: float
) -> None:
    confirms_a_loss(world)
    world.waits(moment_s)
    world.kills_queue()
    world.starts_queue()
    world.sees("loss.result")
    code = code_on_screen(world)
    world.waits(30.0)
    world.reads("挂失已生效，卡已冻结")
    assert loss_operations(world) == [code]
    assert reports(world) == 1
    assert world.queue.waiting == 0


@pytest.mark.parametrize("moment_s", KILLED_AT_S)
def test_a_queue_killed_and_started_after_a_while_keeps_what_it_has_taken(
    world: World, moment_s: float
) -> None:
    confirms_a_loss(world)
    world.waits(moment_s)
    world.kills_queue()
    world.sees("loss.result", "trouble")
    taken = code_on_screen(world) if world.state == "loss.result" else None
    goes_home(world)
    world.starts_queue()
    world.waits(LONGEST_PAUSE_S)
    at_the_bank = loss_operations(world)
    assert world.queue.waiting == 0
    assert reports(world) == len(at_the_bank) <= 1
    if taken is not None:
        assert at_the_bank == [taken]


@pytest.mark.parametrize("moment_s", KILLED_AT_S[2:])
def test_with_the_line_down_a_taken_report_survives_the_queue(
    world: World, moment_s: float
) -> None:
    world.cuts_line()
    world.waits(20.0)
    confirms_a_loss(world)
    world.waits(moment_s)
    world.kills_queue()
    world.starts_queue()
    world.sees("loss.result")
    world.reads("还没有生效")
    code = code_on_screen(world)
    goes_home(world)
    world.kills_queue()
    world.waits(60.0)
    world.starts_queue()
    assert world.queue.waiting == 1
    world.repairs_line()
    world.waits(LONGEST_PAUSE_S)
    assert loss_operations(world) == [code]
    assert reports(world) == 1


def test_a_dead_queue_takes_nothing_and_says_so(world: World) -> None:
    world.presses("loss")
    world.lays("chen")
    world.sees("loss.choose_kind")
    world.presses("written")
    world.sees("loss.confirm")
    world.kills_queue()
    world.presses("confirm")
    world.sees("trouble", within_s=9.0)
    world.reads("没有登记成功", "马上拨打发卡银行电话")
    world.presses("language")
    world.reads("Not taken")
    goes_home(world)
    world.starts_queue()
    world.waits(LONGEST_PAUSE_S)
    assert loss_operations(world) == []
    assert world.queue.waiting == 0


def test_another_try_after_a_dead_queue_is_one_report(world: World) -> None:
    world.presses("loss")
    world.lays("chen")
    world.sees("loss.choose_kind")
    world.presses("written")
    world.sees("loss.confirm")
    world.kills_queue()
    world.presses("confirm")
    world.sees("trouble", within_s=9.0)
    world.starts_queue()
    world.waits(10.0)
    world.presses("again")
    world.sees("loss.result")
    world.reads("挂失已生效")
    world.waits(LONGEST_PAUSE_S)
    assert len(loss_operations(world)) == reports(world) == 1


def test_a_queue_that_dies_again_and_again_delivers_once(world: World) -> None:
    confirms_a_loss(world)
    for step in range(40):
        world.waits(0.011 * (step % 7))
        world.kills_queue()
        world.starts_queue()
    world.sees("loss.result")
    code = code_on_screen(world)
    goes_home(world)
    world.waits(LONGEST_PAUSE_S)
    assert loss_operations(world) == [code]
    assert reports(world) == 1


@pytest.mark.parametrize("mood", [BankMood.ANSWER_LOST, BankMood.TWICE, BankMood.FOREIGN])
def test_a_killed_queue_and_a_bad_bank_together_still_do_it_once(
    world: World, mood: BankMood
) -> None:
    world.presses("loss")
    world.lays("chen")
    world.sees("loss.choose_kind")
    world.presses("written")
    world.sees("loss.confirm")
    world.bank.mood = mood
    world.presses("confirm")
    world.waits(0.07)  # the bank has done it
    world.kills_queue()
    world.starts_queue()
    world.sees("loss.result")
    goes_home(world)
    world.waits(30.0)
    world.bank.mood = BankMood.WELL
    world.waits(LONGEST_PAUSE_S)
    assert len(loss_operations(world)) == reports(world) == 1
    assert world.queue.waiting == 0


def test_a_line_cut_while_the_answer_is_on_its_way_does_it_once(world: World) -> None:
    confirms_a_loss(world)
    world.waits(FLUSH_S + ONE_WAY_S + 0.01)
    world.cuts_line()
    assert reports(world) == 1, "the bank has it already"
    world.sees("loss.result")
    world.reads("还没有生效")
    world.repairs_line()
    world.waits(60.0)
    world.reads("挂失已生效")
    assert len(loss_operations(world)) == reports(world) == 1


def test_every_request_of_a_long_outage_arrives_once_and_in_order(world: World) -> None:
    world.cuts_line()
    world.waits(20.0)
    codes = []
    for person in ("chen", "zhao", "xu", "ho"):
        world.presses("loss")
        world.lays(person)
        world.sees("loss.choose_kind")
        world.presses("oral")
        world.sees("loss.confirm")
        world.presses("confirm")
        world.sees("loss.result")
        codes.append(code_on_screen(world))
        goes_home(world)
    assert world.queue.waiting == 4
    world.repairs_line()
    world.waits(LONGEST_PAUSE_S)
    assert loss_operations(world) == codes
    assert reports(world) == 4


def test_a_queued_balance_check_is_told_once_by_the_banks_own_channel(world: World) -> None:
    world.cuts_line()
    world.waits(20.0)
    world.presses("balance")
    world.lays("chen")
    world.sees("balance.card")
    world.inserts("chen")
    world.sees("balance.result")
    world.reads("查询已登记，还没有查到")
    goes_home(world)
    world.kills_queue()
    world.starts_queue()
    world.repairs_line()
    world.waits(LONGEST_PAUSE_S)
    with world.bank.engine.connect() as bank:
        assert bank.execute(select(func.count()).select_from(own_channel)).scalar_one() == 1
