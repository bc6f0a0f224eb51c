"""What becomes of a terminal after it was added: moved, mended, lost, found, taken out.

To the desk's rules (`desk`), whose functions these are.
"""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from provisioning.office import audit, inventory, readiness, revocation, tokens
from provisioning.office.answers import BOARD_TAKEN, GONE, NO_SITE, No, Said, known, living
from provisioning.office.database import writing
from provisioning.office.office import Office
from provisioning.office.schema import ALIVE, State, certificates, terminals
from provisioning.pki.authority import RevocationReason


def allow_once(office: Office, who: str, terminal: str) -> Said | No:
    """Let a terminal renew a certificate that ended longer ago than the grace, one time."""
    with writing(office.engine) as connection:
        row = living(connection, terminal)
        if isinstance(row, No):
            return row
        if not row.allow_once:
            _set(connection, terminal, allow_once=1)
            audit.note(connection, office.clock(), who, "allowed once", terminal)
    return {"terminal": terminal, "changed": not row.allow_once}


def move_terminal(office: Office, who: str, terminal: str, site: str) -> Said | No:
    """A terminal goes to another site: it is to be signed off there anew."""
    now = office.clock()
    with writing(office.engine) as connection:
        row = living(connection, terminal)
        if isinstance(row, No):
            return row
        if inventory.site_of(connection, site) is None:
            return NO_SITE
        if row.site_id == site:
            return {"terminal": terminal, "site": site, "changed": False}
        state = State.ENROLLED if row.state == State.IN_SERVICE else row.state
        _set(connection, terminal, site_id=site, state=state, signed_off_by=None)
        tokens.withdraw(connection, now, terminal_id=terminal)
        audit.note(connection, now, who, "moved", terminal, site=site, before=row.site_id)
    return {"terminal": terminal, "site": site, "changed": True}


def replace_board(office: Office, who: str, terminal: str, serial_number: str) -> Said | No:
    """A terminal gets another board: the old one's certificates are revoked, the new one enrols."""
    if not inventory.is_serial_number(serial_number):
        return No("board", "check the board's serial number")
    now = office.clock()
    with writing(office.engine) as connection:
        row = known(connection, terminal)
        if isinstance(row, No):
            return row
        if row.serial_number == serial_number:
            return {"terminal": terminal, "serial_number": serial_number, "changed": False}
        if row.state not in ALIVE:
            return GONE
        if inventory.terminal_of_board(connection, serial_number) is not None:
            return BOARD_TAKEN
        values = {"serial_number": serial_number, "state": State.PREAUTHORISED}
        _set(connection, terminal, **values, signed_off_by=None, allow_once=0)
        tokens.withdraw(connection, now, terminal_id=terminal)
        detail = {"board": serial_number, "before": row.serial_number}
        audit.note(connection, now, who, "replaced board", terminal, **detail)
        _revoke_all(connection, office, who, terminal, RevocationReason.SUPERSEDED)
    revocation.write_lists(office)
    return {"terminal": terminal, "serial_number": serial_number, "changed": True}


def revoke(office: Office, who: str, terminal: str) -> Said | No:
    """A terminal is lost: nothing of it is believed any more, and the lists say so at once."""
    now = office.clock()
    with writing(office.engine) as connection:
        row = known(connection, terminal)
        if isinstance(row, No):
            return row
        if row.state == State.DECOMMISSIONED:
            return {"terminal": terminal, "state": row.state, "revoked": [], "changed": False}
        changed = row.state != State.REVOKED
        if changed:
            _set(connection, terminal, state=State.REVOKED, allow_once=0, signed_off_by=None)
            tokens.withdraw(connection, now, terminal_id=terminal)
            audit.note(connection, now, who, "revoked", terminal)
        taken = _revoke_all(connection, office, who, terminal, RevocationReason.LOST)
    revocation.write_lists(office)
    state = State.REVOKED.value
    return {"terminal": terminal, "state": state, "revoked": taken, "changed": changed}


def reinstate(office: Office, who: str, terminal: str) -> Said | No:
    """A lost terminal was found: it may enrol anew, with a token. Its old certificates stay revoked."""
    with writing(office.engine) as connection:
        row = known(connection, terminal)
        if isinstance(row, No):
            return row
        if row.state in (State.DECOMMISSIONING, State.DECOMMISSIONED):
            return No("terminal-gone", "a decommissioned terminal stays so: add a new one")
        changed = row.state == State.REVOKED
        if changed:
            _set(connection, terminal, state=State.PREAUTHORISED)
            audit.note(connection, office.clock(), who, "reinstated", terminal)
    state = State.PREAUTHORISED.value if changed else row.state
    return {"terminal": terminal, "state": state, "changed": changed}


def decommission(
    office: Office, who: str, terminal: str, *, without_proof: bool = False
) -> Said | No:
    """Take a terminal out for good. It wipes itself, proves it, and only then is revoked.

    `without_proof`: it cannot any more, or never enrolled; revoked at once.
    """
    now = office.clock()
    with writing(office.engine) as connection:
        row = known(connection, terminal)
        if isinstance(row, No):
            return row
        at_once = without_proof or row.state in (State.PREAUTHORISED, State.REVOKED)
        state = State.DECOMMISSIONED if at_once else State.DECOMMISSIONING
        changed = row.state not in (state, State.DECOMMISSIONED)
        if changed and at_once:
            readiness.retire(connection, office, terminal, now, who)
        elif changed:
            _set(connection, terminal, state=state, allow_once=0)
            tokens.withdraw(connection, now, terminal_id=terminal)
            audit.note(connection, now, who, "decommissioning", terminal)
    revocation.write_lists(office)
    said = state.value if changed else row.state
    return {"terminal": terminal, "state": said, "changed": changed}


def _revoke_all(
    connection: Connection, office: Office, who: str, terminal: str, reason: RevocationReason
) -> list[str]:
    query = select(certificates.c.serial).where(
        certificates.c.terminal_id == terminal, certificates.c.revoked_at.is_(None)
    )
    serials = connection.execute(query).scalars().all()
    return revocation.revoke(connection, office, serials, reason, office.clock(), who)


def _set(connection: Connection, terminal: str, **values: str | int | None) -> None:
    connection.execute(
        update(terminals).where(terminals.c.terminal_id == terminal).values(**values)
    )
