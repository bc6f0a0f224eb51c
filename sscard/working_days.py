"""Working days in mainland China, with the make-up working days of the holiday schedule.

The State Council publishes a year's schedule late in the year before. Until then nobody can
know the make-up days (调休), so a day counted through such a year is marked `provisional`.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache
from typing import Any

from msgspec import Struct

CHINA_TIME = timezone(timedelta(hours=8), "CST")
_ONE_DAY = timedelta(days=1)
_LONGEST_REST_DAYS = 20  # no published rest has been half as long


class WorkingDay(Struct, frozen=True):
    """A working day. `provisional`: a schedule that was needed to find it is not published."""

    day: date
    provisional: bool


@lru_cache(maxsize=16)
def _schedule(year: int) -> tuple[Any, bool]:
    """The holidays of one year, and whether its schedule is published.

    The library lists make-up days of other years whatever year is asked for, so only those of
    `year` itself tell that its schedule is known.
    """
    import holidays  # heavy: a terminal that never counts days does not pay for it

    china = holidays.country_holidays("CN", years=year)
    return china, any(day.year == year for day in china.weekend_workdays)


def is_working_day(day: date) -> bool:
    """Whether offices are open on `day`, make-up days included."""
    china, _ = _schedule(day.year)
    return bool(china.is_working_day(day))


def is_published(year: int) -> bool:
    """Whether the holiday schedule of `year` is known here, make-up days and all."""
    return _schedule(year)[1]


def working_days_after(start: date, count: int) -> WorkingDay:
    """The `count`-th working day after `start`; `start` itself is not counted."""
    if count < 1:
        raise ValueError("count at least one working day")
    day, left, provisional = start, count, False
    for _ in range(count * 2 + _LONGEST_REST_DAYS * (1 + count // 10)):
        day += _ONE_DAY
        provisional = provisional or not is_published(day.year)
        left -= is_working_day(day)
        if not left:
            return WorkingDay(day, provisional)
    raise AssertionError("no schedule rests this long")


def end_of_next_working_day(moment: datetime) -> datetime:
    """Midnight, Beijing time, at the end of the first working day after the day of `moment`."""
    today = moment.astimezone(CHINA_TIME).date()
    last = working_days_after(today, 1).day
    return datetime.combine(last + _ONE_DAY, time(), CHINA_TIME)
