"""Passwords: changed by who knows them, unlocked and set anew by who does not (PIN.*)."""

from __future__ import annotations

from sscard.cards import Account
from sscard.requests.base import Ask, Evidence, Presence, Reply, Text


class PasswordChange(Ask, frozen=True):
    """Change one account's password. Its companion has the old one and the new one."""

    evidence: Evidence
    card_number: Text
    account: Account


class PasswordSet(Reply, frozen=True):
    """The account's new password is in force, and its count of wrong entries is 0."""

    account: Account
    card_tail: Text
    at: Text


class PasswordUnlock(Ask, frozen=True):
    """Unlock one account's password of the card in the reader (PIN.UNLOCK).

    Waits without a line as well, and carries evidence of identity alone: a new password is set
    elsewhere, at a terminal that has a line (OFFLINE.NO_PIN).
    """

    evidence: Evidence
    card_number: Text
    account: Account
    presence: Presence | None = None


class Unlocked(Reply, frozen=True):
    """The account's password takes entries again: its count of wrong ones is 0 (PIN.UNLOCK)."""

    account: Account
    card_tail: Text
    at: Text


class PasswordReset(Ask, frozen=True):
    """Unlock one account's password and set it anew. Its companion has the new one.

    The financial account's password is the bank's alone; the medical account's is also on the
    chip, which `ChipUnlock` sets.
    """

    evidence: Evidence
    presence: Presence
    card_number: Text
    account: Account


class ChipUnlock(Ask, frozen=True):
    """Begin to set the medical password on the chip anew. Its companion has the new one.

    `challenge` is the card's random number, hex: the key service answers with the command that
    this card alone accepts, once. `identification_code` says which of the issuer's keys it has.
    """

    evidence: Evidence
    presence: Presence
    card_number: Text
    identification_code: Text
    challenge: Text


class ChipCommand(Reply, frozen=True):
    """The protected command for the card, hex, under the number of its step."""

    step: Text
    apdu: Text


class ChipUnlockDone(Ask, frozen=True):
    """What the card said to the command of that step. `status` is its status word, hex; None:
    the card was gone before it answered, and nobody knows.
    """

    step: Text
    evidence: Evidence
    card_number: Text
    status: Text | None
