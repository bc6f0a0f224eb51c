"""What the back office does, one plain function each: the command line only asks and prints.

Each can be repeated without harm and returns plain data with `changed`, or a `No` that names the
remedy. `who` stands in the audit for the person at the desk. Files that cannot be written raise
`OSError`, a database that is busy `sqlalchemy.exc.OperationalError`; nothing is half done then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, insert, select, update

from provisioning.configuration.signed import Unusable
from provisioning.office import audit, configurations, inventory, readiness, revocation, tokens
from provisioning.office.database import writing
from provisioning.office.office import Office
from provisioning.office.schema import (
    ALIVE,
    State,
    certificates,
    sites,
    technicians,
    terminals,
    to_text,
)
from provisioning.pki.authority import RevocationReason
from provisioning.pki.profiles import is_terminal_id
from provisioning.wire import ExpectedDevice

Said = dict[str, Any]


@dataclass(frozen=True, slots=True)
class No:
    """Not done, and nothing changed. `reason` is for programs, `remedy` for people."""

    reason: str
    remedy: str


_NO_TERMINAL = No("terminal-unknown", "check the id, or add the terminal first")
_GONE = No("terminal-gone", "the terminal is revoked or decommissioned; reinstate it first")


def put_site(
    office: Office, who: str, site: str, name_zh: str, name_en: str, gateway: str, broker: str
) -> Said | No:
    """Add a site, or change its names and addresses (URLs)."""
    if not inventory.is_id(site):
        return No("site-id", "a site's id has letters, digits and dashes, at most 32")
    if not all(inventory.is_text(text) for text in (name_zh, name_en, gateway, broker)):
        return No("site-text", "names and addresses are single lines of at most 120 characters")
    values = {"name_zh": name_zh, "name_en": name_en, "gateway": gateway, "broker": broker}
    with writing(office.engine) as connection:
        row = inventory.site_of(connection, site)
        if row is None:
            connection.execute(insert(sites), {"site_id": site, **values})
        elif {name: row._mapping[name] for name in values} == values:
            return {"site": site, "changed": False}
        else:
            connection.execute(update(sites).where(sites.c.site_id == site).values(**values))
        audit.note(connection, office.clock(), who, "put site", site, name=name_en)
    return {"site": site, "changed": True}


def add_terminal(
    office: Office, who: str, terminal: str, serial_number: str, model: str, site: str
) -> Said | No:
    """Put a terminal into the inventory: its board may enrol, with a token."""
    if not is_terminal_id(terminal):
        return No("terminal-id", "an id has capitals, digits and single dashes, at most 64")
    if not inventory.is_serial_number(serial_number) or not inventory.is_text(model):
        return No("board", "check the board's serial number and the model")
    wanted = (serial_number, model, site)
    with writing(office.engine) as connection:
        row = inventory.terminal_of(connection, terminal)
        if row is not None and (row.serial_number, row.model, row.site_id) == wanted:
            return {"terminal": terminal, "state": row.state, "changed": False}
        if row is not None:
            return No("terminal-taken", "to change a terminal: move it, or replace its board")
        if inventory.terminal_of_board(connection, serial_number) is not None:
            return No("board-taken", "another terminal has this board: check the serial number")
        if inventory.site_of(connection, site) is None:
            return No("site-unknown", "add the site first")
        values = {
            "terminal_id": terminal,
            "serial_number": serial_number,
            "model": model,
            "site_id": site,
            "state": State.PREAUTHORISED,
            "allow_once": 0,
        }
        connection.execute(insert(terminals), values)
        now = office.clock()
        audit.note(connection, now, who, "added terminal", terminal, board=serial_number, site=site)
    return {"terminal": terminal, "state": State.PREAUTHORISED.value, "changed": True}


def expect_devices(
    office: Office, who: str, terminal: str, devices: Sequence[ExpectedDevice]
) -> Said | No:
    """Say which devices a terminal is to have; replaces what was said before."""
    texts = [(each.kind, each.model, each.serial_number) for each in devices]
    fine = all(inventory.is_text(text) for three in texts for text in three if text)
    if len(devices) > inventory.DEVICES_MAX or not fine or not all(kind for kind, *_ in texts):
        return No("devices", "at most 32 devices, each with its kind, in short texts")
    with writing(office.engine) as connection:
        if inventory.terminal_of(connection, terminal) is None:
            return _NO_TERMINAL
        changed = inventory.devices_of(connection, terminal) != tuple(devices)
        if changed:
            inventory.put_devices(connection, terminal, devices)
            kinds = " ".join(each.kind for each in devices)
            audit.note(connection, office.clock(), who, "expects devices", terminal, kinds=kinds)
    return {"terminal": terminal, "devices": len(devices), "changed": changed}


def put_technician(office: Office, who: str, technician: str, *, active: bool = True) -> Said | No:
    """Add a technician, or let one go: then their unused tokens are withdrawn."""
    if not inventory.is_id(technician):
        return No("technician-id", "a technician's id has letters, digits and dashes, at most 32")
    now = office.clock()
    with writing(office.engine) as connection:
        row = inventory.technician_of(connection, technician)
        if row is not None and bool(row.active) == active:
            return {"technician": technician, "active": active, "changed": False}
        if row is None:
            values = {"technician_id": technician, "active": active}
            connection.execute(insert(technicians), values)
        else:
            same = technicians.c.technician_id == technician
            connection.execute(update(technicians).where(same).values(active=active))
        if not active:
            tokens.withdraw(connection, now, technician_id=technician)
        audit.note(connection, now, who, "put technician", technician, active=active)
    return {"technician": technician, "active": active, "changed": True}


def make_token(
    office: Office, who: str, terminal: str, technician: str, life: timedelta = tokens.LIFE
) -> Said | No:
    """A one-use token for a terminal's board; `token` is shown once and kept nowhere.

    Those made for the terminal before and not used are withdrawn, so that repeating does no harm.
    """
    if not timedelta(minutes=1) <= life <= tokens.LIFE:
        return No("life", "a token lives 1 to 15 minutes")
    now = office.clock()
    with writing(office.engine) as connection:
        row = inventory.terminal_of(connection, terminal)
        if row is None:
            return _NO_TERMINAL
        if row.state not in ALIVE:
            return _GONE
        person = inventory.technician_of(connection, technician)
        if person is None or not person.active:
            return No("technician-unknown", "add the technician first, or choose an active one")
        withdrawn = tokens.withdraw(connection, now, terminal_id=terminal)
        text = tokens.mint(connection, row, technician, now, life)
        until = to_text(now + life)
        audit.note(connection, now, who, "made token", terminal, technician=technician, until=until)
    return {
        "token": text,
        "terminal": terminal,
        "serial_number": row.serial_number,
        "site": row.site_id,
        "technician": technician,
        "expires_at": until,
        "withdrawn": withdrawn,
        "changed": True,
    }


def withdraw_tokens(office: Office, who: str, terminal: str) -> Said | No:
    """Withdraw a terminal's unused tokens."""
    now = office.clock()
    with writing(office.engine) as connection:
        if inventory.terminal_of(connection, terminal) is None:
            return _NO_TERMINAL
        withdrawn = tokens.withdraw(connection, now, terminal_id=terminal)
        if withdrawn:
            audit.note(connection, now, who, "withdrew tokens", terminal, tokens=withdrawn)
    return {"terminal": terminal, "withdrawn": withdrawn, "changed": withdrawn > 0}


