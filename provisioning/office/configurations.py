"""The signed configurations that the office hands out. It checks them as a terminal would, and keeps
the bytes as they were signed; the signing key itself is not here, only its public half."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, Row, insert, select

from provisioning.configuration.signed import Unusable, read_configuration, read_signed
from provisioning.office import audit
from provisioning.office.office import Office
from provisioning.office.schema import configurations, to_text
from provisioning.pki.key_files import write_whole

_FOLDER = "configuration_keys"
_KEYS_MAX = 8


def add_key(office: Office, key: Ed25519PublicKey) -> bool:
    """Believe this key's configurations from now on. False if it was believed already."""
    folder = office.folder / _FOLDER
    folder.mkdir(exist_ok=True)
    raw = key.public_bytes_raw()
    if raw in key_bytes(office.folder):
        return False
    write_whole(folder / f"{raw.hex()[:16]}.pub", raw.hex().encode() + b"\n")
    return True


def key_bytes(folder: Path) -> tuple[bytes, ...]:
    """The public keys that may sign, 32 bytes each. Raises `ValueError` or `OSError`."""
    paths = sorted((folder / _FOLDER).glob("*.pub"))[:_KEYS_MAX]
    return tuple(bytes.fromhex(path.read_text(encoding="ascii").strip()) for path in paths)


def newest(connection: Connection, terminal_id: str) -> Row[Any] | None:
    """The terminal's assigned configuration."""
    query = select(configurations).where(configurations.c.terminal_id == terminal_id)
    return connection.execute(query.order_by(configurations.c.place.desc()).limit(1)).first()


def assign(
    connection: Connection, office: Office, terminal_id: str, file: bytes, now: datetime, who: str
) -> int | None:
    """Assign a signed configuration; its version, or None if it is assigned already.

    Raises `provisioning.configuration.signed.Unusable` for one that the terminal would not take.
    """
    keys = [Ed25519PublicKey.from_public_bytes(raw) for raw in key_bytes(office.folder)]
    last = newest(connection, terminal_id)
    if last is not None and last.document == file:
        return None
    in_use = None if last is None else _in_use(last.document, keys)
    found = read_configuration(file, keys, terminal_id, now, in_use)
    version = found.document.version
    row = {
        "terminal_id": terminal_id,
        "place": 1 if last is None else last.place + 1,
        "version": version,
        "document": file,
        "added_at": to_text(now),
    }
    connection.execute(insert(configurations), row)
    did = "assigned configuration"
    audit.note(connection, now, who, did, terminal_id, version=version, key=found.key_id)
    return version


def _in_use(file: bytes, keys: list[Ed25519PublicKey]) -> Any:
    """What was assigned, if its key is still believed: a lost key must not hold the next one up."""
    try:
        return read_signed(file, keys)
    except Unusable:
        return None
