"""Passwords at the bank, asked directly: changed, unlocked, set anew, each in its own world."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bank.keys import BankKeys
from bank.people import person
from sscard.cards import Account
from sscard.requests import (
    Answer,
    Balances,
    CardFound,
    CardLook,
    Companion,
    PasswordChange,
    PasswordReset,
    PasswordSet,
    PasswordUnlock,
    Presence,
    Refusal,
    RefusalCode,
    Unlocked,
)
from sscard.rules import Rule
from tests.bank.terminal import Rows, Terminal, balance_of, evidence

AT = "2026-03-02T17:30:00.000+08:00"
JPEG = b"\xff\xd8\xff\xe0 a picture \xff\xd9"
COPIED = Presence(JPEG, JPEG, JPEG)
BOTH = pytest.mark.parametrize("account", list(Account))
NOT_IN_USE = pytest.mark.parametrize(
    ("key", "code"),
    [
        ("wang", RefusalCode.CARD_INACTIVE),
        ("liu", RefusalCode.CARD_LOST),
        ("huang", RefusalCode.CARD_LOST),
        ("zhou", RefusalCode.CARD_SUSPENDED),
        ("wu", RefusalCode.CARD_SUPERSEDED),
    ],
)
STORED = (
    "select account, salt, password_hash, wrong_in_a_row from accounts"
    " join cards using (card_id) where card_number = :card order by account"
)


def number(key: str) -> str:
    return person(key).cards[0].card_number


def old_password(key: str, account: Account) -> str:
    card = person(key).cards[0]
    return card.password if account is Account.FINANCIAL else card.medical_password


def new(terminal: Terminal, key: str, account: Account, password: str) -> Companion:
    """The companion of a password set anew."""
    block = terminal.block(account, person(key).cards[0], password)
    return (
        Companion(None, block, None) if account is Account.MEDICAL else Companion(None, None, block)
    )


def change(terminal: Terminal, key: str, account: Account, old: str, password: str) -> Answer:
    """Ask for a change from `old` to `password`."""
    block = terminal.block(account, person(key).cards[0], old)
    companion = new(terminal, key, account, password)
    whole = Companion(block, companion.new_medical, companion.new_financial)
    return terminal.ask(PasswordChange(evidence(key), number(key), account), whole)


def reset(terminal: Terminal, key: str, account: Account, password: str) -> Answer:
    """Ask to set an account's password anew."""
    request = PasswordReset(evidence(key), COPIED, number(key), account)
    return terminal.ask(request, new(terminal, key, account, password))


def why(answer: Answer) -> tuple[RefusalCode, Rule]:
    assert isinstance(answer, Refusal)
    return answer.code, answer.rule


# --- change --------------------------------------------------------------------------------


@BOTH
@pytest.mark.rule("CARD.TWO_ACCOUNTS")
def test_who_knows_the_password_changes_it_and_the_other_accounts_stays(
    terminal: Terminal, rows: Rows, account: Account
) -> None:
    before = {row[0]: row[1:] for row in rows(STORED, card=number("chen"))}
    answer = change(terminal, "chen", account, old_password("chen", account), "802461")
    assert answer == PasswordSet(account, "1372", AT)
    after = {row[0]: row[1:] for row in rows(STORED, card=number("chen"))}
    assert {each for each in Account if before[each] != after[each]} == {account}
    again = change(terminal, "chen", account, old_password("chen", account), "135246")
    assert why(again) == (RefusalCode.WRONG_PASSWORD, Rule.PIN_LOCK)
    assert isinstance(change(terminal, "chen", account, "802461", "135246"), PasswordSet)


def test_a_changed_financial_password_opens_the_balances(terminal: Terminal) -> None:
    change(terminal, "chen", Account.FINANCIAL, "246810", "802461")
    assert isinstance(
        terminal.ask(balance_of("chen"), terminal.companion("chen", "802461")), Balances
    )


