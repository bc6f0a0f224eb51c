"""Replacing a lost card and changing a damaged or outdated one (REPLACE.*, CHANGE.*).

Application, fee with voucher, confirmation, in that order. Nothing is suspended before the
confirmation, and nothing works again after it.
"""

from __future__ import annotations

from datetime import date
from typing import assert_never

from sscard.applying import PhotoReceipt, photo
from sscard.cards import CardState
from sscard.decisions import Decision, allow, refuse
from sscard.requests import Reason, RefusalCode
from sscard.rules import Rule

BY_REASON = {
    Reason.LOST: Rule.REPLACE_PAY_THEN_CONFIRM,
    Reason.DAMAGED: Rule.CHANGE_DAMAGED,
    Reason.PHOTO: Rule.CHANGE_PHOTO,
    Reason.DETAILS: Rule.CHANGE_DETAILS,
}
"""The rule by which a card is issued again for each reason."""


def may_reissue(state: CardState, reason: Reason) -> Decision:
    """Whether a card in this state (at the time of asking) can be issued again for this reason.

    A lost card needs a written loss report (REPLACE.NEEDS_WRITTEN_LOSS); any other reason needs
    the card itself, in use and not lost.
    """
    match state:
        case CardState.ACTIVE | CardState.LOST_ORAL if reason is Reason.LOST:
            return refuse(Rule.REPLACE_NEEDS_WRITTEN_LOSS, RefusalCode.NEEDS_WRITTEN_LOSS)
        case CardState.LOST_WRITTEN if reason is Reason.LOST:
            return allow(BY_REASON[reason])
        case CardState.ACTIVE:
            return allow(BY_REASON[reason])
        case CardState.LOST_ORAL:
            return refuse(Rule.LOSS_ORAL_LAPSE, RefusalCode.CARD_LOST)
        case CardState.LOST_WRITTEN:
            return refuse(Rule.LOSS_WRITTEN_NOW, RefusalCode.CARD_LOST)
        case CardState.INACTIVE:
            return refuse(Rule.ACTIVATE_BEFORE_USE, RefusalCode.CARD_INACTIVE)
        case CardState.SUSPENDED:
            return refuse(Rule.REPLACE_SUSPENDED, RefusalCode.CARD_SUSPENDED)
        case CardState.SUPERSEDED:
            return refuse(Rule.REPLACE_OLD_IS_DEAD, RefusalCode.CARD_SUPERSEDED)
        case CardState.PRODUCED | CardState.AT_BANK | CardState.DESTROYED:
            return refuse(Rule.CARD_STATES, RefusalCode.CARD_UNKNOWN)
    assert_never(state)


def has_copy(reason: Reason, copied: bool) -> Decision:
    """Whether the identity document was copied where it must be.

    For a lost card the written loss report has the copy already (LOSS.WRITTEN_NOW).
    """
    if reason is Reason.LOST or copied:
        return allow(BY_REASON[reason])
    return refuse(BY_REASON[reason], RefusalCode.NO_COPY)


def has_photo(
    receipt_given: bool, receipt: PhotoReceipt | None, id_number: str, today: date
) -> Decision:
    """Whether the photo receipt serves for a new photo (CHANGE.PHOTO)."""
    decision = photo(False, receipt_given, receipt, id_number, today)
    if decision.refusal is None:
        return allow(Rule.CHANGE_PHOTO)
    return refuse(Rule.CHANGE_PHOTO, decision.refusal)


def details_changed(issued: date, changed_on: date | None) -> Decision:
    """Whether the agency has changed the person's details since the card was issued.

    `changed_on` is the latest change the bank was told of (CHANGE.DETAILS: first at the agency).
    """
    if changed_on is not None and changed_on >= issued:
        return allow(Rule.CHANGE_DETAILS)
    return refuse(Rule.CHANGE_DETAILS, RefusalCode.NEEDS_AGENCY)


def is_paid(paid: bool) -> Decision:
    """Whether the fee is there, without which nothing is confirmed (REPLACE.PAY_THEN_CONFIRM)."""
    if paid:
        return allow(Rule.REPLACE_PAY_THEN_CONFIRM)
    return refuse(Rule.REPLACE_PAY_THEN_CONFIRM, RefusalCode.NOT_PAID)


def old_returned(
    reason: Reason, card_number: str, given_number: str | None, claim: str | None
) -> Decision:
    """Whether the old card was handed in (CHANGE.OLD_RETURNED).

    `claim` is the number under which a terminal keeps it. A card whose chip does not answer is
    known by what its holder said of it (`given_number` None); any other must be the one that is
    changed.
    """
    if reason is Reason.LOST:
        return allow(BY_REASON[reason])
    if claim is None or given_number not in (None, card_number):
        return refuse(Rule.CHANGE_OLD_RETURNED, RefusalCode.OLD_CARD_MISSING)
    return allow(Rule.CHANGE_OLD_RETURNED)
