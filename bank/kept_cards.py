"""The cards that terminals keep: handed in, or forgotten in the slot."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Connection, ForeignKey, Table, Text
from sqlalchemy.dialects import postgresql, sqlite

from bank.clock import to_text
from bank.schema import metadata
from sscard.requests import Kept

# `card_id` is none where the chip did not answer, or where the card is no bank's of ours.
kept_cards = Table(
    "kept_cards",
    metadata,
    Column("terminal", Text, primary_key=True),
    Column("claim", Text, primary_key=True),
    Column("card_id", Text, ForeignKey("cards.card_id"), index=True),
    Column("why", Text, nullable=False),  # `sscard.requests.Kept`
    Column("at", Text, nullable=False),
)

_KEEP = {
    "sqlite": sqlite.insert(kept_cards).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(kept_cards).on_conflict_do_nothing(),
}


def keep(
    connection: Connection, terminal: str, claim: str, card_id: str | None, why: Kept, at: datetime
) -> None:
    """Write down a kept card. What stands there under the claim already stays."""
    row = {"terminal": terminal, "claim": claim, "card_id": card_id, "why": why, "at": to_text(at)}
    connection.execute(_KEEP[connection.dialect.name], row)
