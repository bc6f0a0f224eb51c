"""Who may apply for a card or its renewal, and what makes an application whole (APPLY.*)."""

from __future__ import annotations

import re
from datetime import date, timedelta

from msgspec import Struct

from sscard.decisions import Decision, allow, refuse
from sscard.requests import RefusalCode, Stage
from sscard.rules import Rule

# One guide says 90 days; a city configures its own.
PHOTO_RECEIPT_DAYS = 90

TELEPHONE_DIGITS_MIN = 10  # a land line: area code of 3, number of 7
TELEPHONE_DIGITS_MAX = 12  # a land line: area code of 4, number of 8

_MOBILE = re.compile(r"1[0-9]{10}")
_LAND_LINE = re.compile(r"0[0-9]{9,11}")
_PHOTO_RECEIPT = re.compile(r"[0-9A-Z]{10,32}")
_HIDDEN = "＊＊＊＊"
_NAME_HIDDEN = "＊"
_ADDRESS_HEAD, _ADDRESS_TAIL = 6, 2


def may_apply(noticed_on: date | None, stages: tuple[Stage, ...], today: date) -> Decision:
    """Whether an application is open to a person today (APPLY.IN_STAGES).

    `noticed_on` is the day of the person's notice, `stages` where the cards are that they have
    applied for since. One notice is good for one card (assumed); one that was destroyed
    uncollected does not count, so that its holder is not left without.
    """
    if noticed_on is None or today < noticed_on:
        return refuse(Rule.APPLY_IN_STAGES, RefusalCode.NO_NOTICE)
    if any(stage is not Stage.DESTROYED for stage in stages):
        return refuse(Rule.APPLY_UNIQUE_FORM, RefusalCode.HAS_CARD)
    return allow(Rule.APPLY_IN_STAGES)


class PhotoReceipt(Struct, frozen=True):
    """A studio's receipt: whose photo, when it was taken, and whether a form used it already."""

    id_number: str
    taken_on: date
    is_used: bool


def photo(
    has_photo: bool,
    receipt_given: bool,
    receipt: PhotoReceipt | None,
    id_number: str,
    today: date,
    valid_days: int = PHOTO_RECEIPT_DAYS,
) -> Decision:
    """Whether there is a photo for the card (APPLY.PHOTO): no photo, no application.

    Without a receipt the identity document's photo is authorised, which must be there. A receipt
    must be known, the applicant's own, unused, and not older than `valid_days`.
    """
    if not receipt_given:
        if has_photo:
            return allow(Rule.APPLY_PHOTO)
        return refuse(Rule.APPLY_PHOTO, RefusalCode.NEEDS_PHOTO)
    good = (
        receipt is not None
        and receipt.id_number == id_number
        and not receipt.is_used
        and receipt.taken_on <= today <= receipt.taken_on + timedelta(days=valid_days)
    )
    return allow(Rule.APPLY_PHOTO) if good else refuse(Rule.APPLY_PHOTO, RefusalCode.PHOTO_UNKNOWN)


def signed(is_signed: bool) -> Decision:
    """Whether the applicant, or the agent for them, has confirmed (APPLY.BOTH_SIGN)."""
    if is_signed:
        return allow(Rule.APPLY_BOTH_SIGN)
    return refuse(Rule.APPLY_BOTH_SIGN, RefusalCode.NOT_SIGNED)


def details(telephone: str, known: str) -> Decision:
    """Whether the details can be kept (APPLY.CHECK_DETAILS): a corrected number must be one.

    What was known before and is confirmed stands, whatever its form.
    """
    if telephone == known or is_telephone(telephone):
        return allow(Rule.APPLY_CHECK_DETAILS)
    return refuse(Rule.APPLY_CHECK_DETAILS, RefusalCode.MALFORMED)


def agent(is_agent: bool, has_copy: bool) -> Decision:
    """Whether a form may be handed in like this (APPLY.AGENT).

    An agent brings both ID cards, which the terminal has read, and the applicant's copied.
    """
    if is_agent and not has_copy:
        return refuse(Rule.APPLY_AGENT, RefusalCode.NO_COPY)
    return allow(Rule.APPLY_AGENT)


def own_form(form_of: str | None, id_number: str, stage: Stage | None) -> Decision:
    """Whether a form that is shown is this person's own, and not used up (APPLY.UNIQUE_FORM).

    `form_of` is the ID number the form was made for, None where no such form was made; a form
    has served when its card was collected, or destroyed.
    """
    if form_of is None or stage is None:
        return refuse(Rule.APPLY_UNIQUE_FORM, RefusalCode.FORM_UNKNOWN)
    if form_of != id_number:
        return refuse(Rule.APPLY_UNIQUE_FORM, RefusalCode.FORM_NOT_YOURS)
    if stage in (Stage.COLLECTED, Stage.DESTROYED):
        return refuse(Rule.APPLY_UNIQUE_FORM, RefusalCode.FORM_USED)
    return allow(Rule.APPLY_UNIQUE_FORM)


def is_telephone(text: str) -> bool:
    """Whether these digits can be a telephone number in China.

    A mobile number has 11 digits and begins with 1; a land line begins with the 0 of its area
    code and has 10 to 12 (assumed: nothing finer, numbering plans change).
    """
    return bool(_MOBILE.fullmatch(text) or _LAND_LINE.fullmatch(text))


def photo_receipt_from_text(text: str) -> str | None:
    """The number of a photo receipt in what its bar code says; None when it cannot be one.

    10 to 32 letters and digits, without a check digit (assumed: no format is published).
    """
    number = text.strip().upper()
    return number if _PHOTO_RECEIPT.fullmatch(number) else None


def masked_telephone(telephone: str) -> str:
    """The telephone number as others may see it: ``138****5678``."""
    if len(telephone) < 8:
        return _HIDDEN
    return f"{telephone[:3]} {_HIDDEN} {telephone[-4:]}"


def masked_address(address: str) -> str:
    """The address as others may see it: town and end, so that its owner knows it again."""
    if len(address) <= _ADDRESS_HEAD + _ADDRESS_TAIL:
        return address[: len(address) // 2] + _HIDDEN
    return address[:_ADDRESS_HEAD] + _HIDDEN + address[-_ADDRESS_TAIL:]


def masked_name(name: str) -> str:
    """A name as a list on a wall would have it: the first letter, and that more follow."""
    return name[:1] + _NAME_HIDDEN * max(1, min(2, len(name) - 1))
