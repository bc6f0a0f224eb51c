"""The readiness report for the receipt printer, and as plain text: short, what is open first."""

from __future__ import annotations

from collections.abc import Collection

from kiosk.drivers.orders import Align, Block, Line, Pair, Rule
from kiosk.drivers.receipt_printer.layout import COLUMNS, width, wrapped
from provisioning.readiness.page import WORDS, figure
from provisioning.readiness.report import holds_back, told_at
from provisioning.wire import Finding, Outcome, ReadinessReport

SHOWN_MAX = 40  # findings; the page has the rest


def blocks(report: ReadinessReport, required: Collection[str]) -> tuple[Block, ...]:
    """What is printed: verdict, what is open with its remedy, figures, a line to sign on."""
    open_ones = [finding for finding in report.findings if finding.outcome is not Outcome.PASSED]
    open_ones.sort(key=lambda finding: not holds_back(finding, required))
    verdict = "READY FOR SERVICE" if report.passed else "NOT READY FOR SERVICE"
    passed = sum(finding.outcome is Outcome.PASSED for finding in report.findings)
    return (
        Line(verdict, bold=True, align=Align.CENTRE),
        Pair("Terminal", report.terminal),
        Pair("Time", told_at(report)),
        Pair("Technician", report.technician),
        Pair("Configuration", f"version {report.configuration_version}"),
        Rule(),
        *(block for finding in open_ones[:SHOWN_MAX] for block in _open(finding)),
        Pair("Checks passed", f"{passed} of {len(report.findings)}"),
        *(
            Pair(finding.check, figure(finding))
            for finding in report.findings[: 2 * SHOWN_MAX]
            if finding.value is not None
        ),
        Rule(),
        *(
            Pair(device.kind.replace("_", " "), f"{device.model} {device.serial_number}".strip())
            for device in report.devices
        ),
        Rule(),
        Line(""),
        Pair("Signed", "_" * 32),
    )


def plain_text(report: ReadinessReport, required: Collection[str]) -> str:
    """The same as text, 48 columns wide."""
    lines: list[str] = []
    for block in blocks(report, required):
        match block:
            case Rule():
                lines.append("-" * COLUMNS)
            case Line(text=text):
                lines += wrapped(text, COLUMNS)
            case Pair(label=label, value=value):
                gap = COLUMNS - width(label) - width(value)
                one = label + " " * gap + value
                lines += [one] if gap >= 1 else [label, *wrapped(value, COLUMNS)]
    return "\n".join(lines) + "\n"


def _open(finding: Finding) -> tuple[Block, ...]:
    told = (Line(f"{WORDS[finding.outcome].upper()}: {finding.said}", bold=True),)
    return (*told, Line(finding.remedy)) if finding.remedy else told
