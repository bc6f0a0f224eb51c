"""What a password entry does, which passwords may be chosen, what their blocks are bound to."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bank.people import PEOPLE, Person
from sscard.access import balances
from sscard.cards import Account, CardState
from sscard.decisions import allow, refuse
from sscard.passwords import (
    PIN_TRIES,
    birth_in,
    block_number,
    change,
    fit,
    is_locked,
    password_tried,
    unlock,
)
from sscard.requests import RefusalCode
from sscard.rules import Rule

BIRTH = date(1988, 3, 12)
UNFIT = refuse(Rule.PIN_UNLOCK, RefusalCode.PASSWORD_UNFIT)


@pytest.mark.parametrize("state", list(CardState))
@pytest.mark.rule("PIN.UNLOCK", "ACTIVATE.BEFORE_USE")
def test_a_password_is_set_on_an_active_card_alone_and_refused_as_balances_are(
    state: CardState,
) -> None:
    if state is CardState.ACTIVE:
        assert unlock(state) == allow(Rule.PIN_UNLOCK)
        assert change(state) == allow(Rule.CARD_TWO_ACCOUNTS)
    else:
        assert unlock(state) == change(state) == balances(state)
        assert not unlock(state).allowed


@pytest.mark.rule("PIN.LOCK")
@given(st.lists(st.booleans(), max_size=30), st.integers(1, 9))
def test_as_many_wrong_entries_in_a_row_as_allowed_lock_for_good(
    entries: list[bool], tries: int
) -> None:
    wrong = run = 0
    locked = False
    for is_right in entries:
        tried = password_tried(is_right, wrong, tries)
        run = 0 if is_right else run + 1
        if locked:
            assert tried.decision.refusal is RefusalCode.PASSWORD_LOCKED
            assert (tried.wrong_in_a_row, tried.tries_left) == (wrong, 0)
            continue
        locked = run == tries
        assert tried.wrong_in_a_row == run
        assert tried.tries_left == tries - run
        assert tried.decision.refusal == (
            None
            if is_right
            else RefusalCode.PASSWORD_LOCKED
            if locked
            else RefusalCode.WRONG_PASSWORD
        )
        assert is_right or tried.decision.rule is Rule.PIN_LOCK
        wrong = tried.wrong_in_a_row
        assert is_locked(wrong, tries) == locked


def test_the_usual_count_is_six() -> None:
    assert PIN_TRIES == 6
    assert not is_locked(5)
    assert is_locked(6)


# --- a new one ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "password",
    [
        *("000000", "777777"),  # all the same
        *("123456", "456789", "987654", "543210", "789012"),  # runs; the first is the initial one
        *("880312", "031288", "120388", "198803", "031988"),  # the birthday, however it is written
        *("12345", "1234567", "24a810", "\u0662\u0664\u0666\u0668\u0661\u0660", ""),
    ],
)
def test_what_a_stranger_tries_first_is_no_password(password: str) -> None:
    assert fit(password, BIRTH, Rule.PIN_UNLOCK) == UNFIT


@pytest.mark.parametrize("password", ["246810", "135790", "112233", "880313", "120387", "135791"])
def test_any_other_six_digits_are_a_password(password: str) -> None:
    assert fit(password, BIRTH, Rule.PIN_UNLOCK) == allow(Rule.PIN_UNLOCK)


def test_the_password_that_cards_are_issued_with_may_not_stay_whatever_it_is() -> None:
    assert fit("246810", None, Rule.PIN_UNLOCK, initial="246810") == UNFIT
    assert fit("246810", None, Rule.PIN_UNLOCK).allowed


def test_a_birthday_that_nobody_knows_forbids_nothing() -> None:
    assert fit("880312", None, Rule.PIN_UNLOCK).allowed


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.key)
def test_the_birthday_is_read_from_the_identity_number(person: Person) -> None:
    assert birth_in(f" {person.id_number} ") == person.birth


@pytest.mark.parametrize("number", ["", "NLD440000000001", "990000198813400018", "99000019880312"])
def test_a_number_without_a_birthday_has_none(number: str) -> None:
    assert birth_in(number) is None


# --- blocks ------------------------------------------------------------------------------------

PAN = "6200001234567890128"


@pytest.mark.rule("CARD.TWO_ENVIRONMENTS")
def test_the_banks_number_is_in_the_financial_block_alone() -> None:
    assert block_number(Account.FINANCIAL, "H99001372", PAN) == PAN
    assert block_number(Account.MEDICAL, "H99001372", PAN) == "0007299001370"
    assert block_number(Account.MEDICAL, "H9901507X", PAN) == "0007299015070"
    assert block_number(Account.MEDICAL, "H99001372", "") == "0007299001370"


@given(st.text(min_size=1, max_size=32))
def test_whatever_a_card_says_of_its_number_makes_a_number_that_a_pad_takes(number: str) -> None:
    made = block_number(Account.MEDICAL, number, PAN)
    assert len(made) == 13
    assert made.isascii() and made.isdecimal()
