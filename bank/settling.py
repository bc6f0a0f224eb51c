"""One operation at the bank: its effect, its hash and its verdict in one transaction (OFFLINE.ONCE)."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection

from bank import books, ledger, services
from bank.books import Alarm
from bank.clock import bank_instant, to_text
from bank.keys import BankKeys
from bank.payments import PAY_HOURS
from offline_queue.formats.batch import SealedOp
from offline_queue.formats.envelope import BadEnvelope, Outcome, Verdict, canonical, unseal
from offline_queue.formats.timeline import EARLIEST, TimeMark, interval
from sscard.banks import Bank
from sscard.cards import Account
from sscard.codes import receipt_code
from sscard.fees import REISSUE_FEN
from sscard.loss import ORAL_DAYS
from sscard.passwords import PIN_TRIES
from sscard.requests import (
    Answer,
    BalanceCheck,
    Balances,
    Companion,
    LossReport,
    MalformedMessage,
    Refusal,
    Request,
    companion_from_wire,
    request_from_wire,
    to_wire,
)

_log = logging.getLogger(__name__)

UNLOCK_HOURS = 24.0
_EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a bank may set for itself of the services' rules."""

    oral_days: int = ORAL_DAYS
    pin_tries: int = PIN_TRIES
    unlock_hours: float = UNLOCK_HOURS  # how long an unlock may wait
    reissue_fen: int = REISSUE_FEN  # FEE.REISSUE_20
    pay_hours: float = PAY_HOURS  # how long a payment code is good for
    banks: Mapping[str, Bank] = field(default_factory=dict)  # the issuing ones, with their outlets


class UnknownKey(Exception):
    """Sealed to a key the bank does not hold: undo the claim."""


@dataclass(frozen=True, slots=True)
class _Settled:
    """What became of an operation: the verdict's word, the stored word, the stored answer."""

    outcome: Outcome
    stored: str
    answer: Answer | None


