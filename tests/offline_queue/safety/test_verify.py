"""The verifier: every kind of tampering, at every entry, is found, placed and named."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from offline_queue.formats.chain import GENESIS, link
from offline_queue.formats.entries import Entry
from offline_queue.formats.envelope import canonical, sign
from offline_queue.storage.journal import EPOCH_SHIFT, N_MASK
from offline_queue.storage.row_columns import COLUMNS, row_from
from offline_queue.storage.rows import Row, State
from offline_queue.storage.wiping import wipe_log
from offline_queue.technician.tampering import Finding, How
from offline_queue.technician.verify import BadHead, Head, Report, read_head, read_heads, verify
from tests.offline_queue.safety.ledger import PUBLIC, TERMINAL, Ledger, op

# The journal of `books`: 1 epoch, 2 opened, 3-6 accepted, 7 verdict, 8-9 accepted, 10 dead,
# 11 opened (of a new boot), 12 accepted, 13 verdict.
LAST = 13
ACCEPTED = (3, 4, 5, 6, 8, 9, 12)


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("books")
    ledger = Ledger(folder)
    for number in range(4):
        ledger.accept(number)
    ledger.settle(0)
    ledger.accept(4)
    ledger.accept(5, "loss_report")
    ledger.settle(1, State.DEAD, "conflict")
    ledger = ledger.again("boot-2")
    ledger.accept(6)
    ledger.settle(2)
    wipe_log(ledger.store)
    ledger.close()
    return ledger.path


@pytest.fixture
def copy(books: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(books, tmp_path / "copy.db"))


class Forger:
    """Somebody with the file and SQLite, but without the terminal's key."""

    def __init__(self, path: Path) -> None:
        self.conn = sqlite3.connect(path, isolation_level=None)

    def do(self, sql: str, *values: object) -> None:
        self.conn.execute(sql, values)

    def put(self, column: str, value: object, n: int) -> None:
        """Edit an entry where it stands: an acceptance in its row."""
        table = "ops" if n in ACCEPTED else "journal"
        self.do(f"UPDATE {table} SET {column} = ? WHERE seq = ?", value, seq(n))  # noqa: S608

    def delete(self, n: int) -> None:
        """Take an entry out, and with an acceptance its row."""
        for table in ("journal", "ops"):
            self.do(f"DELETE FROM {table} WHERE seq = ?", seq(n))  # noqa: S608

    def move(self, n: int, to: int) -> None:
        """Give the entry at one key another one."""
        for table in ("journal", "ops"):
            self.do(f"UPDATE {table} SET seq = ? WHERE seq = ?", to, n)  # noqa: S608

    def relink(self, first: int) -> None:
        """Make the chain fit again, from an entry on."""
        self.conn.execute("BEGIN")
        rows = self.conn.execute(
            "SELECT j.seq, j.event, j.op_id, b.boot_id, j.boot_ms, j.wall, j.detail, j.digest"
            " FROM chain AS j JOIN boots AS b ON b.number = j.boot ORDER BY j.seq"
        ).fetchall()
        before = GENESIS
        for seq, event, op_id, boot_id, boot_ms, wall, detail, digest in rows:
            n, epoch = seq & N_MASK, seq >> EPOCH_SHIFT
            entry = Entry(n, epoch, event, op_id.hex(), boot_id, boot_ms, wall, detail)
            before = link(before, entry.content()) if n >= first else digest.hex()
            for table in ("journal", "ops"):
                act = f"UPDATE {table} SET digest = ? WHERE seq = ?"  # noqa: S608
                self.do(act, bytes.fromhex(before), seq)
        self.conn.execute("COMMIT")

    def renumber(self, after: int) -> None:
        """Close the gap that a deleted entry left."""
        for n in range(after + 1, LAST + 1):
            self.move(seq(n), seq(n) - 1)


def seq(n: int) -> int:
    return 1 << EPOCH_SHIFT | n


def forged(path: Path, act: Callable[[Forger], None]) -> None:
    forger = Forger(path)
    act(forger)
    forger.conn.close()


def finding(path: Path, *heads: Head) -> Finding:
    report = verify(path, PUBLIC, heads)
    assert not report.is_sound
    (found,) = [epoch.finding for epoch in report.epochs if epoch.finding is not None]
    return found


def is_at(found: Finding, n: int) -> bool:
    return found.n <= n <= found.seen_at or found.n == n


def rows_of(conn: sqlite3.Connection) -> list[Row]:
    boots = dict(conn.execute("SELECT number, boot_id FROM boots").fetchall())
    found = conn.execute(f"SELECT {COLUMNS} FROM ops").fetchall()  # noqa: S608
    return [row_from(values, TERMINAL, boots.__getitem__) for values in found]


