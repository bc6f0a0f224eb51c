"""When a touch is a press."""

from __future__ import annotations

from kiosk.screens.presses import DOUBLE_TOUCH_S, KEY_TOUCH_S, Box, Presses

_BACK = Box(0, 0, 100, 100)
_MAIN = Box(124, 0, 100, 100)


def _shown() -> Presses:
    presses = Presses()
    presses.show({"back": _BACK, "main": _MAIN})
    return presses


def test_down_and_up_on_the_same_button_presses_it() -> None:
    presses = _shown()
    assert presses.down("finger", 10, 10, 0.0) == "back"
    assert presses.up("finger", 90, 90, 0.1) == "back"


def test_up_elsewhere_presses_nothing() -> None:
    presses = _shown()
    presses.down("finger", 10, 10, 0.0)
    assert presses.up("finger", 130, 10, 0.1) is None
    presses.down("finger", 10, 10, 0.2)
    assert presses.up("finger", 110, 10, 0.3) is None


def test_a_second_finger_does_not_count() -> None:
    presses = _shown()
    presses.down("finger", 10, 10, 0.0)
    assert presses.down("palm", 130, 10, 0.05) is None
    assert presses.up("palm", 130, 10, 0.06) is None
    assert presses.up("finger", 10, 10, 0.1) == "back"


def test_a_touch_soon_after_a_press_is_a_bounce() -> None:
    presses = _shown()
    presses.down("finger", 10, 10, 0.0)
    presses.up("finger", 10, 10, 1.0)
    assert presses.down("again", 130, 10, 1.0 + DOUBLE_TOUCH_S - 0.01) is None
    assert presses.up("again", 130, 10, 1.5) is None
    assert presses.down("later", 130, 10, 1.0 + DOUBLE_TOUCH_S) == "main"


def test_a_finger_that_was_down_on_the_view_before_presses_nothing() -> None:
    presses = _shown()
    presses.down("finger", 10, 10, 0.0)
    presses.show({"back": _BACK})
    assert presses.up("finger", 10, 10, 0.1) is None


def test_a_finger_holds_on_when_the_same_buttons_move() -> None:
    presses = _shown()
    presses.down("finger", 10, 10, 0.0)
    presses.move_boxes({"back": Box(0, 50, 100, 100)})
    assert presses.up("finger", 10, 60, 0.1) == "back"


def test_edges_belong_to_one_side_only() -> None:
    assert _BACK.holds(0, 0)
    assert not _BACK.holds(100, 50)


def test_the_keys_of_a_keypad_may_follow_each_other_faster_than_other_buttons() -> None:
    presses = Presses()
    presses.show({"digit:1": _BACK, "confirm": _MAIN}, frozenset({"digit:1"}))
    assert presses.down("finger", 10, 10, 0.0) == "digit:1"
    assert presses.up("finger", 10, 10, 0.05) == "digit:1"
    assert presses.down("finger", 10, 10, 0.05 + KEY_TOUCH_S / 2) is None
    presses.up("finger", 10, 10, 0.1)
    soon = 0.05 + (KEY_TOUCH_S + DOUBLE_TOUCH_S) / 2
    assert presses.down("finger", 130, 10, soon) is None
    assert presses.down("finger", 10, 10, soon) == "digit:1"
