"""The self-test's record: only one that says `passed` lets a terminal serve."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kiosk.fsm.staff.words import Fitness
from kiosk.readiness import RECORD_BYTES_MAX, REMEDIES_MAX, REMEDY_MAX, Readiness, read_readiness

AT = "2026-11-23T02:32:00+00:00"


def record(tmp_path: Path, **fields: Any) -> Path:
    path = tmp_path / "readiness.json"
    path.write_text(json.dumps({"state": "passed", "remedies": [], "at": AT, **fields}))
    return path


def test_where_the_settings_name_no_record_nobody_asks_for_one() -> None:
    assert read_readiness(None).fitness is Fitness.PASSED


@pytest.mark.parametrize("state", ["passed", "failed", "decommissioned"])
def test_the_record_is_read_as_it_was_written(tmp_path: Path, state: str) -> None:
    path = record(tmp_path, state=state, remedies=["Clean the lens."])
    assert read_readiness(path) == Readiness(Fitness(state), ("Clean the lens.",), AT)


def test_a_terminal_without_its_record_was_not_tested(tmp_path: Path) -> None:
    assert read_readiness(tmp_path / "none").fitness is Fitness.NOT_TESTED


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "not_tested"},
        {"state": "well"},
        {"remedies": "all"},
        {"at": "yesterday"},
        {"remedies": ["x" * RECORD_BYTES_MAX]},
    ],
)
def test_a_record_that_says_something_else_is_none(tmp_path: Path, fields: dict[str, Any]) -> None:
    assert read_readiness(record(tmp_path, **fields)) == Readiness(Fitness.NOT_TESTED)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"state": "passed"', "null"])
def test_half_a_record_is_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "readiness.json"
    path.write_text(text)
    assert read_readiness(path) == Readiness(Fitness.NOT_TESTED)


def test_what_a_page_is_given_is_bounded(tmp_path: Path) -> None:
    long = read_readiness(record(tmp_path, state="failed", remedies=["y" * 999] * 50))
    assert len(long.remedies) == REMEDIES_MAX
    assert max(map(len, long.remedies)) == REMEDY_MAX
