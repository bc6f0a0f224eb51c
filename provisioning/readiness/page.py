"""The readiness report as a page: one HTML file that needs nothing else, on a screen or printed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from html import escape
from typing import Final

from provisioning.readiness.report import Changes, holds_back, told_at
from provisioning.wire import Finding, Outcome, ReadinessReport

WORDS: Final = {
    Outcome.PASSED: "passed",
    Outcome.CONCERN: "to be looked at",
    Outcome.FAILED: "failed",
    Outcome.NOT_DONE: "not known",
}
_SIGNS: Final = {
    Outcome.PASSED: "✓",
    Outcome.CONCERN: "!",
    Outcome.FAILED: "✗",
    Outcome.NOT_DONE: "?",
}
_GRAVEST_FIRST: Final = (Outcome.FAILED, Outcome.NOT_DONE, Outcome.CONCERN, Outcome.PASSED)

_STYLE: Final = """
:root { color-scheme: light dark; --line: #8886; --bad: #b3261e; --care: #8a5a00; --good: #1b6e3c; }
@media (prefers-color-scheme: dark) { :root { --bad: #ff8a80; --care: #ffca6b; --good: #7ddc9f; } }
body { font: 16px/1.5 system-ui, "Noto Sans CJK SC", sans-serif; margin: 2rem auto; max-width: 62rem;
  padding: 0 1rem; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
.verdict { border-left: .5rem solid; padding: .5rem 1rem; margin: 1rem 0; font-size: 1.2rem; }
.failed { color: var(--bad); } .concern, .not_done { color: var(--care); }
.passed { color: var(--good); }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0;
  border-bottom: 1px solid var(--line); }
td.figure { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
td.sign { font-weight: bold; width: 1.5rem; } code { white-space: nowrap; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1.5rem; } dd { margin: 0; }
@media print { body { margin: 0; max-width: none; } tr { break-inside: avoid; } }
"""


def page(report: ReadinessReport, changes: Changes | None, required: Collection[str]) -> str:
    """The whole page. `changes`: since the last report, None where there is none."""
    verdict = "Ready for service" if report.passed else "Not ready for service"
    return "".join(
        (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{_text(report.terminal)}: {verdict.lower()}</title>",
            f"<style>{_STYLE}</style></head><body>\n",
            f"<h1>Terminal {_text(report.terminal)}</h1>\n",
            f'<p class="verdict {"passed" if report.passed else "failed"}">{verdict}</p>\n',
            *_to_do(report, required),
            *_facts(report),
            *(() if changes is None else _changes(changes)),
            *_devices(report),
            *_checks(report.findings),
            "</body></html>\n",
        )
    )


def _text(text: str) -> str:
    return escape(text, quote=True)


def _to_do(report: ReadinessReport, required: Collection[str]) -> Iterator[str]:
    """What holds the terminal back, each with its remedy."""
    open_ones = [finding for finding in report.findings if holds_back(finding, required)]
    if not open_ones:
        return
    yield "<h2>Before it can go into service</h2>\n<ol>\n"
    for finding in open_ones:
        yield f"<li><strong>{_text(finding.said)}</strong> {_text(finding.remedy)}</li>\n"
    yield "</ol>\n"


def _facts(report: ReadinessReport) -> Iterator[str]:
    facts = (
        ("Made at", told_at(report)),
        ("By", report.technician),
        ("Program", report.software),
        ("Configuration", f"version {report.configuration_version}"),
    )
    yield "<dl>"
    for name, value in facts:
        yield f"<dt>{name}</dt><dd>{_text(value)}</dd>"
    yield "</dl>\n"


def _changes(changes: Changes) -> Iterator[str]:
    yield "<h2>Since the last report</h2>\n"
    if not changes:
        yield "<p>Nothing has changed.</p>\n"
        return
    yield "<ul>\n"
    for finding in changes.new:
        yield f'<li class="{finding.outcome}">New: {_text(finding.said)}</li>\n'
    for finding in changes.gone:
        yield f'<li class="passed">No more: {_text(finding.said)}</li>\n'
    for word, devices in (("Come", changes.devices_come), ("Gone", changes.devices_gone)):
        for device in devices:
            told = " ".join(filter(None, (device.kind, device.model, device.serial_number)))
            yield f"<li>{word}: {_text(told)}</li>\n"
    yield "</ul>\n"


def _devices(report: ReadinessReport) -> Iterator[str]:
    yield "<h2>Devices</h2>\n"
    head = ("Device", "Model", "Serial number", "Firmware")
    rows = (
        (device.kind.replace("_", " "), device.model, device.serial_number, device.firmware)
        for device in report.devices
    )
    yield '<div class="scroll"><table><tr>'
    yield "".join(f"<th>{name}</th>" for name in head) + "</tr>\n"
    for row in rows:
        yield "<tr>" + "".join(f"<td>{_text(cell or '–')}</td>" for cell in row) + "</tr>\n"
    yield "</table></div>\n"


def _checks(findings: Iterable[Finding]) -> Iterator[str]:
    yield '<h2>All checks</h2>\n<div class="scroll"><table>'
    yield "<tr><th></th><th>Check</th><th>What was seen</th><th>Figure</th></tr>\n"
    for finding in sorted(findings, key=lambda each: _GRAVEST_FIRST.index(each.outcome)):
        remedy = f"<br><em>{_text(finding.remedy)}</em>" if finding.remedy else ""
        yield (
            f'<tr><td class="sign {finding.outcome}" title="{WORDS[finding.outcome]}">'
            f"{_SIGNS[finding.outcome]}</td><td><code>{_text(finding.check)}</code></td>"
            f'<td>{_text(finding.said)}{remedy}</td><td class="figure">{figure(finding)}</td></tr>\n'
        )
    yield "</table></div>\n"


def figure(finding: Finding) -> str:
    """A finding's value with its unit, as people write it; '' where it has none."""
    if finding.value is None:
        return ""
    return f"{finding.value:,.5g} {finding.unit}".rstrip()
