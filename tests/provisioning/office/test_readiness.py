"""Readiness reports: signed by the terminal, compared with the last one, and what they open."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from provisioning import wire
from provisioning.configuration.signed import Document, sign_configuration
from provisioning.office import desk
from provisioning.office.looking import one_terminal
from provisioning.office.office import Office
from provisioning.wire import Finding, FoundDevice, Outcome, ReadinessReport, Reason
from tests.provisioning.configurations import VALUES
from tests.provisioning.office.board import (
    NOW,
    SITE,
    TECHNICIAN,
    TERMINAL,
    WHO,
    Board,
    Clock,
    new_key,
    signed,
    token,
)

PRINTER = FoundDevice("receipt_printer", "RP-80", "P-1", "1.2")
SIGNER = Ed25519PrivateKey.generate()


def configuration(version: int = 1, terminal: str = TERMINAL) -> bytes:
    until = NOW + timedelta(days=365)
    return sign_configuration(Document(terminal, version, NOW, until, VALUES), SIGNER)


@pytest.fixture
def ready(office: Office, board: Board) -> Board:
    """Enrolled, with a configuration and one device expected."""
    assert board.enrols(token(office)) is None
    desk.believe_configuration_key(office, WHO, SIGNER.public_key())
    said = desk.assign_configuration(office, WHO, TERMINAL, configuration())
    assert said == {"terminal": TERMINAL, "version": 1, "changed": True}
    desk.expect_devices(office, WHO, TERMINAL, [wire.ExpectedDevice("receipt_printer", "RP-80")])
    return board


def report(clock: Clock, *wrong: str, **changed: object) -> ReadinessReport:
    findings = tuple(Finding(check, Outcome.FAILED, "does not answer") for check in wrong)
    clock.passes(minutes=1)
    made = ReadinessReport(
        terminal=TERMINAL,
        made_at=clock.now.isoformat(),
        technician=TECHNICIAN,
        software="0.1.0",
        configuration_version=1,
        passed=not wrong,
        devices=(PRINTER,),
        findings=(Finding("clock", Outcome.PASSED), *findings),
    )
    return msgspec.structs.replace(made, **changed)


def taken(said: wire.ReportTaken | Reason) -> wire.ReportTaken:
    assert isinstance(said, wire.ReportTaken), said
    return said


def test_a_report_that_passes_puts_the_terminal_into_service(
    office: Office, ready: Board, clock: Clock
) -> None:
    before = ready.assignment()
    assert isinstance(before, wire.Assignment) and not before.in_service
    said = taken(ready.reports(report(clock)))
    assert said.in_service and said.because == ()
    after = ready.assignment()
    assert isinstance(after, wire.Assignment) and after.in_service
    assert (after.site.site, after.site.name_zh) == (SITE, "大堂")
    assert after.configuration == configuration()
    assert after.configuration_keys == (SIGNER.public_key().public_bytes_raw(),)
    seen = one_terminal(office, TERMINAL)
    assert seen is not None and seen["signed_off_by"] == TECHNICIAN


def test_reports_are_compared_with_the_last_one(ready: Board, clock: Clock) -> None:
    first = taken(ready.reports(report(clock, "printer.paper", "camera.focus")))
    assert (first.new, first.gone) == (("camera.focus", "printer.paper"), ())
    second = taken(ready.reports(report(clock, "printer.paper", "pad.keys")))
    assert (second.new, second.gone) == (("pad.keys",), ("camera.focus",))
    third = taken(ready.reports(report(clock)))
    assert (third.new, third.gone) == ((), ("pad.keys", "printer.paper"))
    assert third.in_service


def test_a_terminal_that_no_longer_passes_leaves_service_and_comes_back_by_itself(
    ready: Board, clock: Clock
) -> None:
    assert taken(ready.reports(report(clock))).in_service
    failed = taken(ready.reports(report(clock, "printer.paper", technician="")))
    assert not failed.in_service and failed.because == ("printer.paper: does not answer",)
    assert taken(ready.reports(report(clock, technician=""))).in_service


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"technician": "tech-9"}, "no technician"),
        ({"configuration_version": 0}, "another configuration"),
        ({"devices": ()}, "receipt_printer"),
        ({"devices": (FoundDevice("receipt_printer", "RP-58", "P-1", "1"),)}, "receipt_printer"),
        ({"passed": False}, "has not passed"),
        ({"witness": TECHNICIAN}, "second person"),
        ({"witness": "tech-9"}, "second person"),
    ],
)
def test_what_keeps_a_terminal_out_of_service_is_said(
    ready: Board, clock: Clock, changed: dict[str, object], why: str
) -> None:
    said = taken(ready.reports(report(clock, **changed)))
    assert not said.in_service
    assert len(said.because) == 1 and why in said.because[0]


def test_a_second_person_who_works_for_the_office_signs_off_too(
    office: Office, ready: Board, clock: Clock
) -> None:
    desk.put_technician(office, WHO, "tech-2")
    assert taken(ready.reports(report(clock, witness="tech-2"))).in_service
    desk.put_technician(office, WHO, "tech-2", active=False)
    assert not taken(ready.reports(report(clock, witness="tech-2"))).in_service


def test_the_same_report_again_gets_the_same_answer(
    office: Office, ready: Board, clock: Clock
) -> None:
    body = signed(report(clock, "camera.focus"), ready.key)
    one, again = (ready.hands_in(wire.READINESS_PATH, body) for _ in range(2))
    assert one == again
    seen = one_terminal(office, TERMINAL)
    assert seen is not None and len(seen["reports"]) == 1


def test_a_report_altered_of_another_older_or_from_the_future_is_refused(
    ready: Board, clock: Clock
) -> None:
    good = report(clock)
    assert ready.reports(good, new_key()) is Reason.REPORT_UNSIGNED
    assert ready.reports(report(clock, terminal="T0002")) is Reason.REPORT_OTHER_TERMINAL
    assert ready.reports(report(clock, made_at="2026-03-02T09:00")) is Reason.REPORT_MALFORMED
    later = (clock.now + timedelta(hours=2)).isoformat()
    assert ready.reports(report(clock, made_at=later)) is Reason.REPORT_CLOCK
    taken(ready.reports(report(clock)))
    assert ready.reports(good) is Reason.REPORT_OLDER
    assert ready.hands_in(wire.READINESS_PATH, b"{}") is Reason.REPORT_MALFORMED
    too_large = b" " * (wire.REPORT_BYTES_MAX + 1)
    assert ready.hands_in(wire.READINESS_PATH, too_large) is Reason.REQUEST_TOO_LARGE


def test_a_moved_terminal_is_signed_off_anew(office: Office, ready: Board, clock: Clock) -> None:
    taken(ready.reports(report(clock)))
    desk.put_site(office, WHO, "lobby-2", "二", "Two", "https://gateway", "mqtts://broker")
    desk.move_terminal(office, WHO, TERMINAL, "lobby-2")
    moved = ready.assignment()
    assert isinstance(moved, wire.Assignment)
    assert (moved.site.site, moved.in_service) == ("lobby-2", False)
    assert not taken(ready.reports(report(clock, technician=""))).in_service
    assert taken(ready.reports(report(clock))).in_service


def test_a_decommissioned_terminal_wipes_itself_proves_it_and_is_revoked(
    office: Office, ready: Board, clock: Clock
) -> None:
    proof = wire.WipeReport(TERMINAL, clock.now.isoformat(), TECHNICIAN, ("queue", "settings"))
    assert ready.reports(proof) is Reason.WIPE_NOT_ASKED
    said = desk.decommission(office, WHO, TERMINAL)
    assert said == {"terminal": TERMINAL, "state": "decommissioning", "changed": True}
    told = ready.assignment()
    assert isinstance(told, wire.Assignment) and told.wipe
    assert ready.renews() is Reason.TERMINAL_DECOMMISSIONED
    assert not taken(ready.reports(report(clock))).in_service
    taken(ready.reports(proof))
    assert ready.reports(proof) is Reason.TERMINAL_DECOMMISSIONED
    assert ready.assignment() is Reason.TERMINAL_DECOMMISSIONED
    seen = one_terminal(office, TERMINAL)
    assert seen is not None and seen["state"] == "decommissioned"
    assert [each["revocation"] for each in seen["certificates"]] == ["decommissioned"]


def test_a_configuration_that_the_terminal_would_not_take_is_not_assigned(
    office: Office, ready: Board
) -> None:
    stranger = Ed25519PrivateKey.generate()
    document = Document(TERMINAL, 2, NOW, NOW + timedelta(days=9), VALUES)
    for file, reason in (
        (sign_configuration(document, stranger), "configuration-unsigned"),
        (configuration(2, "T0002"), "configuration-for-another-terminal"),
        (configuration(2)[:-9], "configuration-unreadable"),
        (configuration(0), "configuration-older"),
    ):
        no = desk.assign_configuration(office, WHO, TERMINAL, file)
        assert isinstance(no, desk.No) and no.reason == reason
    again = desk.assign_configuration(office, WHO, TERMINAL, configuration())
    assert again == {"terminal": TERMINAL, "version": 1, "changed": False}
    newer = desk.assign_configuration(office, WHO, TERMINAL, configuration(2))
    assert newer == {"terminal": TERMINAL, "version": 2, "changed": True}
