"""How the buttons of the bar part its width."""

from __future__ import annotations

import pytest

from kiosk.screens.bars import share


def test_with_enough_room_the_width_is_parted_by_weight() -> None:
    assert share([10, 10], [0.5, 1.0], 90) == pytest.approx([30, 60])


def test_none_gets_less_than_it_wants_while_there_is_enough() -> None:
    assert share([50, 10, 80], [0.5, 1.0, 1.0], 150) == pytest.approx([50, 20, 80])


def test_with_too_little_room_all_give_way_alike() -> None:
    assert share([100, 50], [0.5, 1.0], 75) == pytest.approx([50, 25])
