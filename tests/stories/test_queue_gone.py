"""The queue's process stays away: nothing can be taken, and the first screen says so already."""

from __future__ import annotations

import pytest

from kiosk.fsm.visit import SessionTrouble
from simulators.world.world import World
from tests.stories.acts import tile, trouble
from tests.stories.ways import goes_to

GONE_S = 4.0
BEFORE_THE_BANK = (
    "loss.id_card",
    "loss.choose_card",
    "loss.choose_kind",
    "loss.confirm",
    "balance.id_card",
    "balance.card",
    "balance.password",
    "receipt_check.code",
)


def test_no_tile_promises_what_nobody_can_take(world: World) -> None:
    world.kills_queue()
    world.waits(GONE_S)
    world.sees("idle")
    assert tile(world, "loss") == ("现在不能受理，请打发卡行电话或 12333", False)
    assert tile(world, "balance") == ("暂时不能受理", False)
    assert tile(world, "receipt_check") == ("暂时不能受理", False)
    world.reads("本机暂时不能受理任何业务", "95003")
    assert not any("先登记" in each for each in world.view.texts())
    world.presses("language")
    assert tile(world, "loss") == ("Not here now: call its bank or 12333", False)
    assert tile(world, "balance") == ("Not possible now", False)
    world.reads("Nothing can be taken here now", "95003")


def test_the_tiles_come_back_with_the_queue(world: World) -> None:
    before = world.view.options
    world.kills_queue()
    world.waits(GONE_S)
    world.starts_queue()
    world.waits(30)
    assert world.view.options == before


def test_a_queue_that_restarts_at_once_greys_nothing(world: World) -> None:
    world.kills_queue()
    world.starts_queue()
    for _ in range(20):
        assert tile(world, "loss")[1]
        world.waits(0.5)


def test_with_a_card_in_the_slot_nothing_is_promised_either(world: World) -> None:
    world.inserts("chen")
    world.sees("card_first")
    world.kills_queue()
    world.waits(GONE_S)
    assert not any(tile(world, service)[1] for service in ("loss", "balance", "receipt_check"))


@pytest.mark.parametrize("state", BEFORE_THE_BANK)
def test_in_a_visit_it_is_said_before_the_last_question_and_a_new_try_works(
    world: World, state: str
) -> None:
    goes_to(world, state)
    world.kills_queue()
    world.sees("trouble", within_s=GONE_S)
    assert trouble(world) == SessionTrouble.NO_QUEUE
    world.reads("现在不能受理", "什么也没有登记", "请马上拨打发卡银行电话")
    world.waits(0.5)
    assert not world.camera.looking
    world.presses("again")
    world.sees("trouble")
    world.starts_queue()
    world.waits(2)
    world.presses("again")
    assert world.state != "trouble"


def test_what_was_taken_before_is_still_shown(world: World) -> None:
    goes_to(world, "loss.result")
    world.kills_queue()
    world.waits(GONE_S)
    assert world.state == "loss.result"
    world.starts_queue()


def test_a_queue_that_was_never_there_is_not_offered(world: World) -> None:
    world.kills_queue()
    world.kills_kiosk()
    world.sees("idle")
    assert not tile(world, "loss")[1]
    world.starts_queue()
    world.waits(1)
    assert tile(world, "loss")[1]
