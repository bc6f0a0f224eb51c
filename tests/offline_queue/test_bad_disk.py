"""A rescue file that cannot be had, and a disk that is full at the start."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from offline_queue import process
from offline_queue.alerts import DISK_FULL, RESCUE_TAKES_NOTHING
from offline_queue.messages import Taken
from offline_queue.storage import files, log_room
from offline_queue.storage.files import open_files
from offline_queue.storage.log_room import checkpoint_needs_bytes, make_log_room
from offline_queue.storage.store import StoreFailed
from offline_queue.storage.tidying import MEND_EVERY_S, QUIET_S
from tests.offline_queue.bankside import at, loss, op
from tests.offline_queue.safety.room import (
    Room,
    configured,
    contents,
    files_at_most,
    said_of,
    set_up,
    status_of,
)
from tests.offline_queue.safety.small_disk import fill
from tests.offline_queue.tlsbank import PATIENCE_S, QueueSite, Talk, TlsBank

# --- the rescue file cannot be made ------------------------------------------------------------


def test_without_a_rescue_file_the_process_starts_alerts_and_takes_loss_reports(
    site: QueueSite, bank: TlsBank, talks: list[Talk]
) -> None:
    (site.folder / "queue.db.rescue").mkdir()
    bank.mode = "busy"
    child = site.start()
    talk = Talk(site.socket)
    talks.append(talk)
    assert said_of(talk, op(1), loss()) == "taken"
    assert status_of(talk)["alerts"] == [RESCUE_TAKES_NOTHING]
    child.kill()
    child.wait(PATIENCE_S)
    bank.mode = "answer"
    again = site.start()
    while op(1) not in bank.bank.applied:
        assert bank.met.acquire(timeout=PATIENCE_S)
    again.send_signal(signal.SIGTERM)
    _, said = again.communicate(timeout=PATIENCE_S)
    assert again.returncode == 0
    assert said.count(RESCUE_TAKES_NOTHING) == 1, "logged once"


def test_a_rescue_file_whose_header_and_records_are_damaged_keeps_nobody_from_starting(
    site: QueueSite, bank: TlsBank, talks: list[Talk]
) -> None:
    bank.mode = "busy"
    room = Room(site)
    assert isinstance(room.queue.accept(op(1), loss(), None, at(0)), Taken)
    room.close()
    (site.folder / "queue.db.rescue").write_bytes(Random(3).randbytes(100_000))
    site.start()
    talk = Talk(site.socket)
    talks.append(talk)
    status = status_of(talk)
    assert status["waiting"] == {"loss_report": 1}
    assert RESCUE_TAKES_NOTHING not in status["alerts"]


def test_a_rescue_file_without_room_leaves_no_part_of_it_and_is_made_when_there_is_room(
    site: QueueSite,
) -> None:
    with files_at_most(131_072):  # of the 262,144 that it needs
        room = Room(site)
        assert not room.settings.rescue.exists()
        assert isinstance(room.queue.accept(op(1), loss(), None, at(0)), Taken)
        room.tidying.turn(at(1))
        room.tidying.turn(at(2 + QUIET_S))
        assert not room.settings.rescue.exists()
        assert room.files.alerts() == [RESCUE_TAKES_NOTHING]
    room.tidying.turn(at(2 + QUIET_S + MEND_EVERY_S))
    assert room.files.alerts() == []
    assert room.rescued() == {op(1)}, "what waits is put in"
    assert isinstance(room.queue.accept(op(2), loss(2), None, at(200)), Taken)
    assert room.rescued() == {op(1), op(2)}
    assert room.files.rescue.epoch == room.files.store.journal.epoch
    room.close()


def test_a_rescue_file_that_fails_in_the_middle_of_work_is_opened_again(site: QueueSite) -> None:
    room = Room(site)
    with files_at_most(8_192):
        assert not room.files.rescue.keep(op(9), b"a row")
    assert room.files.alerts() == [RESCUE_TAKES_NOTHING]
    assert isinstance(room.queue.accept(op(1), loss(), None, at(0)), Taken)
    room.tidying.turn(at(1))
    room.tidying.turn(at(2 + QUIET_S))
    assert room.files.alerts() == []
    assert room.rescued() == {op(1)}
    room.close()


def test_a_full_rescue_file_is_an_alert_until_what_is_done_was_wiped(site: QueueSite) -> None:
    room = Room(site)
    rescue, number = room.files.rescue, 1
    while rescue.keep(op(number), bytes(3_000)):
        number += 1
    assert room.files.alerts() == [RESCUE_TAKES_NOTHING]
    rescue.drop([op(n) for n in range(1, number)])
    rescue.wipe()
    assert room.files.alerts() == []
    assert rescue.keep(op(number), bytes(3_000))
    room.close()


def test_what_a_hidden_rescue_file_alone_holds_is_merged_when_it_is_back(site: QueueSite) -> None:
    room = Room(site)
    room.files.store.conn.execute("PRAGMA query_only = ON")
    assert isinstance(room.queue.accept(op(1), loss(1), None, at(0)), Taken)
    room.close()
    rescue = room.settings.rescue
    rescue.rename(rescue.with_suffix(".kept"))
    rescue.mkdir()
    room = Room(site, 5)
    for number in (2, 3):
        assert isinstance(room.queue.accept(op(number), loss(number), None, at(6)), Taken)
    rescue.rmdir()
    rescue.with_suffix(".kept").rename(rescue)
    with pytest.raises(StoreFailed):
        room.files.rescue.mend(room.files.store)
    room.close()
    room = Room(site, 10)
    rows = list(room.files.store.waiting_rows())
    assert {row.header.op_id for row in rows} == {op(1), op(2), op(3)}
    assert room.files.store.journal.first_broken() is None
    room.close()


# --- full at the start -------------------------------------------------------------------------


def test_a_full_disk_at_the_start_releases_the_ballast_and_then_ends_with_5_and_changes_nothing(
    site: QueueSite, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    room = Room(site)
    room.queue.accept(op(1), loss(), None, at(0))
    room.close()
    before = contents(site.folder)
    assert "queue.db.ballast" in before
    monkeypatch.setattr(files, "free_bytes", lambda folder: 0)
    assert process.run(site.settings) == 5
    said = capsys.readouterr().err.splitlines()
    assert said == ["kiosk-queue cannot start: maintenance: the disk is full"]
    del before["queue.db.ballast"]
    assert contents(site.folder) == before


def test_a_full_disk_at_the_start_is_left_with_the_ballast_s_room(
    site: QueueSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    Room(site).close()
    ballast = site.folder / "queue.db.ballast"
    monkeypatch.setattr(files, "free_bytes", lambda folder: 0 if ballast.exists() else 10**6)
    room = Room(site, 5)
    assert isinstance(room.queue.accept(op(1), loss(), None, at(6)), Taken)
    room.close()


def test_a_new_database_that_finds_no_room_leaves_nothing(
    site: QueueSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, keys = configured(site)

    def opened_without_room(*_: object) -> None:
        settings.database.write_bytes(bytes(1_024))
        raise OSError(28, "no room")

    monkeypatch.setattr(files, "open_store", opened_without_room)
    with pytest.raises(OSError, match="no room"):
        open_files(settings, keys, "boot", at(0))
    assert [path.name for path in site.folder.glob("queue.db*")] == ["queue.db.rescue"]


def test_a_really_full_disk_at_the_start(
    small_site: QueueSite, bank: TlsBank, talks: list[Talk]
) -> None:
    bank.mode = "busy"
    child = small_site.start()
    talk = Talk(small_site.socket)
    talks.append(talk)
    for number in range(1, 31):
        assert said_of(talk, op(number), loss(number)) == "taken"
    child.kill()
    child.wait(PATIENCE_S)
    fill(small_site.folder / "others")
    child = small_site.start()
    talk = Talk(small_site.socket)
    talks.append(talk)
    status = status_of(talk)
    assert status["waiting"] == {"loss_report": 30}
    assert DISK_FULL in status["alerts"]
    child.kill()
    child.wait(PATIENCE_S)
    fill(small_site.folder / "more")
    before = contents(small_site.folder)
    for _ in range(2):
        child = small_site.spawn()
        _, said = child.communicate(timeout=PATIENCE_S)
        assert said == "kiosk-queue cannot start: maintenance: the disk is full\n"
        assert child.returncode == 5
        assert contents(small_site.folder) == before
    (small_site.folder / "others").unlink()
    small_site.start()
    talk = Talk(small_site.socket)
    talks.append(talk)
    assert status_of(talk)["waiting"] == {"loss_report": 30}


def test_the_help_says_what_5_means() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "offline_queue", "--help"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "5  the disk is full" in said


# --- the log's room ----------------------------------------------------------------------------


def test_the_log_s_room_is_made_whole_or_not_at_all(tmp_path: Path) -> None:
    database = tmp_path / "queue.db"
    log = tmp_path / "queue.db-wal"
    with files_at_most(100_000):
        make_log_room(database)
    assert log.stat().st_size == 0
    make_log_room(database)
    assert log.stat().st_size == log_room.LOG_ROOM_BYTES


def test_the_log_s_room_is_not_made_where_it_would_take_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = os.statvfs(tmp_path)
    free = found.f_bavail * found.f_frsize
    monkeypatch.setattr(log_room, "LOG_ROOM_BYTES", free // 2 + 65_536)
    make_log_room(tmp_path / "queue.db")
    assert list(tmp_path.iterdir()) == []


def test_what_a_checkpoint_needs_is_what_the_database_grows_by(site: QueueSite) -> None:
    room = Room(site)
    store, database = room.files.store, room.settings.database
    assert checkpoint_needs_bytes(database) == 0
    for round_of in range(3):
        for number in range(30):
            room.queue.accept(op(100 * round_of + number), loss(number), None, at(number))
        needs, before = checkpoint_needs_bytes(database), database.stat().st_size
        store.checkpoint()
        assert database.stat().st_size - before == needs > 0
    assert checkpoint_needs_bytes(database) == 0
    room.close()


def test_the_log_never_needs_more_than_half_the_ballast_for_long(site: QueueSite) -> None:
    set_up(site, ballast_bytes=262_144)
    room = Room(site)
    needed = []
    for number in range(1, 300):
        room.queue.accept(op(number), loss(number), None, at(number))
        room.tidying.bound_log()
        needed.append(checkpoint_needs_bytes(room.settings.database))
    assert max(needed) < 262_144
    assert needed != sorted(needed), "it was moved into the database in between"
    room.close()
