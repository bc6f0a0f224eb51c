"""The card, its two accounts and the states it can be in (CARD.STATES)."""

from __future__ import annotations

from enum import StrEnum


class Account(StrEnum):
    """The two accounts of a card, each with its own password (CARD.TWO_ACCOUNTS)."""

    MEDICAL = "medical"
    FINANCIAL = "financial"


class CardState(StrEnum):
    """Where a card stands in its life. A lock is per account and stands beside this."""

    PRODUCED = "produced"
    AT_BANK = "at_bank"
    DESTROYED = "destroyed"
    INACTIVE = "inactive"
    ACTIVE = "active"
    LOST_ORAL = "lost_oral"
    LOST_WRITTEN = "lost_written"
    SUSPENDED = "suspended"
    SUPERSEDED = "superseded"


class LossKind(StrEnum):
    """How a loss is reported: an oral report lapses, a written one does not."""

    ORAL = "oral"
    WRITTEN = "written"


def masked_tail(number: str) -> str:
    """The last four characters of a card number, all that is ever shown of one."""
    return number[-4:]
