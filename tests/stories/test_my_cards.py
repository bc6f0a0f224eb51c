"""Which cards a person has."""

from __future__ import annotations

import pytest

from simulators.world.world import World


def asks(world: World, key: str) -> None:
    world.presses("more")
    world.presses("my_cards")
    world.lays(key)


@pytest.mark.rule("CARD.STATES")
def test_every_card_is_told_with_its_state(world: World) -> None:
    asks(world, "wang")
    world.sees("my_cards.result")
    world.reads("东莞银行", "还没有激活")


def test_two_cards_of_two_banks_are_printed_without_their_numbers(world: World) -> None:
    asks(world, "li")
    world.sees("my_cards.result")
    world.presses("print")
    world.sees("my_cards.printing")
    world.sees("my_cards.result")
    paper = world.receipts()[-1]
    assert paper.count("正常使用") == 2
    assert "H9900" not in paper
    assert "李国强" not in paper


def test_without_an_answer_it_can_be_asked_again(world: World) -> None:
    world.presses("more")
    world.presses("my_cards")
    world.cuts_line()
    world.lays("li")
    world.sees("trouble")
    world.repairs_line()
    world.waits(20.0)
    world.presses("again")
    world.sees("my_cards.result")
