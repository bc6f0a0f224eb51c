"""What screens and receipts say of the terminal itself: where it stands, its banks, its helpline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kiosk.messages.catalogue import Messages
from sscard.banks import Bank


@dataclass(frozen=True, slots=True)
class Place:
    """One terminal's place in the world."""

    terminal_id: str
    site: Mapping[str, str]  # by language
    helpline: str
    banks: Mapping[str, Bank]
    oral_days: int = 5  # LOSS.ORAL_LAPSE, natural days


def bank_name(place: Place, bank_id: str, words: Messages) -> str:
    """The bank's name in the catalogue's language; its id when the list does not know it."""
    bank = place.banks.get(bank_id)
    if bank is None:
        return bank_id
    return bank.name_zh if words.language == "zh" else bank.name_en
