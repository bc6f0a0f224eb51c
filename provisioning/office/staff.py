"""The secret that office and terminal share for the staff's one-time codes.

Made for each enrolment by token, sent over mutual TLS until the terminal says that it has it, and not
again. It stands in the office's database alone: who reads that could work in technician mode, and could
neither enrol nor sign.
"""

from __future__ import annotations

import os
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, delete, insert, select, update

from provisioning.office import audit
from provisioning.office.peers import Peer
from provisioning.office.schema import staff_secrets, to_text
from sscard.staff_codes import SECRET_BYTES


def secret_to_send(connection: Connection, found: Peer, now: datetime) -> bytes:
    """The terminal's secret while it has not said that it has it, then nothing."""
    terminal_id, serial = found.terminal.terminal_id, found.row.serial
    own = staff_secrets.c.terminal_id == terminal_id
    row = connection.execute(select(staff_secrets).where(own)).first()
    if row is not None and (row.serial == serial or not found.row.by_token):
        return b"" if row.held_at is not None else bytes(row.secret)
    secret = os.urandom(SECRET_BYTES)
    connection.execute(delete(staff_secrets).where(own))
    values = {"terminal_id": terminal_id, "serial": serial, "secret": secret}
    connection.execute(insert(staff_secrets), {**values, "made_at": to_text(now)})
    audit.note(connection, now, audit.OFFICE, "made staff secret", terminal_id)
    return secret


def note_held(connection: Connection, terminal_id: str, said: str, now: datetime) -> bool:
    """The terminal says that it has the secret of this SHA-256 (hex). Whether that is news."""
    secret = secret_of(connection, terminal_id)
    if secret is None or sha256(secret).hexdigest() != said:
        return False
    waiting = (staff_secrets.c.terminal_id == terminal_id) & staff_secrets.c.held_at.is_(None)
    done = connection.execute(update(staff_secrets).where(waiting).values(held_at=to_text(now)))
    if done.rowcount:
        audit.note(connection, now, f"terminal {terminal_id}", "has staff secret", terminal_id)
    return done.rowcount > 0


def secret_of(connection: Connection, terminal_id: str) -> bytes | None:
    """The secret of a terminal; None before its first enrolment."""
    own = staff_secrets.c.terminal_id == terminal_id
    found = connection.execute(select(staff_secrets.c.secret).where(own)).scalar()
    return None if found is None else bytes(found)
