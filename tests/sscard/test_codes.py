"""The code of a receipt: short, speakable, and the same from one id always."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sscard.codes import code_from_text, qr_text, receipt_code, spaced

ids = st.binary(min_size=16, max_size=16)


def test_a_code_is_the_first_45_bits_in_crockfords_base_32() -> None:
    assert receipt_code(bytes(16)) == "000000000"
    assert receipt_code(b"\xff" * 16) == "ZZZZZZZZZ"
    # 00001 00010 00011 ... : the letters 1 to 9.
    bits = "".join(f"{number:05b}" for number in range(1, 10)).ljust(128, "0")
    assert receipt_code(int(bits, 2).to_bytes(16, "big")) == "123456789"


@given(ids)
def test_a_code_has_no_letter_that_is_taken_for_another(op_id: bytes) -> None:
    code = receipt_code(op_id)
    assert len(code) == 9
    assert not set(code) & set("ILOU")


@given(ids)
def test_what_the_receipt_carries_is_read_back(op_id: bytes) -> None:
    code = receipt_code(op_id)
    assert code_from_text(qr_text(code)) == code
    assert code_from_text(f"  {qr_text(code).lower()}\n") == code


@given(ids, st.binary(min_size=10, max_size=10))
def test_the_bits_beyond_the_first_45_do_not_matter(op_id: bytes, other: bytes) -> None:
    assert receipt_code(op_id[:6] + other) == receipt_code(op_id)


@pytest.mark.parametrize("length", [0, 15, 17])
def test_an_id_of_another_length_is_a_program_error(length: int) -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        receipt_code(bytes(length))


def test_people_read_a_code_in_threes() -> None:
    assert spaced("7K42MX9QD") == "7K4 · 2MX · 9QD"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SSC-LOSS:",
        "SSC-LOSS",
        "7K42MX9QD",
        "SSC-LOSS:7K42MX9Q",
        "SSC-LOSS:7K42MX9QDD",
        "SSC-LOSS:7K42MX9QI",
        "SSC-LOSS:7K4 2MX9Q",
        "SSC-CARD:7K42MX9QD",
        "https://example.org/7K42MX9QD",
    ],
)
def test_what_is_no_receipt_of_ours_gives_no_code(text: str) -> None:
    assert code_from_text(text) is None


@given(st.text(max_size=40))
def test_any_text_gives_a_whole_code_or_none(text: str) -> None:
    code = code_from_text(text)
    assert code is None or (len(code) == 9 and code_from_text(qr_text(code)) == code)
