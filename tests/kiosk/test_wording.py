"""How times and amounts are written for people."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kiosk.clock import CHINA
from kiosk.messages.catalogue import MissingMessage, messages
from kiosk.wording import clock_line, date_and_time, moment, time_of_day, yuan
from tests.kiosk.places import WALL


@pytest.mark.parametrize(
    ("fen", "written"),
    [
        (0, "¥ 0.00"),
        (5, "¥ 0.05"),
        (100, "¥ 1.00"),
        (328_640, "¥ 3,286.40"),
        (123_456_789_01, "¥ 123,456,789.01"),
        (-5, "−¥ 0.05"),
        (-328_640, "−¥ 3,286.40"),
    ],
)
def test_an_amount_is_written_in_yuan_to_the_fen(fen: int, written: str) -> None:
    assert yuan(fen) == written


@pytest.mark.parametrize(("language", "said"), [("zh", "今天 10:32"), ("en", "today 10:32")])
def test_a_moment_of_today_is_said_so(language: str, said: str) -> None:
    assert moment("2030-06-14T10:32:05+08:00", WALL, messages(language)) == said


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_moment_of_another_day_has_its_date(language: str) -> None:
    said = moment("2030-06-19T10:32:05+08:00", WALL, messages(language))
    assert "19" in said
    assert "6" in said
    assert said.endswith("10:32")


def test_a_moment_told_in_another_zone_is_said_in_chinas() -> None:
    assert moment("2030-06-14T02:32:05+00:00", WALL, messages("en")) == "today 10:32"
    assert time_of_day("2030-06-14T02:32:05Z") == "10:32:05"


def test_paper_says_the_day_even_when_it_is_today() -> None:
    assert date_and_time("2030-06-14T02:32:05Z") == "2030-06-14 10:32"


def test_midnight_in_china_ends_the_day_and_not_midnight_elsewhere() -> None:
    late = datetime(2030, 6, 14, 17, 0, tzinfo=UTC).astimezone(
        CHINA
    )  # one in the morning, the 15th
    assert not moment("2030-06-14T10:32:05+08:00", late, messages("en")).startswith("today")


@pytest.mark.parametrize(("language", "weekday"), [("zh", "周五"), ("en", "Fri")])
def test_the_clock_line_names_the_weekday(language: str, weekday: str) -> None:
    line = clock_line(WALL, messages(language))
    assert weekday in line
    assert "10:33" in line


def test_a_text_that_is_not_there_is_a_programmers_error_that_names_it() -> None:
    with pytest.raises(MissingMessage, match=r"en: no\.such\.text"):
        messages("en")("no.such.text")
