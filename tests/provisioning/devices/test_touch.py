"""Touches are brought onto their marks."""

from __future__ import annotations

import pytest

from provisioning.devices.touch import MARKS, calibrate


def test_a_turned_and_shifted_screen_is_set_right() -> None:
    touched = [(0.95 * y + 0.03, 0.9 * (1 - x) + 0.02) for x, y in MARKS]
    found = calibrate(MARKS, touched)
    assert found is not None
    assert found.is_good
    a, b, c, d, e, f = found.matrix
    for (x, y), (u, v) in zip(MARKS, touched, strict=True):
        assert (a * u + b * v + c, d * u + e * v + f) == pytest.approx((x, y))
    assert 'LIBINPUT_CALIBRATION_MATRIX}="' in found.rule()


def test_one_mark_that_was_missed_shows() -> None:
    found = calibrate(MARKS, [*MARKS[:4], (0.8, 0.5)])
    assert found is not None
    assert not found.is_good


def test_touches_in_one_place_or_line_are_refused() -> None:
    assert calibrate(MARKS, [(0.5, 0.5)] * 5) is None
    assert calibrate(MARKS, [(x, x) for x, _ in MARKS]) is None


def test_each_mark_is_touched_once() -> None:
    with pytest.raises(ValueError, match="once"):
        calibrate(MARKS, MARKS[:4])
