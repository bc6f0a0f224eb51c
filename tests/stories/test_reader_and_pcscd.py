"""The card reader unplugged, and pcscd stopped and started, at every point of a visit."""

from __future__ import annotations

import pytest

from kiosk.drivers.events import CardTrouble, Device
from kiosk.fsm.visit import SessionTrouble
from simulators.world.world import World
from tests.stories.acts import tile, trouble

WHAT_GOES = pytest.mark.parametrize("service", [False, True], ids=["reader", "pcscd"])
BACK_S = 12.0  # longer than the driver's longest pause between two tries


def lays_id_card(world: World) -> None:
    world.presses("balance")
    world.lays("chen")
    world.sees("balance.card")


def comes_back(world: World) -> None:
    world.slot.find_reader()
    world.waits(BACK_S)


def goes_home(world: World) -> None:
    if world.slot.occupied:
        world.pulls()
    world.lifts()
    world.sees("idle")


def has_balances(world: World) -> None:
    lays_id_card(world)
    world.inserts("chen")
    world.sees("balance.password")
    world.waits(1.0)
    world.types("246810e")
    world.sees("balance.result")
    world.reads("¥ 32,081.50")
    world.presses("done")
    goes_home(world)


@WHAT_GOES
def test_lost_at_idle_the_tile_says_why_and_the_loss_report_goes_on(
    world: World, service: bool
) -> None:
    world.slot.lose_reader(service=service)
    world.waits(BACK_S)
    assert tile(world, "balance") == ("读卡器暂不可用", False)
    assert tile(world, "loss")[1]
    assert tile(world, "receipt_check")[1]
    world.presses("language")
    assert tile(world, "balance")[0] == "Card reader not available"
    comes_back(world)
    assert tile(world, "balance")[1]
    has_balances(world)


@WHAT_GOES
def test_lost_while_the_card_is_awaited_the_person_is_told(world: World, service: bool) -> None:
    lays_id_card(world)
    world.slot.lose_reader(service=service)
    world.sees("trouble")
    assert trouble(world) == SessionTrouble.DEVICE_GONE
    world.reads("读卡器没有应答", "不是您的问题")
    world.presses("leave")
    comes_back(world)
    goes_home(world)
    has_balances(world)


@WHAT_GOES
def test_lost_while_the_id_card_is_awaited_the_card_is_not_asked_for(
    world: World, service: bool
) -> None:
    world.presses("balance")
    world.sees("balance.id_card")
    world.slot.lose_reader(service=service)
    world.waits(1.0)
    world.sees("balance.id_card")
    world.lays("chen")
    world.sees("trouble", within_s=10.0)
    assert trouble(world) == SessionTrouble.DEVICE_GONE
    world.reads("读卡器没有应答")
    world.presses("leave")
    comes_back(world)
    goes_home(world)


@WHAT_GOES
def test_back_before_the_card_is_asked_for_nobody_notices(world: World, service: bool) -> None:
    world.presses("balance")
    world.slot.lose_reader(service=service)
    world.waits(1.0)
    comes_back(world)
    world.lays("chen")
    world.sees("balance.card")
    world.inserts("chen")
    world.sees("balance.password")
    world.waits(1.0)
    world.types("246810e")
    world.sees("balance.result")


@WHAT_GOES
@pytest.mark.parametrize("moment_s", [0.0, 0.05, 0.3])
def test_lost_while_it_reads_the_card_is_not_blamed(
    world: World, service: bool, moment_s: float
) -> None:
    lays_id_card(world)
    world.inserts("chen")
    world.sees("balance.reading")
    world.waits(moment_s)
    world.slot.lose_reader(service=service)
    world.sees("trouble")
    assert trouble(world) in (CardTrouble.READER_LOST, SessionTrouble.DEVICE_GONE)
    world.reads("读卡器没有应答", "不是您的")
    assert world.terminal.session.situation.person.card is None
    world.presses("leave")
    comes_back(world)
    goes_home(world)
    has_balances(world)


@WHAT_GOES
def test_lost_and_back_at_once_while_it_reads_the_card_is_read_anew(
    world: World, service: bool
) -> None:
    lays_id_card(world)
    world.inserts("chen")
    world.sees("balance.reading")
    world.waits(0.05)
    world.slot.lose_reader(service=service)
    world.slot.find_reader()
    world.sees("trouble")
    world.sees("balance.password")
    world.waits(1.0)
    world.types("246810e")
    world.sees("balance.result")


