"""The tables of the reference gateway (SQLAlchemy Core), alike on SQLite and PostgreSQL.

Instants are ISO 8601 texts with offset, written by `bank.clock`, so that an answer replayed from
either database is the same byte for byte. Amounts are whole fen.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, MetaData, Table, Text

metadata = MetaData()

people = Table(
    "people",
    metadata,
    Column("person_id", Integer, primary_key=True, autoincrement=False),
    Column("id_number", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
)

cards = Table(
    "cards",
    metadata,
    # A random token: what a terminal learns of a card it has not read.
    Column("card_id", Text, primary_key=True),
    Column("card_number", Text, nullable=False, unique=True),
    Column("person_id", Integer, ForeignKey("people.person_id"), nullable=False, index=True),
    Column("bank_id", Text, nullable=False),
    Column("pan", Text, nullable=False),
    Column("issued", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("lost_since", Text),
    Column("lapses_at", Text),
)

accounts = Table(
    "accounts",
    metadata,
    Column("card_id", Text, ForeignKey("cards.card_id"), primary_key=True),
    Column("account", Text, primary_key=True),
    Column("balance_fen", BigInteger, nullable=False),
    Column("salt", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("wrong_in_a_row", Integer, nullable=False),
)

# Operation id, request hash and answer stand here in the transaction of their effect
# (OFFLINE.ONCE). Rows are never deleted: a terminal may come back after 180 days.
operations = Table(
    "operations",
    metadata,
    Column("op_id", Text, primary_key=True),
    Column("request_hash", Text, nullable=False),
    Column("terminal", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("outcome", Text),
    Column("answer", Text),
)

# One row for each card that a report froze, or found frozen already.
loss_reports = Table(
    "loss_reports",
    metadata,
    Column("op_id", Text, ForeignKey("operations.op_id"), primary_key=True),
    Column("card_id", Text, ForeignKey("cards.card_id"), primary_key=True),
    Column("code", Text, nullable=False),
    Column("loss", Text, nullable=False),
    Column("since", Text, nullable=False),
    Column("lapses_at", Text),
    Index("loss_reports_by_code", "code"),
    Index("loss_reports_by_freeze", "card_id", "since"),
)

# Balances that the bank's own channel tells the holder (OFFLINE.ANSWER).
own_channel = Table(
    "own_channel",
    metadata,
    Column("op_id", Text, ForeignKey("operations.op_id"), primary_key=True),
    Column("card_id", Text, ForeignKey("cards.card_id"), nullable=False),
    Column("at", Text, nullable=False),
)

# The latest audit log head each terminal signed: a log shown later must contain it.
journal_heads = Table(
    "journal_heads",
    metadata,
    Column("terminal", Text, primary_key=True),
    Column("batch_no", BigInteger, nullable=False),
    Column("head", Text, nullable=False),
    Column("at", Text, nullable=False),
)
