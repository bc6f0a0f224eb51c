"""Applying for a card or its renewal as a flexible employee, and where a card is (APPLY.*, COLLECT.*)."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from sscard.requests.base import (
    LIST_MAX,
    Ask,
    Collection,
    Day,
    Evidence,
    Jpeg,
    Part,
    Reply,
    Text,
)
from sscard.rules import Rule


class Details(Part, frozen=True, forbid_unknown_fields=True):
    """What the form says of the person beside the identity document (APPLY.CHECK_DETAILS)."""

    telephone: Text
    address: Text


class IdCopy(Part, frozen=True, forbid_unknown_fields=True):
    """Both sides of the applicant's ID card, copied; an agent hands it in (APPLY.AGENT)."""

    front: Jpeg
    back: Jpeg


class ApplicationLook(Ask, frozen=True):
    """Whether an application is open to the person, and on which terms (APPLY.IN_STAGES).

    `agent` is who stands here, if that is somebody else (APPLY.AGENT).
    """

    evidence: Evidence
    agent: Evidence | None = None


class ApplicationTerms(Reply, frozen=True):
    """The banks to choose from and the rule that says so, the details as known, and whether the
    photo of the identity document can be used (else a photo receipt is needed).
    """

    is_renewal: bool
    banks: Annotated[tuple[Text, ...], msgspec.Meta(min_length=1, max_length=LIST_MAX)]
    rule: Rule
    details: Details
    has_photo: bool


class ApplicationSubmit(Ask, frozen=True):
    """The form: the bank confirmed, the details checked, a photo, and the applicant's signature.

    `photo_receipt` None: the use of the document's photo is authorised (APPLY.PHOTO).
    `is_address_wrong`: the service point is to ask for the right one (APPLY.CHECK_DETAILS).
    """

    evidence: Evidence
    bank_id: Text
    details: Details
    is_signed: bool
    photo_receipt: Text | None = None
    is_address_wrong: bool = False
    agent: Evidence | None = None
    copy: IdCopy | None = None


class ApplicationTaken(Reply, frozen=True):
    """The service point has confirmed too (APPLY.BOTH_SIGN); the form's code is the bar code's."""

    form_code: Text
    is_renewal: bool
    collection: Collection
    at: Text


class Stage(StrEnum):
    """Where a card that was applied for is."""

    SUBMITTED = "submitted"
    IN_PRODUCTION = "in_production"
    AT_BANK = "at_bank"
    COLLECTED = "collected"
    DESTROYED = "destroyed"


class WhereIsMyCard(Ask, frozen=True):
    """The person's cards on their way; with `form_code`, the one of that form. Read only."""

    evidence: Evidence
    form_code: Text | None = None


class OnItsWay(Part, frozen=True):
    """One card on its way. `destroyed_on`: the last day to collect it is the day before."""

    form_code: Text
    stage: Stage
    submitted_on: Day
    collection: Collection
    destroyed_on: Day | None = None


class Whereabouts(Reply, frozen=True):
    """The person's cards on their way, the latest first."""

    cards: Annotated[tuple[OnItsWay, ...], msgspec.Meta(max_length=LIST_MAX)]
