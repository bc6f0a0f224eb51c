"""Passwords at the bank: format 0 blocks and stored hashes."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bank.pin import BadPinBlock, is_password, password_from_block, password_hash
from tests.bank.terminal import format_0

KEY = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
PAN = "6200001234567890128"


def test_the_vector_opens() -> None:
    assert password_from_block("63762CD053403B4B", PAN, KEY) == "246810"


@given(
    st.from_regex(r"[0-9]{4,12}", fullmatch=True), st.from_regex(r"[0-9]{13,19}", fullmatch=True)
)
def test_every_password_of_4_to_12_digits_opens_under_its_account_number(
    password: str, pan: str
) -> None:
    assert password_from_block(format_0(password, pan, KEY), pan, KEY) == password


@given(st.binary(min_size=8, max_size=8), st.binary(min_size=16, max_size=16))
def test_any_block_gives_digits_or_is_refused(block: bytes, key: bytes) -> None:
    try:
        password = password_from_block(block.hex(), PAN, key)
    except BadPinBlock:
        return
    assert password.isdecimal()
    assert 4 <= len(password) <= 12


@pytest.mark.parametrize("block", ["", "6376", "63762CD053403B4B00", "63762CD053403B4X"])
def test_what_is_no_block_is_refused(block: str) -> None:
    with pytest.raises(BadPinBlock):
        password_from_block(block, PAN, KEY)


def test_a_block_for_another_account_number_does_not_give_the_password() -> None:
    other = "6200009876543210988"
    with contextlib.suppress(BadPinBlock):
        assert password_from_block("63762CD053403B4B", other, KEY) != "246810"


def test_a_hash_depends_on_password_salt_and_pepper() -> None:
    stored = password_hash("246810", "salt", b"pepper")
    assert is_password("246810", "salt", b"pepper", stored)
    assert not is_password("246811", "salt", b"pepper", stored)
    assert not is_password("246810", "tlas", b"pepper", stored)
    assert not is_password("246810", "salt", b"other", stored)
