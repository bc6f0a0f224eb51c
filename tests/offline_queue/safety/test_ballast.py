"""The ballast: room that is really held, and really given back."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import pytest

from offline_queue.storage.ballast import Ballast, free_bytes
from offline_queue.storage.store import StoreFailed
from offline_queue.storage.wiping import wipe_log
from tests.offline_queue.safety.ledger import Ledger, op
from tests.offline_queue.safety.small_disk import SIZES, fill, small_disk

SIZE_BYTES = 262_144


def test_the_room_is_really_held(tmp_path: Path) -> None:
    ballast = Ballast(tmp_path / "ballast", SIZE_BYTES)
    assert list(tmp_path.iterdir()) == []
    assert ballast.restore()
    found = (tmp_path / "ballast").stat()
    assert found.st_size == SIZE_BYTES
    assert found.st_blocks * 512 >= SIZE_BYTES
    assert found.st_mode & 0o777 == 0o600
    assert ballast.held
    assert ballast.restore(), "made already"


def test_a_hole_is_no_ballast(tmp_path: Path) -> None:
    (tmp_path / "ballast").touch()
    os.truncate(tmp_path / "ballast", SIZE_BYTES)
    ballast = Ballast(tmp_path / "ballast", SIZE_BYTES)
    assert not ballast.held
    assert ballast.restore()
    assert ballast.held


def test_released_once(tmp_path: Path) -> None:
    ballast = Ballast(tmp_path / "ballast", SIZE_BYTES)
    ballast.restore()
    assert ballast.release()
    assert not ballast.release()
    assert not ballast.held


def test_a_ballast_that_cannot_be_whole_leaves_nothing(tmp_path: Path) -> None:
    ballast = Ballast(tmp_path / "ballast", SIZE_BYTES)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (SIZE_BYTES // 2, hard))
    try:
        assert not ballast.restore()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []
    assert ballast.restore()


@pytest.mark.parametrize("disk_bytes", SIZES)
def test_a_full_disk_has_room_again_after_the_release(disk_bytes: int) -> None:
    with small_disk(disk_bytes) as folder:
        ballast = Ballast(folder / "ballast", SIZE_BYTES)
        assert ballast.restore()
        fill(folder / "others")
        assert free_bytes(folder) < SIZE_BYTES
        assert ballast.release()
        assert free_bytes(folder) >= SIZE_BYTES
        assert not ballast.restore(), "not as long as it would take the last room"
        (folder / "others").unlink()
        assert ballast.restore()


@pytest.mark.parametrize("disk_bytes", SIZES)
def test_on_a_full_disk_nothing_is_lost_and_the_ballast_lets_it_go_on(disk_bytes: int) -> None:
    with small_disk(disk_bytes) as folder:
        ballast = Ballast(folder / "ballast", 8 * SIZE_BYTES)
        assert ballast.restore()
        ledger = Ledger(folder)
        ledger.accept(0, "loss_report")
        fill(folder / "others")
        taken = 1
        with pytest.raises(StoreFailed) as failed:
            for taken in range(1, 2_000):
                ledger.accept(taken, size=2_000)
        assert failed.value.full
        assert ballast.release()
        ledger.accept(taken, size=2_000)
        for number in range(taken + 1):
            ledger.settle(number)
            if number % 20 == 0:
                wipe_log(ledger.store)
        ledger = ledger.again()
        assert list(ledger.store.waiting_rows()) == []
        assert ledger.store.journal.first_broken() is None
        ledger.close()


@pytest.mark.parametrize("disk_bytes", SIZES)
def test_on_a_full_disk_a_loss_report_is_taken_by_the_rescue_file(disk_bytes: int) -> None:
    with small_disk(disk_bytes) as folder:
        ledger = Ledger(folder)
        fill(folder / "others")
        with pytest.raises(StoreFailed):
            for number in range(2_000):
                ledger.accept(number, size=2_000)
        ledger.accept(3_000, "loss_report", in_database=False)
        (folder / "others").unlink()
        ledger = ledger.again()
        assert ledger.store.find(op(3_000)) is not None
        ledger.close()
