"""What a terminal is told when it comes with its certificate: where it stands and what it works with."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select, update

from provisioning import wire
from provisioning.office import audit, configurations, revocation
from provisioning.office.database import writing
from provisioning.office.enrolment import note_refusal
from provisioning.office.inventory import devices_of, site_of
from provisioning.office.office import Office
from provisioning.office.peers import Peer, present_peer
from provisioning.office.schema import State, certificates, to_text
from provisioning.office.staff import secret_to_send
from provisioning.pki.authority import RevocationReason
from provisioning.wire import Assignment, Reason, SiteName


def assignment(office: Office, shown: bytes | None) -> Assignment | Reason:
    """The assignment of the terminal that showed `shown` (DER).

    That a certificate made by a token was seen is the proof that it works: those before it are
    taken back then, as the board may be another one, or its disk copied.
    """
    now = office.clock()
    with writing(office.engine) as connection:
        found = present_peer(connection, office, shown, now)
        if isinstance(found, Reason):
            note_refusal(connection, office, now, "unknown terminal", "assignment", found)
            return found
        replaced = see(connection, office, found, now)
        said = _assignment(connection, office, found, now)
    if replaced:
        revocation.write_lists(office)
    return said


def see(connection: Connection, office: Office, found: Peer, now: datetime) -> bool:
    """A certificate is used: note the first time. Whether others were revoked for it."""
    if found.row.seen_at is not None:
        return False
    terminal_id, serial = found.terminal.terminal_id, found.row.serial
    same = certificates.c.serial == serial
    connection.execute(update(certificates).where(same).values(seen_at=to_text(now)))
    audit.note(
        connection, now, f"terminal {terminal_id}", "came with", terminal_id, certificate=serial
    )
    if not found.row.by_token:
        return False
    before = select(certificates.c.serial).where(
        certificates.c.terminal_id == terminal_id,
        certificates.c.number < found.row.number,
        certificates.c.revoked_at.is_(None),
    )
    serials = connection.execute(before).scalars().all()
    reason = RevocationReason.SUPERSEDED
    return bool(revocation.revoke(connection, office, serials, reason, now, audit.OFFICE))


def _assignment(connection: Connection, office: Office, found: Peer, now: datetime) -> Assignment:
    terminal = found.terminal
    site = site_of(connection, terminal.site_id)
    assert site is not None, "a terminal stands at a site"
    assigned = configurations.newest(connection, terminal.terminal_id)
    return Assignment(
        terminal=terminal.terminal_id,
        serial_number=terminal.serial_number,
        model=terminal.model,
        bank=office.settings.bank,
        site=SiteName(site.site_id, site.name_zh, site.name_en),
        devices=devices_of(connection, terminal.terminal_id),
        gateway=site.gateway,
        broker=site.broker,
        crl=office.settings.url.rstrip("/") + wire.SERVERS_CRL_PATH,
        configuration=None if assigned is None else assigned.document,
        configuration_version=0 if assigned is None else assigned.version,
        configuration_keys=configurations.key_bytes(office.folder),
        in_service=terminal.state == State.IN_SERVICE,
        wipe=terminal.state == State.DECOMMISSIONING,
        staff_secret=secret_to_send(connection, found, now),
    )
