"""What the presenter puts on the screens, seen in whole visits of the simulated world."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kiosk.drivers.events import Device, DeviceChanged, DeviceStatus
from kiosk.screens.view import Advice, Ends, Hotlines, Note
from simulators.world.world import World


@pytest.fixture
def world() -> Iterator[World]:
    """A terminal that serves."""
    with World() as made:
        yield made


def notes(world: World) -> list[Note]:
    """The notes on the screen."""
    return [block for block in world.view.blocks if isinstance(block, Note)]


def test_every_screen_is_headed_by_what_this_is_in_its_language(world: World) -> None:
    assert world.view.brand == "社会保障卡自助服务"
    world.presses("language")
    assert world.view.brand == "Social security card service"
    world.presses("loss")
    assert world.view.brand == "Social security card service"


def test_idle_says_what_each_service_needs(world: World) -> None:
    assert world.view.ready is not None
    needed = {row.service: [text for _, text in row.things] for row in world.view.ready.rows}
    assert needed["挂失"] == ["身份证原件"]
    assert needed["查余额"] == ["身份证原件", "社会保障卡", "金融账户密码"]


def test_with_no_line_idle_says_so_in_a_block(world: World) -> None:
    assert len(world.view.blocks) == 0
    world.cuts_line()
    world.waits(20.0)
    (note,) = notes(world)
    assert "暂时中断" in note.text


def test_a_refusal_says_what_to_do_whom_to_ask_and_why_when_asked(world: World) -> None:
    world.presses("balance")
    world.lays("sun")
    world.sees("trouble")
    (advice,) = world.view.blocks
    assert isinstance(advice, Advice)
    assert advice.text
    assert "12333" in advice.ask
    assert "ACTIVATE.ORIGINALS" not in " ".join(world.view.texts())
    world.presses("why")
    assert "ACTIVATE.ORIGINALS" in " ".join(world.view.texts())
    assert world.view.blocks == (advice,)


def test_out_of_service_says_what_to_do_and_keeps_the_footer(world: World) -> None:
    footer = world.view.footer
    for device in Device:
        world.terminal.post(DeviceChanged(device, DeviceStatus.OFFLINE))
    world.sees("out_of_service")
    assert isinstance(world.view.blocks[0], Advice)
    assert len(world.view.footer) == len(footer) == 3


def test_balances_tell_whose_they_are_and_when_at_the_two_ends_of_a_line(world: World) -> None:
    world.presses("balance")
    world.lays("chen")
    world.sees("balance.card")
    world.inserts("chen")
    world.sees("balance.password")
    world.types("246810e")
    world.sees("balance.result")
    (ends,) = [block for block in world.view.blocks if isinstance(block, Ends)]
    assert "1372" in ends.left
    assert "银行答复于" in ends.right


def test_a_report_that_waits_gives_every_number_when_no_bank_is_known(world: World) -> None:
    world.cuts_line()
    world.waits(20.0)
    world.presses("loss")
    world.lays("wu")
    world.sees("loss.choose_kind")
    world.presses("oral")
    world.sees("loss.confirm")
    world.presses("confirm")
    world.sees("loss.result")
    (calls,) = [block for block in world.view.blocks if isinstance(block, Hotlines)]
    assert len(calls.rows) == 6


def test_a_report_that_waits_gives_one_large_number_when_its_bank_is_known(world: World) -> None:
    world.presses("loss")
    world.lays("li")
    world.sees("loss.choose_card")
    world.presses("card:1")
    world.presses("oral")
    world.sees("loss.confirm")
    world.cuts_line()
    world.waits(20.0)
    world.presses("confirm")
    world.sees("loss.result")
    (note,) = notes(world)
    assert note.big == "95003"
