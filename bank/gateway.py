"""The bank's end of the line: hellos and batches in, signed words out, each effect exactly once.

What a message says is believed only after its terminal's signature; the database is asked only
when the pacing has room (`bank.pacing`). What one operation does is `bank.settling`'s.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Engine, StaticPool
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from bank import books, payments
from bank.clock import bank_instant, to_text
from bank.keys import BankKeys, published
from bank.pacing import Decision, Pacer
from bank.payment_notices import BadNotice, read_notice
from bank.services import electronic
from bank.settling import Settling, Terms, UnknownKey, is_storable
from offline_queue.formats.batch import Batch, Reply, SealedOp, read_batch
from offline_queue.formats.envelope import (
    BATCH_BYTES_MAX,
    BATCH_OPS_MAX,
    BadEnvelope,
    Header,
    Outcome,
    Verdict,
    canonical,
    is_signed,
    sign,
)
from offline_queue.formats.hello import Greeting, read_hello
from sscard.requests import LossReport

_log = logging.getLogger(__name__)

# The database does not serve now: it is away, or all its connections are taken.
_AWAY = (OperationalError, InterfaceError, PoolTimeoutError)
# A batch this close to its limit is taken for full: most likely more waits behind it.
_FULL_BYTES = BATCH_BYTES_MAX - 8_192


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """What a bank may set for itself."""

    terms: Terms = field(default_factory=Terms)
    retry_after_s: float = 5.0  # when the database cannot serve now
    next_slot_ms: int = 0  # how long each terminal is asked to hold back after a batch, at least
    batches_per_s: float = 0.0  # what the whole bank serves; 0: batches are not paced
    hellos_per_s: float = 0.0  # likewise
    share: float = 1.0  # of both, for this process
    payment_network: Ed25519PublicKey | None = None  # who tells of money that arrived


class Gateway:
    """The reference gateway. May be called from many threads.

    `now` is always the bank's clock, aware; `mono_s` its monotonic one, asked for pacing alone.
    """

    def __init__(
        self,
        engine: Engine,
        keys: BankKeys,
        terminals: Mapping[str, Ed25519PublicKey],
        settings: GatewaySettings | None = None,
        *,
        mono_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._keys = keys
        self._terminals = terminals
        self._settings = settings or GatewaySettings()
        self._settling = Settling(keys, self._settings.terms)
        self._mono_s = mono_s
        self._pacers = Lock()
        self._batch_pacer = self._pacer(self._settings.batches_per_s)
        self._hello_pacer = self._pacer(self._settings.hellos_per_s)
        # SQLite has one connection, and a transaction of one thread must not be another's.
        shared = isinstance(engine.pool, StaticPool)
        self._turn: AbstractContextManager[object] = Lock() if shared else nullcontext()

    def hello(self, body: bytes, signature: str, now: datetime) -> tuple[int, bytes]:
        """Greet a terminal: HTTP status and body, a signed `offline_queue.formats.hello.Greeting`.

        400 not a hello; 401 not signed by a known terminal; 503 not now: come again in the
        body's `next_slot_ms`.
        """
        try:
            hello = read_hello(body)
            if not is_storable(hello.terminal):
                raise BadEnvelope("a name that no database takes")
        except (BadEnvelope, RecursionError):
            return 400, _error("not a hello")
        if not self._is_from(hello.terminal, body, signature):
            return 401, _error("not signed by a known terminal")
        paced = self._ask(self._hello_pacer, hello.terminal)
        if not paced.serve:
            return 503, _not_now(paced.next_slot_ms)
        at = bank_instant(now)
        try:
            with self._turn, self._engine.begin() as connection:
                seen, wrong = books.look(connection, hello)
                for alarm in wrong:
                    books.sound(connection, alarm, hello.terminal, hello.epoch, at)
        except _AWAY as error:
            return self._away(error)
        greeting = Greeting(
            nonce=hello.nonce,
            at=to_text(at),
            keys=published(self._keys, at),
            seen=seen,
            next_slot_ms=self._slot_ms(hello.terminal),
        )
        return 200, greeting.to_bytes(self._keys.verdict)

    def receive(self, body: bytes, signature: str, now: datetime) -> tuple[int, bytes]:
        """Take one batch: HTTP status and body.

        200 with a verdict per operation; 400 not a batch; 401 not signed by a known terminal;
        503 not now: come again in the body's `next_slot_ms`. Nothing happened unless it says 200.
        """
        try:
            batch = read_batch(body)
            if not _is_kept(batch):
                raise BadEnvelope("a text that no database takes")
        except (BadEnvelope, RecursionError):
            return 400, _error("not a batch")
        if not self._is_from(batch.terminal, body, signature):
            return 401, _error("not signed by a known terminal")
        is_full = len(batch.ops) == BATCH_OPS_MAX or len(body) >= _FULL_BYTES
        has_loss_report = any(op.header.kind == LossReport.kind for op in batch.ops)
        paced = self._ask(self._batch_pacer, batch.terminal, has_loss_report, is_full)
        if not paced.serve:
            return 503, _not_now(paced.next_slot_ms)
        at = bank_instant(now)
        try:
            with self._turn, self._engine.begin() as connection:
                for alarm in books.keep(connection, batch, at):
                    books.sound(connection, alarm, batch.terminal, batch.epoch, at)
        except _AWAY as error:
            return self._away(error)
        verdicts = tuple(self._signed(self._settle(op, at)) for op in batch.ops)
        return 200, Reply(verdicts, max(self._settings.next_slot_ms, paced.next_slot_ms)).to_bytes()

    def take_money(self, body: bytes, signature: str, now: datetime) -> tuple[int, bytes]:
        """Take a notice of the payment network: HTTP status and body.

        200 whether the money is kept or went back; 400 not a notice; 401 not signed by the
        network; 503 not now: the network tells it again, under the same number.
        """
        network = self._settings.payment_network
        if network is None or not is_signed(body, signature, network):
            return 401, _error("not signed by the payment network")
        try:
            notice = read_notice(body)
        except BadNotice:
            return 400, _error("not a notice")
        try:
            with self._turn, self._engine.begin() as connection:
                arrived = payments.arrive(
                    connection,
                    notice.arrival_no,
                    notice.payment_no,
                    notice.amount_fen,
                    bank_instant(now),
                )
        except (*_AWAY, IntegrityError) as error:  # or the same is being told at this moment
            return self._away(error)
        return 200, canonical({"kept": arrived.kept_for is not None})

    def show_app_code(self, id_number: str, code: str, now: datetime) -> None:
        """From now on a telephone shows this code of the person's electronic card, as the platform
        says that issues it. No terminal reaches this: nothing of the wire leads here.
        """
        with self._turn, self._engine.begin() as connection:
            electronic.show_code(connection, id_number, code, bank_instant(now))

    # --- inside ---------------------------------------------------------------------------

    def _is_from(self, terminal: str, body: bytes, signature: str) -> bool:
        key = self._terminals.get(terminal)
        return key is not None and is_signed(body, signature, key)

    def _settle(self, op: SealedOp, now: datetime) -> Verdict:
        """One operation in its own transaction."""
        op_id = op.header.op_id
        blank = Verdict(
            op_id=op_id, request_hash=op.request_hash, outcome=Outcome.RETRY, at=to_text(now)
        )
        terminal_key = self._terminals[op.header.terminal]
        try:
            with self._turn, self._engine.begin() as connection:
                return self._settling.settle(connection, op, terminal_key, blank, now)
        except UnknownKey:
            return replace(blank, outcome=Outcome.UNKNOWN_KEY)
        except _AWAY as error:
            _log.error("operation %s waits for the database: %s", op_id, _kind_of(error))
            return replace(blank, retry_after_s=self._settings.retry_after_s)

    def _signed(self, verdict: Verdict) -> Verdict:
        return replace(verdict, signature=sign(verdict.signed_bytes(), self._keys.verdict))

    def _away(self, error: Exception) -> tuple[int, bytes]:
        _log.error("the database does not serve: %s", _kind_of(error))
        return 503, _not_now(round(self._settings.retry_after_s * 1000))

    def _pacer(self, capacity_per_s: float) -> Pacer | None:
        return Pacer(capacity_per_s, self._settings.share) if capacity_per_s else None

    def _ask(
        self,
        pacer: Pacer | None,
        terminal: str,
        has_loss_report: bool = False,
        is_full: bool = False,
    ) -> Decision:
        if pacer is None:
            return Decision(True, 0)
        with self._pacers:
            return pacer.ask(terminal, has_loss_report, self._mono_s(), is_full)

    def _slot_ms(self, terminal: str) -> int:
        """The slot that a terminal holds already: one that was started anew has forgotten it."""
        if self._batch_pacer is None:
            return 0
        with self._pacers:
            return self._batch_pacer.slot_ms(terminal, self._mono_s())


def _is_kept(batch: Batch) -> bool:
    """Whether the clear fields of a batch can be stored, on PostgreSQL too."""
    return is_storable(batch.terminal) and all(_is_header_kept(op.header) for op in batch.ops)


def _is_header_kept(header: Header) -> bool:
    return is_storable(header.to_wire())


def _kind_of(error: Exception) -> str:
    # Never the error's text: a database quotes what it was given.
    return type(getattr(error, "orig", None) or error).__name__


def _error(words: str) -> bytes:
    return canonical({"error": words})


def _not_now(next_slot_ms: int) -> bytes:
    return canonical({"error": "not now", "next_slot_ms": next_slot_ms})
