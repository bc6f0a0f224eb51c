"""The numbers of forms and vouchers, and the days that follow from them."""

from datetime import date, timedelta

import pytest
from stdnum.iso7064 import mod_37_36

from sscard.forms import (
    Form,
    destroyed_on,
    form_code,
    form_from_text,
    form_of,
    form_qr_text,
    is_voucher_number,
    ready_on,
    voucher_number,
)

DAY = date(2026, 11, 23)
CODE = form_code("guangfa", DAY, "7K42MX9QD")
LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def test_a_form_tells_its_day_and_its_bank_by_itself() -> None:
    assert CODE.startswith("261123-GUANGFA-7K42MX9QD-")
    assert form_of(CODE) == Form(CODE, "guangfa", DAY)
    assert form_from_text(f" {form_qr_text(CODE).lower()}\n") == CODE


def test_its_check_character_is_that_of_iso_7064() -> None:
    assert mod_37_36.is_valid(CODE.replace("-", ""))


@pytest.mark.parametrize("at", [i for i, letter in enumerate(CODE) if letter != "-"])
def test_every_wrong_letter_is_found(at: int) -> None:
    for letter in LETTERS:
        if letter != CODE[at]:
            assert form_of(CODE[:at] + letter + CODE[at + 1 :]) is None


def test_letters_that_are_exchanged_are_found() -> None:
    for at in range(len(CODE) - 1):
        left, right = CODE[at], CODE[at + 1]
        if left != right:
            assert form_of(CODE[:at] + right + left + CODE[at + 2 :]) is None


@pytest.mark.parametrize(
    "text",
    ["", "SSC-FORM:", CODE, f"SSC-LOSS:{CODE}", f"SSC-FORM:{CODE}0", "SSC-FORM:" + "9" * 500],
)
def test_what_is_no_form_is_none(text: str) -> None:
    assert form_from_text(text) is None


def test_a_day_that_no_calendar_has_is_none() -> None:
    body = "260230-GUANGFA-7K42MX9QD"
    assert form_of(f"{body}-{mod_37_36.calc_check_digit(body.replace('-', ''))}") is None


@pytest.mark.parametrize("bank_id", ["", "a-b", "银行", "a" * 17])
def test_a_bank_that_no_form_can_name_is_a_mistake(bank_id: str) -> None:
    with pytest.raises(ValueError, match="no form"):
        form_code(bank_id, DAY, "7K42MX9QD")


def test_a_voucher_that_is_misread_is_found() -> None:
    number = voucher_number(DAY, "7K42MX9QD")
    assert is_voucher_number(number)
    for at, letter in enumerate(number):
        if letter != "-":
            wrong = "1" if letter != "1" else "2"
            assert not is_voucher_number(number[:at] + wrong + number[at + 1 :])


@pytest.mark.rule("APPLY.THIRTY_WORKING_DAYS", "REPLACE.THIRTY_WORKING_DAYS")
@pytest.mark.parametrize(
    ("submitted", "due", "provisional"),
    [
        (date(2025, 5, 6), date(2025, 6, 18), False),  # Dragon Boat, 2 June
        (date(2026, 1, 30), date(2026, 3, 19), False),  # Spring Festival; works 14 and 28 February
        (date(2024, 2, 1), date(2024, 3, 19), False),  # over 29 February
        (date(2025, 9, 1), date(2025, 10, 17), False),  # the week of 1 October; works 28 September
        (date(2026, 11, 23), date(2027, 1, 5), True),  # into a year that is not published
        (date(2024, 1, 31), date(2024, 3, 18), False),  # from the end of a month
    ],
)
def test_a_card_is_due_30_working_days_after_its_submission(
    submitted: date, due: date, provisional: bool
) -> None:
    ready = ready_on(submitted)
    assert (ready.day, ready.provisional) == (due, provisional)


@pytest.mark.rule("COLLECT.DESTROY_180")
def test_the_180th_day_is_the_last_to_collect_a_card() -> None:
    there = date(2026, 4, 14)
    assert destroyed_on(there) == there + timedelta(days=181)
