"""Line breaking, with a ruler on which a Chinese character is twice as wide as a Latin one."""

from __future__ import annotations

import pytest

from kiosk.screens.wrap import join, shorten, torn, wrap


def _measure(text: str) -> float:
    return sum(2 if ord(character) > 0x2E7F else 1 for character in text)


def test_a_text_that_fits_stays_on_one_line() -> None:
    assert wrap("查余额", 6, _measure) == ["查余额"]


@pytest.mark.parametrize("width", range(8, 40))
def test_no_line_is_wider_than_asked_or_begins_with_a_closing_mark(width: int) -> None:
    text = "口头挂失自银行受理起 5 天内有效；请在 5 天内带（有效）身份证到网点办理书面挂失。"
    lines = wrap(text, width, _measure)
    assert max(_measure(line) for line in lines) <= width
    assert not [line for line in lines if line[0] in "，。；）" or line[-1] in "（"]
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_words_and_numbers_are_kept_whole() -> None:
    assert wrap("Call 12333 for help", 11, _measure) == ["Call 12333", "for help"]


def test_a_title_is_parted_at_a_pause() -> None:
    halves = wrap("挂失已登记，但还没有生效", 20, _measure, balance=True)
    assert halves == ["挂失已登记，", "但还没有生效"]


def test_a_title_does_not_leave_one_word_alone() -> None:
    assert wrap("Insert your social security card", 28, _measure, balance=True) == [
        "Insert your social",
        "security card",
    ]


def test_a_word_wider_than_the_line_is_cut_and_told() -> None:
    assert wrap("unbelievable", 5, _measure) == ["unbel", "ievab", "le"]
    assert torn("unbelievable", 5, _measure)
    assert not torn("密码解锁、重置", 5, _measure)


def test_a_line_break_in_the_text_is_kept() -> None:
    assert wrap("一\n二", 10, _measure) == ["一", "二"]


def test_shortened_text_ends_with_an_ellipsis() -> None:
    assert shorten("银行答复于", 9, _measure) == "银行答复…"
    assert join(["Bank of", "China", "分行"]) == "Bank of China分行"


def test_a_sum_stays_with_its_sign() -> None:
    lines = wrap("12 months · you ¥ 3,756.48 · unit ¥ 7,512.96", 24, len)
    assert not any(line.endswith("¥") for line in lines)
    assert any("¥ 3,756.48" in line for line in lines)
