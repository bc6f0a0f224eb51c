"""Working days follow the published schedule, make-up days included, and say when it is missing."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import pytest

from sscard.working_days import (
    CHINA_TIME,
    WorkingDay,
    end_of_next_working_day,
    is_published,
    is_working_day,
    working_days_after,
)

# Make-up working days of 2026, as the State Council's notice lists them.
MAKE_UP_2026 = [(1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10)]


@pytest.mark.parametrize(("month", "day"), MAKE_UP_2026)
def test_a_make_up_day_is_worked_though_it_is_a_weekend(month: int, day: int) -> None:
    made_up = date(2026, month, day)
    assert made_up.weekday() >= 5
    assert is_working_day(made_up)


@pytest.mark.parametrize(
    "day", [date(2026, 2, 17), date(2026, 10, 1), date(2026, 10, 7), date(2026, 1, 1)]
)
def test_a_public_holiday_is_not_worked_though_it_is_a_weekday(day: date) -> None:
    assert day.weekday() < 5
    assert not is_working_day(day)


def test_the_day_itself_is_not_counted() -> None:
    assert working_days_after(date(2026, 3, 2), 1) == WorkingDay(date(2026, 3, 3), False)
    assert working_days_after(date(2026, 3, 6), 1) == WorkingDay(date(2026, 3, 9), False)


def test_thirty_working_days_before_spring_festival_leap_over_it() -> None:
    # 2 February 2026 is a Monday; the festival rests 15 to 23 February, 14 and 28 are made up.
    assert working_days_after(date(2026, 2, 2), 30) == WorkingDay(date(2026, 3, 20), False)


def test_a_year_without_a_published_schedule_is_provisional() -> None:
    assert is_published(2026)
    assert not is_published(2030)
    assert working_days_after(date(2030, 3, 4), 1).provisional
    last = working_days_after(date(2026, 12, 1), 30)
    assert last.provisional == (not is_published(2027))


def test_less_than_one_day_cannot_be_counted() -> None:
    with pytest.raises(ValueError, match="at least one"):
        working_days_after(date(2026, 3, 2), 0)


def test_the_end_of_the_next_working_day_is_midnight_in_beijing() -> None:
    friday_evening = datetime(2026, 3, 6, 23, 59, tzinfo=CHINA_TIME)
    assert end_of_next_working_day(friday_evening) == datetime(2026, 3, 10, tzinfo=CHINA_TIME)


def test_a_national_day_balance_check_waits_through_the_holiday() -> None:
    taken = datetime(2026, 9, 30, 10, tzinfo=CHINA_TIME)
    assert end_of_next_working_day(taken) == datetime(2026, 10, 9, tzinfo=CHINA_TIME)


def test_the_calendar_is_loaded_only_when_a_day_is_counted() -> None:
    program = "import sys, sscard.working_days; sys.exit('holidays' in sys.modules)"
    root = Path(__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", program], cwd=root, check=False).returncode == 0
