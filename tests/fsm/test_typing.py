"""A number typed on the screen, and questions with more answers than fit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.fsm.events import Pressed
from kiosk.fsm.library.paging import NEXT_PAGE, PAGE_BEFORE, page_of
from kiosk.fsm.library.typing import DONE, ERASE, TypeNumber, key_of
from kiosk.fsm.steps import Next
from kiosk.fsm.telling import Option, Question, Say
from kiosk.fsm.visit import Situation, Visit

STEP = TypeNumber(name="number", shortest=3, longest=5, fits=lambda text: text[0] != "0")


def typing(*buttons: str) -> tuple[Situation, object]:
    """Press buttons; the situation then, and what the last one came to."""
    situation = Situation(visit=Visit("apply"))
    STEP.enter(situation)
    outcome: object = None
    for button in buttons:
        outcome = STEP.on(Pressed(button), situation)
    return situation, outcome


def keys(digits: str) -> list[str]:
    return [key_of(digit) for digit in digits]


def test_a_number_is_typed_and_confirmed() -> None:
    situation, outcome = typing(*keys("1203"), DONE)
    assert outcome == Next()
    assert situation.person.said == {"number": "1203"}


@pytest.mark.parametrize("digits", ["", "12", "012", "01234"])
def test_a_number_that_is_not_whole_or_does_not_fit_is_not_taken(digits: str) -> None:
    situation, outcome = typing(*keys(digits), DONE)
    assert outcome is None
    assert situation.person.said == {}


@given(st.lists(st.sampled_from([*keys("0123456789"), ERASE, "digit:", "digit:12", "leave"])))
def test_whatever_is_pressed_it_stays_a_number_within_its_bounds(pressed: list[str]) -> None:
    situation, _ = typing(*pressed)
    typed = situation.person.typed
    assert len(typed) <= STEP.longest
    assert typed == "" or (typed.isdigit() and typed.isascii())


def test_the_last_digit_is_erased_and_an_empty_field_has_none() -> None:
    situation, _ = typing(*keys("12"), ERASE)
    assert situation.person.typed == "1"
    situation, outcome = typing(ERASE)
    assert outcome is None
    assert situation.person.typed == ""


def test_nothing_that_was_typed_stays_behind() -> None:
    situation, _ = typing(*keys("123"))
    STEP.leave(situation)
    assert situation.person.typed == ""
    assert "123" not in repr(typing(*keys("123"))[0])


def question(count: int) -> Question:
    return Question(
        Say("x"),
        tuple(Option(f"a{n}", str(n)) for n in range(count)),
        last=(Option("finish", "f"),),
    )


@given(st.integers(1, 60), st.integers(1, 9), st.integers(-3, 99))
def test_every_answer_stands_on_one_page_and_every_page_has_some(
    count: int, rows: int, number: int
) -> None:
    whole = question(count)
    first = page_of(whole, 1, rows)
    pages = [page_of(whole, n, rows) for n in range(1, first.of + 1)]
    assert [option for page in pages for option in page.options] == list(whole.options)
    assert all(1 <= len(page.options) <= rows for page in pages)
    assert all(page.last == whole.last for page in pages)
    assert 1 <= page_of(whole, number, rows).number <= first.of
    assert PAGE_BEFORE not in pages[0].turns
    assert NEXT_PAGE not in pages[-1].turns
    for page in pages[1:]:
        assert PAGE_BEFORE in page.turns


def test_without_rows_all_answers_stand_on_one_page() -> None:
    page = page_of(question(40), 7, 0)
    assert (len(page.options), page.number, page.of, page.turns) == (40, 1, 1, ())
