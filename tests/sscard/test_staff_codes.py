"""A technician's one-time code: whose it is, for what, and for how long."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime, timedelta

import pytest

from sscard.staff_codes import Admission, Role, role_of, staff_code, window_of

SECRET = bytes(range(32))
AT = datetime(2026, 3, 2, 9, 1, tzinfo=UTC)
WINDOW = timedelta(minutes=15)


def test_a_code_is_eight_digits_and_admits_its_role() -> None:
    for role in Role:
        code = staff_code(SECRET, "1001", role, AT)
        assert len(code) == 8 and code.isdecimal()
        assert role_of(SECRET, "1001", code, AT) == Admission(role, window_of(AT))


def test_the_code_is_the_truncated_hash_of_person_role_and_window() -> None:
    window = int(AT.timestamp()) // 900
    text = f"sscard staff code 1\0001001\0technician\0{window}"
    digest = hmac.digest(SECRET, text.encode(), "sha256")
    start = digest[31] & 15
    number = (int.from_bytes(digest[start : start + 4]) & 0x7FFFFFFF) % 100_000_000
    assert staff_code(SECRET, "1001", Role.TECHNICIAN, AT) == f"{number:08d}"


def test_a_code_holds_through_the_next_window_and_no_longer() -> None:
    code = staff_code(SECRET, "1001", Role.TECHNICIAN, AT)
    found = role_of(SECRET, "1001", code, AT + WINDOW)
    assert found == Admission(Role.TECHNICIAN, window_of(AT))
    assert role_of(SECRET, "1001", code, AT + 2 * WINDOW) is None
    assert role_of(SECRET, "1001", code, AT - WINDOW) is None


@pytest.mark.parametrize(
    ("secret", "technician"), [(SECRET, "1002"), (SECRET[::-1], "1001")], ids=["person", "terminal"]
)
def test_a_code_of_another_person_or_terminal_admits_to_nothing(
    secret: bytes, technician: str
) -> None:
    code = staff_code(SECRET, "1001", Role.TECHNICIAN, AT)
    assert role_of(secret, technician, code, AT) is None


@pytest.mark.parametrize("code", ["", "1234567", "123456789", "１２３４５６７８", "abcdefgh"])
def test_what_is_no_code_admits_to_nothing(code: str) -> None:
    assert role_of(SECRET, "1001", code, AT) is None


def test_a_short_secret_a_strange_number_and_a_time_without_offset_are_errors() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        staff_code(SECRET[:31], "1001", Role.TECHNICIAN, AT)
    with pytest.raises(ValueError, match="printable"):
        staff_code(SECRET, "10\0001", Role.TECHNICIAN, AT)
    with pytest.raises(ValueError, match="offset"):
        staff_code(SECRET, "1001", Role.TECHNICIAN, AT.replace(tzinfo=None))