def allow_once(office: Office, who: str, terminal: str) -> Said | No:
    """Let a terminal renew a certificate that ended longer ago than the grace, one time."""
    with writing(office.engine) as connection:
        row = inventory.terminal_of(connection, terminal)
        if row is None:
            return _NO_TERMINAL
        if row.state not in ALIVE:
            return _GONE
        if not row.allow_once:
            _set(connection, terminal, allow_once=1)
            audit.note(connection, office.clock(), who, "allowed once", terminal)
    return {"terminal": terminal, "changed": not row.allow_once}


def move_terminal(office: Office, who: str, terminal: str, site: str) -> Said | No:
    """A terminal goes to another site: it is to be signed off there anew."""
    now = office.clock()
    with writing(office.engine) as connection:
        row = inventory.terminal_of(connection, terminal)
        if row is None:
            return _NO_TERMINAL
        if row.state not in ALIVE:
            return _GONE
        if inventory.site_of(connection, site) is None:
            return No("site-unknown", "add the site first")
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
        row = inventory.terminal_of(connection, terminal)
        if row is None:
            return _NO_TERMINAL
        if row.serial_number == serial_number:
            return {"terminal": terminal, "serial_number": serial_number, "changed": False}
        if row.state not in ALIVE:
            return _GONE
        if inventory.terminal_of_board(connection, serial_number) is not None:
            return No("board-taken", "another terminal has this board: check the serial number")
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
        row = inventory.terminal_of(connection, terminal)
        if row is None:
            return _NO_TERMINAL
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
        row = inventory.terminal_of(connection, terminal)
        if row is None:
            return _NO_TERMINAL
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
        row = inventory.terminal_of(connection, terminal)
        if row is None:
            return _NO_TERMINAL
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


def believe_configuration_key(office: Office, who: str, key: Ed25519PublicKey) -> Said:
    """Believe a key that signs configurations; terminals learn of it with their assignment."""
    changed = configurations.add_key(office, key)
    name = key.public_bytes_raw().hex()[:16]
    if changed:
        with writing(office.engine) as connection:
            audit.note(connection, office.clock(), who, "believes configuration key", name)
    return {"key": name, "changed": changed}


def assign_configuration(office: Office, who: str, terminal: str, file: bytes) -> Said | No:
    """Assign a signed configuration, as bytes, to the terminal that it names."""
    with writing(office.engine) as connection:
        row = inventory.terminal_of(connection, terminal)
        if row is None:
            return _NO_TERMINAL
        if row.state not in ALIVE:
            return _GONE
        try:
            version = configurations.assign(connection, office, terminal, file, office.clock(), who)
        except Unusable as error:
            return No(f"configuration-{error.flaw}", error.remedy)
        assigned = configurations.newest(connection, terminal)
    assert assigned is not None
    return {"terminal": terminal, "version": assigned.version, "changed": version is not None}


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