def head_of(path: Path) -> Head:
    (epoch,) = verify(path).epochs
    return Head(epoch.epoch, epoch.last, epoch.head)


def test_what_the_terminal_wrote_is_sound(books: Path) -> None:
    report = verify(books, PUBLIC, [head_of(books)])
    assert report.is_sound
    (epoch,) = report.epochs
    assert (epoch.epoch, epoch.first, epoch.last, epoch.vouched_to) == (1, 1, LAST, LAST)
    assert report.terminal == TERMINAL


def test_without_the_banks_word_signatures_vouch_up_to_the_last_acceptance(books: Path) -> None:
    (epoch,) = verify(books, PUBLIC).epochs
    assert epoch.vouched_to == ACCEPTED[-1]


def test_looking_changes_no_byte(books: Path) -> None:
    before = {path.name: path.read_bytes() for path in books.parent.iterdir()}
    verify(books, PUBLIC)
    assert {path.name: path.read_bytes() for path in books.parent.iterdir()} == before


def test_what_is_still_in_the_log_is_read_too(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    for number in range(5):
        ledger.accept(number)
    (epoch,) = verify(ledger.path, PUBLIC).epochs  # while the process has it open and locked
    assert epoch.last == ledger.store.journal.n
    assert epoch.finding is None
    ledger.close()


# --- by somebody who does not mend the chain ---------------------------------------------------


@pytest.mark.parametrize("n", range(1, LAST))
def test_a_deleted_entry_is_named(copy: Path, n: int) -> None:
    forged(copy, lambda f: f.delete(n))
    found = finding(copy)
    assert (found.n, found.how) == (n, How.DELETED)


@pytest.mark.parametrize("n", range(1, LAST))
def test_a_deleted_entry_is_named_when_the_rest_was_renumbered(copy: Path, n: int) -> None:
    def act(forger: Forger) -> None:
        forger.delete(n)
        forger.renumber(n)

    forged(copy, act)
    found = finding(copy, head_of(copy))
    assert found.n == n
    # Of the last one left nothing tells whether it was moved up or written anew.
    assert found.how is How.DELETED or n == LAST - 1


@pytest.mark.parametrize("n", range(1, LAST + 1))
@pytest.mark.parametrize("column", ["event", "detail", "op_id", "digest"])
def test_an_edited_entry_is_named(copy: Path, n: int, column: str) -> None:
    value: object = "retry" if column in ("event", "detail") else bytes(32)
    if n in ACCEPTED and column in ("event", "detail"):
        column, value = "request_hash", bytes(32)  # that it is an acceptance says its place
    forged(copy, lambda f: f.put(column, value, n))
    found = finding(copy)
    assert (found.n, found.how) == (n, How.EDITED)


@pytest.mark.parametrize("n", range(2, LAST + 1))
@pytest.mark.parametrize("other", [1, 3])
def test_two_entries_that_changed_places_are_named(copy: Path, n: int, other: int) -> None:
    if n + other > LAST:
        other = -1 if n == LAST else 1

    def act(forger: Forger) -> None:
        forger.move(seq(n), -1)
        forger.move(seq(n + other), seq(n))
        forger.move(-1, seq(n + other))

    forged(copy, act)
    found = finding(copy)
    assert (found.n, found.how) == (min(n, n + other), How.REORDERED)


@pytest.mark.parametrize("n", ACCEPTED)
@pytest.mark.parametrize("column", ["boot_ms", "wall"])
def test_a_back_dated_acceptance_is_named(copy: Path, n: int, column: str) -> None:
    forged(copy, lambda f: _back_date(f, n, column))
    found = finding(copy)
    assert (found.n, found.how) == (n, How.BACK_DATED)


@pytest.mark.parametrize("n", sorted({*range(3, LAST + 1)} - {*ACCEPTED, 11}))
def test_any_other_back_dated_entry_of_a_boot_is_named(copy: Path, n: int) -> None:
    forged(copy, lambda f: _back_date(f, n, "boot_ms"))
    found = finding(copy)
    assert (found.n, found.how) == (n, How.BACK_DATED)


def _back_date(forger: Forger, n: int, column: str) -> None:
    value: object = 5 if column == "boot_ms" else "2026-02-01T08:00:00+08:00"
    forger.put(column, value, n)


@pytest.mark.parametrize("n", range(2, LAST + 1))
def test_a_journal_cut_off_is_told_by_what_the_bank_knows(copy: Path, n: int) -> None:
    head = head_of(copy)

    def act(forger: Forger) -> None:
        for later in range(n, LAST + 1):
            forger.delete(later)

    forged(copy, act)
    found = finding(copy, head)
    assert (found.n, found.how) == (n, How.CUT_OFF)


@pytest.mark.parametrize("n", range(2, ACCEPTED[-1]))
def test_a_journal_cut_off_is_told_by_the_rows_that_are_left(copy: Path, n: int) -> None:
    forged(copy, lambda f: f.do("DELETE FROM journal WHERE seq >= ?", seq(n)))
    found = finding(copy)
    gone = min(later for later in range(n, LAST) if later not in ACCEPTED)
    assert (found.n, found.how) == (gone, How.DELETED)


@pytest.mark.parametrize("n", ACCEPTED)
def test_a_row_whose_acceptance_is_denied_is_told_by_the_row(copy: Path, n: int) -> None:
    forged(copy, lambda f: f.put("digest", None, n))
    found = finding(copy)
    assert (found.n, found.how) == (n, How.DELETED)


def test_the_last_acceptance_denied_is_told_by_its_row(copy: Path) -> None:
    def act(forger: Forger) -> None:
        forger.delete(LAST)
        forger.put("digest", None, ACCEPTED[-1])

    forged(copy, act)
    found = finding(copy)
    assert (found.n, found.how, found.op_id) == (ACCEPTED[-1], How.CUT_OFF, op(6))


# --- by somebody who mends the chain ------------------------------------------------------------


@pytest.mark.parametrize("n", range(2, LAST + 1))
def test_an_edited_entry_under_a_mended_chain_is_placed(copy: Path, n: int) -> None:
    head = head_of(copy)

    def act(forger: Forger) -> None:
        value = bytes(32) if n in ACCEPTED else "other"
        forger.put("request_hash" if n in ACCEPTED else "detail", value, n)
        forger.relink(n)

    forged(copy, act)
    found = finding(copy, head)
    assert found.how is How.EDITED
    assert is_at(found, n)
    last_good = max((a for a in ACCEPTED if a < n), default=0)
    assert found.n > last_good, "no entry before the last signed one is suspected"


@pytest.mark.parametrize("n", range(3, LAST))
def test_a_deleted_entry_under_a_mended_chain_is_placed(copy: Path, n: int) -> None:
    head = head_of(copy)

    def act(forger: Forger) -> None:
        forger.delete(n)
        forger.renumber(n)
        forger.relink(n)

    forged(copy, act)
    found = finding(copy, head)
    last_good = max((a for a in ACCEPTED if a < n), default=0)
    assert last_good < found.n
    # Behind the last signature a deletion looks like an end cut off.
    assert found.n <= n or found.how is How.CUT_OFF
    assert found.how in (How.DELETED, How.EDITED, How.CUT_OFF)
    assert n > ACCEPTED[-2] or found.how is not How.CUT_OFF


@pytest.mark.parametrize("n", ACCEPTED)
def test_a_back_dated_acceptance_under_a_mended_chain_is_named(copy: Path, n: int) -> None:
    def act(forger: Forger) -> None:
        forger.put("wall", "2026-02-01T08:00:00+08:00", n)
        forger.relink(n)

    forged(copy, act)
    found = finding(copy)
    assert (found.n, found.how) == (n, How.BACK_DATED)


@pytest.mark.parametrize("n", ACCEPTED)
def test_a_back_dated_acceptance_that_hashes_well_is_told_by_its_signature(
    copy: Path, n: int
) -> None:
    def act(forger: Forger) -> None:
        forger.put("wall", "2026-02-01T08:00:00+08:00", n)
        row = {row.header.lane_seq: row for row in rows_of(forger.conn)}[n]
        if row.sealed is not None:
            forger.put("request_hash", bytes.fromhex(row.request_hash), n)
        forger.relink(n)

    forged(copy, act)
    found = finding(copy)
    assert is_at(found, n)
    assert found.seen_at == n


def test_a_journal_written_anew_from_its_middle_is_placed(copy: Path) -> None:
    def act(forger: Forger) -> None:
        forger.do("UPDATE ops SET signature = zeroblob(64) WHERE seq >= ?", seq(8))
        forger.put("detail", "x", 7)
        forger.relink(7)

    forged(copy, act)
    found = finding(copy)
    assert found.n == 7


# --- rows --------------------------------------------------------------------------------------


def test_a_row_that_was_taken_away_is_named_at_its_acceptance(copy: Path) -> None:
    forged(copy, lambda f: f.do("DELETE FROM ops WHERE seq = ?", seq(9)))
    found = finding(copy)
    assert (found.n, found.how) == (9, How.DELETED)


def test_a_waiting_row_whose_text_was_taken_away_is_named(copy: Path) -> None:
    forged(copy, lambda f: f.do("UPDATE ops SET sealed = NULL WHERE seq = ?", seq(9)))
    report = verify(copy, PUBLIC)
    assert not report.is_sound
    assert [text for text in report.rows if op(5) in text and "no sealed text" in text]


def test_a_row_that_was_called_done_without_a_verdict_is_named(copy: Path) -> None:
    act = "UPDATE ops SET state = 'done', sealed = NULL WHERE seq = ?"
    forged(copy, lambda f: f.do(act, seq(9)))
    report = verify(copy, PUBLIC)
    assert not report.is_sound
    assert [text for text in report.rows if op(5) in text and "accepted" in text]


def test_a_row_whose_sealed_text_was_changed_is_named(copy: Path) -> None:
    forged(copy, lambda f: f.do("UPDATE ops SET sealed = x'00' WHERE seq = ?", seq(6)))
    found = finding(copy)
    assert (found.n, found.seen_at) == (6, 6)


def test_a_boot_that_was_renamed_is_found_at_its_first_entry(copy: Path) -> None:
    forged(copy, lambda f: f.do("UPDATE boots SET boot_id = 'x' WHERE boot_id = 'boot-2'"))
    assert finding(copy).n == 11


# --- epochs and pruning ------------------------------------------------------------------------


def test_each_epoch_is_walked_and_the_next_one_names_its_head(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.accept(1)
    with ledger.store.transaction():
        ledger.store.start_epoch(2, ledger.store.mark(ledger.now()))
    ledger.accept(2)
    wipe_log(ledger.store)
    ledger.close()
    report = verify(ledger.path, PUBLIC)
    assert report.is_sound
    assert [epoch.epoch for epoch in report.epochs] == [1, 2]

    def act(forger: Forger) -> None:
        forger.delete(3)

    forged(ledger.path, act)
    first = verify(ledger.path, PUBLIC).epochs[0]
    assert first.finding is not None
    assert (first.finding.n, first.finding.how) == (3, How.CUT_OFF)


def test_a_pruned_journal_is_sound_from_its_anchor_on(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    for number in range(8):
        ledger.accept(number)
        ledger.settle(number)
    with ledger.store.transaction():
        ledger.store.prune(4, 6, ledger.store.mark(ledger.now()))
    wipe_log(ledger.store)
    ledger.close()
    report = verify(ledger.path, PUBLIC)
    assert report.is_sound, report
    assert report.epochs[0].first > 1


def test_the_acceptance_of_a_forgotten_row_stays_in_the_journal(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    for number in range(8):
        ledger.accept(number)
        ledger.settle(number)
    head, whole = ledger.store.journal.head, ledger.store.conn.execute("SELECT * FROM entries")
    before = whole.fetchall()
    with ledger.store.transaction():
        ledger.store.prune(3, 1_000, ledger.store.mark(ledger.now()))
    assert ledger.store.conn.execute("SELECT COUNT(*) FROM ops").fetchone() == (3,)
    assert ledger.store.conn.execute("SELECT * FROM entries").fetchall() == before
    assert ledger.store.journal.head == head
    wipe_log(ledger.store)
    ledger.close()
    assert verify(ledger.path, PUBLIC, [read_head(f"{len(before)}:{head}")]).is_sound


# --- heads -------------------------------------------------------------------------------------


def test_a_head_is_read_from_its_text() -> None:
    assert read_head("5:" + "AB" * 32) == Head(0, 5, "ab" * 32)
    assert read_head("2:5:" + "ab" * 32) == Head(2, 5, "ab" * 32)
    for wrong in ("", "5", "5:zz", "x:" + "ab" * 32, "1:2:3:" + "ab" * 32, "5:" + "ab" * 31):
        with pytest.raises(BadHead):
            read_head(wrong)


def test_the_banks_heads_count_only_with_its_signature(tmp_path: Path, books: Path) -> None:
    bank = Ed25519PrivateKey.generate()
    head = head_of(books)
    fields = {"terminal": TERMINAL, "epoch": 1, "n": head.n, "head": head.digest}
    other = {**fields, "terminal": "another", "n": 4}
    lines = [{**f, "signature": sign(canonical(f), bank)} for f in (fields, other)]
    path = tmp_path / "heads"
    path.write_text("\n".join(json.dumps(line) for line in lines))
    assert read_heads(path, TERMINAL, bank.public_key()) == [head]
    with pytest.raises(BadHead):
        read_heads(path, TERMINAL, Ed25519PrivateKey.generate().public_key())


def test_a_head_that_differs_places_the_entry_after_the_last_signature(books: Path) -> None:
    found = finding(books, Head(1, LAST, "ab" * 32))
    assert (found.n, found.seen_at, found.how) == (LAST, LAST, How.EDITED)


def test_the_report_is_plain_data(books: Path) -> None:
    report: Report = verify(books, PUBLIC)
    assert json.loads(json.dumps(report.to_wire()))["is_sound"] is True
