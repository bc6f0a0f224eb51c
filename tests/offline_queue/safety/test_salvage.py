"""Opening the database whatever became of it: what was accepted is saved, or visibly lost."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from offline_queue.formats.entries import Event
from offline_queue.storage.leaf_pages import (
    IndexEntry,
    LeafRow,
    Reading,
    log_path,
    read_rows,
)
from offline_queue.storage.rows import WAITING, State
from offline_queue.storage.schema import PAGE_BYTES, NewerDatabase
from offline_queue.storage.store import Store, StoreBusy
from offline_queue.storage.wiping import wipe_log
from tests.offline_queue.safety.ledger import Ledger, op, sealed

DONE = (0, 1)
LOSSES = (2, 9, 15)
COUNT = 18
WAITING_NUMBERS = tuple(number for number in range(COUNT) if number not in DONE)


def filled(folder: Path, *, wiped: bool) -> Ledger:
    """Some rows done, some waiting, three of them loss reports; in the file or in the log."""
    ledger = Ledger(folder)
    for number in range(COUNT):
        ledger.accept(number, "loss_report" if number in LOSSES else "balance_check", size=900)
    for number in DONE:
        ledger.settle(number)
    if wiped:
        wipe_log(ledger.store)
    return ledger


def copied(ledger: Ledger, folder: Path) -> Path:
    """The files as a power cut would leave them."""
    folder.mkdir()
    for path in (ledger.path, log_path(ledger.path), ledger.rescue_path):
        shutil.copy(path, folder / path.name)
    return folder / ledger.path.name


def reports(folder: Path) -> list[dict[str, object]]:
    found = [*folder.glob("*.damaged-*.json"), *folder.glob("*.salvage-*.json")]
    return [json.loads(path.read_text()) for path in found]


def check_nothing_is_silent(after: Ledger, numbers: tuple[int, ...] = WAITING_NUMBERS) -> int:
    """Every accepted row waits with its own text, or is dead as lost; how many are lost."""
    lost = 0
    for number in numbers:
        row = after.store.find(op(number))
        assert row is not None, f"row {number} is gone without a word"
        if row.state is State.DEAD:
            assert row.outcome == "lost"
            assert number not in LOSSES, "the rescue file had it"
            lost += 1
        else:
            assert row.state in WAITING
            assert row.sealed == sealed(number, 900)
    return lost


def pages_of(ledger: Ledger) -> int:
    return ledger.path.stat().st_size // PAGE_BYTES


def _zeros(page: bytes) -> bytes:
    return bytes(len(page))


def _noise(page: bytes) -> bytes:
    return random.Random(5).randbytes(len(page))


def _half(page: bytes) -> bytes:
    return page[:512] + random.Random(6).randbytes(len(page) - 512)


@pytest.mark.parametrize(("spoil", "step"), [(_noise, 1), (_zeros, 3), (_half, 3)])
def test_a_damaged_page_anywhere_loses_nothing_silently_and_little_at_all(
    tmp_path: Path, spoil: Callable[[bytes], bytes], step: int
) -> None:
    (tmp_path / "whole").mkdir()
    ledger = filled(tmp_path / "whole", wiped=True)
    count = pages_of(ledger)
    worst = 0
    for number in range(0, count, step):
        folder = tmp_path / f"page{number + 1}"
        path = copied(ledger, folder)
        with path.open("r+b") as file:
            file.seek(number * PAGE_BYTES)
            page = file.read(PAGE_BYTES)
            file.seek(number * PAGE_BYTES)
            file.write(spoil(page))
        after = Ledger(folder, second=500)
        lost = check_nothing_is_silent(after)
        worst = max(worst, lost)
        is_salvaged = bool(list(folder.glob("*.damaged-*")))
        assert is_salvaged == (after.store.journal.epoch == 2)
        assert not lost or is_salvaged
        if is_salvaged:
            (report,) = reports(folder)
            said = report["lost"]
            assert isinstance(said, list)
            assert len(said) == lost
        assert after.store.journal.first_broken() is None
        after.close()
        again = Ledger(folder, second=900)
        assert check_nothing_is_silent(again) == lost, "and so it stays"
        again.close()
        shutil.rmtree(folder)
    assert worst <= 6, "as many as stand in one page"


def test_damage_in_the_log_at_any_frame_loses_nothing_silently(tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    ledger = filled(tmp_path / "whole", wiped=True)
    fresh = range(COUNT, COUNT + 4)
    for number in fresh:
        ledger.accept(number, size=900)
    log = log_path(ledger.path).read_bytes()
    frames = [at for at in range(32, len(log), PAGE_BYTES + 24) if any(log[at : at + 24])]
    commits = [at for at in frames if any(log[at + 4 : at + 8])]
    assert len(commits) == len(fresh)
    worst = 0
    for at in frames:
        folder = tmp_path / f"frame{at}"
        path = copied(ledger, folder)
        with log_path(path).open("r+b") as file:
            file.seek(at + 24 + 100)
            file.write(os.urandom(64))
        after = Ledger(folder, second=500)
        # The last commit may be one that a power cut tore: only what a later flush carried counts.
        acknowledged = fresh if at <= commits[-2] else range(COUNT, COUNT + 3)
        worst = max(worst, check_nothing_is_silent(after, (*WAITING_NUMBERS, *acknowledged)))
        assert after.store.journal.first_broken() is None
        after.accept(99)
        after.close()
        shutil.rmtree(folder)
    assert worst <= 1


def test_a_last_commit_torn_by_a_power_cut_is_no_damage(tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    ledger = filled(tmp_path / "whole", wiped=True)
    before = len(_used(ledger))
    ledger.accept(COUNT, size=900)
    for at in range(before, len(_used(ledger)), 512):
        folder = tmp_path / f"cut{at}"
        path = copied(ledger, folder)
        with log_path(path).open("r+b") as file:
            file.seek(at)
            file.write(bytes(512))
        after = Ledger(folder, second=500)
        assert check_nothing_is_silent(after) == 0
        assert reports(folder) == [] or after.store.find(op(COUNT)) is not None
        after.close()
        shutil.rmtree(folder)


def _used(ledger: Ledger) -> bytes:
    return log_path(ledger.path).read_bytes().rstrip(b"\0")


def test_a_missing_database_begins_anew_with_what_the_rescue_file_has(tmp_path: Path) -> None:
    ledger = filled(tmp_path, wiped=True)
    ledger.close()
    ledger.path.unlink()
    log_path(ledger.path).unlink(missing_ok=True)
    after = Ledger(tmp_path, second=500)
    assert [row.header.op_id for row in after.store.waiting_rows()] == [op(n) for n in LOSSES]
    assert (after.store.journal.epoch, after.rescue.epoch) == (2, 2)
    (report,) = reports(tmp_path)
    assert report["from_rescue"] == [op(n) for n in LOSSES]
    for number in LOSSES:
        row = after.store.find(op(number))
        assert row is not None
        assert (row.header.epoch, row.sealed) == (1, sealed(number, 900)), "its own id and text"


def test_an_old_image_begins_a_new_epoch(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    ledger = filled(tmp_path / "old", wiped=True)
    old = copied(ledger, tmp_path / "image")
    ledger.rescue.set_epoch(4)
    ledger.close()
    shutil.copy(old, ledger.path)
    after = Ledger(tmp_path / "old", second=500)
    assert (after.store.journal.epoch, after.rescue.epoch) == (5, 5)
    assert check_nothing_is_silent(after) == 0


def test_a_sound_database_is_opened_as_it_is(tmp_path: Path) -> None:
    ledger = filled(tmp_path, wiped=False)
    after = ledger.again()
    assert after.store.journal.epoch == 1
    assert check_nothing_is_silent(after) == 0
    assert {path.name for path in tmp_path.iterdir()} == {
        "queue.db", "queue.db-wal", "queue.db.rescue",
    }  # fmt: skip


def test_a_loss_report_that_only_the_rescue_file_took_waits_after_the_next_opening(
    tmp_path: Path,
) -> None:
    ledger = Ledger(tmp_path)
    ledger.accept(1)
    ledger.accept(2, "loss_report", in_database=False)
    after = ledger.again("boot-2")
    assert [row.header.op_id for row in after.store.waiting_rows()] == [op(1), op(2)]
    row = after.store.find(op(2))
    assert row is not None
    assert row.sealed == sealed(2)


def test_a_finished_row_is_dropped_from_the_rescue_file_at_the_next_opening(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    row = ledger.accept(1, "loss_report")
    with ledger.store.transaction():
        mark = ledger.store.mark(ledger.now())
        ledger.store.settled([(row.seq, op(1), State.DONE, "applied")], Event.VERDICT, mark)
    assert ledger.rescue.op_ids == {op(1)}
    after = ledger.again()
    assert after.rescue.op_ids == set()
    assert list(after.store.waiting_rows()) == []


def test_a_salvage_cut_off_at_any_step_is_done_by_the_next_start(tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    ledger = filled(tmp_path / "whole", wiped=True)
    for number in range(COUNT, COUNT + 3):
        ledger.accept(number, size=900)
    numbers = (*WAITING_NUMBERS, *range(COUNT, COUNT + 3))

    def moved(folder: Path, path: Path, with_log: bool) -> None:
        aside = path.with_name("queue.db.damaged-1")
        path.rename(aside)
        if with_log:
            log_path(path).rename(log_path(aside))

    def only_the_file(folder: Path, path: Path) -> None:
        moved(folder, path, with_log=False)

    def both(folder: Path, path: Path) -> None:
        moved(folder, path, with_log=True)

    def and_an_empty_new_one(folder: Path, path: Path) -> None:
        moved(folder, path, with_log=True)
        from tests.offline_queue.safety.ledger import TERMINAL, at

        Store(str(path), "boot-1", TERMINAL, at(300), epoch=2).close()

    for step in (only_the_file, both, and_an_empty_new_one):
        folder = tmp_path / step.__name__
        step(folder, copied(ledger, folder))
        after = Ledger(folder, second=500)
        assert check_nothing_is_silent(after, numbers) == 0, step.__name__
        assert after.store.journal.epoch == 2
        assert len(reports(folder)) == 1
        after.close()


def test_a_waiting_row_whose_text_was_changed_is_found_at_the_opening(tmp_path: Path) -> None:
    """SQLite has no checksum over a row: to `integrity_check` such a page is sound."""
    ledger = filled(tmp_path, wiped=True)
    ledger.close()
    data = ledger.path.read_bytes()
    stretch = sealed(5, 900)[400:440]
    assert data.count(stretch) == 1
    ledger.path.write_bytes(data.replace(stretch, bytes(40)))
    after = Ledger(tmp_path, second=500)
    assert check_nothing_is_silent(after) == 1
    row = after.store.find(op(5))
    assert row is not None
    assert (row.state, row.header.kind) == (State.DEAD, "balance_check")


def test_a_row_that_a_person_must_look_at_is_not_taken_for_ended(tmp_path: Path) -> None:
    """The bank's word "conflict" ends nothing: such a row, damaged, is lost and says so."""
    ledger = Ledger(tmp_path)
    for number in range(4):
        ledger.accept(number, size=900)
    ledger.settle(1, State.DEAD, "conflict")
    ledger.settle(2, State.DEAD, "unknown_key")
    wipe_log(ledger.store)
    ledger.close()
    data = ledger.path.read_bytes()
    spoiled = bytearray(data.replace(sealed(1, 900)[400:440], bytes(40)))
    spoiled[18:100] = b"\xff" * 82
    ledger.path.write_bytes(spoiled)
    after = Ledger(tmp_path, second=500)
    found = [after.store.find(op(number)) for number in range(4)]
    assert [row and (row.state, row.outcome) for row in found] == [
        (State.READY, None),
        (State.DEAD, "lost"),
        (State.DEAD, "unknown_key"),
        (State.READY, None),
    ]


