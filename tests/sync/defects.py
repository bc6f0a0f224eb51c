"""Defects put in on purpose, each one seen in some queue: the checker has to find every one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from itertools import count
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from bank import ledger
from bank.gateway import Gateway
from bank.settling import Settling
from offline_queue import core
from offline_queue.core import Queue
from offline_queue.formats.batch import SealedOp
from offline_queue.formats.entries import Event
from offline_queue.formats.envelope import Outcome, Verdict, canonical
from offline_queue.formats.timeline import instant
from offline_queue.intake import Intake
from offline_queue.messages import NotTaken, Taken
from offline_queue.moment import Moment
from offline_queue.sending import schedule, settling
from offline_queue.sending.outgoing import Outgoing, Sender
from offline_queue.sending.schedule import Entry
from offline_queue.sending.settling import Judgement, judge
from offline_queue.storage.rows import Row, State
from offline_queue.storage.store import Store
from sscard.requests import Companion, Request, to_wire

Patch = pytest.MonkeyPatch


def duplicate_is_no_success(patch: Patch) -> None:
    """(ruvon-edge) a row whose reply was lost is sent for ever."""

    def careless(entry: Entry, verdict: Verdict | None) -> Judgement:
        if verdict is not None and verdict.outcome is Outcome.DUPLICATE:
            return Judgement(entry, None, Event.UNKNOWN)
        return judge(entry, verdict)

    patch.setattr(core, "judge", careless)


def missing_is_done(patch: Patch) -> None:
    """(ruvon-edge) an operation missing from the reply counts as done."""

    def careless(entry: Entry, verdict: Verdict | None) -> Judgement:
        if verdict is None:
            return Judgement(entry, State.DONE, Event.VERDICT, Outcome.APPLIED)
        return judge(entry, verdict)

    patch.setattr(core, "judge", careless)


def new_id_on_retry(patch: Patch) -> None:
    """(ruvon-edge) no idempotency key: what comes again is a new operation."""
    numbers = count()
    settle = Settling.settle

    def renamed(self: Settling, connection: Any, op: SealedOp, *rest: Any) -> Verdict:
        if op.header.key_id not in self._keys.unsealing:
            return settle(self, connection, op, *rest)
        op_id = sha256(f"{op.header.op_id} {next(numbers)}".encode()).hexdigest()[:32]
        # The text was sealed under the old name.
        opened = self._opened_request(op)
        patch.setattr(Settling, "_opened_request", lambda *_: opened)
        patch.setattr(Settling, "_opened_companion", lambda *_: None)
        patch.setattr(SealedOp, "is_genuine", lambda *_: True)
        try:
            return settle(
                self, connection, replace(op, header=replace(op.header, op_id=op_id)), *rest
            )
        finally:
            patch.setattr(Settling, "_opened_request", original)

    original = Settling._opened_request
    patch.setattr(Settling, "settle", renamed)


def verdict_after_effect(patch: Patch) -> None:
    """The bank commits the effect first, and its word on it in another transaction."""

    def in_two_steps(self: Gateway, op: SealedOp, now: datetime) -> Verdict:
        blank = Verdict(op.header.op_id, op.request_hash, Outcome.RETRY, now.isoformat())
        with self._engine.begin() as connection:
            known = ledger.stored_operation(connection, op.header.op_id)
            if known is not None:
                return replace(blank, outcome=Outcome.DUPLICATE)
            if op.header.key_id not in self._keys.unsealing:
                return replace(blank, outcome=Outcome.UNKNOWN_KEY)
            settled = self._settling._decide(connection, op, now)
        with self._engine.begin() as connection:
            row = {"op_id": op.header.op_id, "request_hash": op.request_hash, "code": "0"}
            header = op.header
            row |= {"terminal": header.terminal, "kind": header.kind, "lane": header.lane}
            row |= {"at": now.isoformat(), "earliest": "", "latest": ""}
            numbers = {"epoch": header.epoch, "lane_seq": header.lane_seq}
            ledger.claim_operation(connection, row | numbers)
            answer = None
            if settled.answer is not None:
                answer = canonical(to_wire(settled.answer)).decode()
            ledger.settle_operation(connection, op.header.op_id, settled.stored, answer)
        return replace(blank, outcome=settled.outcome)

    def bounded(self: Gateway, op: SealedOp, now: datetime) -> Verdict:
        try:
            return in_two_steps(self, op, now)
        except OperationalError:
            blank = Verdict(op.header.op_id, op.request_hash, Outcome.RETRY, now.isoformat())
            return replace(blank, retry_after_s=5.0)

    patch.setattr(Gateway, "_settle", bounded)


def in_flight_is_forgotten(patch: Patch) -> None:
    """(huey) what was taken out to be sent is gone after a restart."""
    sent: set[str] = set()
    make, waiting = Sender.next, Store.waiting_rows

    def noted(self: Sender, *args: Any, **words: Any) -> Outgoing | None:
        outgoing = make(self, *args, **words)
        if outgoing is not None:
            sent.update(op.header.op_id for op in outgoing.batch.ops)
        return outgoing

    def rest(self: Store) -> Iterator[Row]:
        return (row for row in waiting(self) if row.header.op_id not in sent)

    patch.setattr(Sender, "next", noted)
    patch.setattr(Store, "waiting_rows", rest)


def expiry_by_wall_clock(patch: Patch) -> None:
    """A clock that is set forward ends what waits."""
    expire = Queue._expire

    def by_wall(self: Queue, now: Moment) -> Any:
        for entry in self._schedule.entries():
            age_s = (now.wall - instant(entry.accepted.wall)).total_seconds()
            if entry.lasts_s is not None and age_s > entry.lasts_s:
                self._schedule.waited_since(entry, now.mono_s - age_s)
        return expire(self, now)

    patch.setattr(Queue, "_expire", by_wall)


def any_signature_is_good(patch: Patch) -> None:
    """Verdicts are believed whoever signed them."""
    patch.setattr(settling, "_is_signed", lambda *_: True)


def taken_before_the_flush(patch: Patch) -> None:
    """(litequeue, diskcache) synchronous=NORMAL: taken, and gone after a power cut."""
    write = Intake._write

    def unflushed(self: Intake, *args: Any) -> None:
        store = self._store
        transaction = store.transaction

        def accept(_: Store, *accepted: Any) -> None:
            with transaction(lazy=True):
                store.accepted(*accepted)

        with patch.context() as inner:
            inner.setattr(type(store), "transaction", lambda *_, **__: transaction(lazy=True))
            inner.setattr(type(store), "accept", accept)
            write(self, *args)

    patch.setattr(Intake, "_write", unflushed)


def pin_block_is_stored(patch: Patch) -> None:
    """The companion is kept for the retry."""
    accept = Queue.accept

    def storing(
        self: Queue, op_id: str, request: Request, companion: Companion | None, now: Moment
    ) -> Taken | NotTaken:
        if companion is not None and companion.pin_block is not None:
            with self._store.transaction():
                self._store.remember(op_id, companion.pin_block)
        return accept(self, op_id, request, companion, now)

    patch.setattr(Queue, "accept", storing)


def no_lanes(patch: Patch) -> None:
    """(mqlite) the back-off of the head of a lane lets its successors overtake."""

    def everything(self: Any) -> list[Entry]:
        return [entry for queue in self.queues.values() for entry in queue]

    patch.setattr(schedule._Lane, "free", everything)


def dedup_window_is_short(patch: Patch) -> None:
    """(NATS) the bank forgets an operation id after two minutes."""
    claim = ledger.claim_operation

    def forgetful(connection: Any, row: dict[str, Any]) -> bool:
        connection.exec_driver_sql(
            "DELETE FROM operations WHERE op_id = ?"
            " AND julianday(at) < julianday(?) - 120 / 86400.0",
            (row["op_id"], row["at"]),
        )
        return claim(connection, row)

    patch.setattr(ledger, "claim_operation", forgetful)


DEFECTS: dict[Callable[[Patch], None], str] = {
    duplicate_is_no_success: "was left waiting",
    missing_is_done: "is done at the terminal",
    new_id_on_retry: "nobody asked for",
    verdict_after_effect: "took effect, and the bank has no word on it",
    in_flight_is_forgotten: "was left waiting",
    expiry_by_wall_clock: "expired after",
    any_signature_is_good: "at the bank",
    taken_before_the_flush: "was taken, and is not stored",
    pin_block_is_stored: "a PIN block",
    no_lanes: "of its lane",
    dedup_window_is_short: "twice at the bank",
}
"""Each defect, and a part of what the checker has to say of it."""
