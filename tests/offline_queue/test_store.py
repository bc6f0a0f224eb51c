"""The store: what it acknowledged is there, whoever was killed, and it costs what it should."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from offline_queue import policy
from offline_queue.schema import VERSION, NewerDatabase
from offline_queue.store import MEMORY, Store, StoreBusy, StoreFailed
from offline_queue.tidying import QUIET_S, Tidying
from tests.offline_queue.bankside import (
    TERMINAL,
    BankSide,
    Terminal,
    at,
    balance,
    loss,
    op,
)

ROOT = Path(__file__).parents[2]


def _setting(store: Store, name: str) -> object:
    return store.conn.execute(f"PRAGMA {name}").fetchone()[0]


def test_every_acknowledged_row_is_there_after_kill_9(tmp_path: Path) -> None:
    database = str(tmp_path / "queue.db")
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.offline_queue.accepting_child", database],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    acknowledged = [child.stdout.readline().strip() for _ in range(200)]
    os.kill(child.pid, signal.SIGKILL)
    rest, _ = child.communicate(timeout=20)
    acknowledged += [line for line in rest.split("\n") if len(line) == 32]
    store = Store(database, "boot", TERMINAL)
    assert len(acknowledged) >= 200
    assert [op_id for op_id in acknowledged if store.find(op_id) is None] == []
    assert store.journal.first_broken() is None
    assert _setting(store, "integrity_check") == "ok"
    assert store.waiting["loss_report"] - len(acknowledged) in (0, 1)
    store.close()


def test_the_settings_that_keep_rows_through_a_power_cut_hold(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "queue.db"), "boot", TERMINAL)
    assert _setting(store, "journal_mode") == "wal"
    assert _setting(store, "synchronous") == 2
    assert _setting(store, "locking_mode") == "exclusive"
    assert _setting(store, "secure_delete") == 1
    assert _setting(store, "user_version") == VERSION
    assert not (tmp_path / "queue.db-shm").exists()
    store.close()


def test_the_files_are_the_owner_s_alone(tmp_path: Path) -> None:
    terminal = Terminal(str(tmp_path / "queue.db"))
    terminal.queue.accept(op(1), loss(), None, at(0))
    modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    assert modes == {"queue.db": 0o600, "queue.db-wal": 0o600}


def test_a_second_connection_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    path = str(tmp_path / "queue.db")
    terminal = Terminal(path)
    with pytest.raises(StoreBusy, match="another process"):
        Store(path, "boot", TERMINAL)
    terminal.queue.accept(op(1), loss(), None, at(0))
    assert terminal.state(op(1)) == "ready"


def test_a_database_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = str(tmp_path / "queue.db")
    terminal = Terminal(path)
    terminal.queue.accept(op(1), loss(), None, at(0))
    terminal.store.conn.execute(f"PRAGMA user_version = {VERSION + 1}")
    terminal.store.close()
    with pytest.raises(NewerDatabase, match=f"version {VERSION + 1}.*up to {VERSION}"):
        Store(path, "boot", TERMINAL)
    plain = sqlite3.connect(path)
    assert plain.execute("SELECT state FROM ops").fetchall() == [("ready",)]
    plain.close()


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "queue.db"
    path.write_bytes(b"not a database, but somebody's file " * 100)
    with pytest.raises(StoreFailed, match="SQLITE_NOTADB"):
        Store(str(path), "boot", TERMINAL)
    assert path.read_bytes().startswith(b"not a database")


def test_another_terminal_s_database_is_refused(tmp_path: Path) -> None:
    path = str(tmp_path / "queue.db")
    Store(path, "boot", TERMINAL).close()
    with pytest.raises(ValueError, match="another terminal"):
        Store(path, "boot", "T0002")


@pytest.mark.parametrize("boot", ["same boot", "next boot"])
def test_what_was_in_flight_is_sent_again_under_its_id_after_a_restart(
    tmp_path: Path, boot: str
) -> None:
    path, bank = str(tmp_path / "queue.db"), BankSide()
    first = Terminal(path, bank, "same boot")
    taken = first.queue.accept(op(1), loss(), None, at(0))
    outgoing = first.queue.next_batch(at(0))
    assert outgoing is not None
    first.carried(outgoing)
    first.store.close()
    second = Terminal(path, bank, boot)
    assert second.state(op(1)) == "ready"
    second.exchange(at(1))
    assert bank.deliveries == [op(1), op(1)]
    assert len(bank.applied) == 1
    assert second.state(op(1)) == "done"
    assert second.queue.accept(op(1), loss(), None, at(2)) == taken


def test_a_restart_does_not_shorten_the_rest_of_a_row_but_a_reboot_does(tmp_path: Path) -> None:
    path, bank = str(tmp_path / "queue.db"), BankSide()
    first = Terminal(path, bank, "boot 1")
    first.queue.accept(op(1), loss(), None, at(0))
    row = first.store.find(op(1))
    assert row is not None
    with first.store.transaction():
        first.store.start_sending([row], at(0).wall)
        first.store.put_back(row, "unknown", at(200).mono_s, 0, at(0).wall)
    first.store.close()
    second = Terminal(path, bank, "boot 1")
    assert second.queue.next_batch(at(199)) is None
    second.store.close()
    third = Terminal(path, bank, "boot 2")
    assert third.queue.next_batch(at(-900)) is not None


def test_the_time_of_a_row_from_an_earlier_boot_ends_by_the_wall_clock(tmp_path: Path) -> None:
    path, bank = str(tmp_path / "queue.db"), BankSide()
    first = Terminal(path, bank, "boot 1")
    first.queue.accept(op(1), balance(), None, at(0))
    first.store.close()
    second = Terminal(path, bank, "boot 2")
    second.queue.expire(at(38 * 3_600))
    assert second.state(op(1)) == "ready"
    second.queue.expire(at(40 * 3_600))
    assert second.state(op(1)) == "expired"


def test_a_store_in_memory_starts_again_from_its_image() -> None:
    first = Terminal()
    first.queue.accept(op(1), loss(), None, at(0))
    assert first.queue.next_batch(at(0)) is not None
    image = first.store.conn.serialize()
    first.store.close()
    second = Store(MEMORY, "boot", TERMINAL, image)
    row = second.find(op(1))
    assert row is not None
    assert row.state == "ready"
    assert second.journal.first_broken() is None


def test_an_aborted_change_leaves_no_trace() -> None:
    terminal = Terminal()
    terminal.queue.accept(op(1), loss(), None, at(0))
    row = terminal.store.find(op(1))
    assert row is not None
    head = terminal.store.journal.head
    with pytest.raises(KeyError), terminal.store.transaction():
        terminal.store.finish(row, terminal.store.find(op(1)).state.DONE, "applied", at(0).wall)  # type: ignore[union-attr]
        raise KeyError("the power went")
    assert terminal.state(op(1)) == "ready"
    assert terminal.store.waiting["loss_report"] == 1
    assert terminal.store.journal.head == head


def test_the_hot_questions_are_answered_from_an_index() -> None:
    terminal = Terminal()
    plans: list[str] = []
    connection = terminal.store.conn
    seen: list[str] = []
    connection.set_trace_callback(seen.append)
    terminal.line_up(at(0))
    terminal.queue.accept(op(1), balance(), None, at(0))
    terminal.queue.accept(op(2), loss(), None, at(0))
    terminal.queue.expire(at(0))
    terminal.drain(at(0))
    terminal.queue.next_s(at(0))
    terminal.queue.status(at(0))
    connection.set_trace_callback(None)
    asked = {sql for sql in seen if sql.startswith(("SELECT", "UPDATE"))}
    assert len(asked) > 10
    for sql in asked:
        plans += [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}")]
    scans = [p for p in plans if p.startswith("SCAN") and "INDEX" not in p]
    assert scans == []
    assert [p for p in plans if "TEMP B-TREE" in p] == []


def test_the_journal_tells_an_edited_a_removed_and_a_reordered_entry() -> None:
    edits = (
        "UPDATE journal SET event = 'done' WHERE seq = 2",
        "UPDATE journal SET at = '2020-01-01' WHERE seq = 2",
        "DELETE FROM journal WHERE seq = 2",
        "UPDATE journal SET seq = CASE seq WHEN 2 THEN -3 ELSE -2 END WHERE seq IN (2, 3)",
    )
    for edit in edits:
        terminal = Terminal()
        for number in range(1, 5):
            terminal.queue.accept(op(number), loss(number), None, at(number))
        assert terminal.store.journal.first_broken() is None
        terminal.store.conn.execute(edit)
        terminal.store.conn.execute("UPDATE journal SET seq = -seq WHERE seq < 0")
        assert terminal.store.journal.first_broken() in (2, 3), edit


def test_each_batch_carries_the_head_of_the_journal() -> None:
    terminal = Terminal()
    terminal.queue.accept(op(1), loss(), None, at(0))
    outgoing = terminal.queue.next_batch(at(0))
    assert outgoing is not None
    assert outgoing.batch.journal_head == terminal.store.journal.head
    events = [r[0] for r in terminal.store.conn.execute("SELECT event FROM journal")]
    assert events == ["accepted", "sent"]


def test_in_a_quiet_minute_old_rows_are_forgotten_and_the_chain_still_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policy, "KEEP_ROWS", 3)
    monkeypatch.setattr(policy, "KEEP_JOURNAL", 5)
    path = tmp_path / "queue.db"
    terminal = Terminal(str(path))
    terminal.queue.ping_failed(at(0))
    terminal.queue.accept(op(0), loss(0), None, at(0))
    terminal.line_up(at(0))
    with terminal.store.transaction():
        terminal.store.conn.execute("UPDATE ops SET next_try = 1e9")
    for number in range(1, 10):
        terminal.queue.accept(op(number), loss(number), None, at(0))
    terminal.drain(at(0))
    tidying = Tidying(terminal.store)
    tidying.turn(0.0)
    tidying.turn(QUIET_S)
    kept = [n for n in range(10) if terminal.store.find(op(n)) is not None]
    assert kept == [0, 7, 8, 9], "what waits is never forgotten"
    assert terminal.store.journal.first_broken() is None
    assert (tmp_path / "queue.db-wal").stat().st_size == 0
    terminal.queue.accept(op(20), loss(20), None, at(1))
    assert terminal.store.journal.first_broken() is None
    terminal.store.close()
    again = Terminal(str(path), terminal.bank)
    assert again.store.journal.first_broken() is None


def test_a_number_is_never_given_twice() -> None:
    terminal = Terminal()
    for number in (1, 2):
        terminal.queue.accept(op(number), loss(number), None, at(0))
    terminal.store.conn.execute("DELETE FROM ops WHERE seq = 2")
    terminal.queue.accept(op(3), loss(3), None, at(0))
    assert terminal.store.conn.execute("SELECT MAX(seq) FROM ops").fetchone() == (3,)
