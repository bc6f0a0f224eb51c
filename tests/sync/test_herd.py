"""The herd comes home in time when the bank paces it, and the paper says what was measured."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from simulators.sync.herd import Drained, Strategy, come_back
from simulators.sync.herd_page import BEGIN, END, PICTURE, svg, table, write


@pytest.fixture(scope="module")
def paced() -> Drained:
    return come_back(Strategy.PACED)


def test_five_thousand_terminals_paced_by_the_bank_drain_close_to_the_ideal(paced: Drained) -> None:
    assert paced.terminals == 5_000
    assert paced.ratio is not None
    assert paced.ratio <= 1.2


def test_loss_reports_do_not_wait_for_the_herd(paced: Drained) -> None:
    assert paced.losses > 200
    assert len(paced.loss_s) == paced.losses
    assert paced.loss_p99_s is not None
    assert paced.loss_p99_s <= 30.0


def test_back_off_alone_is_worse_than_pacing_and_a_plain_retry_is_worst() -> None:
    jitter, naive = come_back(Strategy.JITTER, 600), come_back(Strategy.NAIVE, 600)
    ours = come_back(Strategy.PACED, 600)
    assert ours.ratio is not None
    assert jitter.ratio is None or jitter.ratio > 2 * ours.ratio
    assert naive.drain_s is None


def test_a_herd_comes_home_the_same_way_every_time() -> None:
    assert come_back(Strategy.PACED, 300) == come_back(Strategy.PACED, 300)


def test_the_table_and_the_picture_go_between_their_marks(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text("# Performance\n\nfirst\n", "utf-8")
    herds = [come_back(strategy, 200) for strategy in (Strategy.JITTER, Strategy.PACED)]
    for _ in range(2):  # the second time replaces the first
        write(herds, tmp_path)
    text = page.read_text("utf-8")
    assert text.startswith("# Performance\n\nfirst\n")
    assert text.count(BEGIN) == text.count(END) == 1
    assert table(herds) in text
    picture = ET.fromstring((tmp_path / PICTURE).read_text("utf-8"))  # noqa: S314 - our own
    assert picture.tag.endswith("svg")
    assert svg(herds).count('stroke-width="2"') == 2 * 3


def test_a_page_with_one_mark_alone_is_left_as_it_is(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text(f"{BEGIN}\n", "utf-8")
    with pytest.raises(ValueError, match="one of the herd's marks"):
        write([come_back(Strategy.PACED, 50)], tmp_path)
    assert page.read_text("utf-8") == f"{BEGIN}\n"
