"""The idle checkpoint: of what is finished not a stretch of bytes is left, and its order is safe."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from offline_queue.storage.leaf_pages import log_path
from offline_queue.storage.rows import State
from offline_queue.storage.store import MEMORY, Store
from offline_queue.storage.wiping import wipe_log
from tests.offline_queue.safety.ledger import TERMINAL, Ledger, at, op, sealed

WINDOW_BYTES = 24
COUNT = 40


def stretches(path: Path, numbers: list[int], size: int) -> set[int]:
    """Those of the requests of whose sealed text any 24 bytes are in the file."""
    data = path.read_bytes()
    return {
        number
        for number in numbers
        for start in range(0, size - WINDOW_BYTES, WINDOW_BYTES)
        if sealed(number, size)[start : start + WINDOW_BYTES] in data
    }


@pytest.mark.parametrize("size", [60, 1_784, 5_000])
@pytest.mark.parametrize("step", [1, 3])
def test_nothing_of_a_finished_request_is_left(tmp_path: Path, size: int, step: int) -> None:
    ledger = Ledger(tmp_path)
    for number in range(COUNT):
        ledger.accept(number, size=size)
    finished = list(range(0, COUNT, step))
    for number in finished[::2] + finished[1::2]:
        ledger.settle(number)
    wipe_log(ledger.store)
    assert stretches(ledger.path, finished, size) == set()
    assert not any(log_path(ledger.path).read_bytes())
    waiting = [number for number in range(COUNT) if number not in finished]
    assert stretches(ledger.path, waiting, size) == set(waiting)
    for number in waiting:
        row = ledger.store.find(op(number))
        assert row is not None
        assert row.sealed == sealed(number, size)


def test_the_log_keeps_its_room_and_the_next_commit_uses_it(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.accept(1)
    room = log_path(ledger.path).stat().st_size
    wipe_log(ledger.store)
    assert log_path(ledger.path).stat().st_size == room
    ledger.accept(2)
    assert any(log_path(ledger.path).read_bytes()[:4_096])
    again = ledger.again()
    assert [row.header.op_id for row in again.store.waiting_rows()] == [op(1), op(2)]


def test_it_may_be_done_again_and_again(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    for number in range(20):
        ledger.accept(number, size=1_784)
        if number:
            ledger.settle(number - 1)
        wipe_log(ledger.store)
        wipe_log(ledger.store)
        assert ledger.store.conn.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    assert [row.header.op_id for row in ledger.store.waiting_rows()] == [op(19)]


def test_a_power_cut_between_any_two_of_its_writes_loses_nothing(tmp_path: Path) -> None:
    """Each image: the writes up to one point, and of those not flushed any single one missing."""
    ledger = Ledger(tmp_path)
    for number in range(12):
        ledger.accept(number, size=600)
    for number in range(6):
        ledger.settle(number)
    steps = _traced(ledger)
    assert steps, "the log was cleared in steps"
    for count, (database, log) in enumerate(steps):
        folder = tmp_path / f"cut{count}"
        folder.mkdir()
        (folder / "queue.db").write_bytes(database)
        log_path(folder / "queue.db").write_bytes(log)
        after = Ledger(folder, second=1_000)
        rows = [row.header.op_id for row in after.store.waiting_rows()]
        assert rows == [op(number) for number in range(6, 12)], count
        after.close()
        assert not list(folder.glob("*.damaged-*"))


def _traced(ledger: Ledger) -> list[tuple[bytes, bytes]]:
    """The files after each write of the wiping, with torn ones of those not yet flushed."""
    images: list[tuple[bytes, bytes]] = []
    log = log_path(ledger.path)
    pwrite = os.pwrite

    def record(descriptor: int, data: bytes, offset: int) -> int:
        before = log.read_bytes()
        written = pwrite(descriptor, data, offset)
        after = log.read_bytes()
        database = ledger.path.read_bytes()
        images.append((database, after))
        for start in range(offset, offset + written, 4_096):
            torn = bytearray(before)
            torn[start : start + 4_096] = after[start : start + 4_096]
            images.append((database, bytes(torn)))
        return written

    os.pwrite = record  # type: ignore[assignment]
    try:
        wipe_log(ledger.store)
    finally:
        os.pwrite = pwrite
    return images


def test_a_memory_database_has_nothing_to_wipe() -> None:
    store = Store(MEMORY, "boot", TERMINAL, at(0))
    wipe_log(store)
    store.close()


def test_a_process_killed_while_wiping_leaves_a_sound_database(tmp_path: Path) -> None:
    for _ in range(3):
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.offline_queue.safety.wiping_child", str(tmp_path)],
            cwd=Path(__file__).parents[3],
            stdout=subprocess.PIPE,
        )
        assert child.stdout is not None
        for _ in range(30):
            child.stdout.readline()
        child.kill()
        child.wait()
        child.stdout.close()
        ledger = Ledger(tmp_path, second=10_000)
        assert ledger.store.conn.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert ledger.store.journal.first_broken() is None
        ledger.close()
    assert not list(tmp_path.glob("*.damaged-*"))


def test_a_dead_row_keeps_its_text_until_a_person_has_looked(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.accept(1)
    ledger.settle(1, State.DEAD, "conflict")
    wipe_log(ledger.store)
    assert stretches(ledger.path, [1], 300) == {1}
