"""The window as a whole: touches, frames, the ring, what it captures and what it leaves behind."""

from __future__ import annotations

from pathlib import Path

from tests.screens.conftest import RunGlass
from tests.screens.sample_kit import NOW_S


def test_only_a_finger_down_and_up_on_one_button_of_the_shown_view_presses(
    run_glass: RunGlass,
) -> None:
    assert run_glass("presses") == {
        "one touch": ["medical"],
        "two touches within 300 ms": ["medical"],
        "a grey button, which answers with the reason": ["both"],
        "down on one, up on another": [],
        "down on a view that is gone": [],
        "the new view": ["back"],
    }


def test_a_frame_tells_what_is_on_the_glass_and_idle_draws_nothing(run_glass: RunGlass) -> None:
    seen = run_glass("frames")
    assert seen["first"]["state"] == "idle"
    assert seen["first"]["size"] == [480, 800]
    assert seen["first"]["at_s"] == NOW_S
    assert seen["last"]["state"] == "balance.insert_card"
    assert seen["numbers"] == list(range(1, len(seen["numbers"]) + 1))
    assert seen["idle_frames"] <= 1  # at most the heartbeat


def test_the_ring_counts_whole_seconds_down_to_none(run_glass: RunGlass) -> None:
    assert run_glass("ring") == [["17"], ["17"], ["16"], ["1"], ["0"]]


def test_a_capture_is_what_the_glass_shows(run_glass: RunGlass) -> None:
    seen = run_glass("picture")
    assert seen["size"] == [480, 800, 480 * 800 * 3]
    assert seen["paper"] == "#F6F3EC"
    assert seen["button"] == "#FFFFFF"
    assert seen["bar"] == "#FFFFFF"


def test_many_views_leave_no_memory_behind_and_load_nothing_heavy(run_glass: RunGlass) -> None:
    seen = run_glass("soak")
    early, late = seen["resident"]
    assert (late - early) * 4096 < 4_000_000
    assert seen["imported"] == []


def test_nothing_is_written_to_the_home_directory(run_glass: RunGlass, run_dir: Path) -> None:
    run_glass("picture")
    assert list((run_dir / "home").iterdir()) == []


def test_amounts_are_forgotten_when_idle_comes_back(run_glass: RunGlass) -> None:
    assert run_glass("forget") == {"shown": 2, "after": 0}


def test_far_too_much_text_is_cut_and_stays_above_the_bar(run_glass: RunGlass) -> None:
    inks = run_glass("endless")
    assert len(inks) > 5
    assert max(ink["x"] + ink["w"] for ink in inks) <= 480
    assert max(ink["y"] + ink["h"] for ink in inks) <= 800
