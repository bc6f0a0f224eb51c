"""The store: what it acknowledged is there, whoever was killed, and it costs what it should."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from offline_queue import policy
from offline_queue.formats.batch import JournalHead
from offline_queue.formats.entries import Event
from offline_queue.formats.envelope import Outcome
from offline_queue.messages import NotTaken, NotTakenReason, Taken
from offline_queue.storage.log_room import LOG_ROOM_BYTES
from offline_queue.storage.rows import State
from offline_queue.storage.schema import VERSION, NewerDatabase
from offline_queue.storage.store import MEMORY, Store, StoreBusy, StoreDamaged
from offline_queue.storage.tidying import QUIET_S, Tidying
from tests.offline_queue.bankside import (
    TERMINAL,
    BankSide,
    Terminal,
    at,
    card_list,
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
    store = Store(database, "boot", TERMINAL, at(200_000))
    assert len(acknowledged) >= 200
    assert [op_id for op_id in acknowledged if store.find(op_id) is None] == []
    assert store.journal.first_broken() is None
    assert _setting(store, "integrity_check") == "ok"
    assert len(list(store.waiting_rows())) - len(acknowledged) in (0, 1)
    store.close()


def test_the_settings_that_keep_rows_through_a_power_cut_hold(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "queue.db"), "boot", TERMINAL, at(0))
    assert _setting(store, "journal_mode") == "wal"
    assert _setting(store, "synchronous") == 2
    assert _setting(store, "locking_mode") == "exclusive"
    assert _setting(store, "secure_delete") == 1
    assert _setting(store, "user_version") == VERSION
    assert _setting(store, "page_size") == 1024
    assert not (tmp_path / "queue.db-shm").exists()
    assert (tmp_path / "queue.db-wal").stat().st_size == LOG_ROOM_BYTES
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
        Store(path, "boot", TERMINAL, at(0))
    terminal.queue.accept(op(1), loss(), None, at(0))
    assert terminal.state(op(1)) == "ready"


def test_a_database_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = str(tmp_path / "queue.db")
    terminal = Terminal(path)
    terminal.queue.accept(op(1), loss(), None, at(0))
    terminal.store.conn.execute(f"PRAGMA user_version = {VERSION + 1}")
    terminal.store.close()
    with pytest.raises(NewerDatabase, match=f"version {VERSION + 1}.*up to {VERSION}"):
        Store(path, "boot", TERMINAL, at(0))
    plain = sqlite3.connect(path)
    assert plain.execute("SELECT state FROM ops").fetchall() == [("ready",)]
    plain.close()


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "queue.db"
    path.write_bytes(b"not a database, but somebody's file " * 100)
    with pytest.raises(StoreDamaged, match="SQLITE_NOTADB"):
        Store(str(path), "boot", TERMINAL, at(0))
    assert path.read_bytes().startswith(b"not a database")


def test_another_terminal_s_database_is_refused(tmp_path: Path) -> None:
    path = str(tmp_path / "queue.db")
    Store(path, "boot", TERMINAL, at(0)).close()
    with pytest.raises(ValueError, match="another terminal"):
        Store(path, "boot", "T0002", at(0))


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


def test_a_restart_asks_at_once_whatever_a_row_rested(tmp_path: Path) -> None:
    path, bank = str(tmp_path / "queue.db"), BankSide()
    first = Terminal(path, bank)
    first.queue.accept(op(1), loss(), None, at(0))
    outgoing = first.queue.next_batch(at(0))
    assert outgoing is not None
    first.queue.failed(outgoing, at(0))
    first.store.close()
    second = Terminal(path, bank, opened=at(1))
    assert second.queue.next_batch(at(1)) is not None


def test_a_store_in_memory_starts_again_from_its_image() -> None:
    first = Terminal()
    first.queue.accept(op(1), loss(), None, at(0))
    assert first.queue.next_batch(at(0)) is not None
    image = first.store.conn.serialize()
    first.store.close()
    second = Store(MEMORY, "boot", TERMINAL, at(0), image)
    row = second.find(op(1))
    assert row is not None
    assert row.state == "ready"
    assert second.journal.first_broken() is None


def test_an_aborted_change_leaves_no_trace() -> None:
    terminal = Terminal()
    terminal.queue.accept(op(1), loss(), None, at(0))
    row = terminal.store.find(op(1))
    assert row is not None
    head, mark = terminal.store.journal.head, terminal.store.mark(at(0))
    for lazy in (False, True):
        with pytest.raises(KeyError), terminal.store.transaction(lazy=lazy):
            ended = [(row.seq, op(1), State.DONE, "applied")]
            terminal.store.settled(ended, Event.VERDICT, mark)
            raise KeyError("the power went")
        assert terminal.state(op(1)) == "ready"
        assert terminal.store.journal.head == head
        assert _setting(terminal.store, "synchronous") == 2


def test_an_acceptance_is_flushed_and_a_verdict_is_not(tmp_path: Path) -> None:
    terminal = Terminal(str(tmp_path / "queue.db"))
    levels: list[str] = []
    terminal.store.conn.set_trace_callback(
        lambda sql: levels.append(sql) if "synchronous =" in sql or sql == "COMMIT" else None
    )
    terminal.queue.accept(op(1), loss(), None, at(0))
    assert levels == ["COMMIT"], "FULL is what always holds"
    terminal.exchange(at(0))
    assert levels[1:] == ["PRAGMA synchronous = 1", "COMMIT", "PRAGMA synchronous = 2"]


def test_an_acceptance_is_one_statement_once_its_seed_is_stored(tmp_path: Path) -> None:
    terminal = Terminal(str(tmp_path / "queue.db"))
    heads: list[str] = []
    terminal.store.conn.set_trace_callback(lambda sql: heads.append(sql.partition("(")[0].strip()))
    terminal.queue.accept(op(1), card_list(1), None, at(0))
    assert (heads[0], heads[-1]) == ("BEGIN IMMEDIATE", "COMMIT"), "with its seed, or not at all"
    written = [head for head in heads if head.startswith("INSERT")]
    assert len(written) == 3, "the seed, its copy and the row"
    heads.clear()
    terminal.queue.accept(op(2), card_list(2), None, at(0))
    assert heads == ["INSERT INTO ops"]
    assert terminal.store.flushed_head.n == terminal.store.journal.n


def test_a_single_statement_that_fails_leaves_row_and_chain_as_they_were(tmp_path: Path) -> None:
    terminal = Terminal(str(tmp_path / "queue.db"))
    store = terminal.store
    terminal.queue.accept(op(1), card_list(1), None, at(0))
    before = store.journal.tip
    (pages,) = store.conn.execute("PRAGMA page_count").fetchone()
    store.conn.execute(f"PRAGMA max_page_count = {pages}")
    refused = [terminal.queue.accept(op(n), card_list(n), None, at(0)) for n in range(2, 60)]
    full = [said for said in refused if isinstance(said, NotTaken)]
    assert {said.reason for said in full} == {NotTakenReason.FULL}
    taken = before.n + len(refused) - len(full)
    assert (store.journal.tip.n, store.flushed_head.n) == (taken, taken)
    store.conn.execute("PRAGMA max_page_count = 100000")
    assert isinstance(terminal.queue.accept(op(99), card_list(99), None, at(1)), Taken)
    assert store.journal.first_broken() is None
    assert [said.op_id for said in full if store.find(said.op_id)] == []


def test_a_batch_costs_no_write(tmp_path: Path) -> None:
    terminal = Terminal(str(tmp_path / "queue.db"))
    terminal.queue.accept(op(1), loss(), None, at(0))
    before = terminal.store.conn.total_changes
    assert terminal.queue.next_batch(at(0)) is not None
    assert terminal.store.conn.total_changes == before


def test_a_final_verdict_that_comes_twice_is_a_program_error() -> None:
    terminal = Terminal()
    terminal.queue.accept(op(1), loss(), None, at(0))
    terminal.exchange(at(0))
    row = terminal.store.find(op(1))
    assert row is not None
    with pytest.raises(AssertionError, match="final"), terminal.store.transaction():
        ended = [(row.seq, op(1), State.REJECTED, "late")]
        terminal.store.settled(ended, Event.VERDICT, terminal.store.mark(at(1)))
    assert terminal.state(op(1)) == "done"


@pytest.mark.parametrize("finished", [True, False])
def test_taking_from_many_rows_asks_the_disk_no_more_than_from_few(*, finished: bool) -> None:
    asked: list[int] = []
    for rows in (20, 400):
        terminal = Terminal()
        for number in range(rows):
            terminal.queue.accept(op(number), card_list(number), None, at(0))
            if finished:
                terminal.exchange(at(0))
        terminal.queue.accept(op(10_000), loss(1), None, at(1))
        steps = [0]

        def count(steps: list[int] = steps) -> int:
            steps[0] += 1
            return 0

        terminal.store.conn.set_progress_handler(count, 1)
        terminal.queue.next_s(at(2))
        assert terminal.queue._sender.next(at(2).mono_s, 99, together=False) is not None
        terminal.store.conn.set_progress_handler(None, 0)
        asked.append(steps[0])
    assert asked[0] > 0
    assert asked[1] <= asked[0] * 1.5


EDITS = (
    "UPDATE ops SET op_id = randomblob(16) WHERE seq & 1023 = 4",
    "UPDATE ops SET request_hash = randomblob(32) WHERE seq & 1023 = 4",
    "UPDATE ops SET digest = randomblob(32) WHERE seq & 1023 = 4",
    "UPDATE ops SET digest = NULL WHERE seq & 1023 = 4",
    "UPDATE ops SET wall = '2020-01-01' WHERE seq & 1023 = 4",
    "UPDATE ops SET boot_ms = boot_ms - 1 WHERE seq & 1023 = 4",
    "DELETE FROM ops WHERE seq & 1023 = 4",
    "UPDATE ops SET seq = CASE seq & 1023 WHEN 4 THEN -seq - 1 ELSE -seq + 1 END"
    " WHERE seq & 1023 IN (4, 5)",
    "UPDATE journal SET event = 'verdict' WHERE seq & 1023 = 8",
    "UPDATE journal SET detail = 'retry' WHERE seq & 1023 = 8",
    "UPDATE journal SET wall = '2020-01-01' WHERE seq & 1023 = 8",
    "DELETE FROM journal WHERE seq & 1023 = 8",
    "UPDATE journal SET seq = CASE seq & 1023 WHEN 8 THEN -seq - 1 ELSE -seq + 1 END"
    " WHERE seq & 1023 IN (8, 9)",
)


@pytest.mark.parametrize("edit", EDITS)
def test_the_journal_tells_an_edited_a_removed_and_a_reordered_entry(
    edit: str, tmp_path: Path
) -> None:
    path = str(tmp_path / "queue.db")
    terminal = Terminal(path)
    for number in range(1, 6):
        terminal.queue.accept(op(number), loss(number), None, at(number))
    with terminal.store.transaction():  # entries 8 and 9: the rows are 3 to 7
        terminal.store.noted(Event.UNKNOWN, [op(1), op(2)], terminal.store.mark(at(6)))
    assert terminal.store.journal.first_broken() is None
    assert terminal.store.journal.is_tail_whole()
    terminal.store.conn.execute(edit)
    for table in ("ops", "journal"):
        terminal.store.conn.execute(f"UPDATE {table} SET seq = -seq WHERE seq < 0")  # noqa: S608
    assert terminal.store.journal.first_broken() in ((8, 9) if "8" in edit else (4, 5)), edit
    terminal.store.close()
    with pytest.raises(StoreDamaged, match="continue"):
        Store(path, "boot", TERMINAL, at(9))


def test_each_batch_carries_the_head_of_the_journal() -> None:
    terminal = Terminal()
    terminal.queue.accept(op(1), loss(), None, at(0))
    outgoing = terminal.queue.next_batch(at(0))
    assert outgoing is not None
    journal = terminal.store.journal
    assert outgoing.batch.journal == JournalHead(journal.n, journal.head)
    events = [r[0] for r in terminal.store.conn.execute("SELECT event FROM entries")]
    assert events == ["epoch", "opened", "accepted"]


def test_in_a_quiet_moment_old_rows_are_forgotten_and_the_chain_still_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policy, "KEEP_ROWS", 3)
    monkeypatch.setattr(policy, "KEEP_JOURNAL", 5)
    path = tmp_path / "queue.db"
    terminal = Terminal(str(path))
    terminal.bank.outcomes[op(0)] = Outcome.RETRY
    for number in range(10):
        terminal.queue.accept(op(number), loss(number), None, at(0))
    terminal.drain(at(0))
    tidying = Tidying(terminal.store)
    tidying.turn(at(0))
    tidying.turn(at(QUIET_S - 0.1))
    assert terminal.store.find(op(1)) is not None
    tidying.turn(at(QUIET_S))
    kept = [n for n in range(10) if terminal.store.find(op(n)) is not None]
    assert kept == [0, 7, 8, 9], "what waits is never forgotten"
    assert terminal.store.journal.first_broken() is None
    log = (tmp_path / "queue.db-wal").read_bytes()
    assert log == bytes(LOG_ROOM_BYTES), "wiped, and its room kept"
    terminal.queue.accept(op(20), loss(20), None, at(30))
    assert terminal.store.journal.first_broken() is None
    terminal.store.close()
    again = Terminal(str(path), terminal.bank, opened=at(40))
    assert again.store.journal.first_broken() is None


def test_the_wall_clock_stepping_back_changes_neither_order_nor_chain() -> None:
    terminal = Terminal()
    for number in (1, 2, 3):
        back = replace(at(number), wall=at(0).wall - timedelta(days=number))
        terminal.queue.accept(op(number), loss(number), None, back)
    outgoing = terminal.queue.next_batch(at(5))
    assert outgoing is not None
    assert [o.header.op_id for o in outgoing.batch.ops] == [op(1), op(2), op(3)]
    assert terminal.store.journal.first_broken() is None


def test_a_number_is_never_given_twice() -> None:
    terminal = Terminal()
    for number in (1, 2):
        terminal.queue.accept(op(number), loss(number), None, at(0))
    first, second = (terminal.store.find(op(n)) for n in (1, 2))
    assert first is not None
    assert second is not None
    terminal.store.conn.execute("DELETE FROM ops WHERE seq = ?", (second.seq,))
    terminal.queue.accept(op(3), loss(3), None, at(0))
    third = terminal.store.find(op(3))
    assert third is not None
    assert third.seq > second.seq > first.seq
