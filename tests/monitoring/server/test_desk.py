"""From messages to pages and back: both databases, with people who may and may not."""

from __future__ import annotations

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine

from kiosk.drivers.health import HealthWord, Remedy
from monitoring.server import acting, reading
from monitoring.server.alert_keeping import keep_alerts
from monitoring.server.alerting import Damper
from monitoring.server.facts import AlertFilters, Outcome, Person, Role, TerminalFilters
from monitoring.server.ingest import Ingest
from monitoring.server.storing import count, load, write
from monitoring.wire.messages import (
    DeviceReport,
    Devices,
    Event,
    Happening,
    Health,
    Mode,
    Presence,
    to_bytes,
)
from monitoring.wire.orders import OrderKind
from monitoring.wire.topics import Kind, topic
from tests.monitoring.server.conftest import ADMIN, NOW, SITE, VIEWER

KEY = Ed25519PrivateKey.generate()


def living(ingest: Ingest, name: str, now: int = NOW, number: int = 1, paper: str = "full") -> None:
    out = paper == "out"
    printer = DeviceReport(
        "receipt_printer",
        "online",
        HealthWord.ATTENTION if out else HealthWord.GOOD,
        Remedy.CLEAR if out else Remedy.NONE,
        now,
        paper=paper,
    )
    services: dict[str, tuple[str, ...]] = {
        "balance": ("receipt_printer",) if out else (),
        "loss": (),
    }
    for kind, message in (
        (Kind.PRESENCE, Presence(True, "s1", NOW, "1.0")),
        (Kind.HEALTH, Health("s1", number, now, Mode.IDLE, waiting=2, oldest_s=9)),
        (Kind.DEVICES, Devices("s1", number, now, (printer,), services)),
    ):
        ingest.take(topic(name, kind), to_bytes(message), now)
    ingest.listening_since = NOW


def kept(engine: Engine, ingest: Ingest, now: int) -> None:
    ingest.judge(now)
    write(engine, ingest.batch(now), now)


@pytest.fixture
def site(engine: Engine) -> Engine:
    assert acting.add_site(engine, ADMIN, SITE, NOW) is Outcome.DONE
    for number in range(1, 6):
        added = acting.add_terminal(engine, ADMIN, f"T{number}", "H1", f"Hall {number}", NOW)
        assert added is Outcome.DONE
    return engine


def test_the_overview_counts_who_can_serve_what(site: Engine) -> None:
    ingest = Ingest()
    living(ingest, "T1")
    living(ingest, "T2", paper="out")
    kept(site, ingest, NOW)
    count(site, NOW)
    seen = reading.overview(site)
    assert (seen.terminals, seen.online, seen.serving, seen.never) == (5, 2, 2, 3)
    assert (seen.made, seen.waiting, seen.oldest_s) == (NOW, 4, 9)
    assert {each.service: (each.can, each.cannot) for each in seen.services} == {
        "balance": (1, 1),
        "loss": (2, 0),
    }
    assert [(each.remedy, each.terminals) for each in seen.remedies] == [("clear", 1)]
    assert [(each.site, each.terminals, each.online) for each in seen.sites] == [("H1", 5, 2)]
    living(ingest, "T2", number=2)
    kept(site, ingest, NOW + 1)
    count(site, NOW + 1)
    assert reading.overview(site).remedies == ()


def test_terminals_are_paged_by_name_and_found_by_filter(site: Engine) -> None:
    ingest = Ingest()
    living(ingest, "T2", paper="out")
    kept(site, ingest, NOW)
    first = reading.terminals_page(site, TerminalFilters(), limit=2)
    assert [each.terminal for each in first.lines] == ["T1", "T2"]
    second = reading.terminals_page(site, TerminalFilters(), first.next_after, limit=10)
    assert [each.terminal for each in second.lines] == ["T3", "T4", "T5"]
    assert second.next_after == ""
    for filters in (
        TerminalFilters(online=True),
        TerminalFilters(remedy="clear", site="H1", city="示例市"),
        TerminalFilters(lacks="balance"),
        TerminalFilters(text="Hall 2"),
        TerminalFilters(health="attention", mode="idle", software="1.0"),
    ):
        assert [e.terminal for e in reading.terminals_page(site, filters).lines] == ["T2"]
    assert reading.terminals_page(site, TerminalFilters(text="%")).lines == ()


