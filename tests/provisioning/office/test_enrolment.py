"""A first certificate: a token, a board and a request, each good or bad, over the real line."""

from __future__ import annotations

from base64 import b64decode, b64encode
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provisioning import wire
from provisioning.office import desk, enrolment
from provisioning.office.enrolment import Issued, enrol
from provisioning.office.looking import one_terminal
from provisioning.office.office import Office
from provisioning.pki.bundles import read_bundle
from provisioning.pki.profiles import Kind, terminal_name
from provisioning.pki.trust import Trust, judge
from provisioning.token_text import token_text
from provisioning.wire import Reason
from tests.provisioning.office.board import (
    BANK,
    BOARD,
    NOW,
    SITE,
    TERMINAL,
    WHO,
    Board,
    Clock,
    new_key,
    request,
    token,
)

STATE = "state"
GOOD = request(new_key(), BOARD)


def issued_to(office: Office, terminal: str = TERMINAL) -> list[str]:
    seen = one_terminal(office, terminal)
    assert seen is not None
    return [each["certificate"] for each in seen["certificates"]]


def test_a_bare_board_with_its_token_gets_a_certificate_in_its_terminals_name(
    office: Office, board: Board
) -> None:
    assert board.enrols(token(office)) is None
    assert board.leaf is not None
    name = terminal_name(board.leaf)
    assert name is not None and (name.bank, name.terminal) == (BANK, TERMINAL)
    judged = judge(board.leaf, board.chain, [office.root], Kind.TERMINALS, NOW)
    assert judged.trust is Trust.TRUSTED
    life = board.leaf.not_valid_after_utc - board.leaf.not_valid_before_utc
    assert life == timedelta(days=91)
    seen = one_terminal(office, TERMINAL)
    assert seen is not None and seen[STATE] == "enrolled" and seen["certificate_days_left"] == 90


def test_the_authorities_are_there_for_everybody_and_the_answer_tells_the_offices_time(
    office: Office, board: Board
) -> None:
    with board.line() as line:
        answer = line.get(wire.CACERTS_PATH)
        wanted = line.get(wire.CSRATTRS_PATH)
    found = read_bundle(answer.content)
    assert office.root in found and len(found) == 4
    assert answer.headers["Date"] == "Mon, 02 Mar 2026 09:30:00 GMT"
    assert bytes.fromhex("06082a8648ce3d040302") in b64decode(wanted.content)


def test_the_same_request_again_gets_the_same_certificate_while_the_token_lives(
    office: Office, board: Board, clock: Clock
) -> None:
    given_token = token(office)
    assert board.enrols(given_token) is None
    first = board.leaf
    clock.passes(minutes=14)
    board.leaf = None
    assert board.enrols(given_token) is None
    assert board.leaf == first
    clock.passes(minutes=2)
    board.leaf = None
    assert board.enrols(given_token) is Reason.TOKEN_EXPIRED
    assert len(issued_to(office)) == 1


def test_a_used_token_is_no_good_for_another_key(office: Office, board: Board) -> None:
    given_token = token(office)
    assert board.enrols(given_token) is None
    board.leaf, board.key = None, new_key()
    assert board.enrols(given_token) is Reason.TOKEN_USED
    assert len(issued_to(office)) == 1


def test_an_expired_token_and_one_from_the_future_are_refused(
    office: Office, board: Board, clock: Clock
) -> None:
    given_token = token(office)
    clock.passes(minutes=15)
    assert board.enrols(given_token) is Reason.TOKEN_EXPIRED
    clock.passes(days=-1)
    assert board.enrols(given_token) is Reason.TOKEN_EXPIRED


def test_a_token_is_for_one_board(office: Office, board: Board) -> None:
    desk.add_terminal(office, WHO, "T0002", "BRD-0002", "kiosk-a", SITE)
    board.serial_number = "BRD-0002"
    assert board.enrols(token(office)) is Reason.TOKEN_FOREIGN
    board.serial_number = "BRD-9999"
    assert board.enrols(token(office)) is Reason.TOKEN_FOREIGN


def test_a_mistyped_token_an_unknown_one_and_none_are_told_apart(
    office: Office, board: Board
) -> None:
    good = token(office)
    slip = good[:-1] + ("A" if good[-1] != "A" else "B")
    assert board.enrols(slip) is Reason.TOKEN_MISTYPED
    assert board.enrols(token_text(bytes(16))) is Reason.TOKEN_UNKNOWN
    assert board.enrols("") is Reason.TOKEN_MISSING
    assert board.asks_to_enrol("").headers["WWW-Authenticate"].startswith("Basic")
    assert board.enrols(good.lower().replace("-", " ")) is None


def test_a_newer_token_withdraws_the_one_before(office: Office, board: Board) -> None:
    older, newer = token(office), token(office)
    assert board.enrols(older) is Reason.TOKEN_WITHDRAWN
    assert board.enrols(newer) is None


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("T0002", ()),
        ("", (x509.DNSName("t0002.kiosk.demo-bank.example"),)),
        ("T0001", (x509.UniformResourceIdentifier(f"spiffe://{BANK}/kiosk/T0002"),)),
        ("", (x509.RFC822Name("a@demo-bank.example"),)),
    ],
)
def test_a_request_for_another_name_is_refused_and_leaves_the_token_good(
    office: Office, board: Board, name: str, names: tuple[x509.GeneralName, ...]
) -> None:
    given_token = token(office)
    asked = request(board.key, name, names)
    assert board.enrols(given_token, asked) is Reason.REQUEST_OTHER_NAME
    assert board.enrols(given_token, request(board.key, BOARD)) is None


