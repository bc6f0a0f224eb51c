"""Taking certificates back, and the lists that tell everybody else.

A list is signed in the transaction of the revocation it tells. Gateways and brokers take it from
the folder ``crl/`` or by HTTPS; it is made anew every hour and good for a day.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import Connection, delete, insert, select, update

from provisioning.office import audit, custody
from provisioning.office.database import reading, writing
from provisioning.office.office import Office
from provisioning.office.schema import certificates, crls, from_text, to_text
from provisioning.pki.authority import Authority, IssueFault, RevocationReason, Revoked
from provisioning.pki.key_files import write_whole
from provisioning.pki.profiles import Kind

REFRESH = timedelta(hours=1)
_LISTED_AFTER_END = timedelta(days=30)  # clocks elsewhere are behind; ours knows by its books
_NAME = re.compile(r"[a-z]{1,16}(?:-[0-9]{1,4})?")
_FOLDER = "crl"


def revoke(
    connection: Connection,
    office: Office,
    serials: Iterable[str],
    reason: RevocationReason,
    now: datetime,
    who: str,
) -> list[str]:
    """Take certificates back; which of them were still good. `write_lists` when this is on the disk."""
    taken = []
    for serial in serials:
        row = certificates.c.serial == serial
        query = update(certificates).where(row, certificates.c.revoked_at.is_(None))
        done = connection.execute(query.values(revoked_at=to_text(now), revocation=reason))
        if done.rowcount:
            taken.append(serial)
            owner = connection.execute(select(certificates.c.terminal_id).where(row)).scalar_one()
            detail = {"certificate": serial, "reason": reason.value}
            audit.note(connection, now, who, "revoked certificate", owner, **detail)
    if taken:
        sign_lists(connection, office, now)
    return taken


def sign_lists(connection: Connection, office: Office, now: datetime) -> None:
    """Sign the list of each authority anew. One that is not in its life now keeps its last list."""
    for authority in office.issuers:
        last = connection.execute(
            select(crls.c.number).where(crls.c.authority == authority.name)
        ).scalar()
        crl = authority.crl(_revoked(connection, authority, now), (last or 0) + 1, now)
        if isinstance(crl, IssueFault):
            continue
        connection.execute(delete(crls).where(crls.c.authority == authority.name))
        row = {
            "authority": authority.name,
            "number": (last or 0) + 1,
            "made_at": to_text(now),
            "der": crl.public_bytes(Encoding.DER),
        }
        connection.execute(insert(crls), row)


def refresh(office: Office) -> bool:
    """Sign the lists anew if they are an hour old, and write the files. Whether they were signed."""
    now = office.clock()
    with writing(office.engine) as connection:
        fresh = _is_fresh(connection, office, now)
        if not fresh:
            sign_lists(connection, office, now)
    write_lists(office)
    return not fresh


def current_list(office: Office, name: str) -> bytes | None:
    """The list ``terminals`` (of the authority that issues now), ``terminals-1`` or ``root``, DER."""
    if _NAME.fullmatch(name) is None:
        return None
    if name == custody.ROOT:
        return custody.root_crl(office.folder)
    now = office.clock()
    with reading(office.engine) as connection:
        fresh = _is_fresh(connection, office, now)
    if not fresh:
        refresh(office)
    with reading(office.engine) as connection:
        full = office.issuer(Kind(name)).name if name in set(Kind) else name
        query = select(crls.c.der).where(crls.c.authority == full)
        return connection.execute(query).scalar()


def write_lists(office: Office) -> None:
    """Put the lists into ``crl/``: DER for each, and all in PEM as a server's `crl-file` wants them.

    Under the write lock, so that no process puts an older list over a newer one. Raises `OSError`.
    """
    folder = office.folder / _FOLDER
    folder.mkdir(exist_ok=True)
    with writing(office.engine) as connection:
        query = select(crls.c.authority, crls.c.der).order_by(crls.c.authority)
        rows = [(row.authority, row.der) for row in connection.execute(query)]
        root = custody.root_crl(office.folder)
        for name, der in [*rows, (custody.ROOT, root)]:
            _write_changed(folder / f"{name}.crl", der)
            for kind in Kind:
                if name == office.issuer(kind).name:
                    _write_changed(folder / f"{kind}.crl", der)
        _write_changed(folder / "all.pem", b"".join(_pem(der) for _, der in rows) + _pem(root))


def _is_fresh(connection: Connection, office: Office, now: datetime) -> bool:
    rows = connection.execute(select(crls.c.authority, crls.c.made_at))
    made = {row.authority: from_text(row.made_at) for row in rows}
    return all(
        each.name in made and made[each.name] <= now < made[each.name] + REFRESH
        for each in office.issuers
        if each.fault(now) is None
    )


def _revoked(connection: Connection, authority: Authority, now: datetime) -> list[Revoked]:
    query = select(
        certificates.c.serial, certificates.c.revoked_at, certificates.c.revocation
    ).where(
        certificates.c.authority == authority.name,
        certificates.c.revoked_at.is_not(None),
        certificates.c.not_after > to_text(now - _LISTED_AFTER_END),
    )
    return [
        Revoked(int(row.serial, 16), from_text(row.revoked_at), RevocationReason(row.revocation))
        for row in connection.execute(query)
    ]


def _pem(der: bytes) -> bytes:
    return x509.load_der_x509_crl(der).public_bytes(Encoding.PEM)


def _write_changed(path: Path, content: bytes) -> None:
    if not path.exists() or path.read_bytes() != content:
        write_whole(path, content)