def test_a_terminal_shows_its_devices_its_history_and_comes_back_after_a_restart(
    site: Engine,
) -> None:
    ingest = Ingest()
    living(ingest, "T1")
    event = to_bytes(Event(7, NOW, Happening.LINE, {"up": False}))
    ingest.take(topic("T1", Kind.EVENT), event, NOW)
    kept(site, ingest, NOW)
    seen = reading.terminal(site, "T1")
    assert seen is not None and seen.health is not None
    assert seen.devices[0].device == "receipt_printer"
    assert [(each.what, each.detail) for each in seen.history] == [("line", {"up": False})]
    again = Ingest(load(site))
    assert again.take(topic("T1", Kind.EVENT), event, NOW) == "duplicate"
    health = to_bytes(Health("s1", 1, NOW, Mode.IDLE))
    assert again.take(topic("T1", Kind.HEALTH), health, NOW) == "duplicate"
    assert reading.terminal(site, "T99") is None


def test_alerts_are_raised_grouped_gone_on_with_and_cleared(site: Engine) -> None:
    ingest, damper = Ingest(), Damper()
    for number in range(1, 6):
        living(ingest, f"T{number}", paper="out" if number < 4 else "full")
    kept(site, ingest, NOW)
    for at in (0, 10):
        keep_alerts(site, damper, NOW + at)
    [one] = reading.alerts_page(site, AlertFilters()).alerts
    assert (one.remedy, one.cause, one.part) == ("clear", "device", "receipt_printer")
    assert (one.count, one.terminals, one.lost) == (3, ("T1", "T2", "T3"), ("balance",))
    assert (one.severity, one.name_en) == ("major", "First Hospital")
    assert [e.id for e in reading.alerts_page(site, AlertFilters(terminal="T2")).alerts] == [one.id]
    living(ingest, "T1", number=2)
    kept(site, ingest, NOW + 11)
    keep_alerts(site, damper, NOW + 12)
    after = reading.alert(site, one.id)
    assert after is not None and after.terminals == ("T2", "T3")
    for number in (2, 3):
        living(ingest, f"T{number}", number=2)
    kept(site, ingest, NOW + 13)
    for at in (14, 50):
        keep_alerts(site, damper, NOW + at)
    assert reading.alerts_page(site, AlertFilters()).alerts == ()
    over = reading.alert(site, one.id)
    assert over is not None and over.cleared == NOW + 50


def test_all_of_a_site_gone_silent_is_a_line_and_nobody_else_is_blamed(site: Engine) -> None:
    ingest, damper = Ingest(), Damper()
    for number in range(1, 6):
        living(ingest, f"T{number}")
    kept(site, ingest, NOW)
    kept(site, ingest, NOW + 100)
    for at in (100, 160):
        keep_alerts(site, damper, NOW + at)
    [one] = reading.alerts_page(site, AlertFilters()).alerts
    assert (one.cause, one.count, one.severity) == ("line", 5, "critical")


def test_a_terminal_that_never_says_anything_is_an_alert_until_it_is_retired(site: Engine) -> None:
    damper = Damper()
    for at in (0, 3_600):
        keep_alerts(site, damper, NOW + at)
    [one] = reading.alerts_page(site, AlertFilters()).alerts
    assert (one.cause, one.remedy, one.count) == ("never", "configuration", 5)
    for number in range(1, 6):
        assert acting.retire_terminal(site, ADMIN, f"T{number}", NOW) is Outcome.DONE
    keep_alerts(site, damper, NOW + 3_605)
    assert reading.alerts_page(site, AlertFilters()).alerts == ()


