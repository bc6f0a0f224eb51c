"""From single looks to the one picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from kiosk.drivers.camera.gates import STEADY_LOOKS
from kiosk.drivers.camera.taking import PictureTaker
from kiosk.drivers.events import Wanting
from kiosk.drivers.links.ops import Sought
from simulators.models.scenes import Light, Shown, Stand
from tests.drivers.camera.pictures import ME, frame_of


def test_a_picture_is_taken_once_it_was_good_for_some_looks_and_only_once() -> None:
    taker = PictureTaker(Sought.STILL)
    seen = [taker.see(frame_of(ME)) for _ in range(2 * STEADY_LOOKS)]
    assert isinstance(seen[STEADY_LOOKS - 1], bytes)
    assert [each for each in seen if each is not None] == [seen[STEADY_LOOKS - 1]]


def test_the_taker_keeps_no_picture_afterwards() -> None:
    taker = PictureTaker(Sought.STILL)
    for _ in range(STEADY_LOOKS):
        taker.see(frame_of(ME))
    kept = [each for each in vars(taker).values() if isinstance(each, bytes | list) and each]
    assert kept == []


def test_who_walks_through_the_picture_is_not_taken() -> None:
    taker = PictureTaker(Sought.STILL)
    frame = frame_of(ME)
    for step in range(6):
        assert taker.see(np.roll(frame, (step % 2) * 140, axis=1)) is None


def test_a_reason_is_told_when_it_has_lasted_and_then_no_more() -> None:
    taker = PictureTaker(Sought.STILL)
    dark = frame_of(replace(ME, light=Light.DARK))
    seen = [taker.see(dark) for _ in range(3 * STEADY_LOOKS)]
    assert seen.count(Wanting.TOO_DARK) == 1
    assert seen[STEADY_LOOKS - 1] is Wanting.TOO_DARK


def test_reasons_that_come_and_go_do_not_flicker() -> None:
    taker = PictureTaker(Sought.STILL)
    two = (frame_of(replace(ME, light=Light.DARK)), frame_of(replace(ME, stand=Stand.AWAY)))
    assert [taker.see(two[look % 2]) for look in range(8)] == [None] * 8


@pytest.mark.parametrize(
    ("sought", "shown"), [(Sought.FRONT, Shown.FRONT), (Sought.BACK, Shown.BACK)]
)
def test_each_side_is_taken_when_it_is_sought(sought: Sought, shown: Shown) -> None:
    taker = PictureTaker(sought)
    other = Shown.BACK if shown is Shown.FRONT else Shown.FRONT
    wrong = [taker.see(frame_of(replace(ME, shown=other))) for _ in range(STEADY_LOOKS)]
    assert wrong[-1] is Wanting.WRONG_SIDE
    right = [taker.see(frame_of(replace(ME, shown=shown))) for _ in range(STEADY_LOOKS)]
    assert isinstance(right[-1], bytes)
