"""The public keys that sign for the terminals' queues: taken with a proof, handed on to the bank."""

from __future__ import annotations

from datetime import datetime

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, func, insert, select

from provisioning import wire
from provisioning.office import audit, revocation, staff
from provisioning.office.assigning import see
from provisioning.office.database import writing
from provisioning.office.enrolment import note_refusal
from provisioning.office.office import Office
from provisioning.office.peers import present_peer
from provisioning.office.schema import signing_keys, to_text
from provisioning.wire import Keys, KeysTaken, ProvenKeys, Reason


def take_keys(office: Office, shown: bytes | None, body: bytes) -> KeysTaken | Reason:
    """Register the key of the terminal that showed `shown` (DER); again, nothing changes."""
    now = office.clock()
    with writing(office.engine) as connection:
        found = present_peer(connection, office, shown, now)
        if isinstance(found, Reason):
            note_refusal(connection, office, now, "unknown terminal", "keys", found)
            return found
        replaced = see(connection, office, found, now)
        terminal = found.terminal.terminal_id
        keys = _proven(body, terminal)
        said = keys if isinstance(keys, Reason) else _kept(connection, keys, now)
        if isinstance(said, Reason):
            note_refusal(connection, office, now, terminal, "keys", said)
    if replaced:
        revocation.write_lists(office)
    return said


def _proven(body: bytes, terminal: str) -> Keys | Reason:
    try:
        given = msgspec.json.decode(body, type=ProvenKeys)
        keys = wire.read_keys(given.keys)
        key = Ed25519PublicKey.from_public_bytes(keys.signing_key)
    except (msgspec.MsgspecError, ValueError):
        return Reason.KEYS_MALFORMED
    try:
        key.verify(given.proof, given.keys)
    except InvalidSignature:
        return Reason.KEYS_UNPROVEN
    return keys if keys.terminal == terminal else Reason.KEYS_UNPROVEN


def _kept(connection: Connection, keys: Keys, now: datetime) -> KeysTaken | Reason:
    public = keys.signing_key.hex()
    same = select(signing_keys).where(signing_keys.c.public == public)
    row = connection.execute(same).first()
    if row is not None and row.terminal_id != keys.terminal:
        return Reason.KEYS_UNPROVEN  # the disk of another terminal was copied
    if row is None:
        own = signing_keys.c.terminal_id == keys.terminal
        count = connection.execute(select(func.count()).where(own)).scalar() or 0
        values = {"public": public, "terminal_id": keys.terminal, "number": count + 1}
        connection.execute(insert(signing_keys), {**values, "registered_at": to_text(now)})
        who = f"terminal {keys.terminal}"
        audit.note(connection, now, who, "registered signing key", keys.terminal, key=public)
    held = staff.note_held(connection, keys.terminal, keys.staff_secret_hash, now)
    return KeysTaken(changed=row is None or held)
