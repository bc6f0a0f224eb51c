"""Accepting: what is taken is sealed and stored, once, and nothing of it can be read back."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from offline_queue import policy
from offline_queue.core import Queue
from offline_queue.messages import NotTaken, NotTakenReason, Taken
from offline_queue.storage.rows import row_from_bytes
from offline_queue.storage.space import Space
from offline_queue.storage.store import MEMORY, Store
from sscard.cards import Account, LossKind
from sscard.codes import receipt_code
from sscard.requests import BalanceCheck, Evidence, LossReport, PasswordUnlock, Request, to_wire
from tests.offline_queue.bankside import (
    BLOCK,
    PIN_BLOCK,
    TERMINAL,
    BankSide,
    Terminal,
    at,
    balance,
    card_list,
    evidence,
    loss,
    op,
    report_status,
    unlock,
)

MORNING_TEXT = "2026-03-01T09:00:00+08:00"


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
    assert bytes.fromhex(op(1)) in stored, "the row itself must be among what is searched"
    request = balance()
    for secret in (
        request.card_number,
        request.evidence.id_number,
        request.evidence.name,
        BLOCK,
    ):
        assert secret.encode() not in stored
        assert secret.encode("utf-16-le") not in stored
    block = bytes.fromhex(BLOCK)
    assert block not in stored


def test_a_sealed_pin_block_is_sent_but_never_stored(tmp_path: Path) -> None:
    terminal = Terminal(str(tmp_path / "queue.db"))
    terminal.queue.accept(op(1), balance(), PIN_BLOCK, at(0))
    outgoing = terminal.queue.next_batch(at(0))
    assert outgoing is not None
    sealed = outgoing.batch.ops[0].companion
    assert sealed is not None
    stored = b"".join(file.read_bytes() for file in sorted(tmp_path.iterdir()))
    assert outgoing.batch.ops[0].sealed[500:600] in stored
    # Any stretch of it would do harm, so look for pieces of every part.
    assert not any(sealed[start : start + 24] in stored for start in range(0, len(sealed) - 24, 24))
    terminal.carried(outgoing)
    assert terminal.bank.companions[op(1)] == to_wire(PIN_BLOCK)


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
    terminal.queue.hello_failed(at(0))
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


def test_when_rows_pile_up_only_loss_reports_are_still_taken() -> None:
    terminal = Terminal(limits=policy.Limits(capacity_rows=20))
    for number in range(1, 17):
        assert isinstance(terminal.queue.accept(op(number), loss(number), None, at(0)), Taken)
    full = NotTakenReason.FULL
    assert terminal.queue.accept(op(20), balance(), None, at(0)) == NotTaken(op(20), full)
    assert terminal.queue.accept(op(21), unlock(), None, at(0)) == NotTaken(op(21), full)
    assert isinstance(terminal.queue.accept(op(22), card_list(), None, at(0)), Taken)
    for number in range(30, 40):
        assert isinstance(terminal.queue.accept(op(number), loss(number), None, at(0)), Taken)
    assert terminal.queue.accept(op(41), card_list(), None, at(0)) == NotTaken(op(41), full)
    assert "maintenance: the queue is nearly full" in terminal.queue.status(at(0)).alerts


def test_a_disk_that_others_fill_counts_as_well() -> None:
    bank, space = BankSide(), Space(used=100, free=900)
    store = Store(MEMORY, "boot", TERMINAL, at(-1))
    queue = Queue(store, bank.keys(), Random(1).random, room=lambda: space)
    assert isinstance(queue.accept(op(1), balance(), None, at(0)), Taken)
    space = Space(used=100, free=20)
    assert queue.accept(op(2), balance(), None, at(5)) == NotTaken(op(2), NotTakenReason.FULL)
    assert isinstance(queue.accept(op(3), loss(), None, at(5)), Taken)
    assert queue.status(at(5)).space_left_bytes == 20


def test_when_full_nothing_that_waits_is_dropped_or_overwritten() -> None:
    terminal = Terminal(limits=policy.Limits(capacity_rows=5))
    for number in range(1, 20):
        terminal.queue.accept(op(number), loss(number), None, at(0))
        terminal.queue.accept(op(100 + number), balance(number), None, at(0))
    waiting = terminal.queue.status(at(0)).waiting
    assert waiting == {"loss_report": 19, "balance_check": 2}
    terminal.drain(at(1))
    assert len(terminal.bank.applied) == 21


@pytest.mark.parametrize(
    ("request_", "rule"),
    [
        (
            BalanceCheck(Evidence("resident_id_card", " ", "张三"), "H99001372"),
            "ACTIVATE.ORIGINALS",
        ),
        (LossReport(Evidence("", "990000", "张三"), LossKind.ORAL), "ACTIVATE.ORIGINALS"),
        (BalanceCheck(evidence(), "12"), "CARD.STATES"),
        (BalanceCheck(evidence(), "6223 0000 0000"), "CARD.STATES"),
        (PasswordUnlock(evidence(), "٦٢٢٣٠٠٠٠", Account.MEDICAL), "CARD.STATES"),
    ],
)
def test_what_is_no_request_is_refused_with_its_rule(request_: Request, rule: str) -> None:
    answer = Terminal().queue.accept(op(1), request_, None, at(0))
    assert answer == NotTaken(op(1), NotTakenReason.MALFORMED, rule)


def test_a_request_that_is_too_large_is_told_so() -> None:
    answer = Terminal().queue.accept(op(1), report_status("7" * 9_000), None, at(0))
    assert answer == NotTaken(op(1), NotTakenReason.TOO_LARGE)


def test_each_row_carries_the_terminal_s_signature_for_its_place_in_the_journal() -> None:
    terminal = Terminal()
    for number in (1, 2):
        terminal.queue.accept(op(number), loss(number), None, at(0))
    outgoing = terminal.queue.next_batch(at(0))
    assert outgoing is not None
    public = terminal.bank.terminal_key.public_key()
    first, second = outgoing.batch.ops
    assert first.is_genuine(public)
    assert second.digest() == terminal.store.journal.digest_at(second.header.lane_seq)
    moved = replace(first, prev=second.prev)
    renumbered = replace(first, header=replace(first.header, lane_seq=second.header.lane_seq))
    backdated = replace(
        first,
        header=replace(first.header, accepted=replace(first.header.accepted, wall=MORNING_TEXT)),
    )
    resealed = replace(first, sealed=second.sealed)
    for forged in (moved, renumbered, backdated, resealed):
        assert not forged.is_genuine(public)


def test_one_person_s_lane_cannot_be_told_without_the_key() -> None:
    terminal = Terminal()
    requests: tuple[Request, ...] = (loss(1), balance(1), card_list(1), loss(2))
    for number, request in enumerate(requests, start=1):
        terminal.queue.accept(op(number), request, None, at(0))
    rows = [terminal.store.find(op(n)) for n in (1, 2, 3, 4)]
    lanes = [row.header.lane for row in rows if row]
    assert lanes[0] == lanes[1] == lanes[2] != lanes[3]
    numbers = [row.header.lane_seq for row in rows if row]
    assert numbers == sorted(set(numbers)), "grows in every lane, and is never given twice"
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


def test_a_database_that_cannot_be_read_any_more_is_told_too(tmp_path: Path) -> None:
    terminal = Terminal(str(tmp_path / "queue.db"))
    terminal.store.conn.execute("PRAGMA writable_schema = ON")
    terminal.store.conn.execute("UPDATE sqlite_master SET rootpage = 99999 WHERE name = 'ops'")
    terminal.store.conn.execute("PRAGMA schema_version = 77")
    answer = terminal.queue.accept(op(1), loss(), None, at(0))
    assert answer == NotTaken(op(1), NotTakenReason.STORE_FAILED)


class _Rescue:
    """A rescue file that remembers."""

    def __init__(self, *, works: bool = True) -> None:
        self.kept: dict[str, bytes] = {}
        self._works = works

    def keep(self, op_id: str, record: bytes) -> bool:
        if self._works:
            self.kept[op_id] = record
        return self._works

    def drop(self, op_ids: Sequence[str]) -> None:
        for op_id in op_ids:
            self.kept.pop(op_id, None)

    def set_epoch(self, epoch: int) -> None:
        """Nothing to remember here."""


def test_a_loss_report_is_in_the_rescue_file_until_it_is_final() -> None:
    rescue = _Rescue()
    terminal = Terminal(rescue=rescue)
    terminal.queue.accept(op(1), loss(), None, at(0))
    terminal.queue.accept(op(2), balance(2), None, at(0))
    assert list(rescue.kept) == [op(1)]
    assert row_from_bytes(rescue.kept[op(1)]) == terminal.store.find(op(1))
    terminal.exchange(at(0))
    assert rescue.kept == {}


def test_a_loss_report_that_only_the_rescue_file_took_is_taken_and_the_database_is_reopened() -> (
    None
):
    rescue = _Rescue()
    terminal = Terminal(rescue=rescue)
    terminal.store.conn.execute("PRAGMA query_only = ON")
    assert isinstance(terminal.queue.accept(op(1), loss(), None, at(0)), Taken)
    assert terminal.queue.must_reopen
    failed = NotTakenReason.STORE_FAILED
    assert terminal.queue.accept(op(2), loss(2), None, at(0)) == NotTaken(op(2), failed)
    assert list(rescue.kept) == [op(1)], "its place in the journal is kept for it"


def test_a_rescue_file_that_takes_nothing_is_an_alert_and_no_reason_to_refuse() -> None:
    terminal = Terminal(rescue=_Rescue(works=False))
    assert isinstance(terminal.queue.accept(op(1), loss(), None, at(0)), Taken)
    assert terminal.queue.status(at(0)).alerts == ["maintenance: the rescue file takes nothing"]
