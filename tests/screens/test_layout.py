"""Nothing on any screen is clipped, overlapping, missing or too small to touch."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from kiosk.screens.tokens import TARGET, TARGET_GAP, TEXT_FLOOR_PX, TEXT_LAST_PX, Metrics
from tests.screens.conftest import RunGlass

Seen = list[dict[str, Any]]


@pytest.fixture(scope="module", params=["1080x1920", "1280x800", "800x480"])
def drawn(request: pytest.FixtureRequest, run_glass: RunGlass) -> tuple[Metrics, Seen]:
    """Every sample in both languages, plain and large, on a glass of one size."""
    width, height = (int(part) for part in request.param.split("x"))
    return Metrics(width, height), run_glass("layout", request.param)


def _inside(inner: dict[str, int], outer: dict[str, int]) -> bool:
    return (
        inner["x"] >= outer["x"]
        and inner["y"] >= outer["y"]
        and inner["x"] + inner["w"] <= outer["x"] + outer["w"]
        and inner["y"] + inner["h"] <= outer["y"] + outer["h"]
    )


def line_height(px: int) -> int:
    """The least height of a drawn line of text of this size: its font's ascent and descent."""
    return round(px * 1.16)


def _apart(one: dict[str, int], two: dict[str, int]) -> int:
    """Pixels between two boxes; negative when they overlap."""
    return max(
        one["x"] - two["x"] - two["w"],
        two["x"] - one["x"] - one["w"],
        one["y"] - two["y"] - two["h"],
        two["y"] - one["y"] - one["h"],
    )


def test_no_text_leaves_its_box_or_the_glass(drawn: tuple[Metrics, Seen]) -> None:
    metrics, seen = drawn
    glass = {"x": 0, "y": 0, "w": metrics.width, "h": metrics.height}
    outside = [
        (view["name"], text)
        for view in seen
        for text in view["texts"]
        if not _inside(text["ink"], text["box"]) or not _inside(text["ink"], glass)
    ]
    assert outside == []


def test_no_text_runs_into_another(drawn: tuple[Metrics, Seen]) -> None:
    _, seen = drawn
    crossed = [
        (view["name"], one["text"], two["text"])
        for view in seen
        for one, two in combinations(view["texts"], 2)
        if _apart(one["ink"], two["ink"]) < 0
    ]
    assert crossed == []


def test_every_text_of_the_view_is_on_the_glass_and_whole(drawn: tuple[Metrics, Seen]) -> None:
    _, seen = drawn
    missing = []
    for view in seen:
        shown = {"".join(text["text"].split()) for text in view["texts"]}
        missing += [
            (view["name"], text) for text in view["wanted"] if "".join(text.split()) not in shown
        ]
    assert missing == []


def test_every_text_is_large_enough_to_read(drawn: tuple[Metrics, Seen]) -> None:
    metrics, seen = drawn
    lowest = min(text["ink"]["h"] for view in seen for text in view["texts"])
    assert lowest >= line_height(TEXT_LAST_PX)
    small = {
        view["name"]
        for view in seen
        for text in view["texts"]
        if text["ink"]["h"] < line_height(TEXT_FLOOR_PX)
    }
    # six banks, each with a long name: the one screen that needs the last size
    assert {name.split("-")[0] for name in small} <= {"queued_for_all"}
    assert not small or min(metrics.width, metrics.height) < 600


def test_every_button_is_large_enough_to_touch(drawn: tuple[Metrics, Seen]) -> None:
    metrics, seen = drawn
    small = [
        (view["name"], name, box)
        for view in seen
        for name, box in view["buttons"].items()
        if min(box["w"], box["h"]) < metrics.px(TARGET)
    ]
    assert small == []


def test_buttons_keep_their_distance(drawn: tuple[Metrics, Seen]) -> None:
    metrics, seen = drawn
    close = [
        (view["name"], one, two)
        for view in seen
        for one, two in combinations(view["buttons"], 2)
        if _apart(view["buttons"][one], view["buttons"][two]) < metrics.px(TARGET_GAP) - 1
    ]
    assert close == []


def test_every_button_of_every_sample_is_drawn(drawn: tuple[Metrics, Seen]) -> None:
    _, seen = drawn
    by_name = {view["name"]: set(view["buttons"]) for view in seen}
    assert len(by_name["idle-zh"]) == 13
    assert by_name["card_in-zh"] >= {"lost", "balance", "leave"}
    assert by_name["queued-en"] == {"text_size", "speech", "language", "why", "print", "main"}
    assert by_name["refused-zh-large"] >= {"written", "why", "back", "main"}


def test_what_to_have_ready_is_drawn_whole_or_not_at_all(drawn: tuple[Metrics, Seen]) -> None:
    metrics, seen = drawn
    for view in seen:
        said = {text["text"] for text in view["texts"]}
        shown = [text for text in view["ready"] if text in said]
        assert shown in ([], view["ready"]), view["name"]
        if view["name"] == "idle_few-zh" and not metrics.landscape:
            assert len(shown) == 7


def test_a_button_of_the_bar_keeps_its_text_on_one_line(drawn: tuple[Metrics, Seen]) -> None:
    _, seen = drawn
    for view in seen:
        if not view["name"].endswith("-large"):
            texts = {text["text"]: text["ink"]["h"] for text in view["texts"]}
            heights = [texts[text] for text in view["bar"]]
            assert not heights or max(heights) == min(heights), view["name"]


def test_in_a_refusal_what_to_do_comes_before_why(drawn: tuple[Metrics, Seen]) -> None:
    _, seen = drawn
    for view in seen:
        if view["name"].startswith("refused-"):
            tops = {text["text"]: text["ink"]["y"] for text in view["texts"]}
            head = "现在怎么办" if "-zh" in view["name"] else "What to do now"
            assert tops[head] < view["buttons"]["why"]["y"] < tops["REPLACE.NEEDS_WRITTEN_LOSS"]
