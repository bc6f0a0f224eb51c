"""A terminal's side of the line, as short as it can be: seal, sign, send, read."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, modes

from bank.gateway import Gateway
from bank.keys import BankKeys
from bank.people import Person, PersonCard, person
from offline_queue.formats.batch import Batch, JournalHead, SealedOp, read_reply
from offline_queue.formats.chain import GENESIS
from offline_queue.formats.envelope import (
    Header,
    Verdict,
    canonical,
    is_signed,
    seal,
    sealing_key,
    sign,
)
from offline_queue.formats.hello import Greeting, Hello, read_greeting
from offline_queue.formats.timeline import Anchor, ClockQuality, TimeMark
from sscard.cards import Account, LossKind
from sscard.requests import (
    Answer,
    BalanceCheck,
    Companion,
    Evidence,
    LossReport,
    Presence,
    Request,
    answer_from_wire,
    to_wire,
)

Rows = Callable[..., list[tuple[Any, ...]]]

TERMINAL = "T0001"
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
PICTURE = b"\xff\xd8\xff\xe0picture\xff\xd9"
SHOWN = Presence(PICTURE, PICTURE, PICTURE)


def just_now(now: datetime = NOW) -> TimeMark:
    """Accepted 10 s before `now`, by an anchor of this boot."""
    anchor = Anchor((now - timedelta(seconds=70)).isoformat(), "boot-1", 1_000)
    return TimeMark("boot-1", 61_000, now.isoformat(), ClockQuality.SET, anchor)


def signed_anew(op: SealedOp, signing: Ed25519PrivateKey) -> SealedOp:
    """The same row after a change, signed by its terminal again."""
    return replace(op, signature=sign(op.digest().encode(), signing))


def evidence_of(who: Person) -> Evidence:
    return Evidence(who.document, who.id_number, who.name)


def evidence(key: str) -> Evidence:
    return evidence_of(person(key))


def lost(key: str, loss: LossKind, card_ids: tuple[str, ...] = ()) -> LossReport:
    """A loss report as it must be made: a written one shows the person and the ID card."""
    return LossReport(evidence(key), loss, card_ids, SHOWN if loss is LossKind.WRITTEN else None)


def balance_of(key: str) -> BalanceCheck:
    return BalanceCheck(evidence(key), person(key).cards[0].card_number)


def format_0(password: str, pan: str, key: bytes) -> str:
    """The encrypted PIN block, written from ISO 9564-1 and not with the bank's code."""
    pin_field = bytes.fromhex(f"0{len(password):X}{password}".ljust(16, "F"))
    pan_field = bytes.fromhex("0000" + pan[:-1][-12:])
    clear = bytes(a ^ b for a, b in zip(pin_field, pan_field, strict=True))
    encryptor = Cipher(TripleDES(key + key[:8]), modes.ECB()).encryptor()  # noqa: S305
    return (encryptor.update(clear) + encryptor.finalize()).hex().upper()


def medical_number(card_number: str) -> str:
    """What a medical password's block is bound to, written from its description."""
    letter, digits = card_number[0], card_number[1:-1]
    return f"{ord(letter)}{digits}".rjust(12, "0") + "0"


@dataclass
class Terminal:
    gateway: Gateway
    keys: BankKeys
    signing: Ed25519PrivateKey
    name: str = TERMINAL
    numbers: count[int] = field(default_factory=lambda: count(1))
    entries: count[int] = field(default_factory=lambda: count(1))

    def companion(self, key: str, password: str | None = None) -> Companion:
        card = person(key).cards[0]
        return Companion(self.block(Account.FINANCIAL, card, password or card.password))

    def block(self, account: Account, card: PersonCard, password: str) -> str:
        """The block of a password under the key of its account's world."""
        if account is Account.FINANCIAL:
            return format_0(password, card.pan, self.keys.bank.pin_keys[self.name])
        number = medical_number(card.card_number)
        return format_0(password, number, self.keys.social_security.pin_keys[self.name])

    def op(
        self,
        request: object,
        companion: Companion | None = None,
        op_id: str | None = None,
        key_id: str | None = None,
        kind: str | None = None,
        *,
        lane: str = "lane",
        epoch: int = 1,
        accepted: TimeMark | None = None,
        expired: bool = False,
    ) -> SealedOp:
        """`request` as a `Request`, or any JSON value sealed as it is."""
        key = next(iter(self.keys.unsealing.values()))
        wire = to_wire(request) if isinstance(request, Request) else request
        header = Header(
            op_id=op_id or secrets.token_hex(16),
            terminal=self.name,
            kind=kind or (request.kind if isinstance(request, Request) else "balance_check"),
            lane=lane,
            epoch=epoch,
            lane_seq=next(self.entries),
            key_id=key_id or key.key_id,
            accepted=accepted or just_now(),
        )
        public = sealing_key(key.public)
        sealed_companion = None
        if companion is not None:
            sealed_companion = seal(to_wire(companion), public, header, "companion")
        sealed = seal(wire, public, header, "request")
        unsigned = SealedOp(header, sealed, GENESIS, "", sealed_companion, expired)
        return signed_anew(unsigned, self.signing)

    def body(
        self,
        ops: Sequence[SealedOp],
        batch_no: int | None = None,
        journal: JournalHead | None = None,
        epoch: int = 1,
    ) -> bytes:
        number = next(self.numbers) if batch_no is None else batch_no
        head = journal or JournalHead(number, f"{number:064x}")
        return Batch(self.name, epoch, number, head, tuple(ops)).to_bytes()

    def post(self, body: bytes, now: datetime = NOW) -> tuple[int, bytes]:
        return self.gateway.receive(body, sign(body, self.signing), now)

    def greet(
        self,
        batch_no: int = 0,
        journal: JournalHead | None = None,
        epoch: int = 1,
        now: datetime = NOW,
    ) -> Greeting:
        nonce = secrets.token_hex(16)
        head = journal or JournalHead(0, GENESIS)
        body = Hello(self.name, epoch, nonce, batch_no, head).to_bytes()
        status, reply = self.gateway.hello(body, sign(body, self.signing), now)
        assert status == 200, reply
        greeting = read_greeting(reply, self.keys.verdict_public)
        assert greeting.nonce == nonce
        return greeting

    def send(self, *ops: SealedOp, now: datetime = NOW) -> tuple[Verdict, ...]:
        status, reply = self.post(self.body(ops), now)
        assert status == 200, reply
        verdicts = read_reply(reply).verdicts
        assert [verdict.op_id for verdict in verdicts] == [op.header.op_id for op in ops]
        for verdict in verdicts:
            assert is_signed(verdict.signed_bytes(), verdict.signature, self.keys.verdict_public)
        return verdicts

    def ask(
        self, request: Request, companion: Companion | None = None, now: datetime = NOW
    ) -> Answer:
        op = self.op(request, companion, accepted=just_now(now))
        (verdict,) = self.send(op, now=now)
        return answer_from_wire(verdict.answer)


def answer_bytes(verdict: Verdict) -> bytes:
    return canonical(verdict.answer)
