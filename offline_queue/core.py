"""The queue itself: takes requests, hands out batches, believes only signed verdicts.

Single-threaded, no clock and no network: whoever drives it brings the time and carries the
bytes. The one thing it touches is its store.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime

from offline_queue import policy
from offline_queue.batch import Batch, SealedOp, read_reply
from offline_queue.envelope import (
    BATCH_BYTES_MAX,
    BATCH_OPS_MAX,
    BadEnvelope,
    Outcome,
    Verdict,
    canonical,
    is_signed,
    sign,
)
from offline_queue.keys import TerminalKeys, read_key_list
from offline_queue.line import Line
from offline_queue.messages import (
    Answered,
    LineChanged,
    Notice,
    NotTaken,
    NotTakenReason,
    QueueStatus,
    Taken,
)
from offline_queue.moment import Moment
from offline_queue.rows import WAITING, Row, State
from offline_queue.sealing import Sealer, Visits, is_op_id
from offline_queue.store import Store, StoreFailed
from sscard.codes import receipt_code
from sscard.requests import Companion, MalformedMessage, Request, answer_from_wire

_BANK_KEYS = "bank_keys"
_SLOT_MAX_MS = int(policy.BACKOFF_MAX_S * 1000)
_EXPIRE_AT_ONCE = 200  # rows a turn
_BATCH_FRAME_BYTES = 512  # of a batch beside its operations, at most


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A batch to be sent: its body and the terminal's signature over it (hex)."""

    batch: Batch
    body: bytes
    signature: str


