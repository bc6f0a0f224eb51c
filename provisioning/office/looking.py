"""What the back office can look at: terminals with their certificates, reports, the audit. Plain data."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, select

from provisioning import wire
from provisioning.office import audit, configurations, inventory
from provisioning.office.database import reading
from provisioning.office.office import Office
from provisioning.office.readiness import wrong_checks
from provisioning.office.schema import (
    certificates,
    from_text,
    reports,
    sites,
    technicians,
    terminals,
)

_REPORTS_MAX = 20


def all_sites(office: Office) -> list[dict[str, Any]]:
    """Every site."""
    with reading(office.engine) as connection:
        rows = connection.execute(select(sites).order_by(sites.c.site_id))
        return [dict(row._mapping) for row in rows]


def all_technicians(office: Office) -> list[dict[str, Any]]:
    """Every technician."""
    with reading(office.engine) as connection:
        rows = connection.execute(select(technicians).order_by(technicians.c.technician_id))
        return [{"technician": row.technician_id, "active": bool(row.active)} for row in rows]


def all_terminals(office: Office) -> list[dict[str, Any]]:
    """Every terminal, with the end of its newest certificate in sight from the first day."""
    with reading(office.engine) as connection:
        rows = connection.execute(select(terminals).order_by(terminals.c.terminal_id)).all()
        return [_terminal(connection, office, row) for row in rows]


def one_terminal(office: Office, terminal: str) -> dict[str, Any] | None:
    """A terminal with its devices, configuration, certificates and last reports; None: unknown."""
    with reading(office.engine) as connection:
        row = inventory.terminal_of(connection, terminal)
        if row is None:
            return None
        own = certificates.c.terminal_id == terminal
        made = select(certificates).where(own).order_by(certificates.c.number)
        told = (
            select(reports)
            .where(reports.c.terminal_id == terminal)
            .order_by(reports.c.number.desc())
            .limit(_REPORTS_MAX)
        )
        assigned = configurations.newest(connection, terminal)
        return {
            **_terminal(connection, office, row),
            "configuration_version": 0 if assigned is None else assigned.version,
            "devices": [
                {
                    "kind": each.kind,
                    "model": each.model,
                    "serial_number": each.serial_number,
                    "required": each.required,
                }
                for each in inventory.devices_of(connection, terminal)
            ],
            "certificates": [_certificate(each) for each in connection.execute(made)],
            "reports": [_report(each) for each in connection.execute(told)],
        }


def audit_entries(office: Office, after: int = 0, limit: int = 1_000) -> list[dict[str, Any]]:
    """Audit entries from the one after number `after` on."""
    with reading(office.engine) as connection:
        return audit.entries(connection, after, limit)


def audit_broken_at(office: Office) -> int | None:
    """The first audit entry that does not follow; None: nobody touched the audit."""
    with reading(office.engine) as connection:
        return audit.broken_at(connection)


def _terminal(connection: Connection, office: Office, row: Row[Any]) -> dict[str, Any]:
    newest = (
        select(certificates.c.not_after)
        .where(certificates.c.terminal_id == row.terminal_id, certificates.c.revoked_at.is_(None))
        .order_by(certificates.c.number.desc())
        .limit(1)
    )
    until = connection.execute(newest).scalar()
    left = None if until is None else (from_text(until) - office.clock()).days
    return {
        "terminal": row.terminal_id,
        "serial_number": row.serial_number,
        "model": row.model,
        "site": row.site_id,
        "state": row.state,
        "allow_once": bool(row.allow_once),
        "signed_off_by": row.signed_off_by,
        "certificate_until": until,
        "certificate_days_left": left,
    }


def _certificate(row: Row[Any]) -> dict[str, Any]:
    return {
        "certificate": row.serial,
        "authority": row.authority,
        "issued_at": row.issued_at,
        "until": row.not_after,
        "seen_at": row.seen_at,
        "revoked_at": row.revoked_at,
        "revocation": row.revocation,
    }


def _report(row: Row[Any]) -> dict[str, Any]:
    told = {"number": row.number, "form": row.form, "made_at": row.made_at}
    if row.form != "readiness":
        return told
    report = wire.read_report(row.report)
    return {
        **told,
        "technician": report.technician,
        "passed": report.passed,
        "configuration_version": report.configuration_version,
        "wrong": sorted(wrong_checks(report)),
    }
