"""From a bare board to a terminal in service, as a technician types it, and out again for good."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from kiosk.settings import load_settings
from provisioning.wire import Outcome, read_report
from sscard.staff_codes import Role, role_of
from tests.provisioning.story.hall import DEVICES, KEYS, TERMINAL, Hall, hall, until


def services_on(view: dict[str, object] | None) -> bool:
    """Whether the first page has something to choose."""
    options = (view or {}).get("options")
    return isinstance(options, list) and any(each["enabled"] for each in options)


def passes_its_test(here: Hall) -> None:
    """The self-test, with a person who sees that all is well."""
    tested = ("self-test", "--technician", "1001", "--answers", str(here.answers))
    assert here.does(*tested)["passed"]


def gets_its_devices(here: Hall) -> None:
    """All five found, the pad's keys in it, and the bank at the other end of the line."""
    assert {each["kind"] for each in here.does("devices", "find")} == {*DEVICES}
    for key in KEYS:
        assert here.does("keys", "load", "--key", key, typed=here.papers(key))["loaded"]
    here.bank_opens()
    here.queue_starts()


def test_a_bare_board_becomes_a_terminal_in_service() -> None:
    with hall() as here:
        assert here.does("status")["next"] == "kiosk-provision enrol"
        token = here.token()
        here.camera.hold_up(token)  # the technician's phone, before the terminal's own camera
        assert here.does("enrol")["terminal"] == TERMINAL
        here.camera.take_away()
        gets_its_devices(here)
        assert here.readiness() is None, "nothing was tested yet"
        passes_its_test(here)
        waiting = here.readiness()
        assert waiting is not None and waiting["state"] == "failed", "nobody has signed it off"
        assert "sign-off" in waiting["remedies"][0]
        assert here.does("sign-off")["in_service"]
        now = here.readiness()
        assert now is not None and now["state"] == "passed"
        _everything_agrees(here)
        with here.kiosk_runs() as mirror:
            until(lambda: services_on(mirror.view))


def _everything_agrees(here: Hall) -> None:
    """Office, report, settings and codes tell of the same terminal."""
    assert here.does("terminal", "show", TERMINAL)["state"] == "in_service"
    assert here.does("status")["next"] == "nothing: it is in service"
    settings = load_settings(here.settings / "kiosk.toml")
    assert settings.terminal_id == TERMINAL
    assert settings.pin_pad.port == str(here.folder / "names" / "pin-pad")
    report = read_report((here.folder / "board" / "readiness-report.json").read_bytes())
    checks = {each.check: each.outcome for each in report.findings}
    assert checks["screen.page"] is checks["bank.line"] is Outcome.PASSED
    assert {each.kind for each in report.devices} == {*DEVICES}
    page = (here.folder / "board" / "readiness.html").read_text()
    assert "Ready for service" in page
    assert settings.staff_secret_path is not None
    secret = settings.staff_secret_path.read_bytes()
    code = here.does("staff-code", "--terminal", TERMINAL, "--technician", "1002")["code"]
    admitted = role_of(secret, "1002", code, datetime.now(UTC))
    assert admitted is not None and admitted.role is Role.TECHNICIAN
    audit = (here.folder / "office" / "office.sqlite").read_bytes()
    assert code.encode() not in audit


def test_a_board_that_wakes_in_1970_ends_in_service_all_the_same() -> None:
    with hall() as here:
        wrong = here.folder / "clock_is_off_s"
        wrong.write_text(str(-datetime.now(UTC).timestamp()))
        assert here.does("enrol", "--token", here.token())["configuration"] == 1
        assert abs(float(wrong.read_text())) < 60, "the clock was set from the office's word"
        assert here.does("status")["certificate_days_left"] in (89, 90)
        assert here.does("renew")["renewal"] == "not-due"
        assert "clock" in (here.folder / "steps").read_text()
        gets_its_devices(here)
        passes_its_test(here)
        assert here.does("sign-off")["in_service"]
        _everything_agrees(here)


def test_a_terminal_that_goes_for_good_wipes_itself_and_proves_it() -> None:
    with hall(["pin_pad"]) as here:
        here.does("enrol", "--token", here.token())
        here.does("devices", "find")
        here.does("keys", "load", "--key", "bank", typed=here.papers("bank"))
        leaves = ("decommission", "--technician", "1001")
        assert here.tries(*leaves).told["failed"] == "the office has not taken this terminal out"
        here.does("terminal", "decommission", TERMINAL)
        refused = here.tries(*leaves).told
        assert "the queue does not say" in refused["failed"]
        assert (here.folder / "handed" / "signing_key").exists(), "nothing is wiped before it may"
        told = here.does(*leaves, "--give-up-queue")
        assert {"signing_key", "client_key", "lane_key", "staff_secret"} <= set(told["wiped"])
        assert list((here.folder / "handed").iterdir()) == []
        assert not (here.folder / "board" / "identity").exists()
        assert 0x30 not in here.pad.keys
        assert here.does("terminal", "show", TERMINAL)["state"] == "decommissioned"
        readiness = here.readiness()
        assert readiness is not None and readiness["state"] == "decommissioned"
        assert here.does(*leaves, "--give-up-queue")["decommissioned"], "again, nothing changes"
        assert not _secrets_left(here.folder / "board")


def _secrets_left(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if b"PRIVATE KEY" in _content(path)]


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""
