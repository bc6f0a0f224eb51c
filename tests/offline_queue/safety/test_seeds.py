"""Sealed seeds stand once for many rows: what shares one is whole again, or visibly lost."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import pytest

from offline_queue.formats.envelope import TEXT_AT, joined, parted
from offline_queue.storage.leaf_pages import LeafRow, Reading, log_path, read_rows
from offline_queue.storage.rows import WAITING, State
from offline_queue.storage.schema import PAGE_BYTES
from offline_queue.storage.wiping import wipe_log
from tests.offline_queue.bankside import Terminal, at, loss, op, unlock
from tests.offline_queue.safety.ledger import ROWS_OF_A_SEED, Ledger, seed, seeded
from tests.offline_queue.safety.ledger import op as op_of

COUNT = 3 * ROWS_OF_A_SEED


def filled(folder: Path) -> Ledger:
    ledger = Ledger(folder)
    for number in range(COUNT):
        ledger.accept(number, size=200, text_of=seeded)
    return ledger


def seeds_in(ledger: Ledger, table: str = "seeds") -> list[bytes]:
    found = ledger.store.conn.execute(f"SELECT wrapped FROM {table} ORDER BY number")  # noqa: S608
    return [bytes(row[0]) for row in found]


def check_rows(ledger: Ledger, size: int = 200) -> int:
    """Every row waits with its own text, or is dead as lost; how many are lost."""
    lost = 0
    for number in range(COUNT):
        row = ledger.store.find(op_of(number))
        assert row is not None, f"row {number} is gone without a word"
        if row.state is State.DEAD:
            assert row.outcome == "lost"
            lost += 1
        else:
            assert row.state in WAITING
            assert row.sealed == seeded(number, size)
            assert row.hashed == row.request_hash
    return lost


def test_a_sealed_text_taken_apart_is_the_same_again() -> None:
    text = seeded(5)
    parts = parted(text)
    assert parts is not None
    assert parts[0] == seed(5)
    assert joined(*parts) == text
    for other in (b"", b"KSQ2", text[:TEXT_AT], b"X" + text):
        assert parted(other) is None, "it has no seed, or nothing behind it"


def test_a_seed_is_stored_once_and_once_more_for_all_its_rows(tmp_path: Path) -> None:
    ledger = filled(tmp_path)
    expected = [seed(number) for number in range(0, COUNT, ROWS_OF_A_SEED)]
    assert seeds_in(ledger) == seeds_in(ledger, "seed_copies") == expected
    assert check_rows(ledger) == 0
    wipe_log(ledger.store)
    stored = ledger.path.read_bytes()
    for one in expected:
        assert stored.count(one[500:600]) == 2
    assert check_rows(ledger.again()) == 0


def test_what_leaves_the_database_carries_its_seed_again() -> None:
    terminal = Terminal()
    for number in (1, 2):
        terminal.queue.accept(op(number), unlock(number), None, at(0))
    terminal.exchange(at(0))
    assert set(terminal.bank.applied) == {op(1), op(2)}, "the bank opened both"
    assert terminal.store.conn.execute("SELECT COUNT(*) FROM seeds").fetchone() == (1,)


def test_a_seed_that_no_row_needs_is_overwritten_but_for_the_newest(tmp_path: Path) -> None:
    ledger = filled(tmp_path)
    finished = range(ROWS_OF_A_SEED, COUNT)
    for number in finished:
        ledger.settle(number)
    ledger.settle(0, State.DEAD, "conflict")
    with ledger.store.transaction():
        ledger.store.prune(1_000, 1_000, ledger.store.mark(ledger.now()))
    wipe_log(ledger.store)
    kept = [seed(0), seed(COUNT - 1)]
    assert seeds_in(ledger) == seeds_in(ledger, "seed_copies") == kept
    stored = ledger.path.read_bytes()
    gone = seed(ROWS_OF_A_SEED)
    assert not any(gone[start : start + 24] in stored for start in range(0, len(gone) - 24, 24))
    row = ledger.store.find(op_of(0))
    assert row is not None
    assert row.sealed == seeded(0, 200), "a dead row can be revived"


def test_the_newest_seed_is_used_on_after_a_quiet_moment(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    for number in range(4):
        ledger.accept(number, text_of=seeded)
        ledger.settle(number)
        with ledger.store.transaction():
            ledger.store.prune(1_000, 1_000, ledger.store.mark(ledger.now()))
    assert seeds_in(ledger) == [seed(0)]


def test_after_a_change_that_was_undone_the_seed_is_stored_again(tmp_path: Path) -> None:
    terminal = Terminal(str(tmp_path / "queue.db"))
    store = terminal.store
    with pytest.raises(KeyError), store.transaction():
        store._seeds.store(seeded(1))
        raise KeyError("the power went")
    terminal.queue.accept(op(1), loss(1), None, at(0))
    row = store.find(op(1))
    assert row is not None
    assert row.sealed is not None
    assert row.hashed == row.request_hash


def test_a_row_of_which_the_same_comes_twice_leaves_the_seed_in_use(tmp_path: Path) -> None:
    terminal = Terminal(str(tmp_path / "queue.db"))
    terminal.queue.accept(op(1), unlock(1), None, at(0))
    terminal.exchange(at(0))
    terminal.queue.accept(op(1), unlock(1), None, at(1))
    terminal.queue.accept(op(2), unlock(2), None, at(1))
    row = terminal.store.find(op(2))
    assert row is not None
    assert row.hashed == row.request_hash


@pytest.mark.parametrize("half", [0, PAGE_BYTES // 2])
def test_a_damaged_page_anywhere_loses_no_row_but_its_own(tmp_path: Path, half: int) -> None:
    (tmp_path / "whole").mkdir()
    ledger = filled(tmp_path / "whole")
    wipe_log(ledger.store)
    worst = 0
    for number in range(ledger.path.stat().st_size // PAGE_BYTES):
        folder = tmp_path / f"page{number + 1}"
        folder.mkdir()
        for path in (ledger.path, log_path(ledger.path), ledger.rescue_path):
            shutil.copy(path, folder / path.name)
        with (folder / "queue.db").open("r+b") as file:
            file.seek(number * PAGE_BYTES + half)
            file.write(random.Random(number).randbytes(PAGE_BYTES - half))
        after = Ledger(folder, second=500)
        worst = max(worst, check_rows(after))
        after.close()
        shutil.rmtree(folder)
    assert 0 < worst <= PAGE_BYTES // 500, "as many as stand in one page"


def test_rows_whose_seed_is_lost_with_its_copy_are_told_and_a_loss_report_is_saved(
    tmp_path: Path,
) -> None:
    ledger = Ledger(tmp_path)
    for number in range(COUNT):
        kind = "loss_report" if number == 3 else "balance_check"
        ledger.accept(number, kind, size=200, text_of=seeded)
    for table in ("seeds", "seed_copies"):
        ledger.store.conn.execute(f"DELETE FROM {table} WHERE number = 1")  # noqa: S608
    after = ledger.again()
    assert check_rows(after) == ROWS_OF_A_SEED - 1
    row = after.store.find(op_of(3))
    assert row is not None
    assert row.state in WAITING, "the rescue file has it whole"
    (report,) = tmp_path.glob("*.damaged-*.json")
    assert len(json.loads(report.read_text())["lost"]) == ROWS_OF_A_SEED - 1


def test_a_database_without_its_view_of_the_chain_is_taken_over(tmp_path: Path) -> None:
    ledger = filled(tmp_path)
    ledger.store.conn.execute("DROP VIEW entries")
    ledger.store.conn.execute("DROP VIEW chain")
    after = ledger.again()
    assert check_rows(after) == 0
    assert after.store.journal.epoch == 2


def test_a_seed_that_differs_from_its_copy_harms_no_row(tmp_path: Path) -> None:
    ledger = filled(tmp_path)
    ledger.store.conn.execute("UPDATE seeds SET wrapped = zeroblob(1168) WHERE number = 2")
    after = ledger.again()
    assert check_rows(after) == 0
    assert after.store.journal.epoch == 2, "it was taken over into a new database"
    read = read_rows(after.path, PAGE_BYTES, Reading())
    assert not any(isinstance(row, LeafRow) and bytes(1168) in row.values for row in read)


def test_a_row_that_is_lost_twice_stays_lost(tmp_path: Path) -> None:
    ledger = filled(tmp_path)
    for table in ("seeds", "seed_copies"):
        ledger.store.conn.execute(f"DELETE FROM {table} WHERE number = 1")  # noqa: S608
    after = ledger.again()
    assert check_rows(after) == ROWS_OF_A_SEED
    after.store.conn.execute("DELETE FROM seeds")
    last = after.again()
    assert last.store.journal.epoch == 3
    assert check_rows(last) == ROWS_OF_A_SEED
