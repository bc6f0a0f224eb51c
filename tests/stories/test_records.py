"""Payment records and the rights record: the ID card alone."""

from __future__ import annotations

import pytest

from simulators.world.world import World
from tests.stories.acts import trouble


def goes_to_the_question(world: World, key: str = "chen") -> None:
    world.presses("records")
    world.lays(key)
    world.sees("records.what")


@pytest.mark.rule("RIGHTS.RECORDS")
def test_the_payments_of_a_year_are_shown_and_printed(world: World) -> None:
    goes_to_the_question(world)
    world.presses("payments")
    world.sees("records.year")
    world.presses("2025")
    world.sees("records.result")
    world.reads("2025 年缴费记录", "养老保险", "12 个月")
    world.presses("print")
    world.sees("records.printing")
    world.sees("records.result")
    paper = world.receipts()[-1]
    assert "参保缴费查询" in paper
    assert "2025 年 12 月" in paper
    assert "RIGHTS.RECORDS" in paper
    assert "陈美玲" not in paper
    assert "990000" not in paper


def test_the_latest_year_is_not_asked_for_twice(world: World) -> None:
    goes_to_the_question(world)
    world.presses("payments")
    world.sees("records.year")
    world.presses("2026")
    world.sees("records.result")
    world.reads("2026 年缴费记录", "10 个月")


def test_somebody_behind_the_person_reads_no_amount(world: World) -> None:
    goes_to_the_question(world)
    world.presses("payments")
    world.sees("records.year")
    world.presses("2026")
    world.sees("records.result")
    world.presses("shield")
    assert not any("¥ 3" in text or "¥ 9" in text for text in world.view.texts())
    world.reads("¥ ＊＊＊＊")


@pytest.mark.rule("RIGHTS.RECORDS")
def test_the_rights_record_counts_the_months(world: World) -> None:
    goes_to_the_question(world)
    world.presses("language")
    world.presses("rights")
    world.sees("records.result")
    world.reads("Personal rights record", "Pension", "months since 2012-08")


def test_who_has_no_records_is_told_whom_to_ask(world: World) -> None:
    goes_to_the_question(world, "wang")
    world.presses("rights")
    world.sees("trouble")
    assert trouble(world) == "no_records"
    world.reads("没有查到参保记录", "社保经办机构")


@pytest.mark.rule("OFFLINE.THREE")
def test_without_a_line_it_is_refused_by_its_rule(world: World) -> None:
    world.cuts_line()
    world.sees_button("records", enabled=False)


def test_a_line_that_goes_in_the_middle_is_said_and_asked_anew(world: World) -> None:
    goes_to_the_question(world)
    world.cuts_line()
    world.presses("rights")
    world.sees("trouble")
    world.reads("线路")
    world.repairs_line()
    world.waits(20.0)
    world.presses("again")
    world.sees("records.result")


@pytest.mark.parametrize("answer", ["payments", "rights"])
def test_whoever_walks_away_leaves_nothing(world: World, answer: str) -> None:
    goes_to_the_question(world)
    world.presses(answer)
    world.lifts()
    world.sees("idle", within_s=600.0)