def test_one_boots_page_does_not_hold_all_rows(tmp_path: Path) -> None:
    """The boot ids are on one page; they stand in the "opened" entries too."""
    first = Ledger(tmp_path, "boot-1")
    for number in range(4):
        first.accept(number)
    second = first.again("boot-2")
    for number in range(4, 8):
        second.accept(number)
    wipe_log(second.store)
    root = second.store.conn.execute(
        "SELECT rootpage FROM sqlite_master WHERE name = 'boots'"
    ).fetchone()[0]
    second.close()
    with second.path.open("r+b") as file:
        file.seek((root - 1) * PAGE_BYTES)
        file.write(os.urandom(PAGE_BYTES))
    after = Ledger(tmp_path, "boot-3", second=500)
    waiting = [row.header.op_id for row in after.store.waiting_rows()]
    assert waiting == [op(number) for number in range(8)]


def test_a_file_that_is_no_database_is_set_aside_whole(tmp_path: Path) -> None:
    (tmp_path / "queue.db").write_bytes(b"not a database at all" * 100)
    after = Ledger(tmp_path)
    after.accept(1)
    (aside,) = tmp_path.glob("queue.db.damaged-*[0-9]")
    assert aside.read_bytes() == b"not a database at all" * 100


def test_an_empty_file_is_a_new_database(tmp_path: Path) -> None:
    (tmp_path / "queue.db").touch()
    ledger = Ledger(tmp_path)
    assert ledger.store.journal.epoch == 1
    assert not list(tmp_path.glob("*.damaged-*"))


