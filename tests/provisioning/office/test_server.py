"""The server around the office: busy, its own certificate, its clock, an old database."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection

from provisioning import wire
from provisioning.office.database import OtherSchema, open_database, writing
from provisioning.office.enrolment import enrol
from provisioning.office.looking import audit_entries
from provisioning.office.office import DATABASE, Office
from provisioning.office.server import CERTIFICATE, ServerFault, keep_certificate
from provisioning.pki.profiles import Kind
from provisioning.pki.trust import Trust, judge
from provisioning.wire import Reason
from tests.provisioning.office.board import BOARD, Board, Clock, reason_of, token


def _waits_briefly(connection: DBAPIConnection, *_: object) -> None:
    connection.cursor().execute("PRAGMA busy_timeout = 200")


def test_a_busy_office_says_when_to_come_again(office: Office, board: Board) -> None:
    given_token = token(office)
    event.listen(office.engine, "checkout", _waits_briefly)
    with writing(office.engine):
        answer = board.asks_to_enrol(given_token)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert reason_of(answer) is Reason.BUSY
    assert board.enrols(given_token) is None


def test_a_broken_office_says_so_and_tells_nothing(
    office: Office, board: Board, caplog: pytest.LogCaptureFixture
) -> None:
    given_token = token(office)
    (office.folder / "authorities" / "root.crl").unlink()
    with board.line() as line:
        answer = line.get("/crl/root.crl")
    assert answer.status_code == 500 and reason_of(answer) is Reason.OFFICE_FAULT
    assert "FileNotFoundError" in caplog.text and str(office.folder) not in answer.text
    assert board.enrols(given_token) is None


@pytest.mark.parametrize("header", ["Basic", "Basic !", "Bearer x", "Basic OnRvaw==", "Basic /w=="])
def test_a_header_that_is_no_basic_is_no_token(board: Board, header: str) -> None:
    with board.line() as line:
        answer = line.post(wire.ENROLL_PATH, content=b"", headers={"Authorization": header})
    assert answer.status_code == 401 and reason_of(answer) is Reason.TOKEN_MISSING


def test_a_connection_serves_several_requests_of_one_terminal(office: Office, board: Board) -> None:
    assert board.enrols(token(office)) is None
    with board.line() as line:
        said = [line.get(wire.ASSIGNMENT_PATH) for _ in range(3)]
    assert [each.status_code for each in said] == [200] * 3


def test_a_client_without_tls_gets_nothing(port: int) -> None:
    with pytest.raises(httpx.TransportError):
        httpx.get(f"http://localhost:{port}{wire.CACERTS_PATH}")


def test_the_servers_certificate_is_made_anew_in_time(office: Office, clock: Clock) -> None:
    assert keep_certificate(office)
    assert not keep_certificate(office)
    clock.passes(days=59)
    assert not keep_certificate(office)
    clock.passes(days=2)
    assert keep_certificate(office)
    leaf, *issuers = x509.load_pem_x509_certificates((office.folder / CERTIFICATE).read_bytes())
    assert judge(leaf, issuers, [office.root], Kind.SERVERS, clock.now).trust is Trust.TRUSTED
    assert (office.folder / CERTIFICATE).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("year", [1970, 2038])
def test_a_server_does_not_start_outside_its_authoritys_life(
    office: Office, clock: Clock, year: int
) -> None:
    clock.now = datetime(year, 1, 20, tzinfo=UTC)
    with pytest.raises(ServerFault, match="set the clock"):
        keep_certificate(office)


def test_another_versions_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / DATABASE
    open_database(path).dispose()
    with sqlite3.connect(path) as connection:
        connection.execute("update about set schema = 99")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(OtherSchema):
        open_database(path)
    assert path.read_bytes() == before


def test_a_flood_of_refusals_does_not_fill_the_audit(office: Office, clock: Clock) -> None:
    before = len(audit_entries(office))
    for _ in range(70):
        assert enrol(office, BOARD, "x", b"") is Reason.TOKEN_MISTYPED
    assert len(audit_entries(office)) == before + 60
    clock.passes(minutes=1)
    enrol(office, BOARD, "x", b"")
    assert audit_entries(office)[-1]["detail"]["not_noted"] == 10
