"""Each measure runs in its smallest form and gives figures that can be figures; no timing."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from benchmarks.__main__ import TABLES
from benchmarks.balance import balance
from benchmarks.figures import Figure, Spread, paired, spread, table
from benchmarks.page import PAGE, marks, write_page
from benchmarks.stories import stories
from benchmarks.touch import percentile, touch
from benchmarks.visits import views_of_visit
from benchmarks.window import cold_start, idling, memory


def is_sane(values: Spread | None) -> bool:
    if values is None:
        return True
    ordered = values.least <= values.median <= values.most
    return ordered and values.least >= 0.0 and math.isfinite(values.most)


def assert_sane(figures: list[Figure]) -> None:
    assert figures
    for figure in figures:
        assert is_sane(figure.ours), figure
        assert is_sane(figure.peer), figure
        assert is_sane(figure.ratio), figure
        assert figure.result > 0, figure
        assert json.loads(json.dumps(figure.data()))["name"] == figure.name
        assert len(figure.cells()) == 6


def test_a_balance_check_waits_for_its_lines_and_devices_in_virtual_time() -> None:
    figures = balance(visits=2)
    assert_sane(figures)
    peer = figures[0].peer
    assert peer is not None
    assert peer.least == pytest.approx(peer.most), "the floor does not depend on the person"


def test_visits_in_the_world_can_be_counted() -> None:
    assert_sane(stories(rounds=1, visits=1, warm=1))


def test_a_visit_shows_its_screens_in_both_languages() -> None:
    views = views_of_visit()
    assert {view.language for view in views} == {"zh", "en"}
    assert {"idle", "balance.result", "take_card", "goodbye"} <= {view.state for view in views}


def test_both_windows_tell_their_first_frame() -> None:
    assert_sane(cold_start(pairs=1))


def test_both_windows_can_be_weighed_idle_and_after_a_visit() -> None:
    assert_sane(memory(pairs=1, settled_s=0.5, visits=1))


def test_both_windows_use_some_processor_time_while_idle() -> None:
    assert_sane(idling(pairs=1, settled_s=0.0, idle_s=1.0))


def test_touches_bring_the_next_screen_in_whole_frames() -> None:
    figures = touch(touches=4)
    assert_sane(figures)
    assert figures[0].ours.least >= 1
    assert figures[0].ours.median == int(figures[0].ours.median)


def test_a_ratio_is_taken_within_each_pair() -> None:
    figure = paired("x", "y", "s", [(2.0, 1.0), (3.0, 3.0), (8.0, 2.0)], target=2.0)
    assert figure.ratio == Spread(2.0, 1.0, 4.0)
    assert figure.met


def test_a_figure_of_which_more_is_better_is_met_from_its_target_on() -> None:
    few = Figure("x", "y", "1/s", spread([49.0]), 50.0, at_least=True)
    enough = Figure("x", "y", "1/s", spread([50.0]), 50.0, at_least=True)
    assert not few.met
    assert enough.met
    assert "not met" in table([few])
    assert "not met" not in table([enough])


def test_a_percentile_is_one_of_the_values() -> None:
    values = [float(value) for value in range(1, 201)]
    assert percentile(values, 99) == 198.0
    assert percentile([7.0], 99) == 7.0


def test_the_page_keeps_what_stands_around_its_figures(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    begin, end = marks("some")
    page.write_text(f"before\n{begin}\nold\n{end}\nafter\n", encoding="utf-8")
    write_page("some", [Figure("x", "y", "s", spread([1.0]), 2.0)], "a machine", page)
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "a machine" in text
    assert "old" not in text


def test_a_page_without_marks_is_not_overwritten(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text("nothing here\n", encoding="utf-8")
    with pytest.raises(ValueError, match="no place"):
        write_page("some", [], "a machine", page)
    assert page.read_text(encoding="utf-8") == "nothing here\n"


@pytest.mark.parametrize("name", TABLES)
def test_the_page_of_the_project_has_a_place_for_each_table(name: str) -> None:
    text = PAGE.read_text(encoding="utf-8")
    begin, end = marks(name)
    assert text.index(begin) < text.index(end)
