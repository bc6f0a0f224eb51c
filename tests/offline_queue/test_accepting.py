"""Accepting: what is taken is sealed and stored, once, and nothing of it can be read back."""

from __future__ import annotations

import sqlite3
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from offline_queue import policy
from offline_queue.messages import NotTaken, NotTakenReason, Taken
from sscard.codes import receipt_code
from tests.offline_queue.bankside import (
    PIN_BLOCK,
    BankSide,
    Terminal,
    at,
    balance,
    card_list,
    loss,
    op,
    report_status,
)


def test_a_taken_request_carries_the_code_of_its_id_and_the_time() -> None:
    terminal = Terminal()
    taken = terminal.queue.accept(op(1), loss(), None, at(0))
    code = receipt_code(bytes.fromhex(op(1)))
    assert taken == Taken(op(1), code, at(0).wall.isoformat())


def test_the_same_submission_again_gets_the_same_answer_and_one_row() -> None:
    terminal = Terminal()
    first = terminal.queue.accept(op(1), loss(), None, at(0))
    assert terminal.queue.accept(op(1), loss(), None, at(60)) == first
    assert terminal.queue.status(at(60)).waiting == {"loss_report": 1}


def test_the_same_submission_after_it_is_done_gets_the_same_answer_and_is_not_sent_again() -> None:
    terminal = Terminal()
    first = terminal.queue.accept(op(1), loss(), None, at(0))
    terminal.exchange(at(0))
    assert terminal.queue.accept(op(1), loss(), None, at(60)) == first
    assert terminal.queue.next_batch(at(60)) is None


def test_another_request_under_a_known_id_is_malformed() -> None:
    terminal = Terminal()
    terminal.queue.accept(op(1), loss(1), None, at(0))
    second = terminal.queue.accept(op(1), loss(2), None, at(1))
    assert second == NotTaken(op(1), NotTakenReason.MALFORMED)
    terminal.drain(at(1))
    assert terminal.bank.applied[op(1)][1]["evidence"]["id_number"].endswith("0001")


@pytest.mark.parametrize("op_id", ["", "00", "0" * 33, "A" * 32, "g" * 32, "0" * 30 + "٣٣"])
def test_an_id_that_is_not_sixteen_bytes_in_lower_case_hex_is_malformed(op_id: str) -> None:
    answer = Terminal().queue.accept(op_id, loss(), None, at(0))
    assert answer == NotTaken(op_id, NotTakenReason.MALFORMED)


def test_a_text_that_cannot_be_written_is_malformed() -> None:
    answer = Terminal().queue.accept(op(1), report_status("\ud800"), None, at(0))
    assert answer == NotTaken(op(1), NotTakenReason.MALFORMED)


def test_the_database_and_its_log_hold_nothing_of_the_person(tmp_path: Path) -> None:
    path = tmp_path / "queue.db"
    terminal = Terminal(str(path))
    terminal.queue.accept(op(1), balance(), PIN_BLOCK, at(0))
    terminal.queue.accept(op(2), loss(), None, at(0))
    outgoing = terminal.queue.next_batch(at(0))
    assert outgoing is not None
    stored = b"".join(file.read_bytes() for file in sorted(tmp_path.iterdir()))
    assert op(1).encode() in stored, "the row itself must be among what is searched"
    request = balance()
    for secret in (
        request.card_number,
        request.evidence.id_number,
        request.evidence.name,
        PIN_BLOCK.pin_block,
    ):
        assert secret.encode() not in stored
        assert secret.encode("utf-16-le") not in stored
    block = bytes.fromhex(PIN_BLOCK.pin_block)
    assert block not in stored


