"""Invented configurations, and a key that signs them."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from provisioning.configuration.items import Value
from provisioning.configuration.signed import Document

TERMINAL = "SZ-0001"
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
VALUES: dict[str, Value] = {
    "terminal.site_zh": "示例医院 1 号楼大厅",
    "terminal.site_en": "Example Hospital, hall of building 1",
    "bank.url": "https://gateway.bank.example",
    "bank.verdict_key": KEY.public_key().public_bytes_raw().hex(),
    "bank.sealing_key_id": "2026-11",
    "bank.sealing_key": b64encode(bytes(1_216)).decode(),
    "bank.sealing_key_not_after": "2027-11-30T00:00:00+00:00",
}


def document(version: int, **changed: Value) -> Document:
    """A configuration of this version, valid from a day before `NOW` for a year."""
    return Document(
        TERMINAL, version, NOW - timedelta(days=1), NOW + timedelta(days=365), VALUES | changed
    )