class Settling:
    """Decides operations. Every call runs in its caller's transaction."""

    def __init__(self, keys: BankKeys, terms: Terms) -> None:
        self._keys = keys
        self._terms = terms

    def settle(
        self,
        connection: Connection,
        op: SealedOp,
        terminal_key: Ed25519PublicKey,
        blank: Verdict,
        now: datetime,
    ) -> Verdict:
        """Fill in `blank`: claim, decide and store, or find what was stored before.

        Raises `UnknownKey`: then the transaction is to be undone.
        """
        header, op_id = op.header, op.header.op_id
        if not op.is_genuine(terminal_key):
            return self._not_genuine(connection, op, blank, now)
        claimed = ledger.claim_operation(connection, _new_row(op, blank.request_hash, now))
        if not claimed:
            known = ledger.stored_operation(connection, op_id)
            assert known is not None, "a claim is refused to known ids alone"
            if known.request_hash != blank.request_hash:
                books.sound(
                    connection, Alarm.CONFLICT, header.terminal, header.epoch, now, op_id=op_id
                )
                return replace(blank, outcome=Outcome.CONFLICT)
            self._tell_if_unheard(connection, op, known.answer, now)
            return _again(blank, known)
        if header.key_id not in self._keys.unsealing:
            raise UnknownKey
        settled = self._decide(connection, op, now)
        answer = None if settled.answer is None else canonical(to_wire(settled.answer)).decode()
        ledger.settle_operation(connection, op_id, settled.stored, answer)
        return replace(blank, outcome=settled.outcome, answer=_loaded(answer))

    # --- inside ---------------------------------------------------------------------------

    def _not_genuine(
        self, connection: Connection, op: SealedOp, blank: Verdict, now: datetime
    ) -> Verdict:
        """Nobody signed it, so it claims nothing and does nothing.

        If the same request has come in a good row, its word stands: it did happen.
        """
        header = op.header
        books.sound(
            connection, Alarm.BAD_ROW, header.terminal, header.epoch, now, op_id=header.op_id
        )
        known = ledger.stored_operation(connection, header.op_id)
        if known is not None and known.request_hash == blank.request_hash:
            return _again(blank, known)
        return replace(blank, outcome=Outcome.REJECTED, answer=to_wire(services.MALFORMED))

    def _decide(self, connection: Connection, op: SealedOp, now: datetime) -> _Settled:
        try:
            request = self._opened_request(op)
            companion = self._opened_companion(op, request)
        except (BadEnvelope, MalformedMessage, RecursionError):
            return _Settled(Outcome.REJECTED, Outcome.REJECTED.value, services.MALFORMED)
        header = op.header
        operation = services.Operation(
            op_id=header.op_id,
            code=receipt_code(bytes.fromhex(header.op_id)),
            now=now,
            latest=accepted_between(header.accepted, now)[1],
            terminal=header.terminal,
            epoch=header.epoch,
            lane=header.lane,
            lane_seq=header.lane_seq,
            oral_days=self._terms.oral_days,
            pin_tries=self._terms.pin_tries,
            unlock_hours=self._terms.unlock_hours,
            banks=self._terms.banks,
            reissue_fen=self._terms.reissue_fen,
            pay_hours=self._terms.pay_hours,
            companion=companion,
            vaults={each: self._keys.vault(each, header.terminal) for each in Account},
            key_service=self._keys.key_service,
        )
        # A loss report never ends by itself: on one the flag says nothing.
        if op.expired and not isinstance(request, LossReport):
            services.tell_expired(connection, request, operation)
            return _Settled(Outcome.APPLIED, _EXPIRED, None)
        answer = services.answer_to(connection, request, operation)
        if answer is None:
            return _Settled(Outcome.SUPERSEDED, Outcome.SUPERSEDED.value, None)
        outcome = Outcome.REJECTED if isinstance(answer, Refusal) else Outcome.APPLIED
        return _Settled(outcome, outcome.value, answer)

    def _tell_if_unheard(
        self, connection: Connection, op: SealedOp, answer: str | None, now: datetime
    ) -> None:
        """Balances that come to be asked again without a visit were heard by nobody.

        A visit that still waits sends its companion along.
        """
        if op.companion is not None or op.header.kind != BalanceCheck.kind or answer is None:
            return
        if json.loads(answer)["kind"] != Balances.kind:
            return
        try:
            request = self._opened_request(op)
        except (BadEnvelope, MalformedMessage, RecursionError, KeyError):
            return  # a key that was given up since
        services.tell_unheard(connection, request, op.header.op_id, now)

    def _opened_request(self, op: SealedOp) -> Request:
        private = self._keys.unsealing[op.header.key_id].private
        request = request_from_wire(unseal(op.sealed, private, op.header, "request"))
        if request.kind != op.header.kind:
            raise MalformedMessage("the header names another kind of request")
        if not is_storable(to_wire(request)):
            raise MalformedMessage("a text that no database takes")
        return request

    def _opened_companion(self, op: SealedOp, request: Request) -> Companion | None:
        # What carries a password that its service does not need is not even opened.
        if op.companion is None or not isinstance(request, services.WITH_PASSWORD):
            return None
        private = self._keys.unsealing[op.header.key_id].private
        return companion_from_wire(unseal(op.companion, private, op.header, "companion"))


def accepted_between(mark: TimeMark, received: datetime) -> tuple[datetime, datetime]:
    """The interval in which a terminal accepted a request, see `timeline.interval`.

    A mark whose numbers no calendar holds says nothing: any time up to the receipt.
    """
    try:
        earliest, latest = interval(mark, received)
        return bank_instant(max(earliest, EARLIEST)), bank_instant(latest)
    except OverflowError:
        return bank_instant(EARLIEST), received


def is_storable(message: object) -> bool:
    """Whether the texts have neither a NUL, which PostgreSQL refuses, nor half a surrogate pair."""
    try:
        return b"\\u0000" not in canonical(message)
    except UnicodeEncodeError:
        return False


def _new_row(op: SealedOp, its_hash: str, now: datetime) -> dict[str, str | int]:
    header = op.header
    earliest, latest = accepted_between(header.accepted, now)
    return {
        "op_id": header.op_id,
        "request_hash": its_hash,
        "terminal": header.terminal,
        "kind": header.kind,
        "epoch": header.epoch,
        "lane": header.lane,
        "lane_seq": header.lane_seq,
        "code": receipt_code(bytes.fromhex(header.op_id)),
        "at": to_text(now),
        "earliest": to_text(earliest),
        "latest": to_text(latest),
    }


def _again(blank: Verdict, known: ledger.StoredOperation) -> Verdict:
    """The stored word on an operation that was settled before."""
    is_superseded = known.outcome == Outcome.SUPERSEDED
    outcome = Outcome.SUPERSEDED if is_superseded else Outcome.DUPLICATE
    return replace(blank, outcome=outcome, answer=_loaded(known.answer))


def _loaded(answer: str | None) -> dict[str, object] | None:
    if answer is None:
        return None
    loaded = json.loads(answer)
    assert isinstance(loaded, dict)
    return loaded
