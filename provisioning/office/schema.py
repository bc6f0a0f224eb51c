"""The tables of the provisioning office (SQLAlchemy Core).

Instants are ISO 8601 texts in UTC to the second, so that they sort as they follow. No table holds a
token, a private key or a passphrase; the one secret is that of the staff's codes.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

SCHEMA = 2
metadata = MetaData()


class State(StrEnum):
    """Where a terminal is in its life."""

    PREAUTHORISED = "preauthorised"  # in the inventory, not yet seen
    ENROLLED = "enrolled"  # has a certificate; has not passed, or no longer passes
    IN_SERVICE = "in_service"
    REVOKED = "revoked"  # lost: nothing of it is believed
    DECOMMISSIONING = "decommissioning"  # is to wipe itself and say so
    DECOMMISSIONED = "decommissioned"


ALIVE = frozenset({State.PREAUTHORISED, State.ENROLLED, State.IN_SERVICE})

about = Table("about", metadata, Column("schema", Integer, nullable=False))

sites = Table(
    "sites",
    metadata,
    Column("site_id", Text, primary_key=True),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("gateway", Text, nullable=False),
    Column("broker", Text, nullable=False),
)

terminals = Table(
    "terminals",
    metadata,
    Column("terminal_id", Text, primary_key=True),
    Column("serial_number", Text, nullable=False, unique=True),  # of the board
    Column("model", Text, nullable=False),
    Column("site_id", Text, ForeignKey("sites.site_id"), nullable=False),
    Column("state", Text, nullable=False),
    Column("allow_once", Integer, nullable=False),  # an expired certificate may renew, once
    Column("signed_off_by", Text),  # the technician of the first report that passed since enrolment
)

expected_devices = Table(
    "expected_devices",
    metadata,
    Column("terminal_id", Text, ForeignKey("terminals.terminal_id"), primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("serial_number", Text, nullable=False),
    Column("required", Integer, nullable=False),
)

technicians = Table(
    "technicians",
    metadata,
    Column("technician_id", Text, primary_key=True),
    Column("active", Integer, nullable=False),
)

# Of a token only its hash: who reads the database cannot enrol with it.
tokens = Table(
    "tokens",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("terminal_id", Text, ForeignKey("terminals.terminal_id"), nullable=False, index=True),
    Column("serial_number", Text, nullable=False),
    Column("site_id", Text, nullable=False),
    Column("technician_id", Text, ForeignKey("technicians.technician_id"), nullable=False),
    Column("made_at", Text, nullable=False),
    Column("expires_at", Text, nullable=False),
    Column("withdrawn_at", Text),
    Column("used_at", Text),
    Column("serial", Text, ForeignKey("certificates.serial")),  # what it was used for
)

certificates = Table(
    "certificates",
    metadata,
    Column("serial", Text, primary_key=True),  # hex
    Column("terminal_id", Text, ForeignKey("terminals.terminal_id"), nullable=False),
    Column("authority", Text, nullable=False),
    Column("key_hash", Text, nullable=False, index=True),
    Column("number", Integer, nullable=False),  # counts the terminal's certificates from 1
    Column("by_token", Integer, nullable=False),
    Column("issued_at", Text, nullable=False),
    Column("not_after", Text, nullable=False),
    Column("seen_at", Text),  # when the terminal first came with it
    Column("revoked_at", Text),
    Column("revocation", Text),  # the reason
    Column("der", LargeBinary, nullable=False),
    Index("certificates_by_terminal", "terminal_id", "number", unique=True),
    Index("certificates_revoked", "authority", "revoked_at"),
)

# Shared with the terminal: who has it makes codes for its technician mode, and nothing else.
staff_secrets = Table(
    "staff_secrets",
    metadata,
    Column("terminal_id", Text, ForeignKey("terminals.terminal_id"), primary_key=True),
    Column("serial", Text, nullable=False),  # the enrolment that it was made for
    Column("secret", LargeBinary, nullable=False),
    Column("made_at", Text, nullable=False),
    Column("held_at", Text),  # since when the terminal has it; then it is not sent any more
)

# Public keys that sign a terminal's batches and journal; the newest counts, older ones still verify.
signing_keys = Table(
    "signing_keys",
    metadata,
    Column("public", Text, primary_key=True),  # hex
    Column("terminal_id", Text, ForeignKey("terminals.terminal_id"), nullable=False, index=True),
    Column("number", Integer, nullable=False),
    Column("registered_at", Text, nullable=False),
)

# The newest list of each authority, as published.
crls = Table(
    "crls",
    metadata,
    Column("authority", Text, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("made_at", Text, nullable=False),
    Column("der", LargeBinary, nullable=False),
)

# As signed; `place` counts what was assigned, so that a permitted step back is the newest.
configurations = Table(
    "configurations",
    metadata,
    Column("terminal_id", Text, ForeignKey("terminals.terminal_id"), primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Column("added_at", Text, nullable=False),
)

reports = Table(
    "reports",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("terminal_id", Text, ForeignKey("terminals.terminal_id"), nullable=False, index=True),
    Column("form", Text, nullable=False),  # readiness, wiped
    Column("made_at", Text, nullable=False),
    Column("taken_at", Text, nullable=False),
    Column("serial", Text, ForeignKey("certificates.serial"), nullable=False),
    Column("report", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("answer", LargeBinary, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("content", LargeBinary, nullable=False),  # canonical JSON: at, who, did, what, detail
    Column("digest", Text, nullable=False),
)


def to_text(instant: datetime) -> str:
    """The stored form of an aware instant."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")


def from_text(text: str) -> datetime:
    """The instant that `to_text` wrote."""
    return datetime.fromisoformat(text)