class Queue:
    """Takes requests durably and settles each one by the bank's signed verdict, exactly once.

    `rng` gives random numbers in [0, 1), for back-off. Raises `StoreFailed` where no answer can
    say so: then close it, and start again from what is stored.
    """

    def __init__(self, store: Store, keys: TerminalKeys, rng: Callable[[], float]) -> None:
        if store.terminal != keys.terminal:
            raise ValueError("the keys are another terminal's")
        self._store = store
        self._keys = keys
        self._rng = rng
        self._line = Line(rng)
        self._sealer = Sealer(keys)
        self._visits = Visits()
        self._flying: dict[str, Row] = {}
        self._unsaid: list[Notice] = []
        self._alone_next = False
        self._last_contact_at: str | None = None
        known = store.meta(_BANK_KEYS)
        if known is not None:
            with suppress(BadEnvelope):  # signed by an earlier key: a new list comes by itself
                self._sealer.use(read_key_list(known.encode(), keys.verdict))

    # --- the screen's side -------------------------------------------------------------

    def accept(
        self, op_id: str, request: Request, companion: Companion | None, now: Moment
    ) -> Taken | NotTaken:
        """Seal a request and flush it. The same one again gets the same answer."""
        self._visits.drop_old(now.mono_s)
        if not is_op_id(op_id):
            return NotTaken(op_id, NotTakenReason.MALFORMED)
        try:
            mac = self._sealer.request_mac(op_id, request)
        except UnicodeEncodeError:
            return NotTaken(op_id, NotTakenReason.MALFORMED)
        row = self._store.find(op_id)
        if row is None:
            refusal = self._refusal(request.kind)
            if refusal is not None:
                return NotTaken(op_id, refusal)
            try:
                row = self._add(op_id, request, mac, now)
            except StoreFailed as failure:
                full = failure.full
                return NotTaken(op_id, NotTakenReason.FULL if full else NotTakenReason.STORE_FAILED)
        elif not hmac.compare_digest(row.request_mac, mac):
            return NotTaken(op_id, NotTakenReason.MALFORMED)
        elif row.state is State.EXPIRED:
            return NotTaken(op_id, NotTakenReason.NO_LINE)
        if row.state in WAITING:
            sealed = self._sealer.companion(companion, row.header)
            self._visits.attend(op_id, sealed, now.mono_s)
        return Taken(op_id, receipt_code(bytes.fromhex(op_id)), row.header.accepted_at)

    def forget(self, op_id: str) -> None:
        """The visit is over: its companion goes, and the answer goes to nobody."""
        self._visits.forget(op_id)

    def status(self, now: Moment) -> QueueStatus:
        """What screens and health may know."""
        oldest = self._store.oldest()
        return QueueStatus(
            line_up=self._line.up,
            waiting={kind: count for kind, count in self._store.waiting.items() if count},
            oldest_age_s=None if oldest is None else self._age_s(oldest, now),
            last_contact_at=self._last_contact_at,
            dead=self._store.dead(),
        )

    # --- the bank's side ---------------------------------------------------------------

    def next_batch(self, now: Moment) -> Outgoing | None:
        """The batch to send now, its rows marked as in flight; None while there is none.

        One at a time: settle it, or say that it failed, before the next.
        """
        assert not self._flying, "one batch at a time"
        self._unsaid += self._expire(now)
        self._visits.drop_old(now.mono_s)
        if now.mono_s < self._line.open_at_s:
            return None
        rows = self._choose(now)
        if not rows:
            return None
        ops: list[SealedOp] = []
        room = BATCH_BYTES_MAX - _BATCH_FRAME_BYTES
        for row in rows:
            op = self._sealed_op(row)
            room -= len(canonical(asdict(op.header))) + _b64_size(op.sealed, op.companion)
            if room < 0 and ops:
                break
            ops.append(op)
        rows = rows[: len(ops)]
        with self._store.transaction():
            number = self._store.start_sending(rows, now.wall)
        self._flying = {row.header.op_id: row for row in rows}
        head = self._store.journal.head
        batch = Batch(self._keys.terminal, number, head, tuple(ops))
        body = batch.to_bytes()
        assert len(body) <= BATCH_BYTES_MAX
        return Outgoing(batch, body, sign(body, self._keys.signing))

    def settle(self, outgoing: Outgoing, reply_body: bytes, now: Moment) -> list[Notice]:
        """Take in the bank's reply. A missing, foreign or badly signed verdict says nothing."""
        try:
            reply = read_reply(reply_body)
        except BadEnvelope:
            return self.failed(outgoing, now)
        rows = self._landed(outgoing)
        verdicts = {v.op_id: v for v in reply.verdicts if self._is_believed(v, rows)}
        if not verdicts:
            self._flying = rows
            return self.failed(outgoing, now)
        notices = self._contact(
            self._line.worked(now.mono_s, min(reply.next_slot_ms, _SLOT_MAX_MS) / 1000), now
        )
        with self._store.transaction():
            for op_id, row in rows.items():
                verdict = verdicts.get(op_id)
                if verdict is None:
                    self._unknown(row, len(rows), now)
                else:
                    self._judge(row, verdict, now)
        for op_id, verdict in verdicts.items():
            notices += self._say(op_id, verdict)
        return notices + self._said()

    def failed(self, outgoing: Outgoing, now: Moment, hold_s: float = 0.0) -> list[Notice]:
        """No answer, or none that counts: what became of the rows is unknown, all wait again.

        `hold_s`: the rest the bank asked for in a `Retry-After`.
        """
        rows = self._landed(outgoing)
        with self._store.transaction():
            for row in rows.values():
                self._unknown(row, len(rows), now)
        changed = self._line.failed(now.mono_s, hold_s)
        return [*([LineChanged(False)] if changed else []), *self._said()]

    def keys_fetched(self, body: bytes, now: Moment) -> list[Notice]:
        """A ping was answered with the bank's key list. One not signed by it is no answer."""
        try:
            keys = read_key_list(body, self._keys.verdict)
        except BadEnvelope:
            return self.ping_failed(now)
        self._sealer.use(keys)
        text = body.decode()
        if text != self._store.meta(_BANK_KEYS):
            with self._store.transaction():
                self._store.remember(_BANK_KEYS, text)
        return self._contact(self._line.seen(now.mono_s), now)

    def ping_failed(self, now: Moment) -> list[Notice]:
        """A ping was not answered."""
        return [LineChanged(False)] if self._line.not_seen(now.mono_s) else []

    def expire(self, now: Moment) -> list[Notice]:
        """End what has waited too long, and hand over every notice not yet said."""
        self._visits.drop_old(now.mono_s)
        self._unsaid += self._expire(now)
        return self._said()

    def next_s(self, now: Moment) -> float | None:
        """Seconds until `next_batch` or `expire` has something to do; None: nothing waits."""
        due_s = None if self._flying else self._store.next_try_boot_s()
        times_s = (
            None if due_s is None else max(due_s, self._line.open_at_s),
            self._store.next_expiry_boot_s(),
            self._visits.next_drop_s(),
        )
        first_s = min((time_s for time_s in times_s if time_s is not None), default=None)
        return None if first_s is None else max(0.0, first_s - now.mono_s)

    def ping_s(self, now: Moment) -> float:
        """Seconds until the line should be looked at, if nothing is sent before."""
        return max(0.0, self._line.ping_at_s - now.mono_s)

    # --- inside: accepting -------------------------------------------------------------

    def _refusal(self, kind: str) -> NotTakenReason | None:
        if not policy.policy_of(kind).waits and self._line.is_down:
            return NotTakenReason.NO_LINE
        if policy.is_full_for(kind, self._store.waiting.total()):
            return NotTakenReason.FULL
        return None

    def _add(self, op_id: str, request: Request, mac: str, now: Moment) -> Row:
        with self._store.transaction():
            lane_seq = self._store.next_lane_seq(self._sealer.lane_of(request))
            row = self._sealer.row(op_id, request, mac, lane_seq, self._store.boot_id, now)
            self._store.add(row)
        return row

    # --- inside: sending and settling --------------------------------------------------

    def _choose(self, now: Moment) -> list[Row]:
        """Rows in company, or one alone that failed too often in it; in turn, if both wait.

        While the line is not known to be up one row probes it, and rather one that is not suspect itself.
        """
        limit = BATCH_OPS_MAX if self._line.up else 1
        together = self._store.due(now.mono_s, limit)
        if together and not (self._alone_next and self._line.up):
            self._alone_next = True
            return together
        self._alone_next = False
        return self._store.due(now.mono_s, 1, alone=True) or together

    def _sealed_op(self, row: Row) -> SealedOp:
        assert row.sealed is not None, "a waiting row keeps its sealed text"
        return SealedOp(row.header, row.sealed, self._visits.companion(row.header.op_id))

    def _landed(self, outgoing: Outgoing) -> dict[str, Row]:
        rows, self._flying = self._flying, {}
        assert rows.keys() == {op.header.op_id for op in outgoing.batch.ops}, "not in flight"
        return rows

    def _is_believed(self, verdict: Verdict, rows: dict[str, Row]) -> bool:
        row = rows.get(verdict.op_id)
        if row is None or verdict.request_hash != row.request_hash:
            return False
        try:
            signed = verdict.signed_bytes()
        except ValueError:  # a number or a text that has no canonical form
            return False
        return is_signed(signed, verdict.signature, self._keys.verdict)

    def _judge(self, row: Row, verdict: Verdict, now: Moment) -> None:
        match verdict.outcome:
            case Outcome.RETRY:
                wait_s = policy.backoff_s(row.attempts + 1, self._rng)
                if verdict.retry_after_s is not None:
                    wait_s = max(wait_s, min(verdict.retry_after_s, policy.BACKOFF_MAX_S))
                self._store.put_back(row, "retry", now.mono_s + wait_s, 0, now.wall)
                return
            case Outcome.APPLIED | Outcome.DUPLICATE:
                state = State.DONE
            case Outcome.REJECTED:
                state = State.REJECTED
            case Outcome.UNKNOWN_KEY | Outcome.CONFLICT:
                state = State.DEAD
        self._store.finish(row, state, verdict.outcome, now.wall)

    def _unknown(self, row: Row, company: int, now: Moment) -> None:
        """Neither failed nor done: the same operation is sent again, later."""
        together = row.together_failures + (company > 1)
        next_try_s = now.mono_s + policy.backoff_s(row.attempts + 1, self._rng)
        self._store.put_back(row, "unknown", next_try_s, together, now.wall)

    def _say(self, op_id: str, verdict: Verdict) -> list[Notice]:
        """The answer, to a visit that waits for it. It is kept nowhere."""
        if verdict.outcome is Outcome.RETRY:
            return []
        live = op_id in self._visits
        self.forget(op_id)
        if not live or verdict.answer is None:
            return []
        try:
            return [Answered(op_id, answer_from_wire(verdict.answer))]
        except MalformedMessage:
            return []

    def _contact(self, changed: bool, now: Moment) -> list[Notice]:
        self._last_contact_at = now.wall.isoformat()
        if not changed:
            return []
        # The rests were the line's fault: with it back, what is most urgent goes first again.
        with self._store.transaction():
            self._store.end_rests(now.mono_s)
        return [LineChanged(True)]

    def _expire(self, now: Moment) -> list[Notice]:
        rows = self._store.overdue(now.mono_s, now.wall.timestamp(), _EXPIRE_AT_ONCE)
        if not rows:
            return []
        with self._store.transaction():
            for row in rows:
                self._store.finish(row, State.EXPIRED, "expired", now.wall)
        live = [row.header.op_id for row in rows if row.header.op_id in self._visits]
        for row in rows:
            self.forget(row.header.op_id)
        return [NotTaken(op_id, NotTakenReason.NO_LINE) for op_id in live]

    def _said(self) -> list[Notice]:
        unsaid, self._unsaid = self._unsaid, []
        return unsaid

    def _age_s(self, row: Row, now: Moment) -> float:
        if row.boot_id == self._store.boot_id:
            return now.mono_s - row.accepted_boot_s
        accepted = datetime.fromisoformat(row.header.accepted_at)
        return max(0.0, (now.wall - accepted).total_seconds())


def _b64_size(*blobs: bytes | None) -> int:
    """Bytes of an operation in a batch beside its header: base 64 and JSON around it."""
    return sum((len(blob) + 2) // 3 * 4 for blob in blobs if blob) + 64
