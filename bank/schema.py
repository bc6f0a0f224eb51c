"""The tables of the reference gateway (SQLAlchemy Core), alike on SQLite and PostgreSQL.

Instants are ISO 8601 texts with offset, written by `bank.clock`, so that an answer replayed from
either database is the same byte for byte. Amounts are whole fen.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

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
# (OFFLINE.ONCE). `bank.retention` deletes what is older than any outage that is allowed for.
# `earliest` and `latest`: when the terminal can have accepted it, as the bank works it out.
operations = Table(
    "operations",
    metadata,
    Column("op_id", Text, primary_key=True),
    Column("request_hash", Text, nullable=False),
    Column("terminal", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("lane", Text, nullable=False),
    Column("lane_seq", BigInteger, nullable=False),
    Column("code", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("earliest", Text, nullable=False),
    Column("latest", Text, nullable=False),
    Column("outcome", Text),  # applied, rejected, superseded, expired
    Column("answer", Text),
    Index("operations_by_at", "at"),
)
# The fence asks for the loss reports of a lane alone: keep its index as narrow.
_IS_REPORT = operations.c.kind == "loss_report"
Index(
    "operations_of_loss_by_lane",
    operations.c.terminal,
    operations.c.epoch,
    operations.c.lane,
    operations.c.lane_seq,
    sqlite_where=_IS_REPORT,
    postgresql_where=_IS_REPORT,
)

# One row for each card that a report froze, or found frozen already. The bank's own record: it
# outlives the row of the operation that made it, as does what the own channel tells.
loss_reports = Table(
    "loss_reports",
    metadata,
    Column("op_id", Text, primary_key=True),
    Column("card_id", Text, ForeignKey("cards.card_id"), primary_key=True),
    Column("code", Text, nullable=False),
    Column("asked", Text, nullable=False),  # oral or written, as this report itself was
    Column("loss", Text, nullable=False),  # what the freeze is now
    Column("since", Text, nullable=False),
    Column("lapses_at", Text),
    Index("loss_reports_by_code", "code"),
    Index("loss_reports_by_freeze", "card_id", "since"),
)

# What the bank's own channel tells the holder (OFFLINE.ANSWER), at most once an operation.
own_channel = Table(
    "own_channel",
    metadata,
    Column("op_id", Text, primary_key=True),
    Column("card_id", Text, ForeignKey("cards.card_id"), nullable=False),
    Column("what", Text, nullable=False),  # see `ledger.Told`
    Column("at", Text, nullable=False),
)

# The furthest that each terminal has shown of its books, in each epoch: a journal shown later
# must contain this head.
journal_heads = Table(
    "journal_heads",
    metadata,
    Column("terminal", Text, primary_key=True),
    Column("epoch", BigInteger, primary_key=True),
    Column("batch_no", BigInteger, nullable=False),
    Column("n", BigInteger, nullable=False),
    Column("head", Text, nullable=False),
    Column("at", Text, nullable=False),
)

# What must not happen and somebody is to look at: see `books.Alarm`. The same again is counted.
alarms = Table(
    "alarms",
    metadata,
    Column("terminal", Text, primary_key=True),
    Column("epoch", BigInteger, primary_key=True),
    Column("what", Text, primary_key=True),
    Column("op_id", Text, primary_key=True),  # '' if of none
    Column("detail", Text, nullable=False),
    Column("first_at", Text, nullable=False),
    Column("last_at", Text, nullable=False),
    Column("times", BigInteger, nullable=False),
)

# An application for a card: the first one, its renewal, or one in place of a card (`bank.applications`).
# Days are ISO 8601 calendar dates. `progress`: begun, taken, abandoned, lapsed.
applications = Table(
    "applications",
    metadata,
    Column("application_id", Text, primary_key=True),
    Column("kind", Text, nullable=False),  # new, renewal, reissue
    Column("person_id", Integer, ForeignKey("people.person_id"), nullable=False, index=True),
    Column("bank_id", Text, nullable=False),
    Column("card_id", Text, ForeignKey("cards.card_id"), index=True),  # of the old card
    Column("reason", Text),  # of a reissue
    Column("photo_receipt", Text),
    Column("progress", Text, nullable=False),
    Column("begun_at", Text, nullable=False),
    Column("taken_at", Text),  # from here on it has a form and its card is made
    Column("form_code", Text, unique=True),
    Column("submitted_on", Text),
    Column("due", Text),
    Column("provisional", Integer),
    Column("outlet_zh", Text),
    Column("outlet_en", Text),
    Column("claim", Text),  # under which a terminal keeps the old card
    Column("stage", Text, index=True),
    Column("at_bank_on", Text),
    Column("collected_on", Text),
    Column("destroyed_on", Text),
    Column("new_card_id", Text, ForeignKey("cards.card_id")),
)
# At most one application that is begun and not ended for one card, whoever begins it where.
Index(
    "applications_begun_by_card",
    applications.c.card_id,
    unique=True,
    sqlite_where=applications.c.progress == "begun",
    postgresql_where=applications.c.progress == "begun",
)

# Both sides of the identity document, copied for an application that asks for it (CHANGE.*).
document_copies = Table(
    "document_copies",
    metadata,
    Column("application_id", Text, ForeignKey("applications.application_id"), primary_key=True),
    Column("front", LargeBinary, nullable=False),
    Column("back", LargeBinary, nullable=False),
)

# What an application costs (`bank.payments`). One payment is asked for an application.
payments = Table(
    "payments",
    metadata,
    Column("payment_no", Text, primary_key=True),
    Column(
        "application_id",
        Text,
        ForeignKey("applications.application_id"),
        nullable=False,
        unique=True,
    ),
    Column("fee_fen", BigInteger, nullable=False),
    Column("state", Text, nullable=False),  # `sscard.requests.PaymentState`
    Column("pay_before", Text, nullable=False),
    Column("paid_at", Text),
    Column("voucher", Text, unique=True),
    Column("refunded_at", Text),
)

# Money that came from outside, each movement once under the payer's bank's own number for it.
# It is kept for a payment, or it went back; there is no third thing.
arrivals = Table(
    "arrivals",
    metadata,
    Column("arrival_no", Text, primary_key=True),
    Column("payment_no", Text, nullable=False, index=True),  # as the payer's bank named it
    Column("amount_fen", BigInteger, nullable=False),
    Column("at", Text, nullable=False),
    Column("kept_for", Text, ForeignKey("payments.payment_no"), index=True),
    Column("refunded_at", Text),
    Column("why", Text),  # of a refund
)

# The numbers of photo receipts that the studios have sent in (CHANGE.PHOTO, APPLY.PHOTO).
photo_receipts = Table(
    "photo_receipts",
    metadata,
    Column("receipt_no", Text, primary_key=True),
    Column("person_id", Integer, ForeignKey("people.person_id"), nullable=False),
    Column("made_on", Text, nullable=False),
    Column("used_for", Text, ForeignKey("applications.application_id")),
)

# Details that the social insurance agency has changed and told the bank of (CHANGE.DETAILS); the
# card on which they stand differently is older than the change.
changed_details = Table(
    "changed_details",
    metadata,
    Column("person_id", Integer, ForeignKey("people.person_id"), primary_key=True),
    Column("changed_on", Text, primary_key=True),
)

SCHEMA = 3
"""The number of this form of the tables; `about` keeps it in the database."""

about = Table("about", metadata, Column("schema", Integer, primary_key=True, autoincrement=False))
