"""The tables of the chips: which chip is on which card, and what was begun on each."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, Table, Text, UniqueConstraint

from bank.schema import metadata

# The chip of a card: nobody begins anything on another one in its holder's name.
chips = Table(
    "chips",
    metadata,
    Column("card_id", Text, ForeignKey("cards.card_id"), primary_key=True),
    Column("identification_code", Text, nullable=False, unique=True),
)

# A new medical password on its way to a chip. The record of the account follows the chip: it takes
# the password of the last step that came about, once nothing after it is uncertain.
chip_steps = Table(
    "chip_steps",
    metadata,
    Column("step", Text, primary_key=True),
    Column("card_id", Text, ForeignKey("cards.card_id"), nullable=False),
    Column("n", Integer, nullable=False),  # of the card's steps, from 1
    Column("salt", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("state", Text, nullable=False),  # open, or `sscard.requests.ReadBack`
    Column("begun_at", Text, nullable=False),
    Column("told_at", Text),  # when a terminal last said what became of it
    Column("followed_at", Text),  # when the account's record took its password, once
    UniqueConstraint("card_id", "n"),
)
