"""The social insurance agency's own tables (CARD.NEED_TO_KNOW): no bank's service reads them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, Table, Text

from bank.schema import metadata

contributions = Table(
    "agency_contributions",
    metadata,
    Column("id_number", Text, primary_key=True),
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("month", Integer, primary_key=True, autoincrement=False),
    Column("insurance", Text, primary_key=True),
    Column("own_fen", BigInteger, nullable=False),
    Column("unit_fen", BigInteger, nullable=False),
)

standings = Table(
    "agency_standings",
    metadata,
    Column("id_number", Text, primary_key=True),
    Column("insurance", Text, primary_key=True),
    Column("months", Integer, nullable=False),
    Column("is_current", Integer, nullable=False),
    Column("since", Text, nullable=False),  # the first month, 2015-03
)

# The electronic card of a person, by the state of its own; the physical card's state stands above it.
electronic_cards = Table(
    "agency_electronic_cards",
    metadata,
    Column("id_number", Text, primary_key=True),
    Column("number", Text, nullable=False, unique=True),
    Column("activated_at", Text, nullable=False),
)

# A code that a telephone shows, for a minute and for one use.
electronic_codes = Table(
    "agency_electronic_codes",
    metadata,
    Column("code_hash", Text, primary_key=True),
    Column("id_number", Text, nullable=False),
    Column("issued_at", Text, nullable=False),
    Column("used_at", Text),
)
