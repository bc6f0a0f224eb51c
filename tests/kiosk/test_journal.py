"""The audit log: what was changed shows, what was torn is cut, and nothing else is lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk.journal import DETAIL_MAX, Journal, first_wrong
from offline_queue.chain import GENESIS, first_broken, link
from tests.kiosk.places import WALL

WORDS = ("visit.begin", "step", "step", "trouble", "visit.end")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal"


@pytest.fixture
def written(path: Path) -> Path:
    """A log of five entries."""
    journal = Journal(path)
    for number, what in enumerate(WORDS):
        journal.append(what, f"detail.{number}", WALL)
    journal.close()
    return path


def lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def test_a_log_that_nobody_touched_is_whole(written: Path) -> None:
    assert first_wrong(written) is None
    assert [json.loads(line)["what"] for line in lines(written)] == list(WORDS)


def test_an_entry_says_when_in_local_time_with_its_offset(written: Path) -> None:
    assert json.loads(lines(written)[0])["at"] == "2030-06-14T10:33:07.000+08:00"


def test_an_empty_log_begins_at_the_genesis(path: Path) -> None:
    journal = Journal(path)
    assert journal.head == GENESIS
    journal.close()
    assert first_wrong(path) is None


def test_a_log_that_is_opened_again_goes_on_with_its_chain(written: Path) -> None:
    journal = Journal(written)
    journal.append("visit.begin", "loss", WALL)
    head = journal.head
    journal.close()
    assert first_wrong(written) is None
    assert json.loads(lines(written)[-1]) == {
        "n": 6, "at": "2030-06-14T10:33:07.000+08:00", "what": "visit.begin", "detail": "loss", "h": head,
    }  # fmt: skip


def _edit(all_lines: list[bytes]) -> list[bytes]:
    return [line.replace(b"detail.2", b"detail.9") for line in all_lines]


def _delete(all_lines: list[bytes]) -> list[bytes]:
    return all_lines[:2] + all_lines[3:]


def _swap(all_lines: list[bytes]) -> list[bytes]:
    return [*all_lines[:2], all_lines[3], all_lines[2], all_lines[4]]


def _repeat(all_lines: list[bytes]) -> list[bytes]:
    return [*all_lines[:2], all_lines[1], *all_lines[2:]]


def _spoil(all_lines: list[bytes]) -> list[bytes]:
    return [*all_lines[:2], b"\x00\xff\n", *all_lines[3:]]


def _mend_the_digest_of_one(all_lines: list[bytes]) -> list[bytes]:
    entry = json.loads(all_lines[2])
    before = json.loads(all_lines[1])["h"]
    entry["what"] = "nothing"
    content = json.dumps([entry["n"], entry["at"], entry["what"], entry["detail"]]).encode()
    entry["h"] = link(before, content)
    mended = json.dumps(entry).encode() + b"\n"
    return [*all_lines[:2], mended, *all_lines[3:]]


@pytest.mark.parametrize(
    ("change", "found_at"),
    [
        (_edit, 3),
        (_delete, 3),
        (_swap, 3),
        (_repeat, 3),
        (_spoil, 3),
        (_mend_the_digest_of_one, 4),
        (lambda all_lines: all_lines[1:], 1),
    ],
    ids=["edited", "deleted", "swapped", "repeated", "spoilt", "mended", "first deleted"],
)
def test_a_changed_log_is_found_at_the_entry(
    written: Path, change: Callable[[list[bytes]], list[bytes]], found_at: int
) -> None:
    written.write_bytes(b"".join(change(lines(written))))
    assert first_wrong(written) == found_at


@pytest.mark.parametrize("kept", [1, 30, -1])
def test_a_torn_last_line_is_cut_off_and_the_chain_goes_on(written: Path, kept: int) -> None:
    whole = lines(written)
    written.write_bytes(b"".join(whole[:-1]) + whole[-1][:kept])
    journal = Journal(written)
    assert lines(written) == whole[:-1]
    journal.append("start", "again", WALL)
    journal.close()
    assert first_wrong(written) is None
    assert len(lines(written)) == len(WORDS)


def test_a_spoilt_entry_takes_nothing_after_it_away(written: Path) -> None:
    written.write_bytes(b"".join(_spoil(lines(written))))
    journal = Journal(written)
    journal.append("start", "again", WALL)
    journal.close()
    assert len(lines(written)) == len(WORDS) + 1
    assert first_wrong(written) == 3


def test_every_entry_is_in_the_file_before_the_next_event(path: Path) -> None:
    journal = Journal(path)
    journal.append("start", "", WALL)
    assert len(lines(path)) == 1
    journal.close()


def test_closing_twice_is_no_error(path: Path) -> None:
    journal = Journal(path)
    journal.close()
    journal.close()


def test_a_detail_as_long_as_a_story_is_a_programmers_error(path: Path) -> None:
    journal = Journal(path)
    with pytest.raises(AssertionError):
        journal.append("step", "x" * (DETAIL_MAX + 1), WALL)
    journal.close()
    assert first_wrong(path) is None


def test_a_chain_after_an_anchor_begins_with_the_number_after_it() -> None:
    third = link("anchor", b"3")
    assert first_broken([(3, b"3", third)], after=(2, "anchor")) is None
    assert first_broken([(3, b"3", third)], after=(1, "anchor")) == 3
    assert first_broken([(3, b"3", third)]) == 3
