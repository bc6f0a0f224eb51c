"""Passwords: what an entry does (PIN.LOCK), which may be chosen, what a PIN block is bound to.

The two passwords of a card belong to two worlds with keys of their own (CARD.TWO_ENVIRONMENTS).
"""

from __future__ import annotations

import re
from datetime import date, datetime

from msgspec import Struct

from sscard.access import only_active
from sscard.cards import Account, CardState
from sscard.decisions import Decision, allow, refuse
from sscard.requests import RefusalCode
from sscard.rules import Rule

# PIN.LOCK. Six is what cities publish most often; the count is the issuer's configuration.
PIN_TRIES = 6
PASSWORD_DIGITS = 6
# What cards are issued with; it must not stay (cities publish this one).
INITIAL_PASSWORD = "123456"

_NUMBER_DIGITS = 12  # of an account number in a block
_RUNS = ("0123456789" * 2, "9876543210" * 2)
_BIRTHDAY_FORMS = ("%y%m%d", "%m%d%y", "%d%m%y", "%Y%m", "%m%Y")


def unlock(state: CardState) -> Decision:
    """Whether a password of a card in this state (at the time of asking) may be unlocked.

    PIN.UNLOCK: a forgotten password counts as a locked one does, so the count of wrong entries
    does not decide. A card that is lost or not in use gets its password back with its life.
    """
    return only_active(state, Rule.PIN_UNLOCK)


def change(state: CardState) -> Decision:
    """Whether a password of a card in this state (at the time of asking) may be changed."""
    return only_active(state, Rule.CARD_TWO_ACCOUNTS)


# --- entries -------------------------------------------------------------------------------


class PasswordTried(Struct, frozen=True):
    """What one entry did: the decision, the new count of wrong entries in a row, what is left."""

    decision: Decision
    wrong_in_a_row: int
    tries_left: int


def is_locked(wrong_in_a_row: int, pin_tries: int = PIN_TRIES) -> bool:
    """Whether an account's password is locked."""
    return wrong_in_a_row >= pin_tries


def password_tried(
    is_right: bool, wrong_in_a_row: int, pin_tries: int = PIN_TRIES
) -> PasswordTried:
    """Judge one password entry for one account (PIN.LOCK).

    A right entry resets the count; the entry that uses up the last try locks; on a locked
    account even the right password is refused, and the count stays.
    """
    if is_locked(wrong_in_a_row, pin_tries):
        locked = refuse(Rule.PIN_LOCK, RefusalCode.PASSWORD_LOCKED)
        return PasswordTried(locked, wrong_in_a_row, 0)
    if is_right:
        return PasswordTried(allow(Rule.CARD_TWO_ACCOUNTS), 0, pin_tries)
    wrong = wrong_in_a_row + 1
    code = (
        RefusalCode.PASSWORD_LOCKED if is_locked(wrong, pin_tries) else RefusalCode.WRONG_PASSWORD
    )
    return PasswordTried(refuse(Rule.PIN_LOCK, code), wrong, pin_tries - wrong)


# --- a new one -----------------------------------------------------------------------------


def fit(
    password: str, birth: date | None, because: Rule, initial: str = INITIAL_PASSWORD
) -> Decision:
    """Whether a new password may be set. `because` is the rule that it is set by.

    Refused are those that a stranger tries first: all digits the same, a run up or down, the
    holder's birthday, and the one that cards are issued with (assumed: no list is published).
    """
    weak = (
        len(set(password)) == 1
        or any(password in run for run in _RUNS)
        or password == initial
        or (birth is not None and password in _birthday_forms(birth))
    )
    whole = len(password) == PASSWORD_DIGITS and password.isascii() and password.isdecimal()
    if weak or not whole:
        return refuse(because, RefusalCode.PASSWORD_UNFIT)
    return allow(because)


def _birthday_forms(birth: date) -> set[str]:
    return {birth.strftime(form) for form in _BIRTHDAY_FORMS}


def birth_in(id_number: str) -> date | None:
    """The birthday in an 18-digit identity number (GB 11643, 4.2); None where there is none."""
    found = re.fullmatch(r"[0-9]{6}([0-9]{8})[0-9]{3}[0-9X]", id_number.strip())
    if found is None:
        return None
    try:
        return datetime.strptime(found[1], "%Y%m%d").date()  # noqa: DTZ007  # a calendar day
    except ValueError:
        return None


# --- blocks --------------------------------------------------------------------------------


def block_number(account: Account, card_number: str, pan: str) -> str:
    """The number that an account's PIN block is bound to (ISO 9564-1, format 0).

    The financial password's is the bank application's account number. The medical password
    belongs to the other world, which knows no account number of a bank: its block is bound to
    the social security card's own number (assumed: nothing is published), a letter as the two
    digits of its code, and the check digit last, where an account number has its own.
    """
    if account is Account.FINANCIAL:
        return pan
    body = "".join(each if each in "0123456789" else str(ord(each)) for each in card_number[:-1])
    return body.zfill(_NUMBER_DIGITS)[-_NUMBER_DIGITS:] + "0"
