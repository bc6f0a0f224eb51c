"""What the desk hands on: codes for the staff, and the terminals' signing keys for the bank's gateway."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from provisioning.office import audit, inventory, staff
from provisioning.office.database import reading, writing
from provisioning.office.desk import No, Said
from provisioning.office.office import Office
from provisioning.office.schema import ALIVE, signing_keys, terminals
from sscard.staff_codes import WINDOW_S, Role, staff_code


def make_staff_code(
    office: Office, who: str, terminal: str, technician: str, role: Role
) -> Said | No:
    """A code for the technician mode of one terminal: eight digits, for a quarter to half an hour."""
    now = office.clock()
    with writing(office.engine) as connection:
        row = inventory.terminal_of(connection, terminal)
        if row is None or row.state not in ALIVE:
            return No("terminal-unknown", "check the id; a revoked terminal has no codes")
        person = inventory.technician_of(connection, technician)
        if person is None or not person.active:
            return No("technician-unknown", "add the technician first, or choose an active one")
        secret = staff.secret_of(connection, terminal)
        if secret is None:
            return No("not-enrolled", "the terminal has to enrol first")
        code = staff_code(secret, technician, role, now)
        detail = {"technician": technician, "role": role.value}
        audit.note(connection, now, who, "made staff code", terminal, **detail)
    good_s = 2 * WINDOW_S - int(now.timestamp()) % WINDOW_S
    said = {"code": code, "terminal": terminal, "technician": technician, "role": role.value}
    return {**said, "good_for_minutes": good_s // 60, "changed": True}


def all_signing_keys(office: Office) -> list[dict[str, Any]]:
    """Of each terminal that may work, the newest key that signs its batches, in hex."""
    with reading(office.engine) as connection:
        query = (
            select(signing_keys, terminals.c.state)
            .join(terminals, terminals.c.terminal_id == signing_keys.c.terminal_id)
            .order_by(signing_keys.c.terminal_id, signing_keys.c.number)
        )
        newest = {row.terminal_id: row for row in connection.execute(query) if row.state in ALIVE}
    return [
        {"terminal": name, "signing_key": row.public, "registered_at": row.registered_at}
        for name, row in newest.items()
    ]