@WHAT_GOES
def test_a_reader_that_is_back_after_a_while_reads_the_card_by_itself(
    world: World, service: bool
) -> None:
    lays_id_card(world)
    world.inserts("chen")
    world.sees("balance.reading")
    world.slot.lose_reader(service=service)
    world.sees("trouble")
    world.waits(20.0)
    world.sees("trouble")
    world.slot.find_reader()
    world.sees("balance.password", within_s=BACK_S)


@WHAT_GOES
def test_lost_with_the_card_in_at_the_password_the_visit_ends_well(
    world: World, service: bool
) -> None:
    lays_id_card(world)
    world.inserts("chen")
    world.sees("balance.password")
    world.slot.lose_reader(service=service)
    world.waits(2.0)
    world.types("246810e")
    world.sees("balance.result")
    world.reads("¥ 32,081.50")
    world.presses("done")
    world.sees("take_card", "goodbye")
    comes_back(world)
    assert world.slot.occupied
    goes_home(world)
    has_balances(world)


@WHAT_GOES
def test_a_card_left_in_a_reader_that_comes_back_is_nobodys(world: World, service: bool) -> None:
    lays_id_card(world)
    world.inserts("chen")
    world.sees("balance.password")
    world.slot.lose_reader(service=service)
    world.waits(2.0)
    world.types("c")
    world.sees("idle", "take_card", "goodbye")
    comes_back(world)
    world.sees("card_first", "card_left", "take_card", within_s=60.0)
    assert not any("1372" in text or "陈" in text for text in world.view.texts())
    world.lifts()
    world.waits(120.0)
    world.sees("card_left")
    assert world.terminal.session.situation.visit is None
    world.pulls()
    world.sees("idle")


@WHAT_GOES
def test_lost_with_a_card_in_at_idle_the_card_is_found_again(world: World, service: bool) -> None:
    world.inserts("chen")
    world.sees("card_first")
    world.slot.lose_reader(service=service)
    world.waits(BACK_S)
    assert tile(world, "balance")[1] is False
    comes_back(world)
    world.sees("card_first")
    world.presses("balance")
    world.lays("chen")
    world.sees("balance.password")


@WHAT_GOES
def test_lost_while_the_card_is_to_be_taken_the_next_visit_is_not_held_up(
    world: World, service: bool
) -> None:
    lays_id_card(world)
    world.inserts("chen")
    world.sees("balance.password")
    world.types("c")
    world.sees("take_card")
    world.slot.lose_reader(service=service)
    world.pulls()
    world.lifts()
    world.sees("idle")
    world.presses("loss")
    world.lays("chen")
    world.sees("loss.choose_kind")
    world.presses("leave")
    world.lifts()
    world.sees("idle")
    comes_back(world)
    has_balances(world)


def test_a_reader_that_comes_and_goes_wears_nothing_out(world: World) -> None:
    for _ in range(30):
        world.slot.lose_reader()
        world.waits(1.0)
        world.slot.find_reader()
        world.waits(1.0)
    world.waits(BACK_S)
    has_balances(world)


def test_all_devices_gone_the_terminal_is_out_of_service_and_comes_back(world: World) -> None:
    world.slot.lose_reader(service=True)
    for line in world.lines.values():
        line.unplug()
    world.camera.die()
    world.camera.starts = False
    world.waits(10.0)
    assert world.state == "out_of_service"
    world.reads("暂停服务", "设备正在恢复")
    world.inserts("chen")
    world.slot.find_reader()
    world.waits(BACK_S)
    world.sees("card_left")
    world.pulls()
    world.sees("out_of_service")
    world.camera.starts = True
    world.waits(BACK_S)
    world.sees("idle")
    assert tile(world, "receipt_check")[1], "the camera is all it needs"
    assert tile(world, "loss") == ("身份证阅读器暂不可用", False)
    for line in world.lines.values():
        line.plug()
    world.waits(BACK_S)
    assert world.terminal.session.situation.usable(Device.PIN_PAD)
    has_balances(world)
