"""The bank's end of the line: batches in, signed verdicts out, each effect exactly once.

For every operation one transaction: claim its id, decide, store effect and answer together.
A copy of it waits on the claim, then gets the stored answer (OFFLINE.ONCE).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, Engine, StaticPool
from sqlalchemy.exc import OperationalError

from bank import ledger, services
from bank.clock import bank_instant, to_text
from bank.keys import BankKeys, key_list
from offline_queue.batch import Batch, Reply, SealedOp, read_batch
from offline_queue.envelope import (
    BadEnvelope,
    Header,
    Outcome,
    Verdict,
    canonical,
    is_signed,
    request_hash,
    sign,
    unseal,
)
from sscard.access import PIN_TRIES
from sscard.codes import receipt_code
from sscard.loss import ORAL_DAYS
from sscard.requests import (
    Answer,
    BalanceCheck,
    MalformedMessage,
    Refusal,
    Request,
    request_from_wire,
    to_wire,
)

_log = logging.getLogger(__name__)

_HEAD_CHARACTERS_MAX = 128
_BATCH_NO_MAX = 2**63 - 1


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """What a bank may set for itself."""

    oral_days: int = ORAL_DAYS
    pin_tries: int = PIN_TRIES
    retry_after_s: float = 5.0  # when the database cannot serve now
    next_slot_ms: int = 0  # how long each terminal is asked to hold back after a batch


class _UnknownKey(Exception):
    """Sealed to a key the bank does not hold: undo the claim."""


class Gateway:
    """The reference gateway. `receive` may be called from many threads."""

    def __init__(
        self,
        engine: Engine,
        keys: BankKeys,
        terminals: Mapping[str, Ed25519PublicKey],
        settings: GatewaySettings | None = None,
    ) -> None:
        self._engine = engine
        self._keys = keys
        self._terminals = terminals
        self._settings = settings or GatewaySettings()
        # SQLite has one connection, and a transaction of one thread must not be another's.
        shared = isinstance(engine.pool, StaticPool)
        self._turn: AbstractContextManager[object] = Lock() if shared else nullcontext()

    def key_list(self, now: datetime) -> bytes:
        """The signed list of the keys to seal to, see `bank.keys.key_list`."""
        return key_list(self._keys, bank_instant(now))

    def receive(self, body: bytes, signature: str, now: datetime) -> tuple[int, bytes]:
        """Take one batch: HTTP status and body. `now` is the bank's clock, aware.

        200 with a verdict per operation; 400 not a batch; 401 not signed by a known terminal;
        503 when the database does not serve. Nothing happened unless it says 200.
        """
        try:
            batch = read_batch(body)
            if not _is_kept(batch):
                raise BadEnvelope("a journal head or batch number out of bounds")
        except (BadEnvelope, RecursionError):
            return 400, _error("not a batch")
        terminal_key = self._terminals.get(batch.terminal)
        if terminal_key is None or not is_signed(body, signature, terminal_key):
            return 401, _error("not signed by a known terminal")
        at = bank_instant(now)
        try:
            self._keep_journal_head(batch, at)
        except OperationalError as error:
            _log.error("the database does not serve: %s", _kind_of(error))
            return 503, _error("not now")
        verdicts = tuple(self._signed(self._settle(op, at)) for op in batch.ops)
        return 200, Reply(verdicts, self._settings.next_slot_ms).to_bytes()

    # --- inside ---------------------------------------------------------------------------

    def _keep_journal_head(self, batch: Batch, now: datetime) -> None:
        with self._turn, self._engine.begin() as connection:
            went_on = ledger.keep_journal_head(
                connection, batch.terminal, batch.batch_no, batch.journal_head, now
            )
        if not went_on:
            _log.error("terminal %s: its batch numbers went back", batch.terminal)

    def _settle(self, op: SealedOp, now: datetime) -> Verdict:
        """One operation in its own transaction."""
        op_id = op.header.op_id
        verdict = Verdict(
            op_id=op.header.op_id,
            request_hash=request_hash(op.header, op.sealed),
            outcome=Outcome.RETRY,
            at=to_text(now),
        )
        try:
            with self._turn, self._engine.begin() as connection:
                outcome, answer = self._once(connection, op, verdict.request_hash, now)
        except _UnknownKey:
            return replace(verdict, outcome=Outcome.UNKNOWN_KEY)
        except OperationalError as error:
            _log.error("operation %s waits for the database: %s", op_id, _kind_of(error))
            return replace(verdict, retry_after_s=self._settings.retry_after_s)
        if outcome is Outcome.CONFLICT:
            _log.error("operation %s came again with other content", op_id)
        return replace(
            verdict, outcome=outcome, answer=None if answer is None else json.loads(answer)
        )

    def _once(
        self, connection: Connection, op: SealedOp, its_hash: str, now: datetime
    ) -> tuple[Outcome, str | None]:
        """Claim, decide, store; or find what was stored before."""
        op_id = op.header.op_id
        code = receipt_code(bytes.fromhex(op_id))
        claimed = ledger.claim_operation(
            connection,
            {
                "op_id": op_id,
                "request_hash": its_hash,
                "terminal": op.header.terminal,
                "kind": op.header.kind,
                "code": code,
                "at": to_text(now),
            },
        )
        if not claimed:
            stored_hash, stored_answer = ledger.stored_operation(connection, op_id)
            if stored_hash != its_hash:
                return Outcome.CONFLICT, None
            return Outcome.DUPLICATE, stored_answer
        if op.header.key_id not in self._keys.unsealing:
            raise _UnknownKey
        answer = self._decide(connection, op, op_id, code, now)
        outcome = Outcome.REJECTED if isinstance(answer, Refusal) else Outcome.APPLIED
        stored = canonical(to_wire(answer)).decode()
        ledger.settle_operation(connection, op_id, outcome.value, stored)
        return outcome, stored

    def _decide(
        self, connection: Connection, op: SealedOp, op_id: str, code: str, now: datetime
    ) -> Answer:
        try:
            request = self._opened_request(op)
            pin_block = self._opened_pin_block(op, request)
        except (BadEnvelope, MalformedMessage, RecursionError):
            return services.MALFORMED
        operation = services.Operation(
            op_id=op_id,
            code=code,
            now=now,
            oral_days=self._settings.oral_days,
            pin_tries=self._settings.pin_tries,
            pin_key=self._keys.pin_keys.get(op.header.terminal),
            pepper=self._keys.pepper,
        )
        return services.answer_to(connection, request, pin_block, operation)

    def _opened_request(self, op: SealedOp) -> Request:
        private = self._keys.unsealing[op.header.key_id].private
        request = request_from_wire(unseal(op.sealed, private, op.header, "request"))
        if request.kind != op.header.kind:
            raise MalformedMessage("the header names another kind of request")
        if not _is_storable(to_wire(request)):
            raise MalformedMessage("a text that no database takes")
        return request

    def _opened_pin_block(self, op: SealedOp, request: Request) -> str | None:
        # Only a balance check needs a password; what others carry is not even opened.
        if op.companion is None or not isinstance(request, BalanceCheck):
            return None
        private = self._keys.unsealing[op.header.key_id].private
        companion = unseal(op.companion, private, op.header, "companion")
        block = companion.get("pin_block") if isinstance(companion, dict) else None
        if not isinstance(block, str):
            raise MalformedMessage("a companion without a PIN block")
        return block

    def _signed(self, verdict: Verdict) -> Verdict:
        return replace(verdict, signature=sign(verdict.signed_bytes(), self._keys.verdict))


def _is_kept(batch: Batch) -> bool:
    """Whether the clear fields of a batch can be stored, on PostgreSQL too."""
    head = batch.journal_head
    return (
        0 <= batch.batch_no <= _BATCH_NO_MAX
        and len(head) <= _HEAD_CHARACTERS_MAX
        and _is_storable(head)
        and all(_is_header_storable(op.header) for op in batch.ops)
    )


def _is_header_storable(header: Header) -> bool:
    return _is_storable([header.terminal, header.kind, header.key_id, header.lane])


def _is_storable(message: object) -> bool:
    """Whether the texts have neither a NUL, which PostgreSQL refuses, nor half a surrogate pair."""
    try:
        return b"\\u0000" not in canonical(message)
    except UnicodeEncodeError:
        return False


def _kind_of(error: OperationalError) -> str:
    # Never the error's text: a database quotes what it was given.
    return type(error.orig).__name__


def _error(words: str) -> bytes:
    return canonical({"error": words})
