"""The number of an application form: ``261123-GUANGFA-7K42MX9QD-F`` (APPLY.UNIQUE_FORM).

Day of submission, issuing bank, the nine letters of the operation that took the form, and a check
character (ISO/IEC 7064, MOD 37-36) that finds every wrong or exchanged letter. It says nothing of
the person. With it a terminal without a line can tell when the card is due; whose form it is, and
where the card is, the bank alone knows. A payment voucher is numbered in the same manner.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from msgspec import Struct

from sscard.working_days import WorkingDay, working_days_after

# APPLY.THIRTY_WORKING_DAYS, REPLACE.THIRTY_WORKING_DAYS. A city may have its own term.
WORKING_DAYS = 30
# COLLECT.DESTROY_180: natural days at the bank, counted from the day after it came there.
KEPT_DAYS = 180

_HEAD = "SSC-FORM"
_CODE = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{2})-([A-Z0-9_]{1,16})-([0-9A-Z]{9})-([0-9A-Z])")
_VOUCHER = re.compile(r"[0-9]{6}-[0-9A-Z]{9}-[0-9A-Z]")


class Form(Struct, frozen=True):
    """What the number of a form tells by itself."""

    code: str
    bank_id: str
    submitted_on: date


def form_code(bank_id: str, submitted_on: date, receipt_code: str) -> str:
    """The number of the form that the operation with this receipt's code took.

    `bank_id` consists of at most 16 letters, digits and underscores, else `ValueError`.
    """
    body = f"{submitted_on:%y%m%d}-{bank_id.upper()}-{receipt_code}"
    if not _CODE.fullmatch(f"{body}-0"):
        raise ValueError("no form can have this number")
    return f"{body}-{_check_digit(_bare(body))}"


def form_of(code: str) -> Form | None:
    """What the number says; None when it is not the number of a form."""
    found = _CODE.fullmatch(code)
    if found is None or not _is_valid(_bare(code)):
        return None
    year, month, day, bank_id = found.groups()[:4]
    try:
        submitted_on = date(2000 + int(year), int(month), int(day))
    except ValueError:
        return None
    return Form(code, bank_id.lower(), submitted_on)


def form_qr_text(code: str) -> str:
    """What the form's QR code (or Code 128) holds."""
    return f"{_HEAD}:{code}"


def form_from_text(text: str) -> str | None:
    """The form's number in what was scanned or typed; None when it is not one of ours."""
    head, colon, code = text.strip().upper().partition(":")
    if head != _HEAD or not colon or form_of(code) is None:
        return None
    return code


def voucher_number(paid_on: date, payment_no: str) -> str:
    """The number on a payment voucher: day of payment, payment, check character."""
    body = f"{paid_on:%y%m%d}-{payment_no}"
    return f"{body}-{_check_digit(_bare(body))}"


def is_voucher_number(number: str) -> bool:
    """Whether a clerk who reads this number has read it right."""
    return bool(_VOUCHER.fullmatch(number)) and _is_valid(_bare(number))


def ready_on(submitted_on: date, working_days: int = WORKING_DAYS) -> WorkingDay:
    """The day from which the card can be collected: 30 working days after the submission."""
    return working_days_after(submitted_on, working_days)


def destroyed_on(at_bank_on: date, kept_days: int = KEPT_DAYS) -> date:
    """The day on which an uncollected card is destroyed: the first after *more than* 180 days
    at the bank (COLLECT.DESTROY_180), so that the 180th is the last to collect it.
    """
    return at_bank_on + timedelta(days=kept_days + 1)


def _bare(code: str) -> str:
    """The letters that are summed up: ISO/IEC 7064 knows 36 of them."""
    return code.replace("-", "").replace("_", "")


def _check_digit(text: str) -> str:
    from stdnum.iso7064 import mod_37_36  # slow to load, and not needed to stand ready

    return str(mod_37_36.calc_check_digit(text))


def _is_valid(text: str) -> bool:
    from stdnum.iso7064 import mod_37_36

    return bool(mod_37_36.is_valid(text))
