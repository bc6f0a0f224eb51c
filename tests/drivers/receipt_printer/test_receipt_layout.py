"""From blocks to lines and bytes, 48 columns wide."""

from __future__ import annotations

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st

from kiosk.drivers.orders import Align, Line, Pair, QrCode, Rule
from kiosk.drivers.receipt_printer.layout import (
    COLUMNS,
    MISSING,
    job,
    module_dots,
    printable,
    width,
    wrapped,
)

WISE_TEXT = st.text(
    st.characters(codec="gb18030", categories=("L", "N", "P", "S", "Zs")), max_size=200
)


def text_of(*blocks: Line | Pair | Rule | QrCode) -> str:
    """The bytes of the blocks, without the job's beginning and its cut."""
    return b"".join(job(blocks)[1:-1]).decode("gb18030")


def test_a_chinese_character_takes_two_columns() -> None:
    assert width("社保A1。") == 8


def test_a_job_begins_with_a_clean_printer_in_chinese_and_ends_with_a_cut() -> None:
    units = job([])
    assert units == [b"\x1b@\x1c&", b"\x1dVB\x00"]


@given(WISE_TEXT, st.integers(2, COLUMNS))
def test_no_line_is_wider_than_its_columns_and_no_character_is_lost(
    text: str, columns: int
) -> None:
    lines = wrapped(text, columns)
    assert all(width(line) <= columns for line in lines)
    shown = printable("".join(text.splitlines()))
    assert "".join("".join(lines).split()) == "".join(shown.split())


def test_lines_break_at_blanks_and_between_chinese_characters() -> None:
    assert wrapped("loss report 挂失申请", 12) == ["loss report", "挂失申请"]
    assert wrapped("挂失申请", 4) == ["挂失", "申请"]


def test_a_full_stop_does_not_begin_a_line() -> None:
    assert wrapped("一二三四。五", 8) == ["一二三", "四。五"]


def test_a_word_longer_than_the_line_is_broken_hard() -> None:
    assert wrapped("x" * 50, 24) == ["x" * 24, "x" * 24, "xx"]


def test_blanks_of_other_widths_become_plain_ones() -> None:
    assert printable("甲\u00a0乙\u2003丙\u3000丁") == "甲 乙 丙\u3000丁"


def test_an_empty_line_stays_a_line() -> None:
    assert text_of(Line("")) == "\n"


@pytest.mark.parametrize("char", ["\x1b", "\x10", "\x00", "\ud800", "\ue000", "\u200b", "\x7f"])
def test_what_no_printer_shows_leaves_a_mark_and_never_reaches_it(char: str) -> None:
    assert printable(f"甲{char}乙") == f"甲{MISSING}乙"
    assert text_of(Line(f"甲{char}乙")) == f"甲{MISSING}乙\n"


@pytest.mark.parametrize("text", ["〇", "㐂", "𠮷", "㛃", "，：", "é", "①"])
def test_rare_characters_and_full_width_marks_go_out_as_they_are(text: str) -> None:
    assert text_of(Line(text)) == f"{text}\n"


def test_a_big_line_has_half_the_columns_and_is_set_back_after() -> None:
    assert text_of(Line("大" * 13, big=True)) == (
        "\x1d!\x11\x1cW\x01" + "大" * 12 + "\n\x1d!\x00\x1cW\x00"
        "\x1d!\x11\x1cW\x01大\n\x1d!\x00\x1cW\x00"
    )


def test_bold_and_centred_lines_are_set_back_after() -> None:
    line = Line("字", bold=True, align=Align.CENTRE)
    assert text_of(line) == "\x1ba\x01\x1bE\x01字\n\x1bE\x00\x1ba\x00"


def test_a_pair_stands_at_both_edges() -> None:
    text = text_of(Pair("医疗账户", "100.00元"))
    assert text == "医疗账户" + " " * (48 - 8 - 8) + "100.00元\n"


def test_a_value_that_does_not_fit_goes_right_on_lines_of_its_own() -> None:
    label, first, second, end = text_of(Pair("发卡银行", "行" * 26)).split("\n")
    assert label == "发卡银行"
    assert first == "行" * 24
    assert second == " " * 44 + "行行"
    assert end == ""


def test_a_rule_goes_across_the_paper() -> None:
    assert text_of(Rule()) == "-" * 48 + "\n"


def test_a_code_is_stored_with_its_length_at_correction_m_and_printed() -> None:
    data = job([QrCode("SSC-1", caption="受理编号")])[1]
    assert b"\x1d(k\x04\x001A2\x00" in data
    assert b"\x1d(k\x03\x001E1" in data
    assert b"\x1d(k\x08\x001P0SSC-1" in data
    assert data.endswith(b"\x1d(k\x03\x001Q0\x1ba\x00")


def test_without_a_caption_the_codes_own_text_stands_beneath() -> None:
    assert job([QrCode("SSC-990000-1")])[2] == b"\x1ba\x01SSC-990000-1\n\x1ba\x00"


@pytest.mark.parametrize("text", ["x" * 2332, "a\x1b@b", ""])
def test_what_no_code_can_carry_is_printed_as_text(text: str) -> None:
    data = b"".join(job([QrCode(text)]))
    assert b"\x1d(k" not in data
    assert data.count(b"x") == text.count("x")


@pytest.mark.parametrize("size", [1, 14, 15, 213, 214, 1000, 1911, 2331])
def test_each_code_fits_the_paper_with_its_quiet_zone(size: int) -> None:
    code = segno.make_qr(b"\xf1" * size, error="m", mode="byte", boost_error=False)
    modules = code.symbol_size(border=4)[0]
    assert modules * module_dots(size) <= 576


@pytest.mark.parametrize(("size", "dots"), [(14, 8), (62, 8), (106, 7), (2331, 3)])
def test_small_codes_get_large_modules(size: int, dots: int) -> None:
    assert module_dots(size) == dots


def test_more_than_the_largest_code_holds_has_no_module_size() -> None:
    with pytest.raises(ValueError, match="2332 bytes"):
        module_dots(2332)
