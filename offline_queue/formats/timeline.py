"""Time as a terminal can know it: boot time, a wall clock of some quality, the bank's word.

The terminal never supplies a single trusted instant. It writes down what its clocks said
(`TimeMark`); what that means is worked out where it is needed: by the bank as an interval
(`interval`), by the terminal as the least time that has passed (`least_elapsed_s`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

DRIFT = 200e-6  # of a cheap quartz, assumed at most
SLACK_S = 2.0  # how late the bank's word may reach the terminal and still be an anchor
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


class ClockQuality(StrEnum):
    """What is known of the wall clock."""

    UNSET = "unset"  # before the program was written: nobody ever set it
    SET = "set"  # somebody did, once
    SYNCED = "synced"  # the kernel is disciplined by a time server (adjtimex)


@dataclass(frozen=True, slots=True)
class Anchor:
    """The bank's signed time `at` (ISO 8601), and the boot time at which it came."""

    at: str
    boot_id: str
    boot_ms: int


@dataclass(frozen=True, slots=True)
class TimeMark:
    """What the terminal's clocks said at one moment. Boot times count through sleep."""

    boot_id: str
    boot_ms: int
    wall: str  # ISO 8601 with offset
    quality: ClockQuality
    anchor: Anchor | None = None  # the last one before this moment

    def to_wire(self) -> dict[str, Any]:
        """Plain data for JSON."""
        anchor = self.anchor
        return {
            "boot_id": self.boot_id,
            "boot_ms": self.boot_ms,
            "wall": self.wall,
            "quality": self.quality.value,
            "anchor": anchor
            and {"at": anchor.at, "boot_id": anchor.boot_id, "boot_ms": anchor.boot_ms},
        }


def read_time_mark(fields: object) -> TimeMark:
    """A mark from its wire form. Raises `ValueError`, `KeyError` or `TypeError`."""
    if not isinstance(fields, dict):
        raise TypeError("a time mark is an object")
    anchor = fields["anchor"]
    instant(_text(fields["wall"]))
    return TimeMark(
        _text(fields["boot_id"]),
        _whole(fields["boot_ms"]),
        _text(fields["wall"]),
        ClockQuality(_text(fields["quality"])),
        None if anchor is None else _read_anchor(anchor),
    )


def _read_anchor(fields: dict[str, Any]) -> Anchor:
    instant(_text(fields["at"]))
    return Anchor(_text(fields["at"]), _text(fields["boot_id"]), _whole(fields["boot_ms"]))


def instant(text: str) -> datetime:
    """An ISO 8601 text with an offset as a time. Raises `ValueError`."""
    when = datetime.fromisoformat(text)
    if when.tzinfo is None:
        raise ValueError("a time without an offset")
    return when


def interval(mark: TimeMark, received: datetime) -> tuple[datetime, datetime]:
    """The earliest and the latest instant at which `mark` can have been made.

    With an anchor of the same boot: that, and the boot time since. Otherwise: not before the
    anchor, not after `received` (the bank's own clock). A wall clock counts only if it was
    synchronised and lies inside.
    """
    earliest, latest = EARLIEST, received
    anchor = mark.anchor
    if anchor is not None:
        earliest = instant(anchor.at)
        since_s = (mark.boot_ms - anchor.boot_ms) / 1000
        if anchor.boot_id == mark.boot_id and since_s >= 0:
            low_s = max(0.0, since_s * (1 - DRIFT) - SLACK_S)
            high_s = since_s * (1 + DRIFT) + SLACK_S
            latest = min(latest, _later(earliest, high_s, received))
            earliest = _later(earliest, low_s, received)
    earliest = min(earliest, received)
    latest = max(latest, earliest)
    wall = instant(mark.wall)
    if mark.quality is ClockQuality.SYNCED and earliest <= wall <= latest:
        slack = timedelta(seconds=SLACK_S)
        return max(earliest, wall - slack), min(latest, wall + slack)
    return earliest, latest


def _later(when: datetime, by_s: float, never_after: datetime) -> datetime:
    """`by_s` after `when`, or `never_after` if that is past it (or past what a date can say)."""
    if by_s >= (never_after - when).total_seconds():
        return never_after
    return when + timedelta(seconds=by_s)


@dataclass(frozen=True, slots=True)
class Boot:
    """One start of the machine. `before_ms`: the uptimes known of all earlier ones, added up.

    `anchor`: the first one that came in it.
    """

    boot_id: str
    before_ms: int
    anchor: Anchor | None = None


def least_elapsed_s(then: TimeMark, now: TimeMark, boots: Sequence[Boot]) -> float:
    """Seconds that have passed between two marks, at the very least.

    `boots` in their order. Only what cannot lie counts: boot time within one boot; across
    boots the uptimes known, two anchors, or two synchronised wall clocks. So a clock that
    jumps ends nothing.
    """
    if then.boot_id == now.boot_id:
        return max(0.0, (now.boot_ms - then.boot_ms) / 1000)
    least_s = 0.0
    known = {boot.boot_id: boot for boot in boots}
    if then.boot_id in known and now.boot_id in known:
        before_ms = known[now.boot_id].before_ms - known[then.boot_id].before_ms
        least_s = max(least_s, (before_ms - then.boot_ms + now.boot_ms) / 1000)
    if then.quality is now.quality is ClockQuality.SYNCED:
        apart_s = (instant(now.wall) - instant(then.wall)).total_seconds()
        least_s = max(least_s, apart_s - 2 * SLACK_S)
    surely_then, surely_now = _not_after(then, boots), _not_before(now)
    if surely_then is not None and surely_now is not None:
        least_s = max(least_s, (surely_now - surely_then).total_seconds())
    return least_s


def _not_before(mark: TimeMark) -> datetime | None:
    anchor = mark.anchor
    if anchor is None:
        return None
    at = instant(anchor.at)
    if anchor.boot_id != mark.boot_id:
        return at
    since_s = max(0.0, (mark.boot_ms - anchor.boot_ms) / 1000)
    return at + timedelta(seconds=since_s * (1 - DRIFT))


def _not_after(mark: TimeMark, boots: Sequence[Boot]) -> datetime | None:
    """By its own anchor, by one that came later in its boot, or by the first of a later boot."""
    anchor = mark.anchor
    if anchor is not None and anchor.boot_id == mark.boot_id:
        since_s = max(0.0, (mark.boot_ms - anchor.boot_ms) / 1000)
        return instant(anchor.at) + timedelta(seconds=since_s * (1 + DRIFT) + SLACK_S)
    reached = False
    for boot in boots:
        reached = reached or boot.boot_id == mark.boot_id
        if reached and boot.anchor is not None:
            later = boot.anchor
            until_s = (later.boot_ms - mark.boot_ms) / 1000 if later.boot_id == mark.boot_id else 0
            return instant(later.at) + timedelta(seconds=SLACK_S - until_s * (1 - DRIFT))
    return None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _whole(value: object) -> int:
    if type(value) is not int or not 0 <= value < 2**53:
        raise ValueError("not a whole number in bounds")
    return value
