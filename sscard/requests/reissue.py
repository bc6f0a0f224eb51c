"""Replacing a lost card and changing a damaged or outdated one (REPLACE.*, CHANGE.*, FEE.*).

Application, fee with voucher, confirmation, in that order (REPLACE.PAY_THEN_CONFIRM). What is
begun here and broken off is found again by the same person at any terminal.
"""

from __future__ import annotations

from enum import StrEnum

from sscard.requests.applying import IdCopy
from sscard.requests.base import Ask, Collection, Evidence, Fen, Reply, Text


class Reason(StrEnum):
    """Why a card is issued again."""

    LOST = "lost"
    DAMAGED = "damaged"
    PHOTO = "photo"
    DETAILS = "details"


class ReissueBegin(Ask, frozen=True):
    """Apply for a card in place of one of `CardList`, or take up an application that was begun."""

    evidence: Evidence
    card_id: Text
    reason: Reason
    photo_receipt: Text | None = None  # CHANGE.PHOTO
    copy: IdCopy | None = None  # of the identity document (CHANGE.*)


class FeeDue(Reply, frozen=True):
    """What the new card costs, and how to pay: `pay_code` is the text of the payment's QR code.

    `is_paid`: the money is there already, of an earlier visit. `old_claim`: so is the old card,
    which a terminal keeps under this claim number.
    """

    application: Text
    fee_fen: Fen
    pay_code: Text
    pay_before: Text
    collection: Collection
    is_paid: bool = False
    old_claim: Text | None = None


class PaymentLook(Ask, frozen=True):
    """Whether the fee of the application is paid. Read only; never waits."""

    evidence: Evidence
    application: Text


class PaymentState(StrEnum):
    """Where a payment stands."""

    OPEN = "open"
    PAID = "paid"
    REFUNDED = "refunded"
    LAPSED = "lapsed"


class Payment(Reply, frozen=True):
    """The payment as it stands. `voucher` is the number on the payment voucher once it is paid."""

    state: PaymentState
    fee_fen: Fen
    voucher: Text | None = None


class ReissueConfirm(Ask, frozen=True):
    """The fee is paid: issue the card. The old one is dead from now on (REPLACE.OLD_IS_DEAD).

    `old_card_number` and `claim` are those of the card handed in (CHANGE.OLD_RETURNED).
    """

    evidence: Evidence
    application: Text
    old_card_number: Text | None = None
    claim: Text | None = None


class Reissued(Reply, frozen=True):
    """The card is being made. `form_code` is its application form's."""

    form_code: Text
    voucher: Text
    fee_fen: Fen
    card_tail: Text  # of the old card
    collection: Collection
    at: Text


class ReissueAbandon(Ask, frozen=True):
    """Give the application up before it is confirmed. What was paid goes back."""

    evidence: Evidence
    application: Text


class Abandoned(Reply, frozen=True):
    """The application is gone; the card stands as it stood before it."""

    refunded_fen: Fen
    at: Text
