"""Until when a card can be collected, and what a unit does with its cards."""

from datetime import date, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sscard import collecting
from sscard.forms import destroyed_on, ready_on
from sscard.requests import MemberState, RefusalCode
from sscard.rules import Rule
from sscard.working_days import is_published, is_working_day

# The first look at a year reads its schedule, which takes a while.
no_hurry = settings(deadline=None)
any_day = st.dates(date(2020, 1, 1), date(2060, 12, 31))
published = st.dates(date(2023, 1, 1), date(2026, 9, 30))


def working_days_between(start: date, end: date) -> int:
    """Counted one by one: those after `start` up to and with `end`."""
    days = (start + timedelta(days=n) for n in range(1, (end - start).days + 1))
    return sum(map(is_working_day, days))


@pytest.mark.rule("APPLY.THIRTY_WORKING_DAYS")
@no_hurry
@given(published)
@example(date(2024, 2, 29))
@example(date(2026, 1, 31))
@example(date(2025, 12, 31))
def test_a_card_is_ready_on_the_thirtieth_working_day(submitted_on: date) -> None:
    ready = ready_on(submitted_on)
    assert is_working_day(ready.day)
    assert working_days_between(submitted_on, ready.day) == 30


@pytest.mark.rule("APPLY.THIRTY_WORKING_DAYS")
def test_the_make_up_days_of_a_schedule_count() -> None:
    # 2026-01-04 is a Sunday on which offices are open for the New Year's holiday.
    assert collecting.hand_out_by(date(2025, 12, 31)).day == date(2026, 1, 8)


@no_hurry
@given(any_day)
def test_a_day_that_hangs_on_an_unpublished_schedule_says_so(submitted_on: date) -> None:
    ready = ready_on(submitted_on)
    years = range((submitted_on + timedelta(days=1)).year, ready.day.year + 1)
    assert ready.provisional is not all(map(is_published, years))


def test_a_term_into_the_next_year_is_provisional_until_its_schedule_is_published() -> None:
    assert not ready_on(date(2026, 3, 2)).provisional
    assert ready_on(date(2026, 12, 1)).provisional


@pytest.mark.rule("COLLECT.DESTROY_180")
@no_hurry
@given(any_day)
@example(date(2024, 2, 29))
@example(date(2023, 9, 2))  # day 180 is 29 February 2024
@example(date(2027, 8, 31))
def test_day_180_is_the_last_to_collect_and_the_next_one_destroys(at_bank_on: date) -> None:
    last = collecting.last_day_to_collect(at_bank_on)
    gone = destroyed_on(at_bank_on)
    assert (last - at_bank_on).days == 180
    assert gone - last == timedelta(days=1)
    assert collecting.last_day_of(gone) == last
    assert collecting.days_left(gone, last) == 1
    assert collecting.days_left(gone, gone) == 0
    assert collecting.days_left(gone, gone + timedelta(days=40)) == 0


def test_day_180_may_be_the_29th_of_february() -> None:
    assert collecting.last_day_to_collect(date(2023, 9, 2)) == date(2024, 2, 29)


@pytest.mark.rule("COLLECT.FIVE_WORKING_DAYS")
@no_hurry
@given(published)
@example(date(2026, 9, 25))  # over the National Day's rest
def test_a_unit_has_five_working_days(received_on: date) -> None:
    by = collecting.hand_out_by(received_on)
    assert working_days_between(received_on, by.day) == 5
    assert not collecting.is_overdue(by.day, by.day)
    assert collecting.is_overdue(by.day, by.day + timedelta(days=1))


@pytest.mark.rule("COLLECT.FIVE_WORKING_DAYS", "COLLECT.RETURN_UNISSUED")
@pytest.mark.parametrize("wanted", [MemberState.HANDED_OUT, MemberState.RETURNED])
def test_a_card_with_the_unit_is_handed_out_or_returned_once(wanted: MemberState) -> None:
    assert collecting.may_become(MemberState.WITH_UNIT, wanted).allowed
    assert collecting.may_become(wanted, wanted).allowed  # the answer may have been lost
    (other,) = {MemberState.HANDED_OUT, MemberState.RETURNED} - {wanted}
    assert collecting.may_become(other, wanted).refusal is RefusalCode.NOT_IN_BATCH


def test_what_is_done_is_never_undone() -> None:
    for state in MemberState:
        decision = collecting.may_become(state, MemberState.WITH_UNIT)
        assert decision.refusal is RefusalCode.NOT_IN_BATCH


def test_the_decision_names_its_rule() -> None:
    state = MemberState.WITH_UNIT
    assert collecting.may_become(state, MemberState.RETURNED).rule is Rule.COLLECT_RETURN_UNISSUED
    assert (
        collecting.may_become(state, MemberState.HANDED_OUT).rule is Rule.COLLECT_FIVE_WORKING_DAYS
    )