def test_a_sealed_pin_block_is_sent_but_never_stored(tmp_path: Path) -> None:
    terminal = Terminal(str(tmp_path / "queue.db"))
    terminal.queue.accept(op(1), balance(), PIN_BLOCK, at(0))
    outgoing = terminal.queue.next_batch(at(0))
    assert outgoing is not None
    sealed = outgoing.batch.ops[0].companion
    assert sealed is not None
    stored = b"".join(file.read_bytes() for file in sorted(tmp_path.iterdir()))
    assert outgoing.batch.ops[0].sealed in stored
    # Any stretch of it would do harm, so look for pieces of every part.
    assert not any(sealed[start : start + 24] in stored for start in range(0, len(sealed) - 24, 24))
    terminal.carried(outgoing)
    assert terminal.bank.companions[op(1)] == asdict(PIN_BLOCK)


def test_a_pin_block_is_dropped_after_a_minute() -> None:
    terminal = Terminal()
    terminal.queue.accept(op(1), balance(), PIN_BLOCK, at(0))
    outgoing = terminal.queue.next_batch(at(0))
    assert outgoing is not None
    assert outgoing.batch.ops[0].companion is not None
    terminal.queue.failed(outgoing, at(1))
    again = terminal.queue.next_batch(at(policy.COMPANION_MAX_S))
    assert again is not None
    assert again.batch.ops[0].companion is None


def test_a_forgotten_visit_takes_its_pin_block_and_its_answer_along() -> None:
    terminal = Terminal()
    terminal.queue.accept(op(1), balance(), PIN_BLOCK, at(0))
    terminal.line_up(at(0))
    terminal.queue.forget(op(1))
    assert terminal.exchange(at(1)) == []
    assert terminal.bank.companions == {}
    assert terminal.state(op(1)) == "done"


def test_a_kind_that_never_waits_is_not_taken_while_the_line_is_down() -> None:
    terminal = Terminal()
    terminal.queue.ping_failed(at(0))
    no_line = NotTakenReason.NO_LINE
    assert terminal.queue.accept(op(1), card_list(), None, at(0)) == NotTaken(op(1), no_line)
    assert terminal.queue.accept(op(2), report_status(), None, at(0)) == NotTaken(op(2), no_line)
    assert isinstance(terminal.queue.accept(op(3), balance(), None, at(0)), Taken)
    assert isinstance(terminal.queue.accept(op(4), loss(), None, at(0)), Taken)
    terminal.line_up(at(5))
    assert isinstance(terminal.queue.accept(op(5), card_list(), None, at(5)), Taken)


def test_a_full_disk_is_told_and_leaves_nothing_behind(tmp_path: Path) -> None:
    terminal = Terminal(str(tmp_path / "queue.db"))
    pages = terminal.store.conn.execute("PRAGMA page_count").fetchone()[0]
    terminal.store.conn.execute(f"PRAGMA max_page_count = {pages}")
    answers = [terminal.queue.accept(op(n), loss(n), None, at(n)) for n in range(1, 40)]
    full = [a for a in answers if a == NotTaken(a.op_id, NotTakenReason.FULL)]
    taken = [a for a in answers if isinstance(a, Taken)]
    assert full
    assert len(full) + len(taken) == len(answers)
    assert terminal.queue.status(at(40)).waiting.get("loss_report", 0) == len(taken)
    assert terminal.store.journal.first_broken() is None
    terminal.store.conn.execute("PRAGMA max_page_count = 100000")
    assert isinstance(terminal.queue.accept(op(39), loss(39), None, at(50)), Taken)


def test_a_database_that_fails_is_told_and_nothing_counts() -> None:
    terminal = Terminal()
    terminal.store.conn.execute("PRAGMA query_only = ON")
    answer = terminal.queue.accept(op(1), loss(), None, at(0))
    assert answer == NotTaken(op(1), NotTakenReason.STORE_FAILED)
    terminal.store.conn.execute("PRAGMA query_only = OFF")
    assert terminal.queue.status(at(0)).waiting == {}


