"""Who may see what of a card, and what a password entry does (CARD.NEED_TO_KNOW, PIN.LOCK)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from sscard.cards import CardState
from sscard.decisions import Decision, allow, refuse
from sscard.requests import RefusalCode
from sscard.rules import Rule

# PIN.LOCK. Six is what cities publish most often; the count is the issuer's configuration.
PIN_TRIES = 6


def balances(state: CardState) -> Decision:
    """Whether the balances of a card in this state (at the time of asking) may be seen."""
    return _only_active(state, Rule.CARD_TWO_ACCOUNTS)


def unlock(state: CardState) -> Decision:
    """Whether a password of a card in this state (at the time of asking) may be unlocked.

    PIN.UNLOCK: a forgotten password counts as a locked one does, so the count of wrong entries
    does not decide. A card that is lost or not in use gets its password back with its life.
    """
    return _only_active(state, Rule.PIN_UNLOCK)


def _only_active(state: CardState, because: Rule) -> Decision:
    match state:
        case CardState.ACTIVE:
            return allow(because)
        case CardState.INACTIVE:
            return refuse(Rule.ACTIVATE_BEFORE_USE, RefusalCode.CARD_INACTIVE)
        case CardState.LOST_ORAL:
            return refuse(Rule.LOSS_ORAL_LAPSE, RefusalCode.CARD_LOST)
        case CardState.LOST_WRITTEN:
            return refuse(Rule.LOSS_WRITTEN_NOW, RefusalCode.CARD_LOST)
        case CardState.SUSPENDED:
            return refuse(Rule.REPLACE_SUSPENDED, RefusalCode.CARD_SUSPENDED)
        case CardState.SUPERSEDED:
            return refuse(Rule.REPLACE_OLD_IS_DEAD, RefusalCode.CARD_SUPERSEDED)
        case CardState.PRODUCED | CardState.AT_BANK | CardState.DESTROYED:
            # No such card is in use, whatever chip was read.
            return refuse(Rule.CARD_STATES, RefusalCode.CARD_UNKNOWN)
    assert_never(state)


def same_person(holder: tuple[str, str], document: tuple[str, str]) -> Decision:
    """Whether card and document belong to one person (ACTIVATE.ORIGINALS).

    Both are (ID number, name); blanks around them do not count, everything else does.
    """
    if tuple(part.strip() for part in holder) == tuple(part.strip() for part in document):
        return allow(Rule.ACTIVATE_ORIGINALS)
    return refuse(Rule.ACTIVATE_ORIGINALS, RefusalCode.NOT_SAME_PERSON)


@dataclass(frozen=True, slots=True)
class PasswordTried:
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
