"""Activation: both accounts and both passwords in one act, or nothing (ACTIVATE.BOTH_OR_NEITHER)."""

from __future__ import annotations

from sscard.requests.base import Ask, Evidence, Presence, Reply, Text


class Activation(Ask, frozen=True):
    """Activate the card in the reader. Its companion has both new passwords."""

    evidence: Evidence
    presence: Presence
    card_number: Text
    old_card_number: Text | None = None  # of the card that was handed in (ACTIVATE.OLD_CARD)
    claim: Text | None = None  # under which the terminal keeps it


class Activated(Reply, frozen=True):
    """Both accounts can be used. `old_tail` is the handed-in card's, which is dead now."""

    bank_id: Text
    card_tail: Text
    at: Text
    old_tail: Text | None = None
