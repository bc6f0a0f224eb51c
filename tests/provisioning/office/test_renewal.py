"""The next certificate against the one before: in time, too late, taken back, and of no right kind."""

from __future__ import annotations

import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from provisioning import wire
from provisioning.office import desk
from provisioning.office.database import reading
from provisioning.office.enrolment import enrol_again
from provisioning.office.looking import one_terminal
from provisioning.office.office import Office
from provisioning.office.peers import peer
from provisioning.pki.authority import Authority, new_root
from provisioning.pki.profiles import Kind, server_profile, terminal_profile
from provisioning.wire import Reason
from tests.provisioning.office.board import (
    BANK,
    NOW,
    TERMINAL,
    WHO,
    Board,
    Clock,
    new_key,
    request,
    token,
)

GRACE = timedelta(days=30)


@pytest.fixture
def enrolled(office: Office, board: Board) -> Board:
    assert board.enrols(token(office)) is None
    return board


def ends(board: Board) -> datetime:
    assert board.leaf is not None
    return board.leaf.not_valid_after_utc


def test_a_certificate_is_renewed_with_a_new_key_and_the_old_one_works_on(
    office: Office, enrolled: Board, clock: Clock
) -> None:
    old, old_chain, old_key = enrolled.leaf, enrolled.chain, enrolled.key
    clock.passes(days=60)
    assert enrolled.renews() is None
    assert enrolled.leaf != old and ends(enrolled) == NOW + timedelta(days=150)
    assert isinstance(enrolled.assignment(), wire.Assignment)
    assert old is not None
    enrolled.wears(old, *old_chain)
    enrolled.key = old_key
    assert isinstance(enrolled.assignment(), wire.Assignment)


def test_an_answer_that_was_lost_is_had_again(
    office: Office, enrolled: Board, clock: Clock
) -> None:
    old, chain, old_key, new = enrolled.leaf, enrolled.chain, enrolled.key, new_key()
    assert old is not None
    clock.passes(days=60)
    assert enrolled.renews(new) is None
    first = enrolled.leaf
    clock.passes(days=1)
    enrolled.wears(old, *chain)
    enrolled.key = old_key
    assert enrolled.renews(new) is None
    assert enrolled.leaf == first


def test_the_same_key_may_be_certified_again(enrolled: Board, clock: Clock) -> None:
    first = enrolled.leaf
    clock.passes(days=60)
    assert enrolled.renews(enrolled.key) is None
    assert enrolled.leaf != first


def test_no_certificate_renews_nothing(board: Board) -> None:
    assert board.renews() is Reason.CERTIFICATE_MISSING
    assert board.assignment() is Reason.CERTIFICATE_MISSING


def test_an_expired_certificate_renews_within_the_grace_and_does_nothing_else(
    enrolled: Board, clock: Clock
) -> None:
    clock.now = ends(enrolled) + GRACE
    assert enrolled.assignment() is Reason.CERTIFICATE_EXPIRED
    assert enrolled.renews() is None
    assert isinstance(enrolled.assignment(), wire.Assignment)


def test_past_the_grace_it_takes_an_allowance_and_that_is_good_once(
    office: Office, enrolled: Board, clock: Clock
) -> None:
    old, chain, old_key = enrolled.leaf, enrolled.chain, enrolled.key
    assert old is not None
    clock.now = ends(enrolled) + GRACE + timedelta(seconds=1)
    assert enrolled.renews() is Reason.CERTIFICATE_EXPIRED
    assert desk.allow_once(office, WHO, TERMINAL) == {"terminal": TERMINAL, "changed": True}
    assert desk.allow_once(office, WHO, TERMINAL) == {"terminal": TERMINAL, "changed": False}
    assert enrolled.renews() is None
    enrolled.wears(old, *chain)
    enrolled.key = old_key
    assert enrolled.renews() is Reason.CERTIFICATE_EXPIRED
    seen = one_terminal(office, TERMINAL)
    assert seen is not None and not seen["allow_once"]


def test_past_the_grace_a_technicians_token_brings_it_back_too(
    office: Office, enrolled: Board, clock: Clock
) -> None:
    clock.now = ends(enrolled) + timedelta(days=400)
    assert enrolled.renews() is Reason.CERTIFICATE_EXPIRED
    assert enrolled.enrols(token(office)) is None
    assert isinstance(enrolled.assignment(), wire.Assignment)


