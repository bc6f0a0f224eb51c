"""Certificates for terminals: the first against a token, the next against the one before.

Names come from the inventory. What was decided is on the disk before it is answered, and the same
question gets the same certificate again: an answer that was lost on the way loses nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import Connection, Row, func, insert, or_, select, update

from provisioning.office import audit, tokens
from provisioning.office.database import writing
from provisioning.office.office import Office
from provisioning.office.peers import Peer, peer, serial_of
from provisioning.office.schema import State, certificates, from_text, terminals, to_text
from provisioning.pki.authority import IssueFault, RevocationReason
from provisioning.pki.profiles import Kind, TerminalName, terminal_profile
from provisioning.pki.requests import Request, RequestFault, key_hash, read_request
from provisioning.token_text import TokenFault, read_token
from provisioning.wire import Reason

PER_DAY_MAX = 20
_DAY = timedelta(days=1)
_FAULTS = {
    RequestFault.MALFORMED: Reason.REQUEST_MALFORMED,
    RequestFault.UNPROVEN: Reason.REQUEST_UNPROVEN,
    RequestFault.KEY: Reason.REQUEST_KEY,
}
_GONE = {
    State.REVOKED: Reason.TERMINAL_REVOKED,
    State.DECOMMISSIONING: Reason.TERMINAL_DECOMMISSIONED,
    State.DECOMMISSIONED: Reason.TERMINAL_DECOMMISSIONED,
}


@dataclass(frozen=True, slots=True)
class Issued:
    """A terminal's certificate and the authority above it."""

    leaf: x509.Certificate
    issuer: x509.Certificate


def enrol(office: Office, serial_number: str, token: str, body: bytes) -> Issued | Reason:
    """The certificate of a request (base 64 PKCS #10) that comes with a board's token."""
    now = office.clock()
    secret, request = read_token(token), read_request(body)
    with writing(office.engine) as connection:
        board = terminals.c.serial_number == serial_number
        terminal = connection.execute(select(terminals).where(board)).first()
        said: Issued | Reason
        if isinstance(secret, TokenFault):
            said = Reason.TOKEN_MISTYPED
        elif isinstance(request, RequestFault):
            said = _FAULTS[request]
        else:
            said = _by_token(connection, office, serial_number, terminal, secret, request, now)
        if isinstance(said, Reason):
            # The text in the place of a serial number may be anything, a token even.
            named = "unknown board" if terminal is None else terminal.terminal_id
            note_refusal(connection, office, now, named, "enrol", said)
        return said


def enrol_again(office: Office, shown: bytes | None, body: bytes) -> Issued | Reason:
    """The next certificate of the terminal that showed `shown` (DER)."""
    now = office.clock()
    request = read_request(body)
    with writing(office.engine) as connection:
        found = peer(connection, office, shown, now)
        said: Issued | Reason
        if isinstance(found, Reason):
            said = found
        elif isinstance(request, RequestFault):
            said = _FAULTS[request]
        else:
            said = _by_certificate(connection, office, found, request, now)
        if isinstance(said, Reason):
            named = found.terminal.terminal_id if isinstance(found, Peer) else "unknown terminal"
            note_refusal(connection, office, now, named, "enrol again", said)
        return said


def note_refusal(
    connection: Connection, office: Office, now: datetime, named: str, wanted: str, reason: Reason
) -> None:
    """Put a refusal into the audit, unless there were too many just now."""
    missed = office.refusals.lets(now)
    if missed is not None:
        detail: dict[str, str | int] = {"wanted": wanted, "reason": reason.value}
        if missed:
            detail["not_noted"] = missed
        audit.note(connection, now, audit.OFFICE, "refused", named, **detail)


def _by_token(
    connection: Connection,
    office: Office,
    serial_number: str,
    terminal: Row[Any] | None,
    secret: bytes,
    request: Request,
    now: datetime,
) -> Issued | Reason:
    token = tokens.find(connection, secret)
    if token is None:
        return Reason.TOKEN_UNKNOWN
    if terminal is None or token.terminal_id != terminal.terminal_id:
        return Reason.TOKEN_FOREIGN
    if token.used_at is not None:
        return _used(connection, office, token, terminal, serial_number, request, now)
    fault = tokens.fault(token, terminal, serial_number, now) or _GONE.get(terminal.state)
    if fault is not None:
        return fault
    who = f"technician {token.technician_id}"
    issued = _issue(connection, office, terminal, request, now, who, by_token=True)
    if isinstance(issued, Issued):
        tokens.use(connection, token, serial_of(issued.leaf), now)
    return issued


