"""The audit log: what was changed shows, what was torn is cut, and nothing else is lost."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk.journal import DETAIL_MAX, Journal, first_wrong
from offline_queue.formats.chain import GENESIS, first_broken, link
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


# --- segments --------------------------------------------------------------------------

SMALL = {"segment_bytes": 600, "segments_max": 3}


def kept(path: Path) -> list[Path]:
    """All segments, the oldest first."""
    return [*sorted(path.parent.glob("journal.*")), path]


def numbers(path: Path) -> list[int]:
    """The numbers of all entries that are kept."""
    entries = [json.loads(line) for segment in kept(path) for line in lines(segment)]
    return [entry["n"] for entry in entries if "n" in entry]


def fill(path: Path, entries: int) -> str:
    """Write so many entries into small segments; the newest digest."""
    journal = Journal(path, **SMALL)
    for number in range(entries):
        journal.append("step", f"detail.{number}", WALL)
    journal.close()
    return journal.head


def test_the_log_is_bounded_and_what_is_kept_can_be_verified(path: Path) -> None:
    fill(path, 100)
    assert len(kept(path)) == 3
    assert sum(segment.stat().st_size for segment in kept(path)) < 3 * (600 + 400)
    first, last = numbers(path)[0], numbers(path)[-1]
    assert (numbers(path), last) == (list(range(first, 101)), 100)
    assert first > 50
    assert first_wrong(path) is None


def test_a_segment_begins_with_the_end_of_the_one_before(path: Path) -> None:
    fill(path, 10)
    older, newest = kept(path)[-2:]
    end = json.loads(lines(older)[-1])
    assert json.loads(lines(newest)[0]) == {"after": end["n"], "h": end["h"]}


def test_a_log_in_segments_that_is_opened_again_goes_on(path: Path) -> None:
    head = fill(path, 40)
    journal = Journal(path, **SMALL)
    assert journal.head == head
    journal.close()
    fill(path, 40)
    assert numbers(path)[-1] == 80
    assert first_wrong(path) is None


def test_a_change_in_any_segment_is_found(path: Path) -> None:
    fill(path, 100)
    whole = {segment: segment.read_bytes() for segment in kept(path)}
    counted = 0
    for segment, stored in whole.items():
        changed = lines(segment)
        changed[2] = changed[2].replace(b"detail", b"detour")
        segment.write_bytes(b"".join(changed))
        assert first_wrong(path) == counted + 3
        segment.write_bytes(stored)
        counted += len(changed)
    assert first_wrong(path) is None


def test_a_segment_that_is_missing_in_the_middle_is_found(path: Path) -> None:
    fill(path, 100)
    first = kept(path)[0]
    kept(path)[1].unlink()
    assert first_wrong(path) == len(lines(first)) + 1


def test_an_anchor_in_the_middle_of_a_segment_is_none(path: Path) -> None:
    fill(path, 3)
    entries = lines(path)
    end = json.loads(entries[0])
    forged = json.dumps({"after": end["n"] + 1, "h": json.loads(entries[1])["h"]}).encode() + b"\n"
    path.write_bytes(entries[0] + forged + entries[2])
    assert first_wrong(path) == 2


@pytest.mark.parametrize("torn", [None, b"", b'{"after": 4'], ids=["missing", "empty", "torn"])
def test_power_that_fails_while_a_segment_is_begun_breaks_no_chain(
    path: Path, torn: bytes | None
) -> None:
    head = fill(path, 40)
    segments = kept(path)
    path.rename(path.with_name("journal.0000000040"))
    if torn is not None:
        path.write_bytes(torn)
    journal = Journal(path, **SMALL)
    assert journal.head == head
    journal.append("start", "again", WALL)
    journal.close()
    assert len(kept(path)) <= len(segments)
    assert numbers(path)[-1] == 41
    assert first_wrong(path) is None


@pytest.mark.parametrize("cut", [1, 30, -1])
def test_a_torn_last_line_of_a_later_segment_is_cut_off(path: Path, cut: int) -> None:
    fill(path, 40)
    whole = lines(path)
    path.write_bytes(b"".join(whole[:-1]) + whole[-1][:cut])
    fill(path, 1)
    assert numbers(path)[-1] == 40
    assert first_wrong(path) is None


def test_the_oldest_goes_only_when_the_next_anchor_is_on_the_disk(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(path, 10)
    happened: list[str] = []
    fsync, unlink = os.fsync, Path.unlink

    def syncs(handle: int) -> None:
        happened.append(f"sync {Path(f'/proc/self/fd/{handle}').readlink().name}")
        fsync(handle)

    def drops(file: Path, missing_ok: bool = False) -> None:
        happened.append("drop")
        unlink(file, missing_ok)

    monkeypatch.setattr(os, "fsync", syncs)
    monkeypatch.setattr(Path, "unlink", drops)
    journal = Journal(path, **SMALL)
    while "drop" not in happened:
        happened.clear()
        journal.append("step", "", WALL)
    assert happened == ["sync journal", "sync journal", f"sync {path.parent.name}", "drop"]
    journal.close()


def test_the_end_of_a_visit_is_put_on_the_disk_and_nothing_else(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_disk: list[int] = []
    fdatasync = os.fdatasync

    def noting(handle: int) -> None:
        fdatasync(handle)
        on_disk.append(len(lines(path)))

    monkeypatch.setattr(os, "fdatasync", noting)
    journal = Journal(path)
    for what in WORDS:
        journal.append(what, "", WALL)
    assert on_disk == [len(WORDS)]
    journal.close()
