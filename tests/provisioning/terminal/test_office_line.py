"""The line to the office: who is believed, at what time, and what every failure is called."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kiosk.shelf import FileShelf
from provisioning import wire
from provisioning.pki.profiles import Kind
from provisioning.terminal import office_line
from provisioning.terminal.clock import TrustedClock
from provisioning.terminal.office_line import OfficeFailed, OfficeLine, Trouble
from tests.provisioning.configurations import NOW
from tests.provisioning.terminal.offices import FakeOffice, fake_office, said

MADE = NOW - timedelta(days=30)  # the image
WRONG_CLOCKS = [
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(2000, 1, 1, tzinfo=UTC),
    datetime(2038, 1, 19, 3, 14, 8, tzinfo=UTC),
]
TOKEN = "SSK1-TEST"


def clock_at(folder: Path, system: datetime, made: datetime = MADE) -> TrustedClock:
    return TrustedClock(FileShelf(folder / "floor"), made, lambda: system)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[FakeOffice]:
    with fake_office(tmp_path, NOW) as office:
        office.answer = said(b"bundle")
        yield office


@pytest.fixture
def line(tmp_path: Path, office: FakeOffice) -> OfficeLine:
    return OfficeLine(office.url, office.root, clock_at(tmp_path, NOW))


def trouble_of(ask: Callable[[], object]) -> OfficeFailed:
    with pytest.raises(OfficeFailed) as caught:
        ask()
    assert caught.value.remedy
    assert TOKEN not in str(caught.value)
    return caught.value


# --- the clock ----------------------------------------------------------------------------------


@pytest.mark.parametrize("system", WRONG_CLOCKS)
def test_a_clock_decades_wrong_is_set_by_the_proven_office(
    tmp_path: Path, office: FakeOffice, system: datetime
) -> None:
    clock = clock_at(tmp_path, system)
    assert OfficeLine(office.url, office.root, clock).first_contact() == b"bundle"
    assert clock.now() == NOW
    assert clock.is_wrong()


def test_the_floor_is_there_after_a_start_without_the_office(
    tmp_path: Path, office: FakeOffice
) -> None:
    OfficeLine(office.url, office.root, clock_at(tmp_path, WRONG_CLOCKS[0])).first_contact()
    assert clock_at(tmp_path, WRONG_CLOCKS[0]).now() == NOW


def test_the_time_is_never_set_back(tmp_path: Path, office: FakeOffice, line: OfficeLine) -> None:
    line.first_contact()
    office.answer = said(b"bundle", date="Mon, 23 Nov 2026 08:59:59 GMT")
    assert trouble_of(line.first_contact).trouble is Trouble.NO_TIME
    assert clock_at(tmp_path, WRONG_CLOCKS[0]).now() == NOW


@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 23 Nov 99999 08:59:59 GMT"])
def test_an_answer_without_a_time_sets_none(
    tmp_path: Path, office: FakeOffice, line: OfficeLine, date: str
) -> None:
    office.answer = said(b"bundle", date=date)
    assert trouble_of(line.first_contact).trouble is Trouble.NO_TIME
    assert not (tmp_path / "floor").exists()


def test_a_broken_note_of_the_floor_is_no_floor(tmp_path: Path) -> None:
    (tmp_path / "floor").write_bytes(b"\xff\xfe")
    assert clock_at(tmp_path, WRONG_CLOCKS[0]).now() == MADE


# --- who is believed ----------------------------------------------------------------------------


@pytest.mark.parametrize("system", [*WRONG_CLOCKS, NOW])
def test_an_impostor_is_told_at_any_clock_and_hears_nothing(
    tmp_path: Path, office: FakeOffice, system: datetime
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    with fake_office(other, NOW) as impostor:
        impostor.answer = said(b"bundle")
        line = OfficeLine(impostor.url, office.root, clock_at(tmp_path, system))
        assert trouble_of(line.first_contact).trouble is Trouble.IMPOSTOR
        asked = trouble_of(lambda: line.enroll("1000", TOKEN, b"request"))
        assert asked.trouble is Trouble.IMPOSTOR
        assert impostor.heard == []


@pytest.mark.parametrize(
    ("kind", "host"),
    [(Kind.TERMINALS, "127.0.0.1"), (Kind.SERVERS, "127.0.0.2"), (Kind.SERVERS, "other.example")],
)
def test_another_of_the_banks_own_certificates_is_no_office(
    tmp_path: Path, kind: Kind, host: str
) -> None:
    with fake_office(tmp_path, NOW, kind, host) as other:
        line = OfficeLine(other.url, other.root, clock_at(tmp_path, NOW))
        assert trouble_of(line.first_contact).trouble is Trouble.IMPOSTOR


@pytest.mark.parametrize("made", [NOW - timedelta(days=91), NOW + timedelta(days=3)])
def test_out_of_its_time_the_office_is_told_no_secret(tmp_path: Path, made: datetime) -> None:
    with fake_office(tmp_path, made) as late:
        late.answer = said(b"bundle")
        line = OfficeLine(late.url, late.root, clock_at(tmp_path, NOW))
        asked = trouble_of(lambda: line.enroll("1000", TOKEN, b"request"))
        assert asked.trouble is Trouble.OUT_OF_DATE
        assert late.heard == []


def test_an_old_certificate_may_not_say_an_old_time(tmp_path: Path) -> None:
    """Whoever has the key of one that ran out cannot set the clock back to where it was good."""
    old = NOW - timedelta(days=400)
    with fake_office(tmp_path, old) as stolen:
        stolen.answer = said(b"bundle", date=f"{old:%a, %d %b %Y %H:%M:%S} GMT")
        line = OfficeLine(stolen.url, stolen.root, clock_at(tmp_path, WRONG_CLOCKS[0]))
        assert trouble_of(line.first_contact).trouble is Trouble.NO_TIME
        stolen.answer = said(b"bundle")
        assert trouble_of(line.first_contact).trouble is Trouble.OUT_OF_DATE


# --- what goes wrong ----------------------------------------------------------------------------


def test_nobody_there_is_called_so(tmp_path: Path, office: FakeOffice) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    line = OfficeLine(f"https://127.0.0.1:{port}", office.root, clock_at(tmp_path, NOW))
    assert trouble_of(line.first_contact).trouble is Trouble.UNREACHABLE


def test_without_encryption_nothing_is_asked(tmp_path: Path, office: FakeOffice) -> None:
    with pytest.raises(ValueError, match="https only"):
        OfficeLine("http://127.0.0.1", office.root, clock_at(tmp_path, NOW))


def test_an_office_that_says_nothing_is_slow(
    office: FakeOffice, line: OfficeLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office_line, "PATIENCE_S", 0.2)

    def says_nothing(end: ssl.SSLSocket) -> None:
        end.recv(1)

    office.answer = says_nothing
    assert trouble_of(line.first_contact).trouble is Trouble.SLOW


def test_an_office_that_drips_is_slow(
    office: FakeOffice, line: OfficeLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office_line, "ANSWER_S", 0.2)

    def drips(end: ssl.SSLSocket) -> None:
        end.sendall(said(b"x" * 10_000)[:-10_000])
        end.settimeout(0.05)
        for _ in range(100):
            end.sendall(b"x")
            try:
                end.recv(1)
            except TimeoutError:
                continue

    office.answer = drips
    assert trouble_of(line.first_contact).trouble is Trouble.SLOW


def test_a_refusal_brings_its_remedy(office: FakeOffice, line: OfficeLine) -> None:
    body = json.dumps({"reason": "token-used", "remedy": "make a new token"}).encode()
    office.answer = said(body, "403 Forbidden")
    refused = trouble_of(lambda: line.enroll("1000", TOKEN, b"request"))
    assert refused.reason is wire.Reason.TOKEN_USED
    assert refused.remedy == "make a new token"


def test_a_busy_office_says_for_how_long(office: FakeOffice, line: OfficeLine) -> None:
    office.answer = said(b"", "503 Service Unavailable", more="Retry-After: 20\r\n")
    busy = trouble_of(line.first_contact)
    assert (busy.trouble, busy.retry_after_s) == (Trouble.BUSY, 20.0)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        said(b"<html>", "403 Forbidden"),
        said(b"", "302 Found", more="Location: https://127.0.0.1/\r\n"),
        said(b"", "500 Internal Server Error"),
        said(b"whole")[:-2],
        said(b"x" * (wire.ANSWER_BYTES_MAX + 1)),
    ],
    ids=["nothing", "another protocol", "no refusal", "elsewhere", "fault", "cut off", "endless"],
)
def test_what_is_no_answer_changes_nothing(
    office: FakeOffice, line: OfficeLine, answer: bytes
) -> None:
    office.answer = answer
    found = trouble_of(lambda: line.enroll("1000", TOKEN, b"request")).trouble
    assert found in (Trouble.NOT_AN_ANSWER, Trouble.UNREACHABLE)