@BOTH
@pytest.mark.rule("PIN.LOCK")
def test_wrong_old_passwords_are_counted_and_lock_that_account_alone(
    terminal: Terminal, rows: Rows, account: Account
) -> None:
    for left in (5, 4, 3, 2, 1):
        answer = change(terminal, "chen", account, "999998", "802461")
        assert answer == Refusal(RefusalCode.WRONG_PASSWORD, Rule.PIN_LOCK, left)
    locked = Refusal(RefusalCode.PASSWORD_LOCKED, Rule.PIN_LOCK, 0)
    assert change(terminal, "chen", account, "999998", "802461") == locked
    right = old_password("chen", account)
    assert change(terminal, "chen", account, right, "802461") == locked
    counts = {row[0]: row[3] for row in rows(STORED, card=number("chen"))}
    assert counts == {each: 6 if each is account else 0 for each in Account}
    found = terminal.ask(CardLook(evidence("chen"), number("chen")))
    assert isinstance(found, CardFound)
    assert found.locked == (account,)


def test_a_right_old_password_makes_the_wrong_ones_forgotten(
    terminal: Terminal, rows: Rows
) -> None:
    change(terminal, "chen", Account.MEDICAL, "999998", "802461")
    change(terminal, "chen", Account.MEDICAL, "097531", "802461")
    assert {row[3] for row in rows(STORED, card=number("chen"))} == {0}


@BOTH
@pytest.mark.parametrize("weak", ["111111", "123456", "654321", "880312", "198803"])
def test_a_weak_password_is_refused_and_the_old_one_stays(
    terminal: Terminal, rows: Rows, account: Account, weak: str
) -> None:
    before = rows(STORED, card=number("chen"))
    answer = change(terminal, "chen", account, old_password("chen", account), weak)
    assert why(answer) == (RefusalCode.PASSWORD_UNFIT, Rule.CARD_TWO_ACCOUNTS)
    assert why(reset(terminal, "chen", account, weak)) == (
        RefusalCode.PASSWORD_UNFIT,
        Rule.PIN_UNLOCK,
    )
    assert rows(STORED, card=number("chen")) == before


@NOT_IN_USE
def test_only_a_card_in_use_has_its_password_changed(
    terminal: Terminal, key: str, code: RefusalCode
) -> None:
    answer = change(terminal, key, Account.FINANCIAL, "135790", "802461")
    assert why(answer)[0] is code


@pytest.mark.parametrize(
    "companion",
    [None, Companion(), Companion("0" * 16), Companion(None, "0" * 16, "0" * 16)],
    ids=["none", "empty", "old only", "new only"],
)
def test_a_change_without_its_passwords_is_none_and_nobodys_try(
    terminal: Terminal, rows: Rows, companion: Companion | None
) -> None:
    request = PasswordChange(evidence("chen"), number("chen"), Account.FINANCIAL)
    assert why(terminal.ask(request, companion))[0] is RefusalCode.MALFORMED
    assert {row[3] for row in rows(STORED, card=number("chen"))} == {0}


# --- unlocked and set anew -------------------------------------------------------------------


@BOTH
@pytest.mark.rule("PIN.UNLOCK", "CARD.TWO_ACCOUNTS")
def test_a_forgotten_or_locked_password_of_either_account_is_set_anew(
    terminal: Terminal, account: Account
) -> None:
    for _ in range(6):
        change(terminal, "chen", account, "999998", "802461")
    assert reset(terminal, "chen", account, "135246") == PasswordSet(account, "1372", AT)
    assert isinstance(change(terminal, "chen", account, "135246", "802461"), PasswordSet)


def test_setting_it_anew_twice_harms_nothing(terminal: Terminal) -> None:
    for _ in range(2):
        assert isinstance(reset(terminal, "zhang", Account.FINANCIAL, "135246"), PasswordSet)
    assert isinstance(
        terminal.ask(balance_of("zhang"), terminal.companion("zhang", "135246")), Balances
    )


@pytest.mark.rule("PIN.UNLOCK")
@pytest.mark.parametrize(
    ("presence", "code"),
    [
        (Presence(b"no picture"), RefusalCode.NOT_IN_PERSON),
        (Presence(JPEG), RefusalCode.NO_COPY),
        (Presence(JPEG, JPEG), RefusalCode.NO_COPY),
        (Presence(JPEG, JPEG, b"no picture"), RefusalCode.NO_COPY),
    ],
)
def test_no_password_is_unlocked_or_set_on_half_a_proof_of_presence(
    terminal: Terminal, rows: Rows, presence: Presence, code: RefusalCode
) -> None:
    before = rows(STORED, card=number("zhang"))
    asked = PasswordReset(evidence("zhang"), presence, number("zhang"), Account.FINANCIAL)
    answer = terminal.ask(asked, new(terminal, "zhang", Account.FINANCIAL, "135246"))
    assert why(answer) == (code, Rule.PIN_UNLOCK)
    unlock = PasswordUnlock(evidence("zhang"), number("zhang"), Account.FINANCIAL, presence)
    assert why(terminal.ask(unlock)) == (code, Rule.PIN_UNLOCK)
    assert rows(STORED, card=number("zhang")) == before


