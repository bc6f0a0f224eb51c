"""Time: an interval that is surely right, and a least time that has surely passed."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from offline_queue.formats.timeline import (
    EARLIEST,
    Anchor,
    Boot,
    ClockQuality,
    TimeMark,
    interval,
    least_elapsed_s,
    read_time_mark,
)
from sscard.working_days import CHINA_TIME

NOON = datetime(2026, 3, 2, 12, tzinfo=CHINA_TIME)
HOUR_MS = 3_600_000


def mark(
    boot: str = "a",
    boot_ms: int = 0,
    wall: datetime = NOON,
    quality: ClockQuality = ClockQuality.SET,
    anchor: Anchor | None = None,
) -> TimeMark:
    return TimeMark(boot, boot_ms, wall.isoformat(), quality, anchor)


def anchor(boot: str = "a", boot_ms: int = 0, at: datetime = NOON) -> Anchor:
    return Anchor(at.isoformat(), boot, boot_ms)


def test_with_an_anchor_of_the_same_boot_the_interval_is_seconds_wide() -> None:
    made = mark(boot_ms=10 * HOUR_MS, anchor=anchor(), wall=NOON + timedelta(days=400))
    earliest, latest = interval(made, NOON + timedelta(days=2))
    truth = NOON + timedelta(hours=10)
    assert earliest < truth < latest
    assert (latest - earliest).total_seconds() == pytest.approx(2 * (36_000 * 200e-6 + 2))


def test_without_one_it_is_between_the_last_anchor_and_the_receipt() -> None:
    received = NOON + timedelta(hours=5)
    assert interval(mark("b", anchor=anchor("a")), received) == (NOON, received)
    assert interval(mark(), received) == (EARLIEST, received)


def test_a_wall_clock_counts_only_if_it_is_synchronised_and_possible() -> None:
    received = NOON + timedelta(hours=5)
    truth = NOON + timedelta(hours=1)
    synced = mark("b", 0, truth, ClockQuality.SYNCED, anchor("a"))
    earliest, latest = interval(synced, received)
    assert latest - earliest == timedelta(seconds=4)
    impossible = mark("b", 0, NOON - timedelta(days=1), ClockQuality.SYNCED, anchor("a"))
    assert interval(impossible, received) == (NOON, received)
    assert interval(mark("b", 0, truth, ClockQuality.SET, anchor("a")), received)[0] == NOON


def test_an_interval_never_ends_after_the_receipt_whatever_a_terminal_claims() -> None:
    for claimed in (
        mark(boot_ms=2**52, anchor=anchor()),
        mark(anchor=anchor(at=NOON + timedelta(days=9))),
        mark(boot_ms=0, anchor=anchor(boot_ms=5)),
    ):
        earliest, latest = interval(claimed, NOON)
        assert earliest <= latest <= NOON


def test_within_a_boot_only_boot_time_counts() -> None:
    then, now = mark(boot_ms=1_000), mark(boot_ms=61_000, wall=NOON + timedelta(days=99))
    assert least_elapsed_s(then, now, ()) == 60.0


def test_across_boots_the_surest_of_what_is_known_counts() -> None:
    then = mark("a", HOUR_MS)
    now = mark("c", HOUR_MS)
    boots = (Boot("a", 0), Boot("b", 2 * HOUR_MS), Boot("c", 5 * HOUR_MS))
    assert least_elapsed_s(then, now, boots) == 5 * 3_600.0
    assert least_elapsed_s(then, now, ()) == 0.0
    jumped = mark("c", HOUR_MS, NOON + timedelta(days=9))
    assert least_elapsed_s(then, jumped, ()) == 0.0, "a clock that was set proves nothing"
    synced = mark("c", HOUR_MS, NOON + timedelta(days=9), ClockQuality.SYNCED)
    also = mark("a", HOUR_MS, NOON, ClockQuality.SYNCED)
    assert least_elapsed_s(also, synced, ()) == pytest.approx(9 * 86_400, abs=5)


def test_two_words_of_the_bank_tell_how_long_the_power_was_off() -> None:
    then = mark("a", HOUR_MS)
    heard = anchor("b", 1_000, NOON + timedelta(days=3))
    now = mark("b", 1_000, anchor=heard)
    assert least_elapsed_s(then, now, (Boot("a", 0, anchor("a", 2 * HOUR_MS)), Boot("b", 0))) > (
        3 * 86_400
    )
    assert least_elapsed_s(then, now, (Boot("a", 0), Boot("b", 0))) == 0.0, "one proves nothing"


@pytest.mark.parametrize(
    "spoilt",
    [
        {},
        [],
        {"boot_id": 1, "boot_ms": 0, "wall": NOON.isoformat(), "quality": "set", "anchor": None},
        {"boot_id": "a", "boot_ms": -1, "wall": NOON.isoformat(), "quality": "set", "anchor": None},
        {"boot_id": "a", "boot_ms": 0, "wall": "2026-03-02", "quality": "set", "anchor": None},
        {"boot_id": "a", "boot_ms": 0, "wall": NOON.isoformat(), "quality": "fine", "anchor": None},
        {"boot_id": "a", "boot_ms": 0, "wall": NOON.isoformat(), "quality": "set", "anchor": {}},
    ],
)
def test_a_mark_that_is_none_is_told(spoilt: object) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        read_time_mark(spoilt)


def test_a_mark_is_read_as_it_was_written() -> None:
    made = mark(anchor=anchor())
    assert read_time_mark(made.to_wire()) == made
