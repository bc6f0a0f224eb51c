"""What the terminal's word is worth: its clock and its certificate."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from provisioning.readiness.verdicts import Limits, failed, measured, unknown
from provisioning.wire import Finding, Outcome

OFF_BY_S: Final = Limits(concern=5, failed=300)
DAYS_LEFT: Final = Limits(concern=25, failed=0, low_is_bad=True)
"""Of 90 days; at 30 a terminal renews by itself, within a day or so."""

_DAY_S = 86_400


def clock(machine_now: datetime, trusted_now: datetime | None) -> Finding:
    """The machine's clock against a time that is proven; both aware. None: no such time is known."""
    check = "clock.right"
    if trusted_now is None:
        return unknown(
            *(check, "Unknown: nobody whose word is proven has said what time it is."),
            "Bring the line to the office up, then test again.",
        )
    off_s = (machine_now - trusted_now).total_seconds()
    way = "ahead" if off_s > 0 else "behind"
    said = "The clock is right." if abs(off_s) < 1 else f"The clock is {abs(off_s):,.0f} s {way}."
    remedy = "Look at `timedatectl`: NTP must be active and its server reachable."
    return measured(check, abs(off_s), "s", OFF_BY_S, said, remedy)


def certificate(not_before: datetime, not_after: datetime, now: datetime) -> Finding:
    """How long the terminal's certificate still holds; `now` is the proven time."""
    check = "certificate.days_left"
    left_days = (not_after - now).total_seconds() / _DAY_S
    if now < not_before:
        return failed(
            *(check, f"The certificate holds from {not_before.date().isoformat()} on, not yet."),
            "The clock is wrong, or the office's: compare both, then enrol again.",
        )
    if left_days <= 0:
        return Finding(
            check,
            Outcome.FAILED,
            f"The certificate ended on {not_after.date().isoformat()}.",
            "Renew it: `kiosk-provision renew`. If the office refuses, enrol with a new token.",
            round(left_days, 3),
            "days",
        )
    said = f"The certificate holds for {left_days:.0f} more days."
    remedy = "Its renewal is overdue: look at the line to the office, then `kiosk-provision renew`."
    return measured(check, left_days, "days", DAYS_LEFT, said, remedy)
