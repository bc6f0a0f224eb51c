"""A unit's cards at the bank, asked directly."""

from __future__ import annotations

from datetime import date

import pytest

from bank.applying_seeding import MEMBERS
from sscard.requests import (
    Answer,
    MemberState,
    Refusal,
    RefusalCode,
    UnitBatch,
    UnitLook,
    UnitUpdate,
)
from sscard.rules import Rule
from tests.bank.terminal import Rows, Terminal, evidence


def batch(answer: Answer) -> UnitBatch:
    assert isinstance(answer, UnitBatch), answer
    return answer


def refused(answer: Answer) -> tuple[RefusalCode, Rule]:
    assert isinstance(answer, Refusal), answer
    return answer.code, answer.rule


@pytest.fixture
def ids(terminal: Terminal) -> list[str]:
    """The members of the batch."""
    return [each.member_id for each in batch(terminal.ask(UnitLook(evidence("xie")))).members]


def update(*member_ids: str, state: MemberState = MemberState.HANDED_OUT) -> UnitUpdate:
    return UnitUpdate(evidence("xie"), member_ids, state)


def states(rows: Rows) -> set[str]:
    return {state for (state,) in rows("select distinct state from unit_cards")}


@pytest.mark.rule("COLLECT.FIVE_WORKING_DAYS")
def test_the_administrator_sees_the_batch_and_until_when(terminal: Terminal) -> None:
    found = batch(terminal.ask(UnitLook(evidence("xie"))))
    assert len(found.members) == len(MEMBERS) == 12
    # Received on Friday 27 February; the Saturday after it is a working day of the schedule.
    assert (found.received_on, found.hand_out_by) == (date(2026, 2, 27), date(2026, 3, 5))
    assert not found.provisional
    assert "东城" in found.outlet_zh
    assert {each.state for each in found.members} == {MemberState.WITH_UNIT}


def test_of_a_member_only_a_masked_name_and_the_cards_tail_are_told(terminal: Terminal) -> None:
    found = batch(terminal.ask(UnitLook(evidence("xie"))))
    for member, (name, tail) in zip(found.members, MEMBERS, strict=True):
        assert member.card_tail == tail
        assert member.masked_name.startswith(name[0])
        assert not set(name[1:]) & set(member.masked_name)


@pytest.mark.rule("COLLECT.FIVE_WORKING_DAYS", "COLLECT.RETURN_UNISSUED")
@pytest.mark.parametrize("state", [MemberState.HANDED_OUT, MemberState.RETURNED])
def test_a_card_is_marked_once_and_to_say_it_again_is_no_harm(
    terminal: Terminal, rows: Rows, ids: list[str], state: MemberState
) -> None:
    for _ in range(2):
        found = batch(terminal.ask(update(ids[4], state=state)))
        assert [each.member_id for each in found.members if each.state is state] == [ids[4]]
    ((changed,),) = rows("select count(*) from unit_cards where changed_at is not null")
    assert changed == 1


@pytest.mark.rule("COLLECT.RETURN_UNISSUED")
def test_what_is_done_is_not_changed(terminal: Terminal, rows: Rows, ids: list[str]) -> None:
    batch(terminal.ask(update(ids[0])))
    for state in (MemberState.RETURNED, MemberState.WITH_UNIT):
        code, _ = refused(terminal.ask(update(ids[0], state=state)))
        assert code is RefusalCode.NOT_IN_BATCH
    assert states(rows) == {"handed_out", "with_unit"}


def test_of_several_cards_all_are_marked_or_none(
    terminal: Terminal, rows: Rows, ids: list[str]
) -> None:
    code, _ = refused(terminal.ask(update(ids[0], "another-unit-01")))
    assert code is RefusalCode.NOT_IN_BATCH
    batch(terminal.ask(update(ids[1])))
    code, _ = refused(terminal.ask(update(ids[2], ids[1], state=MemberState.RETURNED)))
    assert code is RefusalCode.NOT_IN_BATCH
    assert states(rows) == {"handed_out", "with_unit"}
    found = batch(terminal.ask(update(*ids)))
    assert {each.state for each in found.members} == {MemberState.HANDED_OUT}


@pytest.mark.rule("COLLECT.FIVE_WORKING_DAYS")
def test_nobody_but_the_administrator_learns_or_marks_anything(
    terminal: Terminal, rows: Rows, ids: list[str]
) -> None:
    no = (RefusalCode.NOT_ADMINISTRATOR, Rule.COLLECT_FIVE_WORKING_DAYS)
    for key in ("chen", "lu", "tan"):
        assert refused(terminal.ask(UnitLook(evidence(key)))) == no
        theirs = UnitUpdate(evidence(key), (ids[0],), MemberState.HANDED_OUT)
        assert refused(terminal.ask(theirs)) == no
    assert states(rows) == {"with_unit"}
