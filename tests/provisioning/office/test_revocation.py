"""A lost terminal is revoked everywhere: in the lists, in the folder, and by who reads them."""

from __future__ import annotations

import ssl
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from provisioning import wire
from provisioning.office import desk, founding
from provisioning.office.looking import one_terminal
from provisioning.office.office import Office, open_office
from provisioning.office.revocation import current_list, refresh
from provisioning.office.server import CERTIFICATE
from provisioning.pki.profiles import Kind
from provisioning.pki.trust import Trust, judge
from provisioning.wire import Reason
from tests.provisioning.office.board import (
    NO_CHECK_TIME,
    ROOT_PASSPHRASE,
    TERMINAL,
    WHO,
    Board,
    Clock,
    new_key,
    running,
    token,
)


def listed(office: Office, name: str = "terminals") -> x509.CertificateRevocationList:
    return x509.load_der_x509_crl((office.folder / "crl" / f"{name}.crl").read_bytes())


def test_a_revocation_is_in_the_lists_at_once(office: Office, board: Board, clock: Clock) -> None:
    assert board.enrols(token(office)) is None
    assert board.leaf is not None
    before = listed(office)
    clock.passes(minutes=5)
    said = desk.revoke(office, WHO, TERMINAL)
    assert isinstance(said, dict) and len(said["revoked"]) == 1
    after = listed(office)
    assert after.get_revoked_certificate_by_serial_number(board.leaf.serial_number) is not None
    assert _number(after) == _number(before) + 1
    with board.line() as line:
        told = line.get(wire.TERMINALS_CRL_PATH)
    assert x509.load_der_x509_crl(told.content) == after
    judged = judge(board.leaf, board.chain, [office.root], Kind.TERMINALS, clock.now, crls=[after])
    assert judged.trust is Trust.REVOKED


def test_revoking_twice_is_harmless(office: Office, board: Board) -> None:
    assert board.enrols(token(office)) is None
    first, again = (desk.revoke(office, WHO, TERMINAL) for _ in range(2))
    assert isinstance(first, dict) and isinstance(again, dict)
    assert (first["changed"], again["changed"], again["revoked"]) == (True, False, [])


def test_lists_are_made_anew_every_hour_and_good_for_a_day(office: Office, clock: Clock) -> None:
    made = listed(office)
    assert made.next_update_utc == clock.now + timedelta(hours=24)
    clock.passes(minutes=59)
    assert not refresh(office)
    clock.passes(minutes=1)
    assert refresh(office)
    assert _number(listed(office)) == _number(made) + 1


def test_a_list_that_is_asked_for_is_never_an_hour_old(
    office: Office, board: Board, clock: Clock
) -> None:
    clock.passes(hours=30)
    with board.line() as line:
        for path in (wire.TERMINALS_CRL_PATH, wire.SERVERS_CRL_PATH, wire.CODE_CRL_PATH):
            crl = x509.load_der_x509_crl(line.get(path).content)
            assert crl.next_update_utc == clock.now + timedelta(hours=24)
        assert line.get("/crl/root.crl").status_code == 200
        assert line.get("/crl/nothing.crl").status_code == 404
        assert line.get("/crl/..%2Foffice.crl").status_code == 404


def test_a_plain_tls_server_with_the_published_lists_refuses_the_lost_terminal(
    office: Office, board: Board, tmp_path: Path
) -> None:
    """As a broker does it: OpenSSL, the root, and `all.pem`, nothing of ours."""
    assert board.enrols(token(office)) is None
    assert _shakes_hands(office, board)
    desk.revoke(office, WHO, TERMINAL)
    assert not _shakes_hands(office, board)


def test_another_board_takes_the_old_ones_place(office: Office, board: Board) -> None:
    assert board.enrols(token(office)) is None
    said = desk.replace_board(office, WHO, TERMINAL, "BRD-0009")
    assert isinstance(said, dict) and said["changed"]
    assert board.renews() is Reason.CERTIFICATE_REVOKED
    assert len(listed(office)) == 1
    board.leaf, board.key = None, new_key()
    assert board.enrols(token(office)) is Reason.TOKEN_FOREIGN
    board.serial_number = "BRD-0009"
    assert board.enrols(token(office)) is None


