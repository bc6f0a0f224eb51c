"""The readiness report: whether the terminal may go into service, and what changed since the last."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct

from provisioning.wire import ExpectedDevice, Finding, FoundDevice, Outcome, ReadinessReport
from sscard.working_days import CHINA_TIME

FINDINGS_MAX: Final = 500

REQUIRED: Final = frozenset(
    {
        *("queue.answers", "bank.line", "office.line"),
        *("disk.writes", "disk.flush_median", "disk.flush_p99", "disk.space"),
        *("memory.free", "clock.right", "certificate.days_left"),
        *("screen.colours", "screen.page", "screen.even", "screen.touch", "housing.locked"),
    }
)
"""What must have been done on every terminal; a device's own checks come to these."""

DEVICE_CHECKS: Final = {
    "card_reader": ("found", "status", "light"),
    "id_scanner": ("found", "status", "light"),
    "pin_pad": ("found", "status", "keys", "key_bank", "key_social_security", "shield"),
    "receipt_printer": ("found", "status", "test_page", "print_sharp", "cut_clean"),
    "camera": ("found", "frame", "brightness", "sharpness", "clear"),
}


class Changes(Struct, frozen=True):
    """What is wrong now and was not, and the other way about; and devices that were swapped."""

    new: tuple[Finding, ...]
    gone: tuple[Finding, ...]  # as the earlier report had them
    devices_come: tuple[FoundDevice, ...]
    devices_gone: tuple[FoundDevice, ...]

    def __bool__(self) -> bool:
        """Whether anything changed."""
        return any((self.new, self.gone, self.devices_come, self.devices_gone))


def required_checks(expected: Collection[ExpectedDevice]) -> frozenset[str]:
    """The checks that a terminal with these devices must have done before it goes into service."""
    return REQUIRED | {
        f"{device.kind}.{check}"
        for device in expected
        if device.required
        for check in DEVICE_CHECKS.get(device.kind, ("found",))
    }


def completed(findings: Sequence[Finding], required: Collection[str]) -> tuple[Finding, ...]:
    """The findings, and a NOT_DONE for each required check that left none."""
    made = {finding.check for finding in findings}
    missing = sorted(set(required) - made)
    return (
        *findings,
        *(
            Finding(
                check, Outcome.NOT_DONE, f"{check} was not checked.", "Run the self-test again."
            )
            for check in missing
        ),
    )


def holds_back(finding: Finding, required: Collection[str]) -> bool:
    """Whether the terminal may not go into service because of this."""
    is_open = finding.outcome is Outcome.NOT_DONE and finding.check in required
    return finding.outcome is Outcome.FAILED or is_open


def make_report(
    terminal: str,
    made_at: datetime,
    technician: str,
    software: str,
    configuration_version: int,
    devices: Sequence[FoundDevice],
    findings: Sequence[Finding],
    required: Collection[str],
) -> ReadinessReport:
    """The report; `passed` when nothing FAILED and nothing required is NOT_DONE or missing.

    `made_at` is aware. Raises `ValueError` for two findings of one check, or more than 500.
    """
    whole = completed(findings, required)
    if len({finding.check for finding in whole}) != len(whole):
        raise ValueError("a check has one finding")
    if len(whole) > FINDINGS_MAX or made_at.tzinfo is None:
        raise ValueError("a report has some findings, and a time with its offset")
    return ReadinessReport(
        terminal=terminal,
        made_at=made_at.isoformat(),
        technician=technician,
        software=software,
        configuration_version=configuration_version,
        passed=not any(holds_back(finding, required) for finding in whole),
        devices=tuple(devices),
        findings=whole,
    )


def told_at(report: ReadinessReport) -> str:
    """When it was made, as people in China read it."""
    return f"{datetime.fromisoformat(report.made_at).astimezone(CHINA_TIME):%Y-%m-%d %H:%M}"


def compared(before: ReadinessReport | None, now: ReadinessReport) -> Changes:
    """What changed since `before`; None: everything wrong and every device is new."""
    earlier, later = _wrong(before), _wrong(now)
    had = before.devices if before else ()
    return Changes(
        new=tuple(finding for check, finding in later.items() if check not in earlier),
        gone=tuple(finding for check, finding in earlier.items() if check not in later),
        devices_come=tuple(device for device in now.devices if device not in had),
        devices_gone=tuple(device for device in had if device not in now.devices),
    )


def _wrong(report: ReadinessReport | None) -> dict[str, Finding]:
    """What is to be looked at; a check nobody could make is not wrong, it is unknown."""
    findings = report.findings if report else ()
    wrong = (Outcome.FAILED, Outcome.CONCERN)
    return {finding.check: finding for finding in findings if finding.outcome in wrong}
