"""Requests that carry the pictures of who stood there: larger than all others, and as bounded."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from offline_queue.core import Queue
from offline_queue.formats.batch import Batch, SealedOp, read_batch
from offline_queue.formats.envelope import BATCH_BYTES_MAX, LONE_BYTES_MAX, BadEnvelope
from offline_queue.messages import LINE_BYTES_MAX, NotTaken, NotTakenReason, Taken
from offline_queue.policy import (
    PICTURES_BYTES_MAX,
    REQUEST_BYTES_MAX,
    WITH_PICTURES,
    Limits,
    request_bytes_max,
)
from offline_queue.sending.bank_client import SLOWEST_BYTES_PER_S, TOTAL_TIMEOUT_S, total_timeout_s
from offline_queue.storage.space import space_of
from offline_queue.storage.store import Store
from offline_queue.wire import Submit, call_line, read_call
from sscard.cards import LossKind
from sscard.requests import CardList, Evidence, LossReport, Presence, Request
from sscard.requests.base import PICTURE_BYTES_MAX
from tests.offline_queue.bankside import TERMINAL, BankSide, Terminal, at, op

WHO = Evidence("resident", "990000198001010018", "测试")
CANARY = b"\xff\xd8\xff" + b"canary face " * 3_333


def picture(mark: int, size: int = PICTURE_BYTES_MAX) -> bytes:
    return (b"\xff\xd8\xff%d" % mark + CANARY)[: size - 2] + b"\xff\xd9"


def with_pictures(number: int = 1) -> LossReport:
    """A report that is as large as one can be."""
    shown = Presence(picture(1), picture(2), picture(3))
    who = Evidence("resident", f"{number:018d}", "测试")
    return LossReport(who, LossKind.WRITTEN, presence=shown)


def test_the_largest_pictures_pass_the_door_the_queue_and_the_line() -> None:
    submit = Submit(op(1), with_pictures(), None)
    line = call_line(submit)
    assert len(line) < LINE_BYTES_MAX
    assert read_call(line) == submit
    terminal = Terminal()
    terminal.line_up(at(0))
    assert isinstance(terminal.queue.accept(op(1), with_pictures(), None, at(0)), Taken)
    batch = terminal.queue.next_batch(at(0))
    assert batch is not None
    assert BATCH_BYTES_MAX < len(batch.body) <= LONE_BYTES_MAX
    assert read_batch(batch.body) == batch.batch


def test_rows_with_pictures_travel_one_by_one_and_all_arrive() -> None:
    terminal = Terminal()
    terminal.line_up(at(0))
    for number in range(3):
        terminal.queue.accept(op(number), with_pictures(number), None, at(0))
    terminal.queue.accept(op(9), CardList(WHO), None, at(0))
    terminal.drain(at(1))
    assert len(terminal.bank.applied) == 4
    large = [b for b in terminal.bank.batches if len(b.to_bytes()) > BATCH_BYTES_MAX]
    assert [len(batch.ops) for batch in large] == [1, 1, 1]


def test_a_batch_of_several_rows_is_not_larger_than_before() -> None:
    terminal = Terminal()
    terminal.line_up(at(0))
    ops: list[SealedOp] = []
    batch = None
    for number in (1, 2):
        terminal.queue.accept(op(number), with_pictures(number), None, at(0))
        batch = terminal.queue.next_batch(at(0))
        assert batch is not None
        ops += batch.batch.ops
        terminal.queue.settle(batch, terminal.carried(batch), at(0))
    assert batch is not None
    both = Batch(batch.batch.terminal, batch.batch.epoch, 99, batch.batch.journal, tuple(ops))
    with pytest.raises(BadEnvelope, match="at most"):
        read_batch(both.to_bytes())


def test_kinds_without_pictures_are_bounded_as_before() -> None:
    assert request_bytes_max("balance_check") == REQUEST_BYTES_MAX
    assert {request_bytes_max(kind) for kind in WITH_PICTURES} == {
        REQUEST_BYTES_MAX + PICTURES_BYTES_MAX
    }
    long = CardList(Evidence("resident", "9" * 9_000, "测试"))
    answer = Terminal().queue.accept(op(1), long, None, at(0))
    assert answer == NotTaken(op(1), NotTakenReason.TOO_LARGE)


def test_the_kinds_with_pictures_are_those_whose_requests_have_a_place_for_them() -> None:
    kinds = {
        each.kind for each in Request.__args__ if {"presence", "copy"} & {*each.__struct_fields__}
    }
    assert kinds == set(WITH_PICTURES)


def test_a_queue_that_holds_too_many_bytes_is_full_for_all_but_a_report(tmp_path: Path) -> None:
    path = tmp_path / "queue.db"
    bank = BankSide()
    store = Store(str(path), "boot", TERMINAL, at(0))
    limits = Limits(capacity_bytes=1_000)
    queue = Queue(store, bank.keys(), Random(1).random, None, limits, lambda: space_of(path))
    hello = queue.hello(at(0))
    assert hello is not None
    queue.greeted(hello, bank.greet(hello.body, hello.signature), at(0))
    full = NotTaken(op(1), NotTakenReason.FULL)
    assert queue.accept(op(1), CardList(WHO), None, at(0)) == full
    assert isinstance(queue.accept(op(2), with_pictures(), None, at(0)), Taken)


def test_a_large_row_is_given_the_time_of_a_slow_line() -> None:
    assert total_timeout_s(BATCH_BYTES_MAX) == TOTAL_TIMEOUT_S
    most_s = total_timeout_s(LONE_BYTES_MAX)
    assert most_s == TOTAL_TIMEOUT_S + (LONE_BYTES_MAX - BATCH_BYTES_MAX) / SLOWEST_BYTES_PER_S
    assert most_s < 60


@pytest.mark.rule("PRIVACY.NOTHING_STAYS")
def test_no_picture_lies_on_the_disk_in_clear(tmp_path: Path) -> None:
    terminal = Terminal(str(tmp_path / "queue.db"))
    assert isinstance(terminal.queue.accept(op(1), with_pictures(), None, at(0)), Taken)
    files = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert sum(map(len, files.values())) > PICTURES_BYTES_MAX
    for name, content in files.items():
        for clear in (b"canary face", b"Y2FuYXJ5IGZhY2Ug", b"YW5hcnkgZmFjZS", b"nY2FuYXJ5I"):
            assert clear not in content, name