def test_when_rows_pile_up_only_loss_reports_are_still_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(policy, "WAITING_MAX", 10)
    terminal = Terminal()
    for number in range(1, 9):
        assert isinstance(terminal.queue.accept(op(number), loss(number), None, at(0)), Taken)
    full = NotTakenReason.FULL
    assert terminal.queue.accept(op(20), balance(), None, at(0)) == NotTaken(op(20), full)
    assert isinstance(terminal.queue.accept(op(21), card_list(), None, at(0)), Taken)
    for number in range(30, 40):
        assert isinstance(terminal.queue.accept(op(number), loss(number), None, at(0)), Taken)
    assert terminal.queue.accept(op(41), card_list(), None, at(0)) == NotTaken(op(41), full)


def test_requests_are_sealed_to_the_bank_s_current_key_once_a_list_came() -> None:
    bank = BankSide()
    bank.unsealing["k2"] = bank.unsealing["k1"][:64] + bytes(31) + b"\x08"
    terminal = Terminal(bank=bank)
    terminal.queue.accept(op(1), loss(1), None, at(0))
    terminal.queue.keys_fetched(bank.key_list("k2", "k1"), at(1))
    terminal.queue.accept(op(2), loss(2), None, at(2))
    terminal.drain(at(3))
    assert [o.header.key_id for o in bank.batches[0].ops] == ["k1", "k2"]
    assert set(bank.applied) == {op(1), op(2)}


def test_the_key_list_is_known_after_a_restart(tmp_path: Path) -> None:
    bank = BankSide()
    bank.unsealing["k2"] = bank.unsealing["k1"]
    terminal = Terminal(str(tmp_path / "queue.db"), bank)
    terminal.queue.keys_fetched(bank.key_list("k2"), at(0))
    terminal.store.close()
    again = Terminal(str(tmp_path / "queue.db"), bank)
    again.queue.accept(op(1), loss(), None, at(5))
    row = again.store.find(op(1))
    assert row is not None
    assert row.header.key_id == "k2"


def test_a_key_list_that_the_bank_did_not_sign_is_no_contact_and_changes_nothing() -> None:
    bank, stranger = BankSide(), BankSide()
    terminal = Terminal(bank=bank)
    stranger.unsealing["evil"] = stranger.unsealing["k1"]
    assert terminal.queue.keys_fetched(stranger.key_list("evil"), at(0)) == []
    assert not terminal.queue.status(at(0)).line_up
    terminal.queue.accept(op(1), loss(), None, at(0))
    row = terminal.store.find(op(1))
    assert row is not None
    assert row.header.key_id == "k1"


def test_one_person_s_lane_cannot_be_told_without_the_key() -> None:
    terminal = Terminal()
    terminal.queue.accept(op(1), loss(1), None, at(0))
    terminal.queue.accept(op(2), card_list(1), None, at(0))
    terminal.queue.accept(op(3), loss(2), None, at(0))
    rows = [terminal.store.find(op(n)) for n in (1, 2, 3)]
    lanes = [row.header.lane for row in rows if row]
    assert lanes[0] == lanes[1] != lanes[2]
    assert [row.header.lane_seq for row in rows if row] == [1, 2, 1]
    keys = replace(terminal.bank.keys(), lane_key=b"x" * 32)
    other = Terminal(bank=terminal.bank, keys=keys)
    other.queue.accept(op(1), loss(1), None, at(0))
    row = other.store.find(op(1))
    assert row is not None
    assert row.header.lane != lanes[0]


def test_nothing_personal_is_in_what_a_row_says_of_itself() -> None:
    terminal = Terminal()
    terminal.queue.accept(op(1), balance(), PIN_BLOCK, at(0))
    said = repr(terminal.store.find(op(1))) + repr(terminal.bank.keys())
    assert balance().card_number not in said
    assert "sealed" not in said.replace("sealing", "")


def test_sqlite_can_do_what_the_store_asks_of_it() -> None:
    assert sqlite3.sqlite_version_info >= (3, 35)
