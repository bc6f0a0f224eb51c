"""Passwords: changed by who knows them, unlocked and set anew by who does not (PIN.*)."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from sscard.cards import Account
from sscard.requests.base import Ask, Evidence, Presence, Reply, Text

IdentificationCode = Annotated[str, msgspec.Meta(pattern=r"\A[0-9A-F]{32}\Z")]
Challenge = Annotated[str, msgspec.Meta(pattern=r"\A([0-9A-F]{16}){1,2}\Z")]
StatusWord = Annotated[str, msgspec.Meta(pattern=r"\A[0-9A-F]{4}\Z")]
# PIN unblock or reload under secure messaging (LD/T 32.5), and no other command of a card: whoever
# speaks for the bank can have a card do nothing else.
ProtectedReset = Annotated[str, msgspec.Meta(pattern=r"\A8424000[01]([0-9A-F]{2}){5,21}\Z")]


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


class ChipCipher(StrEnum):
    """The block cipher of a card, as its selection names it (LD/T 32.4). SSF33 is not published."""

    DES = "01"
    SM4 = "03"


class ChipUnlock(Ask, frozen=True):
    """Begin to set the medical password on the chip anew. Its companion has the new one.

    `challenge` is the card's random number, hex, of one block of its `cipher`: the key service
    answers with the command that this card alone accepts, once. `identification_code` says which
    of the issuer's keys it has.
    """

    evidence: Evidence
    presence: Presence
    card_number: Text
    identification_code: IdentificationCode
    challenge: Challenge
    cipher: ChipCipher = ChipCipher.DES


class ChipCommand(Reply, frozen=True):
    """The protected command for the card, hex, under the number of its step."""

    step: Text
    apdu: ProtectedReset


class ReadBack(StrEnum):
    """What a card shows of a command to which nobody heard its answer."""

    DONE = "done"
    NOT_DONE = "not_done"
    UNKNOWN = "unknown"  # it looks as before, which it would either way; or it did not come back


class ChipUnlockDone(Ask, frozen=True):
    """What became of the command of that step. Waits without a line: it is a fact by then.

    `status` is the card's status word, hex; None: nobody heard it, and `read_back` is what the
    same card showed when it was asked again. Answered by `PasswordSet`, by `Noted` when
    nobody knows yet, or by a refusal when the card has not taken the password.
    """

    step: Text
    evidence: Evidence
    card_number: Text
    status: StatusWord | None
    read_back: ReadBack = ReadBack.UNKNOWN
