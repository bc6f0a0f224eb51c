"""Who is at the other end of the line: the certificate that a terminal showed, held against the books."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import Connection, Row, select

from provisioning.office.office import Office
from provisioning.office.schema import State, certificates, terminals
from provisioning.pki.profiles import Kind, terminal_name
from provisioning.pki.trust import Trust, judge, read_certificate
from provisioning.wire import Reason

_REASONS = {
    Trust.MALFORMED: Reason.CERTIFICATE_UNTRUSTED,
    Trust.UNTRUSTED: Reason.CERTIFICATE_UNTRUSTED,
    Trust.WRONG_KIND: Reason.CERTIFICATE_WRONG_KIND,
    Trust.NOT_YET_VALID: Reason.CERTIFICATE_NOT_YET_VALID,
}


@dataclass(frozen=True, slots=True)
class Peer:
    """A terminal that has proven which one it is. `terminal` and `row` are its rows."""

    terminal: Row[Any]
    row: Row[Any]
    leaf: x509.Certificate
    expired: bool


def peer(
    connection: Connection, office: Office, shown: bytes | None, now: datetime
) -> Peer | Reason:
    """Judge a certificate (DER) whose key the TLS handshake has proven.

    Revocation is the books' word, which is newer than any list. One that expired is no refusal
    here: that depends on what the terminal wants.
    """
    if shown is None:
        return Reason.CERTIFICATE_MISSING
    leaf = read_certificate(shown)
    if leaf is None:
        return Reason.CERTIFICATE_UNTRUSTED
    issuers = [each.certificate for each in office.issuers]
    trust = judge(leaf, issuers, [office.root], Kind.TERMINALS, now).trust
    if trust in _REASONS:
        return _REASONS[trust]
    query = select(certificates).where(certificates.c.serial == serial_of(leaf))
    row = connection.execute(query).first()
    name = terminal_name(leaf)
    if row is None or name is None or row.der != leaf.public_bytes(Encoding.DER):
        return Reason.CERTIFICATE_UNKNOWN
    if (name.bank, name.terminal) != (office.settings.bank, row.terminal_id):
        return Reason.CERTIFICATE_UNKNOWN
    owner = select(terminals).where(terminals.c.terminal_id == row.terminal_id)
    terminal = connection.execute(owner).one()
    if terminal.state == State.REVOKED:
        return Reason.TERMINAL_REVOKED
    if terminal.state == State.DECOMMISSIONED:
        return Reason.TERMINAL_DECOMMISSIONED
    if row.revoked_at is not None:
        return Reason.CERTIFICATE_REVOKED
    return Peer(terminal, row, leaf, trust is Trust.EXPIRED)


def present_peer(
    connection: Connection, office: Office, shown: bytes | None, now: datetime
) -> Peer | Reason:
    """As `peer`, and one that expired is refused."""
    found = peer(connection, office, shown, now)
    if isinstance(found, Peer) and found.expired:
        return Reason.CERTIFICATE_EXPIRED
    return found


def serial_of(certificate: x509.Certificate) -> str:
    """A serial number as the books have it."""
    return f"{certificate.serial_number:x}"
