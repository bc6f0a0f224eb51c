"""The electronic card: activated in person, and looked at by its code."""

from __future__ import annotations

import pytest

from bank.people import person
from bank.services.electronic import show_code
from simulators.world.world import World
from tests.stories.acts import trouble

CODE = "Zx81-opaque-code"


def shows_the_app(world: World, key: str = "chen", code: str = CODE) -> None:
    """The app shows a code, and the person holds it before the lens."""
    with world.bank.engine.begin() as connection:
        show_code(connection, person(key).id_number, code, world.agenda.wall())
    world.holds_up(code)


def goes_to_the_code(world: World) -> None:
    world.presses("electronic")
    world.presses("show")
    world.sees("electronic.code")


def activates(world: World, key: str = "chen") -> None:
    world.presses("electronic")
    world.presses("activate")
    world.lays(key)
    world.sees("electronic.confirm")
    world.presses("confirm")


def test_a_code_in_order_is_said_to_be(world: World) -> None:
    goes_to_the_code(world)
    shows_the_app(world)
    world.sees("electronic.result")
    world.reads("这是有效的电子社保卡", "陈＊＊")


def test_a_payment_code_is_told_apart_and_the_camera_goes_on_looking(world: World) -> None:
    goes_to_the_code(world)
    world.holds_up("134567890123456789")
    world.waits(1.0)
    world.reads("这不是电子社保卡的码")
    world.takes_code_away()
    shows_the_app(world)
    world.sees("electronic.result")


def test_a_screenshot_of_an_old_code_can_be_tried_again_with_a_new_one(world: World) -> None:
    goes_to_the_code(world)
    shows_the_app(world)
    world.sees("electronic.result")
    world.presses("done")
    world.sees("idle")
    world.takes_code_away()
    goes_to_the_code(world)
    world.holds_up(CODE)
    world.sees("trouble")
    assert trouble(world) == "electronic_expired"
    world.takes_code_away()
    world.presses("again")
    world.sees("electronic.code")
    shows_the_app(world, code="Another-opaque-code")
    world.sees("electronic.result")


def test_it_is_activated_in_person_and_only_once(world: World) -> None:
    activates(world)
    world.sees("electronic.result")
    world.reads("电子社保卡已开通", "密码不在本机设置")
    world.presses("done")
    world.lifts()
    world.sees("idle")
    activates(world)
    world.sees("trouble")
    assert trouble(world) == "electronic_active"


@pytest.mark.rule("ACTIVATE.BEFORE_USE")
def test_the_card_itself_comes_first(world: World) -> None:
    activates(world, "wang")
    world.sees("trouble")
    assert trouble(world) == "card_inactive"


@pytest.mark.rule("OFFLINE.HONEST")
def test_a_line_that_goes_while_it_is_asked_leaves_it_unknown(world: World) -> None:
    world.presses("electronic")
    world.presses("activate")
    world.lays("chen")
    world.sees("electronic.confirm")
    world.cuts_line()
    world.presses("confirm")
    world.sees("electronic.result", "trouble")
    assert not any("已开通" in text for text in world.view.texts())


@pytest.mark.rule("OFFLINE.THREE")
def test_without_a_line_it_is_refused(world: World) -> None:
    world.cuts_line()
    world.sees_button("electronic", enabled=False)