def test_an_unlock_with_its_pictures_is_done(terminal: Terminal) -> None:
    unlock = PasswordUnlock(evidence("zhang"), number("zhang"), Account.FINANCIAL, COPIED)
    assert isinstance(terminal.ask(unlock), Unlocked)


@NOT_IN_USE
def test_only_a_card_in_use_has_its_password_set_anew(
    terminal: Terminal, key: str, code: RefusalCode
) -> None:
    assert why(reset(terminal, key, Account.MEDICAL, "135246"))[0] is code


@pytest.mark.rule("ACTIVATE.ORIGINALS", "PIN.UNLOCK")
def test_somebody_elses_document_changes_and_sets_nothing(terminal: Terminal, rows: Rows) -> None:
    before = rows(STORED, card=number("chen"))
    set_anew = PasswordReset(evidence("li"), COPIED, number("chen"), Account.FINANCIAL)
    changed = PasswordChange(evidence("li"), number("chen"), Account.FINANCIAL)
    passwords = Companion(
        terminal.companion("chen").pin_block,
        None,
        terminal.block(Account.FINANCIAL, person("chen").cards[0], "135246"),
    )
    for request in (set_anew, changed):
        answer = terminal.ask(request, passwords)
        assert why(answer) == (RefusalCode.NOT_SAME_PERSON, Rule.ACTIVATE_ORIGINALS)
    assert rows(STORED, card=number("chen")) == before


def test_a_card_that_nobody_issued_has_no_password(terminal: Terminal) -> None:
    request = PasswordReset(evidence("chen"), COPIED, "H99999994", Account.MEDICAL)
    assert why(terminal.ask(request))[0] is RefusalCode.CARD_UNKNOWN


@BOTH
def test_setting_it_anew_without_a_password_is_no_request(
    terminal: Terminal, rows: Rows, account: Account
) -> None:
    before = rows(STORED, card=number("zhang"))
    request = PasswordReset(evidence("zhang"), COPIED, number("zhang"), account)
    assert why(terminal.ask(request))[0] is RefusalCode.MALFORMED
    assert rows(STORED, card=number("zhang")) == before


# --- two worlds ------------------------------------------------------------------------------


@BOTH
@pytest.mark.rule("CARD.TWO_ENVIRONMENTS")
def test_a_block_under_the_other_worlds_key_opens_nothing(
    terminal: Terminal, rows: Rows, account: Account
) -> None:
    """The right number in it, the right password, and the key of the other application."""
    before = rows(STORED, card=number("chen"))
    (other,) = set(Account) - {account}
    stranger = Terminal(terminal.gateway, _swapped(terminal), terminal.signing)
    card = person("chen").cards[0]
    assert stranger.block(account, card, "135246") != terminal.block(account, card, "135246")
    answer = reset(stranger, "chen", account, "135246")
    assert why(answer)[0] is RefusalCode.MALFORMED
    old = old_password("chen", account)
    assert why(change(stranger, "chen", account, old, "135246"))[0] is RefusalCode.MALFORMED
    assert rows(STORED, card=number("chen")) == before
    assert isinstance(reset(terminal, "chen", other, "135246"), PasswordSet), "its own key opens"


@pytest.mark.rule("CARD.TWO_ENVIRONMENTS")
def test_one_password_leaves_a_trace_in_each_world_that_is_not_the_others(
    terminal: Terminal, rows: Rows
) -> None:
    """The same digits, and still neither block nor hash of one account is of use for the other."""
    for account in Account:
        reset(terminal, "chen", account, "135246")
    (_, _, one, _), (_, _, two, _) = rows(STORED, card=number("chen"))
    assert one != two
    blocks = {terminal.block(each, person("chen").cards[0], "135246") for each in Account}
    assert len(blocks) == 2


def _swapped(terminal: Terminal) -> BankKeys:
    keys = terminal.keys
    return replace(keys, bank=keys.social_security, social_security=keys.bank)
