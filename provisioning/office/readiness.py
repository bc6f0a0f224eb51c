"""Readiness reports: whose they are, what changed since the last one, and what follows for service."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import Connection, Row, insert, select, update

from provisioning import wire
from provisioning.office import audit, configurations, revocation, tokens
from provisioning.office.assigning import see
from provisioning.office.database import writing
from provisioning.office.enrolment import note_refusal
from provisioning.office.inventory import devices_of, technician_of
from provisioning.office.office import Office
from provisioning.office.peers import Peer, present_peer
from provisioning.office.schema import State, certificates, reports, terminals, to_text
from provisioning.pki.authority import RevocationReason
from provisioning.readiness.report import holds_back, required_checks
from provisioning.wire import (
    ExpectedDevice,
    Finding,
    FoundDevice,
    Outcome,
    ReadinessReport,
    Reason,
    ReportTaken,
    SignedReport,
    WipeReport,
)

_AHEAD_MAX = timedelta(hours=1)  # a terminal's clock may be ahead of ours by so much
_READINESS, _WIPED = "readiness", "wiped"


def take_report(office: Office, shown: bytes | None, body: bytes) -> ReportTaken | Reason:
    """Take a readiness report from the terminal that showed `shown` (DER).

    The terminal is in service from a report on that has nothing wrong, until one that has. The
    same report again gets the same answer.
    """
    return _take(office, shown, body, _READINESS)


def take_wiped(office: Office, shown: bytes | None, body: bytes) -> ReportTaken | Reason:
    """Take the proof that a terminal which is being decommissioned wiped itself: its last word.

    Its certificates are revoked with it; asked again it hears `TERMINAL_DECOMMISSIONED`, which
    says as much.
    """
    return _take(office, shown, body, _WIPED)


def wrong_checks(report: ReadinessReport) -> set[str]:
    """The checks of a report that somebody must look at."""
    return {each.check for each in report.findings if each.outcome is not Outcome.PASSED}


def _take(office: Office, shown: bytes | None, body: bytes, form: str) -> ReportTaken | Reason:
    now = office.clock()
    with writing(office.engine) as connection:
        found = present_peer(connection, office, shown, now)
        if isinstance(found, Reason):
            note_refusal(connection, office, now, "unknown terminal", form, found)
            return found
        replaced = see(connection, office, found, now)
        said = _checked(connection, office, found, body, form, now)
        if isinstance(said, Reason):
            note_refusal(connection, office, now, found.terminal.terminal_id, form, said)
    if replaced or form == _WIPED:
        revocation.write_lists(office)
    return said


def _checked(
    connection: Connection, office: Office, found: Peer, body: bytes, form: str, now: datetime
) -> ReportTaken | Reason:
    read: Callable[[bytes], ReadinessReport | WipeReport] = (
        wire.read_report if form == _READINESS else wire.read_wipe_report
    )
    try:
        signed = msgspec.json.decode(body, type=SignedReport)
        report = read(signed.report)
        made_at = datetime.fromisoformat(report.made_at)
    except (msgspec.MsgspecError, ValueError):
        return Reason.REPORT_MALFORMED
    if made_at.tzinfo is None:
        return Reason.REPORT_MALFORMED
    if not _is_signed(found, signed):
        return Reason.REPORT_UNSIGNED
    if report.terminal != found.terminal.terminal_id:
        return Reason.REPORT_OTHER_TERMINAL
    own = reports.c.terminal_id == found.terminal.terminal_id
    query = select(reports).where(own, reports.c.form == form).order_by(reports.c.number.desc())
    last = connection.execute(query.limit(1)).first()
    if last is not None and last.report == signed.report:
        return msgspec.json.decode(last.answer, type=ReportTaken)
    if last is not None and made_at < datetime.fromisoformat(last.made_at):
        return Reason.REPORT_OLDER
    if made_at > now + _AHEAD_MAX:
        return Reason.REPORT_CLOCK
    if isinstance(report, WipeReport):
        return _wiped(connection, office, found, report, signed, now)
    return _ready(connection, office, found, report, signed, last, now)


def _ready(
    connection: Connection,
    office: Office,
    found: Peer,
    report: ReadinessReport,
    signed: SignedReport,
    last: Row[Any] | None,
    now: datetime,
) -> ReportTaken | Reason:
    terminal_id = found.terminal.terminal_id
    wrong = wrong_checks(report)
    before = set() if last is None else wrong_checks(wire.read_report(last.report))
    because = _because(connection, found.terminal, report)
    if found.terminal.state == State.DECOMMISSIONING:
        because = ("it is being decommissioned", *because)
    answer = ReportTaken(
        number=_next_number(connection),
        new=tuple(sorted(wrong - before)),
        gone=tuple(sorted(before - wrong)),
        in_service=not because,
        because=because,
    )
    _keep(connection, found, _READINESS, report.made_at, signed, answer, now)
    if found.terminal.state != State.DECOMMISSIONING:
        values: dict[str, str] = {"state": State.ENROLLED if because else State.IN_SERVICE}
        if not because and found.terminal.signed_off_by is None:
            values["signed_off_by"] = report.technician
        same = terminals.c.terminal_id == terminal_id
        connection.execute(update(terminals).where(same).values(**values))
    who = f"terminal {terminal_id}"
    audit.note(
        connection,
        now,
        who,
        "reported",
        terminal_id,
        number=answer.number,
        in_service=answer.in_service,
        technician=report.technician if technician_of(connection, report.technician) else "",
    )
    return answer


def _because(
    connection: Connection, terminal: Row[Any], report: ReadinessReport
) -> tuple[str, ...]:
    """What keeps the terminal out of service, in plain words; nothing: it may serve."""
    required = required_checks(devices_of(connection, terminal.terminal_id))
    failed = [each for each in report.findings if holds_back(each, required)]
    because = [f"{each.check}: {_words(each)}" for each in failed]
    if not report.passed and not failed:
        because.append("the terminal says that it has not passed")
    assigned = configurations.newest(connection, terminal.terminal_id)
    if assigned is None:
        because.append("it has no configuration yet")
    elif report.configuration_version != assigned.version:
        because.append(f"it works with another configuration than version {assigned.version}")
    for device in devices_of(connection, terminal.terminal_id):
        if device.required and not any(_is(device, each) for each in report.devices):
            because.append(f"{device.kind}: the one in the inventory was not found")
    technician = technician_of(connection, report.technician)
    if terminal.signed_off_by is None and not (technician and technician.active):
        because.append("no technician of this office signed it off")
    if report.witness and not _may_witness(connection, report):
        because.append("the second person is no other technician of this office")
    return tuple(because)


def _may_witness(connection: Connection, report: ReadinessReport) -> bool:
    """Whether the second person is an active one, and another than the first."""
    witness = technician_of(connection, report.witness)
    return witness is not None and bool(witness.active) and report.witness != report.technician


def _wiped(
    connection: Connection,
    office: Office,
    found: Peer,
    report: WipeReport,
    signed: SignedReport,
    now: datetime,
) -> ReportTaken | Reason:
    terminal_id = found.terminal.terminal_id
    if found.terminal.state != State.DECOMMISSIONING:
        return Reason.WIPE_NOT_ASKED
    answer = ReportTaken(_next_number(connection), (), (), in_service=False)
    _keep(connection, found, _WIPED, report.made_at, signed, answer, now)
    who = f"terminal {terminal_id}"
    audit.note(connection, now, who, "proved that it is wiped", terminal_id, number=answer.number)
    retire(connection, office, terminal_id, now, who)
    return answer


def retire(
    connection: Connection, office: Office, terminal_id: str, now: datetime, who: str
) -> None:
    """Decommission for good: its certificates revoked, its tokens withdrawn."""
    same = terminals.c.terminal_id == terminal_id
    values = {"state": State.DECOMMISSIONED, "allow_once": 0}
    connection.execute(update(terminals).where(same).values(**values))
    tokens.withdraw(connection, now, terminal_id=terminal_id)
    audit.note(connection, now, who, "decommissioned", terminal_id)
    own = select(certificates.c.serial).where(certificates.c.terminal_id == terminal_id)
    serials = connection.execute(own).scalars().all()
    reason = RevocationReason.DECOMMISSIONED
    revocation.revoke(connection, office, serials, reason, now, who)


def _keep(
    connection: Connection,
    found: Peer,
    form: str,
    made_at: str,
    signed: SignedReport,
    answer: ReportTaken,
    now: datetime,
) -> None:
    row = {
        "number": answer.number,
        "terminal_id": found.terminal.terminal_id,
        "form": form,
        "made_at": made_at,
        "taken_at": to_text(now),
        "serial": found.row.serial,
        "report": signed.report,
        "signature": signed.signature,
        "answer": msgspec.json.encode(answer),
    }
    connection.execute(insert(reports), row)


def _next_number(connection: Connection) -> int:
    last = select(reports.c.number).order_by(reports.c.number.desc()).limit(1)
    return (connection.execute(last).scalar() or 0) + 1


def _is_signed(found: Peer, signed: SignedReport) -> bool:
    key = found.leaf.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey), "we issue for no other key"
    try:
        key.verify(signed.signature, signed.report, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def _is(expected: ExpectedDevice, device: FoundDevice) -> bool:
    return (
        device.kind == expected.kind
        and expected.model in ("", device.model)
        and expected.serial_number in ("", device.serial_number)
    )


def _words(finding: Finding) -> str:
    return finding.said or finding.outcome.value.replace("_", " ")
