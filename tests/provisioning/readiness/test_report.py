"""The report: what passes, what holds back, what changed, and how it looks on page and paper."""

from __future__ import annotations

from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from msgspec.structs import replace

from kiosk.drivers.events import Device
from kiosk.drivers.receipt_printer.layout import COLUMNS, job, width
from provisioning.readiness.page import page
from provisioning.readiness.paper import blocks, plain_text
from provisioning.readiness.questions import questions
from provisioning.readiness.report import (
    DEVICE_CHECKS,
    FINDINGS_MAX,
    compared,
    make_report,
    required_checks,
)
from provisioning.wire import (
    ExpectedDevice,
    Finding,
    FoundDevice,
    Outcome,
    ReadinessReport,
    read_report,
    report_bytes,
)

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
REQUIRED = frozenset({"disk.space", "bank.line"})
SPACE = Finding("disk.space", Outcome.PASSED, "20,000 MiB are free.", "", 20_000.0, "MiB")
LINE = Finding("bank.line", Outcome.PASSED, "The bank answers.")
NO_LINE = Finding("bank.line", Outcome.FAILED, "The bank does not answer.", "Look at the plug.")
WARM = Finding("board.temperature", Outcome.CONCERN, "The board is at 72 °C.", "Free the slots.")
UNKNOWN = Finding("board.power", Outcome.NOT_DONE, "Unknown: this board does not tell.")
PAD = FoundDevice("pin_pad", "ZT598", "2401-0001", "100/200")
OTHER_PAD = FoundDevice("pin_pad", "ZT598", "2502-0007", "100/200")


def report(*findings: Finding, devices: tuple[FoundDevice, ...] = (PAD,)) -> ReadinessReport:
    return make_report("T-0001", AT, "wang.li", "1.0.0", 7, devices, findings, REQUIRED)


def test_a_terminal_passes_with_concerns_and_with_unknowns_that_are_not_required() -> None:
    assert report(SPACE, LINE, WARM, UNKNOWN).passed


def test_one_failure_holds_it_back_required_or_not() -> None:
    assert not report(SPACE, NO_LINE).passed
    assert not report(SPACE, LINE, replace(WARM, outcome=Outcome.FAILED)).passed


def test_a_required_check_that_was_not_done_or_never_made_holds_it_back() -> None:
    assert not report(SPACE, replace(LINE, outcome=Outcome.NOT_DONE)).passed
    short = report(SPACE)
    assert not short.passed
    assert ("bank.line", Outcome.NOT_DONE) in [
        (each.check, each.outcome) for each in short.findings
    ]


def test_a_report_with_nothing_in_it_does_not_pass() -> None:
    assert not report().passed


def test_two_findings_of_one_check_or_too_many_are_no_report() -> None:
    with pytest.raises(ValueError, match="one finding"):
        report(SPACE, LINE, NO_LINE)
    with pytest.raises(ValueError, match="some findings"):
        report(*(replace(WARM, check=f"x.{number}") for number in range(FINDINGS_MAX)))
    with pytest.raises(ValueError, match="offset"):
        make_report("T", AT.replace(tzinfo=None), "a", "1", 1, (), (SPACE, LINE), REQUIRED)


def test_a_report_goes_over_the_line_and_comes_back_the_same() -> None:
    whole = report(SPACE, LINE, WARM, UNKNOWN)
    assert read_report(report_bytes(whole)) == whole


def test_only_required_devices_make_checks_required() -> None:
    required = required_checks(
        [ExpectedDevice("pin_pad"), ExpectedDevice("camera", required=False)]
    )
    assert "pin_pad.key_bank" in required
    assert not any(check.startswith("camera.") for check in required)
    assert "new_kind.found" in required_checks([ExpectedDevice("new_kind")])


def test_every_question_about_a_device_is_among_its_required_checks() -> None:
    for device in Device:
        asked = {each.check for each in questions([device]) if each.device is device}
        assert asked <= {f"{device}.{check}" for check in DEVICE_CHECKS[device]}


def test_what_is_new_and_what_is_gone_since_the_last_report_is_told() -> None:
    before, now = report(SPACE, NO_LINE), report(SPACE, LINE, WARM, devices=(OTHER_PAD,))
    changes = compared(before, now)
    assert (changes.new, changes.gone) == ((WARM,), (NO_LINE,))
    assert (changes.devices_come, changes.devices_gone) == ((OTHER_PAD,), (PAD,))


def test_what_stays_wrong_is_no_news() -> None:
    before = report(SPACE, NO_LINE)
    assert not compared(before, report(SPACE, replace(NO_LINE, said="Still not.")))


def test_a_check_that_could_not_be_made_is_neither_new_nor_wrong() -> None:
    assert not compared(report(SPACE, LINE), report(SPACE, LINE, UNKNOWN))


def test_without_a_last_report_everything_wrong_is_new() -> None:
    changes = compared(None, report(SPACE, NO_LINE))
    assert changes.new == (NO_LINE,)
    assert changes.devices_come == (PAD,)


class Reading(HTMLParser):
    """Reads a page strictly: every element that opens closes, in order."""

    VOID = frozenset({"meta", "br"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_is_whole_and_needs_nothing_else() -> None:
    whole = report(SPACE, NO_LINE, WARM, UNKNOWN)
    read = Reading(page(whole, compared(None, whole), REQUIRED))
    assert read.open == []
    assert not {"script", "img", "link", "iframe"} & set(read.tags)
    assert not {"src", "href"} & {name for name, _ in read.attributes}
    assert "Not ready for service" in read.text
    assert read.text.index("Look at the plug.") < read.text.index("All checks")
    assert "20,000 MiB" in read.text


def test_what_a_device_says_of_itself_stays_text_on_the_page() -> None:
    evil = FoundDevice("pin_pad", "<script>alert(1)</script>", '"onload="', "&lt;")
    said = replace(WARM, said="<b>hot</b>", remedy="a & b")
    whole = report(SPACE, LINE, said, devices=(evil,))
    read = Reading(page(whole, compared(report(SPACE, LINE), whole), REQUIRED))
    assert "script" not in read.tags
    assert "b" not in read.tags
    assert "<script>alert(1)</script>" in read.text
    assert "onload" not in {name for name, _ in read.attributes}


def test_a_terminal_that_passed_has_nothing_to_do_on_its_page() -> None:
    whole = report(SPACE, LINE)
    text = Reading(page(whole, compared(whole, whole), REQUIRED)).text
    assert "Ready for service" in text
    assert "Before it can go" not in text
    assert "Nothing has changed." in text


def test_on_paper_what_holds_back_comes_first_and_every_line_fits() -> None:
    whole = report(SPACE, WARM, NO_LINE, UNKNOWN)
    text = plain_text(whole, REQUIRED)
    assert "NOT READY FOR SERVICE" in text
    assert text.index("The bank does not answer.") < text.index("The board is at 72 °C.")
    assert "Look at the plug." in text
    assert all(width(line) <= COLUMNS for line in text.splitlines())
    assert sum(map(len, job(blocks(whole, REQUIRED)))) < 16_384


def test_a_long_list_still_fits_what_a_printer_takes() -> None:
    remedy = "Do this, then that, and then look whether it has become any better at all." * 3
    many = [
        Finding(f"x.{number}", Outcome.FAILED, "Something is wrong here.", remedy, 1.5, "ms")
        for number in range(200)
    ]
    assert sum(map(len, job(blocks(report(*many), REQUIRED)))) < 16_384
