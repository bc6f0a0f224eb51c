"""Loss reports, and taking them back (LOSS.*)."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from sscard.cards import LossKind
from sscard.requests.base import (
    LIST_MAX,
    Ask,
    CardFrozen,
    Evidence,
    Presence,
    Reply,
    Text,
)


class LossReport(Ask, frozen=True):
    """A loss report for some cards of `CardList`, or (`card_ids` empty) for every card of the person."""

    evidence: Evidence
    loss: LossKind
    card_ids: Annotated[tuple[Text, ...], msgspec.Meta(max_length=LIST_MAX)] = ()
    presence: Presence | None = None  # a written report has it (LOSS.WRITTEN_NOW)


class LossInForce(Reply, frozen=True):
    """The bank received the report at `at` and froze the cards (LOSS.FREEZE_ON_RECEIPT)."""

    frozen: Annotated[tuple[CardFrozen, ...], msgspec.Meta(max_length=LIST_MAX)]
    at: Text


class ReportStatus(Ask, frozen=True):
    """What became of the loss report whose receipt carries `code`. Read only; never waits."""

    code: Text


class ReportState(StrEnum):
    """What became of a loss report."""

    IN_FORCE = "in_force"
    LAPSED = "lapsed"
    CANCELLED = "cancelled"


class ReportFound(Reply, frozen=True):
    """A report the bank knows by its receipt's code."""

    state: ReportState
    loss: LossKind
    since: Text
    lapses_at: Text | None


class LossCancel(Ask, frozen=True):
    """The lost card is found and lies in the reader (LOSS.CANCEL).

    `form_code` is that of the written report's receipt, which cancelling one asks for.
    """

    evidence: Evidence
    presence: Presence
    card_number: Text
    form_code: Text | None = None


class LossCancelled(Reply, frozen=True):
    """The card works again."""

    bank_id: Text
    card_tail: Text
    at: Text
