"""Few alerts that mean something, in virtual time."""

from __future__ import annotations

from kiosk.drivers.health import HealthWord, Remedy
from monitoring.server.alerting import FLEET, Damper, Fleet, Place, group
from monitoring.server.causes import RULES, Cause, Trouble, of_silence, troubles
from monitoring.server.facts import Severity
from monitoring.wire.messages import DeviceReport, Health, Mode

FORTY = Fleet({"H1": 40, "H2": 40}, {"A": 2})


def silent(name: str, site: str, city: str = "A") -> tuple[Place, Trouble]:
    return Place(name, site, city), of_silence(Cause.SILENT, ("balance",))


def test_a_line_down_at_a_hospital_is_one_alert_and_not_forty() -> None:
    [one] = group([silent(f"T{number}", "H1") for number in range(40)], FORTY)
    assert (one.cause, one.site, len(one.terminals)) == (Cause.LINE, "H1", 40)
    assert one.remedy is Remedy.SUSPEND
    assert one.lost == ("balance",)


def test_one_silent_terminal_of_forty_is_its_own_trouble() -> None:
    [one] = group([silent("T1", "H1")], FORTY)
    assert (one.cause, one.terminals) == (Cause.SILENT, ("T1",))


def test_a_city_and_then_the_whole_fleet_are_one_alert_each() -> None:
    fleet = Fleet({f"H{number}": 2 for number in range(6)}, {"A": 3, "B": 3})
    a = [silent(f"T{site}-{each}", f"H{site}", "A") for site in range(3) for each in range(2)]
    b = [silent(f"T{site}-{each}", f"H{site}", "B") for site in range(3, 6) for each in range(2)]
    three = Fleet(fleet.terminals, {**fleet.sites, "C": 3, "D": 3, "E": 3})
    assert {each.key for each in group(a, three)} == {"city/A:line:"}
    [one] = group([*a, *b], fleet)
    assert (one.key, one.site, len(one.terminals)) == (f"{FLEET}:line:", "", 12)


def test_an_alert_is_raised_only_after_its_time_and_cleared_only_after_its_time() -> None:
    rule, damper = RULES[Cause.SILENT], Damper()
    groups = group([silent("T1", "H1")], FORTY)
    key = groups[0].key
    assert damper.step(groups, {}, 0).raised == ()
    assert damper.step(groups, {}, rule.raise_after_s - 1).raised == ()
    assert damper.step(groups, {}, rule.raise_after_s).raised == tuple(groups)
    is_open = {key: Cause.SILENT}
    assert damper.step([], is_open, 1_000).cleared == ()
    assert damper.step([], is_open, 1_000 + rule.clear_after_s).cleared == (key,)


def test_one_that_comes_and_goes_is_neither_raised_nor_cleared_by_it() -> None:
    rule, damper = RULES[Cause.SILENT], Damper()
    groups = group([silent("T1", "H1")], FORTY)
    for turn in range(20):
        at = turn * rule.raise_after_s
        assert damper.step(groups if turn % 2 else [], {}, at).raised == ()
    is_open = {groups[0].key: Cause.SILENT}
    for turn in range(20):
        at = 10_000 + turn * (rule.clear_after_s - 1)
        assert damper.step(groups if turn % 2 else [], is_open, at).cleared == ()


def printer(word: HealthWord, remedy: Remedy) -> DeviceReport:
    return DeviceReport("receipt_printer", "online", word, remedy, 0, paper="out")


def test_severity_is_what_cardholders_lose() -> None:
    report = printer(HealthWord.ATTENTION, Remedy.CLEAR)

    def severity(services: dict[str, tuple[str, ...]]) -> Severity:
        [one] = troubles(None, (report,), services)
        assert one.remedy is Remedy.CLEAR
        return one.severity

    assert severity({"balance": (), "loss": ()}) is Severity.MINOR
    assert severity({"balance": ("receipt_printer",), "loss": ()}) is Severity.MAJOR
    assert severity({"balance": ("receipt_printer",)}) is Severity.CRITICAL


def test_a_black_screen_is_told_although_the_terminal_speaks() -> None:
    health = Health("s", 1, 1_790_000_000, Mode.IDLE, frame_age_s=500)
    [one] = troubles(health, (), {"balance": ()})
    assert (one.cause, one.severity, one.lost) == (Cause.SCREEN, Severity.CRITICAL, ("balance",))


def test_a_clock_in_1970_and_a_loss_report_that_waits_are_told_worst_first() -> None:
    health = Health("s", 1, 12, Mode.IDLE, losses=1, oldest_loss_s=5_000)
    assert [each.cause for each in troubles(health, (), {})] == [Cause.LOSS_WAITS, Cause.CLOCK]
