"""What all requests and answers are made of: plain data with one wire form.

A message is a JSON object whose `kind` names its class (`BalanceCheck` is ``balance_check``). All
amounts are whole fen, all instants ISO 8601 with offset, all days ISO 8601 calendar dates,
pictures base64. `repr` never quotes what a message says.
"""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, ClassVar

import msgspec

from sscard.cards import CardState, LossKind
from sscard.rules import Rule

TEXT_MAX = 200
LIST_MAX = 50
PICTURE_BYTES_MAX = 40_000

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=TEXT_MAX)]
Fen = Annotated[int, msgspec.Meta(ge=-(10**15), le=10**15)]
PinBlock = Annotated[str, msgspec.Meta(pattern=r"\A[0-9A-Fa-f]{16}\Z")]
Jpeg = Annotated[bytes, msgspec.Meta(min_length=1, max_length=PICTURE_BYTES_MAX)]
Day = date


class MalformedMessage(ValueError):
    """A request or an answer that is not one. The text never quotes its content."""


def _kind(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


class Part(msgspec.Struct, frozen=True, omit_defaults=True):
    """A part of a message."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"


class _Message(Part, frozen=True, tag_field="kind", tag=_kind):
    kind: ClassVar[str] = ""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.kind = _kind(cls.__name__)


class Ask(_Message, frozen=True, forbid_unknown_fields=True):
    """A request. A field more than its service needs makes it malformed (CARD.NEED_TO_KNOW)."""


class Reply(_Message, frozen=True):
    """An answer. A field that an older terminal does not know is dropped unread."""


class Evidence(Part, frozen=True, forbid_unknown_fields=True):
    """Who stood at the terminal, as read from the identity document."""

    document: Text  # `DocumentKind` of the document read
    id_number: Text
    name: Text


class Presence(Part, frozen=True, forbid_unknown_fields=True):
    """That the holder stood there: a still of the person, and the document's two sides copied."""

    still: Jpeg
    front: Jpeg | None = None  # where the rule asks for a copy
    back: Jpeg | None = None


class Companion(Part, frozen=True, forbid_unknown_fields=True):
    """What goes with a request but is never stored: encrypted PIN blocks, 16 hex digits each.

    The key of each block is that of its account's world (CARD.TWO_ENVIRONMENTS).
    """

    pin_block: PinBlock | None = None  # the password as it is
    new_medical: PinBlock | None = None
    new_financial: PinBlock | None = None


class RefusalCode(StrEnum):
    """Why the bank says no, for good."""

    WRONG_PASSWORD = "wrong_password"
    PASSWORD_LOCKED = "password_locked"
    PASSWORD_UNFIT = "password_unfit"
    NOT_SAME_PERSON = "not_same_person"
    NOT_IN_PERSON = "not_in_person"
    NO_COPY = "no_copy"
    PERSON_UNKNOWN = "person_unknown"
    CARD_UNKNOWN = "card_unknown"
    CARD_INACTIVE = "card_inactive"
    CARD_ACTIVE = "card_active"
    CARD_LOST = "card_lost"
    CARD_NOT_LOST = "card_not_lost"
    CARD_SUSPENDED = "card_suspended"
    CARD_SUPERSEDED = "card_superseded"
    CARD_REPLACED = "card_replaced"
    NO_CARD_TO_REPORT = "no_card_to_report"
    OLD_CARD_MISSING = "old_card_missing"
    NEEDS_WRITTEN_LOSS = "needs_written_loss"
    NEEDS_FORM = "needs_form"
    NEEDS_AGENCY = "needs_agency"
    CODE_UNKNOWN = "code_unknown"
    FORM_UNKNOWN = "form_unknown"
    FORM_NOT_YOURS = "form_not_yours"
    FORM_USED = "form_used"
    NO_NOTICE = "no_notice"
    HAS_CARD = "has_card"
    BANK_NOT_OPEN = "bank_not_open"
    NEEDS_PHOTO = "needs_photo"
    PHOTO_UNKNOWN = "photo_unknown"
    NOT_SIGNED = "not_signed"
    NOT_PAID = "not_paid"
    PAYMENT_UNKNOWN = "payment_unknown"
    NOT_ADMINISTRATOR = "not_administrator"
    NOT_IN_BATCH = "not_in_batch"
    NO_RECORDS = "no_records"
    ELECTRONIC_EXPIRED = "electronic_expired"
    ELECTRONIC_UNKNOWN = "electronic_unknown"
    ELECTRONIC_ACTIVE = "electronic_active"
    ELECTRONIC_CLOSED = "electronic_closed"
    CHIP_REFUSED = "chip_refused"
    STEP_UNKNOWN = "step_unknown"
    TOO_LATE = "too_late"
    MALFORMED = "malformed"


class Refusal(Reply, frozen=True):
    """The bank's final no, with the rule it follows."""

    code: RefusalCode
    rule: Rule
    tries_left: int | None = None


class ListedCard(Part, frozen=True):
    """One card of the person: an opaque `card_id`, its bank, the last four characters, its state."""

    card_id: Text
    bank_id: Text
    card_tail: Text
    state: CardState
    lapses_at: Text | None = None  # of an oral report in force


class CardFrozen(Part, frozen=True):
    """One card on which the report is in force."""

    bank_id: Text
    card_tail: Text
    loss: LossKind
    since: Text
    lapses_at: Text | None  # None: does not lapse
    rule: Rule


class Collection(Part, frozen=True):
    """Where and from when a card can be collected. `provisional`: a schedule is not published."""

    due: Day
    provisional: bool
    bank_id: Text
    outlet_zh: Text
    outlet_en: Text