def _used(
    connection: Connection,
    office: Office,
    token: Row[Any],
    terminal: Row[Any],
    serial_number: str,
    request: Request,
    now: datetime,
) -> Issued | Reason:
    """The same key asks again: its answer was lost. Any other key comes too late."""
    query = select(certificates).where(certificates.c.serial == token.serial)
    row = connection.execute(query).one()
    if row.key_hash != key_hash(request.public_key):
        return Reason.TOKEN_USED
    fault = tokens.fault(token, terminal, serial_number, now) or _GONE.get(terminal.state)
    if fault is not None:
        return fault
    return Reason.CERTIFICATE_REVOKED if row.revoked_at is not None else _as_issued(office, row)


def _by_certificate(
    connection: Connection, office: Office, found: Peer, request: Request, now: datetime
) -> Issued | Reason:
    terminal = found.terminal
    if terminal.state == State.DECOMMISSIONING:
        return Reason.TERMINAL_DECOMMISSIONED
    later = (
        select(certificates)
        .where(
            certificates.c.terminal_id == terminal.terminal_id,
            certificates.c.key_hash == key_hash(request.public_key),
            certificates.c.number > found.row.number,
            certificates.c.revoked_at.is_(None),
            certificates.c.not_after > to_text(now),
        )
        .order_by(certificates.c.number.desc())
    )
    before = connection.execute(later).first()
    if before is not None:
        return _as_issued(office, before)
    allowed = False
    if found.expired and now > from_text(found.row.not_after) + office.settings.grace:
        if not terminal.allow_once:
            return Reason.CERTIFICATE_EXPIRED
        allowed = True
    who = f"terminal {terminal.terminal_id}"
    issued = _issue(connection, office, terminal, request, now, who, by_token=False)
    if allowed and isinstance(issued, Issued):
        same = terminals.c.terminal_id == terminal.terminal_id
        connection.execute(update(terminals).where(same).values(allow_once=0))
        audit.note(connection, now, who, "used its allowance", terminal.terminal_id)
    return issued


def _issue(
    connection: Connection,
    office: Office,
    terminal: Row[Any],
    request: Request,
    now: datetime,
    who: str,
    *,
    by_token: bool,
) -> Issued | Reason:
    terminal_id = terminal.terminal_id
    name = TerminalName(office.settings.bank, terminal_id)
    if not request.claimed <= {terminal_id, terminal.serial_number, name.uri, name.host}:
        return Reason.REQUEST_OTHER_NAME
    key = key_hash(request.public_key)
    tainted = select(certificates.c.serial).where(
        certificates.c.key_hash == key,
        or_(
            certificates.c.terminal_id != terminal_id,  # a copied disk
            certificates.c.revocation == RevocationReason.LOST,  # it was in other hands
        ),
    )
    if connection.execute(tainted.limit(1)).first() is not None:
        return Reason.REQUEST_KEY
    own = certificates.c.terminal_id == terminal_id
    since = certificates.c.issued_at > to_text(now - _DAY)
    counted = select(func.count()).select_from(certificates).where(own, since)
    if connection.execute(counted).scalar_one() >= PER_DAY_MAX:
        return Reason.TOO_MANY
    authority = office.issuer(Kind.TERMINALS)
    leaf = authority.issue(
        request.public_key, terminal_profile(office.settings.bank, terminal_id), now
    )
    if isinstance(leaf, IssueFault):
        return Reason.OFFICE_CLOCK
    newest = select(func.coalesce(func.max(certificates.c.number), 0)).where(own)
    row = {
        "serial": serial_of(leaf),
        "terminal_id": terminal_id,
        "authority": authority.name,
        "key_hash": key,
        "number": connection.execute(newest).scalar_one() + 1,
        "by_token": by_token,
        "issued_at": to_text(now),
        "not_after": to_text(leaf.not_valid_after_utc),
        "der": leaf.public_bytes(Encoding.DER),
    }
    connection.execute(insert(certificates), row)
    if by_token:  # it may be another board, or newly set up: it is to be signed off anew
        same = terminals.c.terminal_id == terminal_id
        values = {"state": State.ENROLLED, "signed_off_by": None}
        connection.execute(update(terminals).where(same).values(**values))
    did = "enrolled" if by_token else "renewed"
    until = to_text(leaf.not_valid_after_utc)
    audit.note(connection, now, who, did, terminal_id, certificate=serial_of(leaf), until=until)
    return Issued(leaf, authority.certificate)


def _as_issued(office: Office, row: Row[Any]) -> Issued:
    issuer = next(each for each in office.issuers if each.name == row.authority)
    return Issued(x509.load_der_x509_certificate(row.der), issuer.certificate)
