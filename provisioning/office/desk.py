"""What the back office does, one plain function each: the command line only asks and prints.

Each can be repeated without harm and returns plain data with `changed`, or a `No` that names the
remedy. `who` stands in the audit for the person at the desk. Files that cannot be written raise
`OSError`, a database that is busy `sqlalchemy.exc.OperationalError`; nothing is half done then.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import insert, update

from provisioning.configuration.signed import Unusable
from provisioning.office import audit, configurations, inventory, tokens
from provisioning.office.answers import BOARD_TAKEN, NO_SITE, No, Said, known, living
from provisioning.office.database import writing
from provisioning.office.lifecycle import (
    allow_once,
    decommission,
    move_terminal,
    reinstate,
    replace_board,
    revoke,
)
from provisioning.office.office import Office
from provisioning.office.schema import State, sites, technicians, terminals, to_text
from provisioning.pki.profiles import is_terminal_id
from provisioning.wire import ExpectedDevice

__all__ = [
    "No",
    "Said",
    "add_terminal",
    "allow_once",
    "assign_configuration",
    "believe_configuration_key",
    "decommission",
    "expect_devices",
    "make_token",
    "move_terminal",
    "put_site",
    "put_technician",
    "reinstate",
    "replace_board",
    "revoke",
    "withdraw_tokens",
]


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
            return BOARD_TAKEN
        if inventory.site_of(connection, site) is None:
            return NO_SITE
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
        if isinstance(row := known(connection, terminal), No):
            return row
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
        row = living(connection, terminal)
        if isinstance(row, No):
            return row
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
        if isinstance(row := known(connection, terminal), No):
            return row
        withdrawn = tokens.withdraw(connection, now, terminal_id=terminal)
        if withdrawn:
            audit.note(connection, now, who, "withdrew tokens", terminal, tokens=withdrawn)
    return {"terminal": terminal, "withdrawn": withdrawn, "changed": withdrawn > 0}


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
        row = living(connection, terminal)
        if isinstance(row, No):
            return row
        try:
            version = configurations.assign(connection, office, terminal, file, office.clock(), who)
        except Unusable as error:
            return No(f"configuration-{error.flaw}", error.remedy)
        assigned = configurations.newest(connection, terminal)
    assert assigned is not None
    return {"terminal": terminal, "version": assigned.version, "changed": version is not None}
