"""The desk's functions: each can be repeated, and each no names its remedy."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.issuing import issuing
from provisioning.office import desk, founding, looking
from provisioning.office.desk import No
from provisioning.office.office import Office
from provisioning.office.pacing import Pace
from provisioning.office.settings import BadSettings, OfficeSettings, read_settings, write_settings
from provisioning.wire import ExpectedDevice
from tests.provisioning.office.board import (
    BOARD,
    NOW,
    ROOT_PASSPHRASE,
    SETTINGS,
    SITE,
    TECHNICIAN,
    TERMINAL,
    WHO,
    Clock,
)

Act = Callable[[Office], desk.Said | No]
PRINTER = ExpectedDevice("receipt_printer", "RP-80", "P-1")
LOBBY = (SITE, "大堂", "Lobby", "https://gateway", "mqtts://broker")


@pytest.mark.parametrize(
    "act",
    [
        lambda office: desk.put_site(office, WHO, *LOBBY),
        lambda office: desk.put_site(office, WHO, "lobby-9", *LOBBY[1:]),
        lambda office: desk.put_site(office, WHO, SITE, "门厅", *LOBBY[2:]),
        lambda office: desk.add_terminal(office, WHO, TERMINAL, BOARD, "kiosk-a", SITE),
        lambda office: desk.add_terminal(office, WHO, "T0009", "BRD-9", "kiosk-a", SITE),
        lambda office: desk.expect_devices(office, WHO, TERMINAL, [PRINTER]),
        lambda office: desk.put_technician(office, WHO, TECHNICIAN),
        lambda office: desk.put_technician(office, WHO, TECHNICIAN, active=False),
        lambda office: desk.withdraw_tokens(office, WHO, TERMINAL),
        lambda office: desk.allow_once(office, WHO, TERMINAL),
        lambda office: desk.replace_board(office, WHO, TERMINAL, "BRD-0007"),
        lambda office: desk.revoke(office, WHO, TERMINAL),
        lambda office: desk.reinstate(office, WHO, TERMINAL),
        lambda office: desk.decommission(office, WHO, TERMINAL),
    ],
)
def test_done_again_it_changes_nothing_and_is_not_noted_twice(office: Office, act: Act) -> None:
    first = act(office)
    assert isinstance(first, dict)
    noted, seen = looking.audit_entries(office), looking.all_terminals(office)
    again = act(office)
    assert isinstance(again, dict) and again["changed"] is False
    assert {**again, "changed": 0} == {**first, "changed": 0}
    assert looking.audit_entries(office) == noted
    assert looking.all_terminals(office) == seen


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (lambda office: desk.put_site(office, WHO, "a b", *LOBBY[1:]), "site-id"),
        (lambda office: desk.put_site(office, WHO, SITE, "", *LOBBY[2:]), "site-text"),
        (lambda office: desk.add_terminal(office, WHO, "t1", "B", "m", SITE), "terminal-id"),
        (lambda office: desk.add_terminal(office, WHO, "T2", "B:1", "m", SITE), "board"),
        (lambda office: desk.add_terminal(office, WHO, "T2", BOARD, "m", SITE), "board-taken"),
        (lambda office: desk.add_terminal(office, WHO, "T2", "B", "m", "none"), "site-unknown"),
        (lambda office: desk.add_terminal(office, WHO, TERMINAL, "B", "m", SITE), "terminal-taken"),
        (lambda office: desk.expect_devices(office, WHO, "T2", [PRINTER]), "terminal-unknown"),
        (lambda office: desk.expect_devices(office, WHO, TERMINAL, [PRINTER] * 33), "devices"),
        (lambda office: desk.put_technician(office, WHO, ""), "technician-id"),
        (lambda office: desk.make_token(office, WHO, "T2", TECHNICIAN), "terminal-unknown"),
        (lambda office: desk.make_token(office, WHO, TERMINAL, "x"), "technician-unknown"),
        (
            lambda office: desk.make_token(office, WHO, TERMINAL, "x", timedelta(minutes=16)),
            "life",
        ),
        (lambda office: desk.move_terminal(office, WHO, TERMINAL, "none"), "site-unknown"),
        (lambda office: desk.replace_board(office, WHO, TERMINAL, "B 1"), "board"),
        (lambda office: desk.revoke(office, WHO, "T2"), "terminal-unknown"),
        (lambda office: desk.assign_configuration(office, WHO, "T2", b""), "terminal-unknown"),
    ],
)
def test_a_no_changes_nothing_and_names_its_remedy(office: Office, act: Act, reason: str) -> None:
    noted = looking.audit_entries(office)
    no = act(office)
    assert isinstance(no, No) and no.reason == reason and len(no.remedy) > 10
    assert looking.audit_entries(office) == noted


def test_what_is_gone_stays_gone(office: Office) -> None:
    said = desk.decommission(office, WHO, TERMINAL, without_proof=True)
    assert isinstance(said, dict) and said["state"] == "decommissioned"
    for no in (
        desk.make_token(office, WHO, TERMINAL, TECHNICIAN),
        desk.reinstate(office, WHO, TERMINAL),
        desk.allow_once(office, WHO, TERMINAL),
        desk.move_terminal(office, WHO, TERMINAL, SITE),
    ):
        assert isinstance(no, No) and no.reason == "terminal-gone"
    again = desk.revoke(office, WHO, TERMINAL)
    assert isinstance(again, dict) and not again["changed"]


def test_a_terminal_is_seen_with_all_that_is_known_of_it(office: Office) -> None:
    desk.expect_devices(office, WHO, TERMINAL, [PRINTER])
    seen = looking.one_terminal(office, TERMINAL)
    assert seen is not None
    assert seen["devices"] == [
        {"kind": "receipt_printer", "model": "RP-80", "serial_number": "P-1", "required": True}
    ]
    assert (seen["state"], seen["certificate_until"]) == ("preauthorised", None)
    assert looking.one_terminal(office, "T2") is None
    assert [each["site_id"] for each in looking.all_sites(office)] == [SITE]
    assert looking.all_technicians(office) == [{"technician": TECHNICIAN, "active": True}]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"settings": OfficeSettings("Bank", ("h",), "https://h")}, "settings"),
        ({"settings": OfficeSettings("bank", (), "https://h")}, "settings"),
        ({"settings": OfficeSettings("bank", ("h",), "http://h")}, "settings"),
        ({"root_passphrase": b"short"}, "passphrase"),
        ({"root_medium": "office/safe"}, "medium"),
    ],
)
def test_an_office_is_not_founded_on_bad_words(
    tmp_path: Path, changed: dict[str, object], reason: str
) -> None:
    settings = changed.get("settings", SETTINGS)
    assert isinstance(settings, OfficeSettings)
    said = founding.set_up(
        tmp_path / "office",
        settings,
        tmp_path / str(changed.get("root_medium", "safe")),
        bytes(changed.get("root_passphrase", ROOT_PASSPHRASE)),  # type: ignore[call-overload]
        WHO,
        clock=Clock(),
    )
    assert isinstance(said, No) and said.reason == reason
    assert list(tmp_path.iterdir()) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=60))
def test_settings_that_are_malformed_are_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "office.toml").write_text(text, encoding="utf-8", newline="")
    with pytest.raises(BadSettings):
        read_settings(tmp_path)


def test_settings_come_back_as_they_were_written(tmp_path: Path) -> None:
    written = OfficeSettings("a-bank.example", ("a", "10.0.0.1"), "https://a:8443/x", timedelta(9))
    write_settings(tmp_path, written)
    assert read_settings(tmp_path) == written


def test_refusals_beyond_the_pace_are_counted() -> None:
    pace = Pace(2)
    assert [pace.lets(NOW) for _ in range(4)] == [0, 0, None, None]
    assert pace.lets(NOW + timedelta(minutes=1)) == 2
    assert pace.lets(NOW) == 0  # a clock that was put back begins anew


def test_issuing_is_measured() -> None:
    (figure,) = issuing(rounds=1, requests=20)
    assert figure.ours.least > 0 and figure.at_least and figure.target == 1_000