def test_alerts_are_acknowledged_assigned_silenced_and_each_is_in_the_audit(site: Engine) -> None:
    damper = Damper()
    for at in (0, 3_600):
        keep_alerts(site, damper, NOW + at)
    number = reading.alerts_page(site, AlertFilters()).alerts[0].id
    operator = Person("op", "Op", Role.OPERATOR)
    before = reading.revision(site)
    assert acting.acknowledge(site, VIEWER, number, NOW) is Outcome.FORBIDDEN
    assert acting.acknowledge(site, operator, number, NOW) is Outcome.DONE
    assert acting.acknowledge(site, operator, number, NOW) is Outcome.ALREADY
    assert acting.assign(site, operator, number, "nobody", NOW) is Outcome.BAD
    assert acting.add_person(site, ADMIN, operator, "long enough 1", NOW) is Outcome.DONE
    assert acting.assign(site, operator, number, "op", NOW) is Outcome.DONE
    assert acting.silence(site, operator, number, NOW + 30 * 86_400, NOW) is Outcome.BAD
    assert acting.silence(site, operator, number, NOW + 60, NOW) is Outcome.DONE
    assert acting.acknowledge(site, operator, 9_999, NOW) is Outcome.UNKNOWN
    seen = reading.alert(site, number)
    assert seen is not None
    assert (seen.acknowledged_by, seen.assigned_to, seen.silenced_until) == ("op", "op", NOW + 60)
    assert reading.revision(site) == before + 3
    lines = reading.audit_page(site, limit=7).lines
    assert [(each.person, each.what, each.detail) for each in reversed(lines)][:3] == [
        ("viewer", "acknowledge", "forbidden"),
        ("op", "acknowledge", ""),
        ("op", "acknowledge", ""),
    ]


def test_orders_are_signed_and_checked_against_the_role(site: Engine) -> None:
    operator = Person("op", "Op", Role.OPERATOR)

    def order(by: Person, kind: OrderKind, terminal: str = "T1", argument: str = "") -> Outcome:
        return acting.give_order(site, KEY, by, terminal, kind, argument, NOW).outcome

    assert order(VIEWER, OrderKind.SELF_TEST) is Outcome.FORBIDDEN
    assert order(operator, OrderKind.RENEW) is Outcome.FORBIDDEN
    assert order(operator, OrderKind.SELF_TEST) is Outcome.DONE
    assert order(operator, OrderKind.SELF_TEST) is Outcome.ALREADY
    assert order(ADMIN, OrderKind.RESTART, argument="sshd") is Outcome.BAD
    assert order(ADMIN, OrderKind.RESTART, argument="kiosk") is Outcome.DONE
    assert order(ADMIN, OrderKind.BUNDLE, terminal="T77") is Outcome.UNKNOWN
    assert acting.retire_terminal(site, ADMIN, "T2", NOW) is Outcome.DONE
    assert order(ADMIN, OrderKind.BUNDLE, terminal="T2") is Outcome.UNKNOWN
    page = reading.orders_page(site, open_only=True, limit=1)
    rest = reading.orders_page(site, before=page.next_before)
    assert {each.kind for each in (*page.orders, *rest.orders)} == {"selfTest", "restart"}
    assert [each.step for each in page.orders[0].steps] == ["waiting"]


def test_a_local_account_is_let_in_by_its_password_and_what_was_typed_is_not_kept(
    engine: Engine,
) -> None:
    person = Person("desk", "Desk", Role.ADMIN)
    assert acting.add_person(engine, ADMIN, person, "short", NOW) is Outcome.BAD
    assert acting.add_person(engine, VIEWER, person, "long enough 1", NOW) is Outcome.FORBIDDEN
    assert acting.add_person(engine, ADMIN, person, "long enough 1", NOW) is Outcome.DONE
    assert acting.check_password(engine, "desk", "long enough 1", NOW) == person
    assert acting.check_password(engine, "desk", "long enough 2", NOW) is None
    assert acting.check_password(engine, "hunter2hunter2", "x", NOW) is None
    assert reading.persons(engine) == (person,)
    assert reading.person(engine, "desk") == person
    told = msgspec.json.encode(reading.audit_page(engine).lines)
    assert b"hunter2" not in told and b"long enough" not in told


def test_a_terminal_that_nobody_has_entered_is_on_the_page_and_retired_ones_stay_away(
    engine: Engine,
) -> None:
    ingest = Ingest()
    living(ingest, "T9")
    kept(engine, ingest, NOW)
    assert [e.terminal for e in reading.terminals_page(engine, TerminalFilters()).lines] == ["T9"]
    assert acting.retire_terminal(engine, ADMIN, "T9", NOW) is Outcome.DONE
    living(ingest, "T9", number=2)
    kept(engine, ingest, NOW + 1)
    assert reading.terminals_page(engine, TerminalFilters()).lines == ()