def test_a_file_that_was_cut_short_is_salvaged(tmp_path: Path) -> None:
    ledger = filled(tmp_path, wiped=True)
    pages = pages_of(ledger)
    ledger.close()
    os.truncate(ledger.path, (pages - 6) * PAGE_BYTES)
    after = Ledger(tmp_path, second=500)
    known = [number for number in WAITING_NUMBERS if after.store.find(op(number)) is not None]
    check_nothing_is_silent(after, tuple(known))
    assert len(known) >= len(WAITING_NUMBERS) - 4
    assert after.store.journal.epoch == 2


def test_only_so_many_are_kept_aside(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    for number in range(6):
        ledger.accept(number)
        wipe_log(ledger.store)
        ledger.close()
        with ledger.path.open("r+b") as file:
            file.seek(18)
            file.write(b"\xff" * 82)
        ledger = Ledger(tmp_path, second=ledger.second + 100)
    kept = [path for path in tmp_path.glob("*.damaged-*") if path.suffix != ".json"]
    assert len([path for path in kept if not path.name.endswith("-wal")]) == 3
    assert len(reports(tmp_path)) == 6
    rows = [row.header.op_id for row in ledger.store.waiting_rows()]
    assert rows == [op(number) for number in range(6)]


def test_a_newer_database_is_left_alone(tmp_path: Path) -> None:
    ledger = filled(tmp_path, wiped=True)
    ledger.store.conn.execute("PRAGMA user_version = 99")
    ledger.close()
    before = ledger.path.read_bytes()
    with pytest.raises(NewerDatabase):
        Ledger(tmp_path)
    assert ledger.path.read_bytes() == before


def test_a_locked_database_is_left_alone(tmp_path: Path) -> None:
    ledger = filled(tmp_path, wiped=True)
    ledger.rescue.close()
    with pytest.raises(StoreBusy):
        Ledger(tmp_path)
    assert not list(tmp_path.glob("*.damaged-*"))
    ledger.store.close()


def test_the_pages_say_the_same_as_the_tables(tmp_path: Path) -> None:
    ledger = filled(tmp_path, wiped=False)
    leaves = list(read_rows(ledger.path, PAGE_BYTES, Reading()))
    read = {
        row.rowid: row.values
        for row in leaves
        if isinstance(row, LeafRow) and len(row.values) == 22
    }
    told = {row[0]: (None, *row[1:]) for row in ledger.store.conn.execute("SELECT * FROM ops")}
    assert read == told
    assert len(told) == COUNT
    ids = {row.values[0] for row in leaves if isinstance(row, IndexEntry) and len(row.values) == 2}
    assert ids >= {bytes.fromhex(op(number)) for number in range(COUNT)}
