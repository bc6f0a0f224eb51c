"""What the payment network tells the bank: money has arrived for a payment.

A notice is a JSON object of `arrival_no`, `payment_no` and `amount_fen`, signed by the network with
Ed25519 (the form is assumed; a bank puts in its network's own). A terminal has no such key: it can
ask whether money has come, and never say so.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

PAYMENTS_PATH = "/v1/payments"
NOTICE_BYTES_MAX = 1_024

_Number = Annotated[str, msgspec.Meta(pattern=r"\A[0-9A-Za-z_-]{1,64}\Z")]


class BadNotice(ValueError):
    """Not a notice. The text quotes nothing of it."""


class Notice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """So many fen came, under the payer's bank's own number, for the payment with this number."""

    arrival_no: _Number
    payment_no: _Number
    amount_fen: Annotated[int, msgspec.Meta(ge=1, le=10**12)]


def read_notice(body: bytes) -> Notice:
    """Read a notice. Raises `BadNotice`."""
    try:
        return msgspec.json.decode(body, type=Notice)
    except (msgspec.DecodeError, RecursionError):
        raise BadNotice("not a notice of money") from None
