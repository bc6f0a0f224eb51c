"""What technician mode does to the terminal's files: closed over a restart, copied whole, signed off."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk.claims import ClaimBook
from kiosk.closing import Closed, ClosingBook
from kiosk.export import export_journal
from kiosk.fsm.staff.words import (
    Act,
    ActFailed,
    ActTrouble,
    EmptyBin,
    ExportJournal,
    JournalExported,
    LookAround,
    Restart,
    SetClosed,
    SignOff,
    StaffEvent,
    StaffSees,
    StandingIs,
)
from kiosk.journal import Journal, first_wrong, head_of
from kiosk.shelf import FileShelf, MemoryShelf
from kiosk.upkeep import EXIT_RESTART, EXIT_SIGN_OFF, SIGN_OFF_REQUEST, StaffFiles, Upkeep
from tests.kiosk.places import PLACE, WALL, HandClock
from tests.offline_queue.safety.small_disk import SITE_SIZES, fill, small_disk


class Works:
    """An upkeep with its files in a folder."""

    def __init__(self, folder: Path, *, keeps: bool = True) -> None:
        self.ended: list[int] = []
        self.told: list[StaffEvent] = []
        shelf: Callable[[str], FileShelf] = lambda name: FileShelf(folder / name)  # noqa: E731
        self.claims = ClaimBook(FileShelf(folder / "claims"))
        self.files = StaffFiles(bytes(32), shelf if keeps else None, journal=folder / "journal.log")
        self.upkeep = Upkeep(
            terminal_id=PLACE.terminal_id,
            clock=HandClock(),
            claims=self.claims,
            files=self.files,
            end=self.ended.append,
        )

    def does(self, effect: object) -> StaffEvent:
        """The last thing that is told of it."""
        self.upkeep.do(effect, self.told.append)  # type: ignore[arg-type]
        return self.told[-1]


def journal(path: Path, entries: int = 5, segment_bytes: int = 400) -> None:
    """A journal of several segments."""
    log = Journal(path, segment_bytes=segment_bytes)
    for n in range(entries):
        log.append("step", f"balance.{n}", WALL)
    log.close()


def test_a_terminal_that_was_closed_is_closed_for_the_next_process_too(tmp_path: Path) -> None:
    came = Works(tmp_path).does(SetClosed(closed=True, suspect=True))
    assert isinstance(came, StandingIs)
    assert (came.closed, came.suspect) == (True, True)
    assert Works(tmp_path).upkeep.standing().closed
    Works(tmp_path).does(SetClosed(closed=False))
    assert not Works(tmp_path).upkeep.standing().closed


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"closed": 0}', b"\xff"])
def test_a_spoilt_file_keeps_the_terminal_closed_until_two_people_open_it(content: bytes) -> None:
    shelf = MemoryShelf()
    shelf.content = content
    assert ClosingBook(shelf).read() == Closed(closed=True, suspect=True)


def test_what_cannot_be_written_down_is_not_done(tmp_path: Path) -> None:
    works = Works(tmp_path)
    works.files.shelf = lambda name: FileShelf(tmp_path / "gone" / name)
    broken = Upkeep(
        terminal_id="T",
        clock=HandClock(),
        claims=works.claims,
        files=works.files,
        end=works.ended.append,
    )
    broken.do(SetClosed(closed=True), works.told.append)
    assert works.told == [ActFailed(Act.CLOSE, ActTrouble.CANNOT_WRITE)]
    broken.do(SignOff("4711", "0815"), works.told.append)
    assert works.told[-1] == ActFailed(Act.SIGN_OFF, ActTrouble.CANNOT_WRITE)
    assert works.ended == []


def test_signing_off_leaves_the_request_and_then_ends_the_process(tmp_path: Path) -> None:
    works = Works(tmp_path)
    works.upkeep.do(SignOff("4711", "0815"), works.told.append)
    request = json.loads((tmp_path / SIGN_OFF_REQUEST).read_text())
    assert request == {"technician": "4711", "second": "0815", "at": WALL.isoformat()}
    assert (works.ended, works.told) == ([EXIT_SIGN_OFF], [])


def test_a_restart_ends_the_process_with_its_own_code(tmp_path: Path) -> None:
    works = Works(tmp_path)
    works.upkeep.do(Restart(), works.told.append)
    assert works.ended == [EXIT_RESTART]


def test_a_terminal_without_a_state_folder_cannot_be_signed_off(tmp_path: Path) -> None:
    came = Works(tmp_path, keeps=False).does(SignOff("4711", "0815"))
    assert came == ActFailed(Act.SIGN_OFF, ActTrouble.NO_FOLDER)


def test_a_book_of_claims_that_is_spoilt_is_neither_shown_nor_emptied(tmp_path: Path) -> None:
    works = Works(tmp_path)
    (tmp_path / "claims").write_bytes(b"nonsense\n")
    seen = works.does(LookAround())
    assert isinstance(seen, StaffSees)
    assert seen.claims is None
    assert works.does(EmptyBin(0)) == ActFailed(Act.EMPTY_BIN, ActTrouble.BOOK_SPOILT)


# --- the journal's copy -------------------------------------------------------------------------


def exports(tmp_path: Path, out: Path | None) -> JournalExported | ActFailed:
    return export_journal(tmp_path / "journal.log", out, "T-1", WALL)


def test_the_copy_has_every_segment_and_can_be_verified_alone(tmp_path: Path) -> None:
    journal(tmp_path / "journal.log", entries=12)
    out = tmp_path / "stick"
    out.mkdir()
    came = exports(tmp_path, out)
    assert isinstance(came, JournalExported)
    copy = out / came.name
    assert len(list(copy.iterdir())) > 1
    assert first_wrong(copy / "journal.log") is None
    assert came.size_bytes == sum(each.stat().st_size for each in copy.iterdir())
    assert came.head == head_of(tmp_path / "journal.log")


def test_without_a_folder_nothing_is_copied(tmp_path: Path) -> None:
    journal(tmp_path / "journal.log")
    failed = ActFailed(Act.EXPORT, ActTrouble.NO_FOLDER)
    assert exports(tmp_path, None) == failed
    assert exports(tmp_path, tmp_path / "no stick") == failed


@pytest.mark.parametrize("size_bytes", SITE_SIZES)
def test_a_full_stick_is_named_and_no_half_copy_stays(tmp_path: Path, size_bytes: int) -> None:
    journal(tmp_path / "journal.log", entries=200, segment_bytes=1_000_000)
    with small_disk(size_bytes) as stick:
        fill(stick / "films")
        assert exports(tmp_path, stick) == ActFailed(Act.EXPORT, ActTrouble.DISK_FULL)
        assert [each.name for each in stick.iterdir()] == ["films"]


def test_a_journal_that_cannot_be_read_leaves_no_half_copy(tmp_path: Path) -> None:
    out = tmp_path / "stick"
    out.mkdir()
    assert exports(tmp_path, out) == ActFailed(Act.EXPORT, ActTrouble.CANNOT_WRITE)
    assert list(out.iterdir()) == []


def test_two_copies_of_one_second_do_not_mix(tmp_path: Path) -> None:
    journal(tmp_path / "journal.log")
    out = tmp_path / "stick"
    out.mkdir()
    assert isinstance(exports(tmp_path, out), JournalExported)
    assert isinstance(exports(tmp_path, out), ActFailed)
    assert len(list(out.iterdir())) == 1


def test_an_export_that_runs_aside_tells_when_it_is_done(tmp_path: Path) -> None:
    journal(tmp_path / "journal.log")
    works = Works(tmp_path)
    waiting: list[Callable[[], None]] = []
    works.files.export_dir = tmp_path
    aside = Upkeep(
        terminal_id="T",
        clock=HandClock(),
        claims=works.claims,
        files=works.files,
        end=works.ended.append,
        aside=waiting.append,
    )
    aside.do(ExportJournal(), works.told.append)
    assert works.told == []
    waiting[0]()
    assert isinstance(works.told[0], JournalExported)
