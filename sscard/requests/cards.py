"""Which cards a person has, how one stands, and what the terminal keeps of them."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from sscard.cards import Account
from sscard.requests.base import LIST_MAX, Ask, Evidence, ListedCard, Reply, Text

Listed = Annotated[tuple[ListedCard, ...], msgspec.Meta(max_length=LIST_MAX)]


class CardList(Ask, frozen=True):
    """The cards of the person, masked. Read only; never waits."""

    evidence: Evidence


class Cards(Reply, frozen=True):
    """The cards of the person, in the order they were issued."""

    cards: Listed


class CardLook(Ask, frozen=True):
    """How the card in the reader stands. Read only; never waits."""

    evidence: Evidence
    card_number: Text


class CardFound(Reply, frozen=True):
    """How the card stands, which of its passwords are locked, and the person's card of the same
    bank that its activation takes the place of (ACTIVATE.OLD_CARD).
    """

    card: ListedCard
    locked: tuple[Account, ...] = ()
    old_card: ListedCard | None = None


class Kept(StrEnum):
    """Why the terminal keeps a card."""

    OLD_CARD = "old_card"  # handed in to be destroyed
    FORGOTTEN = "forgotten"  # nobody took it


class CardKept(Ask, frozen=True):
    """The terminal keeps this card under this claim number. Waits without a line.

    `card_number`: None where the chip did not answer.
    """

    card_number: Text | None
    claim: Text
    why: Kept


class Noted(Reply, frozen=True):
    """The bank has written it down."""

    at: Text