def test_a_request_that_is_none_unproven_or_of_another_kind_of_key_is_refused(
    office: Office, board: Board
) -> None:
    good = b64decode(request(board.key))
    changed = good[:-1] + bytes([good[-1] ^ 1])
    other_curve = request(ec.generate_private_key(ec.SECP384R1()))
    large = rsa.generate_private_key(65537, 2048)
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    of_rsa = builder.sign(large, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    given_token = token(office)
    assert board.enrols(given_token, b"no request") is Reason.REQUEST_MALFORMED
    assert board.enrols(given_token, b64encode(changed)) is Reason.REQUEST_UNPROVEN
    assert board.enrols(given_token, other_curve) is Reason.REQUEST_KEY
    assert board.enrols(given_token, b64encode(of_rsa)) is Reason.REQUEST_KEY
    too_large = b"A" * (wire.REQUEST_BYTES_MAX + 1)
    assert board.enrols(given_token, too_large) is Reason.REQUEST_TOO_LARGE
    assert issued_to(office) == []


def test_a_key_that_another_terminal_has_is_a_copied_disk(office: Office, board: Board) -> None:
    assert board.enrols(token(office)) is None
    desk.add_terminal(office, WHO, "T0002", "BRD-0002", "kiosk-a", SITE)
    board.leaf, board.serial_number = None, "BRD-0002"
    assert board.enrols(token(office, "T0002")) is Reason.REQUEST_KEY


def test_two_boards_with_one_token_at_the_same_moment_get_one_certificate(
    office: Office, port: int, tmp_path: Path
) -> None:
    given_token, together = token(office), Barrier(4)
    boards = []
    for number in range(4):
        (tmp_path / str(number)).mkdir()
        boards.append(Board(tmp_path / str(number), office.root, port))

    def goes(board: Board) -> Reason | None:
        together.wait(10)
        return board.enrols(given_token)

    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(goes, boards))
    assert sorted(said, key=str) == [None] + [Reason.TOKEN_USED] * 3
    assert len(issued_to(office)) == 1


def test_the_same_request_twice_at_the_same_moment_gets_one_certificate(
    office: Office, board: Board
) -> None:
    given_token, together, asked = token(office), Barrier(2), request(board.key)

    def goes(_: int) -> bytes:
        together.wait(10)
        return board.asks_to_enrol(given_token, asked).content

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(goes, range(2))
    assert one == other
    assert len(issued_to(office)) == 1


@pytest.mark.parametrize(
    ("now", "after"),
    [(datetime(1970, 1, 1, tzinfo=UTC), "before"), (datetime(2038, 1, 20, tzinfo=UTC), "after")],
)
def test_an_office_whose_clock_is_outside_its_authoritys_life_issues_nothing(
    office: Office, board: Board, clock: Clock, now: datetime, after: str
) -> None:
    with board.line() as line:  # a server that came up in good time
        line.get(wire.CACERTS_PATH)
    clock.now = now
    assert board.enrols(token(office)) is Reason.OFFICE_CLOCK, after
    assert issued_to(office) == []


def test_a_terminal_that_is_gone_gets_nothing_for_a_token(office: Office, board: Board) -> None:
    given_token = token(office)
    desk.revoke(office, WHO, TERMINAL)
    assert board.enrols(given_token) is Reason.TOKEN_WITHDRAWN
    no = desk.make_token(office, WHO, TERMINAL, "tech-1")
    assert isinstance(no, desk.No) and no.reason == "terminal-gone"
    desk.reinstate(office, WHO, TERMINAL)
    assert board.enrols(token(office)) is None


def test_a_technician_who_leaves_takes_the_tokens_along(office: Office, board: Board) -> None:
    given_token = token(office)
    desk.put_technician(office, WHO, "tech-1", active=False)
    assert board.enrols(given_token) is Reason.TOKEN_WITHDRAWN


def test_a_terminal_that_moved_needs_a_token_of_its_new_site(office: Office, board: Board) -> None:
    given_token = token(office)
    desk.put_site(office, WHO, "lobby-2", "二", "Two", "https://gateway", "mqtts://broker")
    desk.move_terminal(office, WHO, TERMINAL, "lobby-2")
    assert board.enrols(given_token) is Reason.TOKEN_WITHDRAWN
    assert board.enrols(token(office)) is None


def test_nobody_gets_certificates_without_end(office: Office) -> None:
    for _ in range(enrolment.PER_DAY_MAX):
        assert isinstance(enrol(office, BOARD, token(office), request(new_key())), Issued)
    assert enrol(office, BOARD, token(office), request(new_key())) is Reason.TOO_MANY


def test_a_page_that_is_not_there_says_so(board: Board) -> None:
    with board.line() as line:
        answer = line.get("/admin")
    assert answer.status_code == 404
    assert wire.read_refusal(answer.content).reason is Reason.NOT_FOUND


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_request_with_any_bytes_changed_never_gets_a_certificate(
    office: Office, data: st.DataObject
) -> None:
    good = b64decode(GOOD)
    places = st.integers(0, len(good) - 1)
    changed = bytearray(good)
    for place in data.draw(st.sets(places, min_size=1, max_size=3)):
        changed[place] ^= data.draw(st.integers(1, 255))
    said = enrol(office, BOARD, token(office), b64encode(bytes(changed)))
    assert isinstance(said, Reason)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=90), st.text(max_size=60), st.binary(max_size=200))
def test_any_texts_at_all_are_refused_with_a_reason(
    office: Office, user: str, password: str, body: bytes
) -> None:
    assert isinstance(enrol(office, user, password, body), Reason)
