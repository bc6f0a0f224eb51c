"""How times, amounts and numbers are written for people, on screen and on paper alike."""

from __future__ import annotations

from datetime import date, datetime

from kiosk.clock import CHINA
from kiosk.messages.catalogue import Messages


def moment(at: str, wall: datetime, words: Messages) -> str:
    """An ISO 8601 instant as people say it: `today 10:32`, or with the day."""
    local = datetime.fromisoformat(at).astimezone(CHINA)
    time = f"{local:%H:%M}"
    if local.date() == wall.date():
        return words("common.today", time=time)
    return words("common.moment", month=local.month, day=local.day, time=time)


def date_and_time(at: str) -> str:
    """An ISO 8601 instant as paper says it, which is read on other days too: day and time in China."""
    return f"{datetime.fromisoformat(at).astimezone(CHINA):%Y-%m-%d %H:%M}"


def clock_line(wall: datetime, words: Messages) -> str:
    """The clock of the idle screen."""
    weekday = words("common.weekdays").split()[wall.weekday()]
    return words(
        "common.clock", month=wall.month, day=wall.day, weekday=weekday, time=f"{wall:%H:%M}"
    )


def time_of_day(at: str) -> str:
    """An ISO 8601 instant as hours, minutes and seconds in China."""
    return f"{datetime.fromisoformat(at).astimezone(CHINA):%H:%M:%S}"


def yuan(fen: int) -> str:
    """An amount of fen as ``¥ 3,286.40``."""
    sign = "−" if fen < 0 else ""
    whole, rest = divmod(abs(fen), 100)
    return f"{sign}¥ {whole:,}.{rest:02}"


def day_of(day: date, provisional: bool, words: Messages) -> str:
    """A calendar day with its weekday; one that hangs on an unpublished schedule says so."""
    weekday = words("common.weekdays").split()[day.weekday()]
    key = "common.day_provisional" if provisional else "common.day"
    return words(key, year=day.year, month=day.month, day=day.day, weekday=weekday)
