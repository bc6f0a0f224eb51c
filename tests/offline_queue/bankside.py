"""A small bank for the queue's tests: opens what was sealed, signs verdicts, can misbehave."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from offline_queue.core import Outgoing, OutgoingHello, Queue
from offline_queue.formats.batch import Batch, Reply, SealedOp, read_batch
from offline_queue.formats.envelope import (
    Outcome,
    Verdict,
    is_signed,
    new_unsealing_key,
    request_hash,
    sealing_bytes,
    sign,
    unseal,
    unsealing_key,
)
from offline_queue.formats.hello import Greeting, Seen, read_hello
from offline_queue.formats.keys import KeyList, SealingKey, TerminalKeys, new_sealing_key
from offline_queue.intake import RescueFile
from offline_queue.messages import Notice
from offline_queue.moment import Moment
from offline_queue.policy import Limits
from offline_queue.sending.schedule import Entry
from offline_queue.storage.store import MEMORY, Store
from sscard.cards import Account, LossKind
from sscard.requests import (
    BalanceCheck,
    CardList,
    Companion,
    Evidence,
    LossReport,
    PasswordUnlock,
    ReportStatus,
)
from sscard.working_days import CHINA_TIME

TERMINAL = "T0001"
BLOCK = "A1B2C3D4E5F60718"
PIN_BLOCK = Companion(BLOCK)
MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=CHINA_TIME)  # a Monday
NEVER = datetime(2099, 1, 1, tzinfo=CHINA_TIME)


def op(number: int) -> str:
    return f"{number:032x}"


def evidence(person: int = 1) -> Evidence:
    return Evidence("resident_id_card", f"99000019800101{person:04d}", f"张三{person}")


def balance(person: int = 1) -> BalanceCheck:
    return BalanceCheck(evidence(person), f"62230000{person:011d}")


def loss(person: int = 1) -> LossReport:
    return LossReport(evidence(person), LossKind.WRITTEN)


def unlock(person: int = 1) -> PasswordUnlock:
    return PasswordUnlock(evidence(person), f"62230000{person:011d}", Account.MEDICAL)


def card_list(person: int = 1) -> CardList:
    return CardList(evidence(person))


def report_status(code: str = "7K42MX9QD") -> ReportStatus:
    return ReportStatus(code)


def at(seconds: float) -> Moment:
    """So many seconds into the Monday morning; the machine was started 1,000 s before."""
    return Moment(1_000.0 + seconds, MORNING + timedelta(seconds=seconds))


OPENED = at(-1)


class BankSide:
    """Applies every operation once. `outcomes` and `spoil` make single ones go otherwise."""

    def __init__(self) -> None:
        self.verdict_key = Ed25519PrivateKey.generate()
        self.terminal_key = Ed25519PrivateKey.generate()
        self.unsealing = {"k1": new_unsealing_key()}
        self.applied: dict[str, tuple[str, Any]] = {}  # by op_id: request hash, request
        self.expired: list[str] = []  # op_ids told to be over
        self.deliveries: list[str] = []  # op_ids as they came, repeats and all
        self.companions: dict[str, Any] = {}
        self.outcomes: dict[str, Outcome] = {}
        self.spoil: Callable[[list[Verdict]], list[Verdict]] = lambda verdicts: verdicts
        self.batches: list[Batch] = []
        self.next_slot_ms = 0
        self.retry_after_s: float | None = 30.0
        self.seen: Seen | None = None
        self.key_version = 1
        self.listed: tuple[str, ...] = ("k1",)

    def keys(self) -> TerminalKeys:
        return TerminalKeys(
            TERMINAL,
            self.terminal_key,
            self.verdict_key.public_key(),
            b"lane key of the invented world..",
            self.sealing("k1"),
        )

    def sealing(self, key_id: str, not_after: datetime = NEVER) -> SealingKey:
        return new_sealing_key(key_id, sealing_bytes(self.unsealing[key_id]), not_after)

    def greet(self, body: bytes, signature: str, at: str = "2026-03-02T09:00:00+08:00") -> bytes:
        assert is_signed(body, signature, self.terminal_key.public_key())
        hello = read_hello(body)
        keys = KeyList(self.key_version, tuple(self.sealing(key_id) for key_id in self.listed))
        greeting = Greeting(hello.nonce, at, keys, self.seen, self.next_slot_ms)
        return greeting.to_bytes(self.verdict_key)

    def receive(self, body: bytes, signature: str) -> bytes:
        assert is_signed(body, signature, self.terminal_key.public_key())
        batch = read_batch(body)
        self.batches.append(batch)
        verdicts = self.spoil([self._verdict(sealed) for sealed in batch.ops])
        return Reply(tuple(verdicts), self.next_slot_ms).to_bytes()

    def signed(self, verdict: Verdict) -> Verdict:
        return replace(verdict, signature=sign(verdict.signed_bytes(), self.verdict_key))

    def _verdict(self, sealed: SealedOp) -> Verdict:
        header = sealed.header
        assert sealed.is_genuine(self.terminal_key.public_key())
        private = unsealing_key(self.unsealing[header.key_id])
        request = unseal(sealed.sealed, private, header, "request")
        if sealed.companion is not None:
            companion = unseal(sealed.companion, private, header, "companion")
            self.companions[header.op_id] = companion
        digest = request_hash(header, sealed.sealed)
        self.deliveries.append(header.op_id)
        outcome = self.outcomes.get(header.op_id, Outcome.APPLIED)
        if outcome is Outcome.APPLIED:
            known = self.applied.setdefault(header.op_id, (digest, request))
            assert known[0] == digest
            if self.deliveries.count(header.op_id) > 1:
                outcome = Outcome.DUPLICATE
        if sealed.expired:
            self.expired.append(header.op_id)
        answer: dict[str, Any] | None = {"kind": "balance_by_own_channel", "at": "2026-03-02"}
        if outcome is Outcome.REJECTED:
            answer = {"kind": "refusal", "code": "card_unknown", "rule": "CARD.STATES"}
        if sealed.expired or outcome in (
            Outcome.SUPERSEDED,
            Outcome.RETRY,
            Outcome.CONFLICT,
            Outcome.UNKNOWN_KEY,
        ):
            answer = None
        retry_after_s = self.retry_after_s if outcome is Outcome.RETRY else None
        verdict = Verdict(header.op_id, digest, outcome, "2026-03-02", answer, retry_after_s)
        return self.signed(verdict)


class Terminal:
    """A queue and its bank in one room, with a clock that is told; they have said hello."""

    def __init__(
        self,
        path: str = MEMORY,
        bank: BankSide | None = None,
        boot: str = "boot",
        keys: TerminalKeys | None = None,
        opened: Moment = OPENED,
        rescue: RescueFile | None = None,
        limits: Limits | None = None,
        *,
        greeted: bool = True,
    ) -> None:
        self.bank = bank or BankSide()
        self.store = Store(path, boot, TERMINAL, opened)
        self.queue = Queue(self.store, keys or self.bank.keys(), Random(1).random, rescue, limits)
        if greeted:
            self.line_up(opened)

    def exchange(self, now: Moment) -> list[Notice]:
        """Send what there is to send, settle it, and give the notices."""
        outgoing = self.queue.next_batch(now)
        assert outgoing is not None, "nothing to send"
        return self.queue.settle(outgoing, self.carried(outgoing), now)

    def carried(self, outgoing: Outgoing) -> bytes:
        return self.bank.receive(outgoing.body, outgoing.signature)

    def drain(self, now: Moment) -> list[Notice]:
        """Exchange until nothing may be sent at this moment."""
        notices: list[Notice] = []
        while (outgoing := self.queue.next_batch(now)) is not None:
            notices += self.queue.settle(outgoing, self.carried(outgoing), now)
        return notices

    def line_up(self, now: Moment) -> list[Notice]:
        """The bank answers a hello."""
        said = self.queue.hello(now)
        return self.queue.greeted(said, self.greeting(said, now), now)

    def greeting(self, said: OutgoingHello, now: Moment) -> bytes:
        return self.bank.greet(said.body, said.signature, now.wall.isoformat())

    def entry(self, op_id: str) -> Entry:
        """The schedule's entry of a waiting operation."""
        entry = self.queue._schedule.get(op_id)
        assert entry is not None
        return entry

    def state(self, op_id: str) -> str:
        row = self.store.find(op_id)
        assert row is not None
        return row.state
