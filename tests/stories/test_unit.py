"""The cards of a unit, in its administrator's hands."""

from __future__ import annotations

import pytest

from bank.applying_seeding import MEMBERS
from simulators.world.bank_line import BankMood
from simulators.world.world import World
from tests.stories.acts import says, sees_tile, trouble
from tests.stories.applying import (
    days_go_by,
    finishes,
    first_member,
    marks,
    opens_the_batch,
    prints,
)


def states(world: World) -> list[str]:
    """What the bank has of each card, in the list's order."""
    with world.bank.engine.begin() as connection:
        found = connection.exec_driver_sql("select state from unit_cards order by member_id")
        return [state for (state,) in found]


def listed(world: World) -> list[str]:
    """The cards of the page that is open."""
    return [each.id for each in world.view.options if each.id.startswith("unit-")]


@pytest.mark.rule("COLLECT.FIVE_WORKING_DAYS")
def test_a_batch_of_twelve_is_paged_and_says_until_when(world: World) -> None:
    opens_the_batch(world)
    world.reads("还有 12 张", "2026 年 11 月 27 日", "区＊＊", "尾号 4101")
    world.sees_button("page_before", enabled=False)
    seen = listed(world)
    for _ in range(2):
        world.presses("next_page")
        seen += listed(world)
    world.sees_button("next_page", enabled=False)
    assert len(set(seen)) == len(seen) == 12
    world.presses("page_before")
    assert listed(world) == seen[4:8]
    for name, _ in MEMBERS:
        assert not says(world, name)


@pytest.mark.rule("COLLECT.FIVE_WORKING_DAYS")
def test_card_after_card_is_handed_out(world: World) -> None:
    opens_the_batch(world)
    world.presses("next_page")
    for done in range(3):
        world.reads(f"还有 {12 - done} 张")
        marks(world, first_member(world))
        world.sees("unit.member")
    assert states(world).count("handed_out") == 3
    world.presses("finish")
    world.sees("unit.result")
    world.reads("已发本人", "3 张", "9 张")
    assert "以下的卡退回网点" not in prints(world, "unit")


@pytest.mark.rule("COLLECT.RETURN_UNISSUED")
def test_what_goes_back_stands_on_paper_with_the_outlet(world: World) -> None:
    opens_the_batch(world)
    world.presses("next_page")
    marks(world, "unit-990000-1-05", "returned")
    world.sees("unit.member")
    world.presses("finish")
    world.sees("unit.result")
    world.reads("请把退回的卡带到", "东城示例支行")
    paper = prints(world, "unit")
    for said in ("以下的卡退回网点", "东城示例支行", "4145", "COLLECT.RETURN_UNISSUED"):
        assert said in paper
    assert "莫丽芳" not in paper
    assert states(world)[4] == "returned"


@pytest.mark.rule("COLLECT.FIVE_WORKING_DAYS")
def test_an_overdue_batch_is_said_to_be(world: World) -> None:
    days_go_by(world, 4)  # the last day itself
    opens_the_batch(world)
    world.reads("还有 12 张，要在 2026 年 11 月 27 日")
    world.presses("leave")
    world.lifts()
    world.sees("idle", within_s=20)
    days_go_by(world, 1)
    opens_the_batch(world)
    world.reads("已经过期", "2026 年 11 月 27 日")


def test_nothing_is_marked_before_it_is_confirmed(world: World) -> None:
    opens_the_batch(world)
    world.presses(first_member(world))
    world.presses("handed_out")
    world.sees("unit.confirm")
    world.reads("确认已发给本人？", "登记以后不能再改")
    world.presses("back")
    world.sees("unit.what")
    assert set(states(world)) == {"with_unit"}


def test_what_is_marked_stands_last_and_cannot_be_pressed(world: World) -> None:
    opens_the_batch(world)
    first = first_member(world)
    marks(world, first)
    world.sees("unit.member")
    assert first not in listed(world)
    for _ in range(2):
        world.presses("next_page")
    world.sees_button(first, enabled=False)


@pytest.mark.rule("COLLECT.FIVE_WORKING_DAYS")
@pytest.mark.parametrize("key", ["chen", "lu"])
def test_nobody_but_the_administrator(world: World, key: str) -> None:
    opens_the_batch(world, key)
    world.sees("trouble")
    assert trouble(world) == "not_administrator"


def test_in_english(world: World) -> None:
    world.presses("language")
    opens_the_batch(world)
    world.reads("12 cards are left", "Ending 4101")
    world.presses("finish")
    world.sees("unit.result")
    world.reads("How the unit's cards stand")


def test_no_answer_is_not_known_and_marking_again_is_no_harm(world: World) -> None:
    opens_the_batch(world)
    first = first_member(world)
    world.bank.mood = BankMood.ANSWER_LOST
    marks(world, first)
    world.sees("unit.result", within_s=30)
    world.reads("不知道办没办成", "不会登记两次")
    finishes(world)
    world.bank.mood = BankMood.WELL
    world.waits(60)
    opens_the_batch(world)
    assert first not in listed(world)  # it had arrived
    assert states(world).count("handed_out") == 1


def test_somebody_else_has_marked_the_card_meanwhile(world: World) -> None:
    opens_the_batch(world)
    first = first_member(world)
    with world.bank.engine.begin() as connection:
        connection.exec_driver_sql(
            f"update unit_cards set state = 'returned' where member_id = '{first}'"  # noqa: S608
        )
    marks(world, first)
    world.sees("trouble")
    assert trouble(world) == "not_in_batch"
    world.presses("again")
    world.sees("unit.member")
    world.reads("还有 11 张")


def test_without_a_line_it_is_not_offered(world: World) -> None:
    world.cuts_line()
    world.waits(20)
    sees_tile(world, "unit", enabled=False)