def test_a_found_terminal_enrols_with_a_new_key_and_never_with_the_lost_one(
    office: Office, board: Board
) -> None:
    assert board.enrols(token(office)) is None
    desk.revoke(office, WHO, TERMINAL)
    desk.reinstate(office, WHO, TERMINAL)
    board.leaf = None
    assert board.enrols(token(office)) is Reason.REQUEST_KEY
    board.key = new_key()
    assert board.enrols(token(office)) is None
    assert isinstance(board.assignment(), wire.Assignment)


def test_a_new_issuing_authority_takes_over_and_the_old_ones_certificates_stay_good(
    office: Office, board: Board, tmp_path: Path, clock: Clock
) -> None:
    assert board.enrols(token(office)) is None
    said = founding.roll_issuer(
        office.folder, Kind.TERMINALS, tmp_path / "safe", ROOT_PASSPHRASE, WHO, clock=clock
    )
    assert isinstance(said, dict) and said["made"] == "terminals-2"
    with open_office(office.folder, clock=clock) as restarted, running(restarted) as port:
        board.port = port
        assert isinstance(board.assignment(), wire.Assignment)
        assert board.renews() is None
        seen = one_terminal(restarted, TERMINAL)
        assert seen is not None
        authorities = [each["authority"] for each in seen["certificates"]]
        assert authorities == ["terminals-1", "terminals-2"]
        assert isinstance(board.assignment(), wire.Assignment)
        desk.revoke(restarted, WHO, TERMINAL)
        assert len(listed(restarted, "terminals-1")) == len(listed(restarted, "terminals-2")) == 1
        assert listed(restarted) == listed(restarted, "terminals-2")


def test_the_root_needs_its_medium_and_its_passphrase(
    office: Office, tmp_path: Path, clock: Clock
) -> None:
    for medium, passphrase in ((tmp_path / "safe", b"another one"), (tmp_path, ROOT_PASSPHRASE)):
        no = founding.roll_issuer(office.folder, Kind.CODE, medium, passphrase, WHO, clock=clock)
        assert isinstance(no, desk.No) and no.reason == "root"
    assert current_list(office, "code-2") is None


def test_a_clock_outside_the_authoritys_life_still_revokes_in_the_books(
    office: Office, board: Board, clock: Clock
) -> None:
    assert board.enrols(token(office)) is None
    good = clock.now
    clock.passes(days=-20_000)
    desk.revoke(office, WHO, TERMINAL)
    clock.now = good
    assert board.assignment() is Reason.TERMINAL_REVOKED


@pytest.mark.parametrize("kind", list(Kind))
def test_no_authoritys_key_lies_open(office: Office, kind: Kind, tmp_path: Path) -> None:
    name = office.issuer(kind).name
    mode = (office.folder / "authorities" / f"{name}.key").stat().st_mode & 0o777
    assert mode == 0o600
    assert not (office.folder / "authorities" / "root.key").exists()
    assert b"ENCRYPTED" in (tmp_path / "safe" / "root.key").read_bytes()


def _shakes_hands(office: Office, board: Board) -> bool:
    """Whether a server that only has what is published lets the board in."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(office.folder / CERTIFICATE)
    server.verify_mode = ssl.CERT_REQUIRED
    server.verify_flags |= ssl.VERIFY_CRL_CHECK_CHAIN | ssl.VerifyFlags(NO_CHECK_TIME)
    server.load_verify_locations(office.folder / "authorities" / "root.pem")
    server.load_verify_locations(office.folder / "crl" / "all.pem")
    ours, theirs = (ssl.MemoryBIO() for _ in range(2))
    at_server = server.wrap_bio(theirs, ours, server_side=True)
    at_board = board.context().wrap_bio(ours, theirs, server_hostname="localhost")
    for _ in range(6):
        for side in (at_board, at_server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLCertVerificationError as error:
                assert side is at_server and "revoked" in str(error)
                return False
    return at_server.getpeercert(binary_form=True) is not None


def _number(crl: x509.CertificateRevocationList) -> int:
    return crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