def test_a_lost_terminal_is_refused_everywhere_expired_or_not(
    office: Office, enrolled: Board, clock: Clock
) -> None:
    desk.allow_once(office, WHO, TERMINAL)
    desk.revoke(office, WHO, TERMINAL)
    assert enrolled.renews() is Reason.TERMINAL_REVOKED
    assert enrolled.assignment() is Reason.TERMINAL_REVOKED
    clock.now = ends(enrolled) + timedelta(days=1)
    assert enrolled.renews() is Reason.TERMINAL_REVOKED


def test_a_found_terminals_old_certificate_stays_revoked(office: Office, enrolled: Board) -> None:
    desk.revoke(office, WHO, TERMINAL)
    desk.reinstate(office, WHO, TERMINAL)
    assert enrolled.renews() is Reason.CERTIFICATE_REVOKED


@pytest.mark.parametrize("year", [1970, 2038])
def test_a_certificate_of_another_time_is_not_renewed(
    enrolled: Board, clock: Clock, year: int
) -> None:
    clock.now = datetime(year, 1, 20, tzinfo=UTC)
    reason = Reason.CERTIFICATE_NOT_YET_VALID if year == 1970 else Reason.CERTIFICATE_EXPIRED
    assert enrolled.renews() is reason
    assert enrolled.assignment() is reason


def test_a_certificate_that_the_books_lack_is_not_believed(office: Office, board: Board) -> None:
    stray = office.issuer(Kind.TERMINALS).issue(
        board.key.public_key(), terminal_profile(BANK, TERMINAL), NOW
    )
    assert not isinstance(stray, str)
    board.wears(stray, office.issuer(Kind.TERMINALS).certificate)
    assert board.renews() is Reason.CERTIFICATE_UNKNOWN


def test_a_servers_certificate_does_not_get_past_the_handshake(
    office: Office, board: Board
) -> None:
    issuer = office.issuer(Kind.SERVERS)
    server = issuer.issue(board.key.public_key(), server_profile(("localhost",)), NOW)
    assert not isinstance(server, str)
    board.wears(server, issuer.certificate)
    with pytest.raises((httpx.TransportError, ssl.SSLError)):
        board.assignment()


def test_a_servers_certificate_is_also_refused_by_our_own_judgement(
    office: Office, board: Board, clock: Clock
) -> None:
    issuer = office.issuer(Kind.SERVERS)
    server = issuer.issue(board.key.public_key(), server_profile(("localhost",)), NOW)
    assert not isinstance(server, str)
    der = _der(server)
    with reading(office.engine) as connection:
        assert peer(connection, office, der, clock.now) is Reason.CERTIFICATE_WRONG_KIND
    assert enrol_again(office, der, request(board.key)) is Reason.CERTIFICATE_WRONG_KIND


def test_another_roots_terminal_is_refused(office: Office, board: Board) -> None:
    root = new_root(BANK, new_key(), NOW)
    issuer = root.issue_authority("terminals-1", Kind.TERMINALS, new_key(), NOW)
    assert isinstance(issuer, Authority)
    forged = issuer.issue(board.key.public_key(), terminal_profile(BANK, TERMINAL), NOW)
    assert not isinstance(forged, str)
    assert enrol_again(office, _der(forged), request(board.key)) is Reason.CERTIFICATE_UNTRUSTED
    board.wears(forged, issuer.certificate)
    with pytest.raises((httpx.TransportError, ssl.SSLError)):
        board.assignment()


def test_a_renewal_for_another_name_is_refused(enrolled: Board) -> None:
    new = new_key()
    assert enrolled.renews(new, request(new, "T0002")) is Reason.REQUEST_OTHER_NAME


def test_a_new_enrolments_certificate_takes_the_old_one_back_once_it_was_seen_to_work(
    office: Office, enrolled: Board
) -> None:
    again = replace(enrolled, leaf=None, key=new_key())
    assert again.enrols(token(office)) is None
    assert isinstance(enrolled.assignment(), wire.Assignment)  # nobody knows yet if the new works
    assert isinstance(again.assignment(), wire.Assignment)
    assert enrolled.assignment() is Reason.CERTIFICATE_REVOKED


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)
