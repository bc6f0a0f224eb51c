"""The queue itself: takes requests, hands out batches, believes only signed verdicts.

Single-threaded, no clock and no network: whoever drives it brings the time and carries the
bytes. The one thing it touches is its store (and the rescue file beside it).
"""

from __future__ import annotations

import hmac
import sqlite3
from collections.abc import Callable

from offline_queue import policy
from offline_queue.admission import admitted
from offline_queue.alerts import Facts, alerts_of
from offline_queue.formats.entries import Event
from offline_queue.formats.keys import TerminalKeys
from offline_queue.intake import Intake, RescueFile
from offline_queue.messages import (
    LineChanged,
    Notice,
    NotTaken,
    NotTakenReason,
    QueueStatus,
    Taken,
)
from offline_queue.moment import Moment
from offline_queue.sealing import Sealer, Visits
from offline_queue.sending.greeter import Greeter, OutgoingHello
from offline_queue.sending.line import Line
from offline_queue.sending.outgoing import Outgoing, Sender
from offline_queue.sending.schedule import Place, Schedule
from offline_queue.sending.settler import Settler
from offline_queue.sending.settling import answer_to_visit, believed, judge
from offline_queue.sending.waiting import entry_of, refresh
from offline_queue.storage.rows import WAITING, Row, State
from offline_queue.storage.space import Space, SpaceWatch
from offline_queue.storage.store import Store, StoreFailed
from sscard.codes import receipt_code
from sscard.requests import Companion, LossReport, Request

__all__ = ["Outgoing", "OutgoingHello", "Queue"]

_EXPIRE_AT_ONCE = 200  # rows a turn


class Queue:
    """Takes requests durably and settles each one by the bank's signed verdict, exactly once.

    `rng` gives random numbers in [0, 1), for back-off and nonces. `room` tells the disk's space,
    `make_room` gives some back on a full one (True: it did). Raises `StoreFailed` where no answer
    can say so: then close it, and start again from what is stored.
    """

    def __init__(
        self,
        store: Store,
        keys: TerminalKeys,
        rng: Callable[[], float],
        rescue: RescueFile | None = None,
        limits: policy.Limits | None = None,
        room: Callable[[], Space] | None = None,
        make_room: Callable[[], bool] = lambda: False,
    ) -> None:
        if store.terminal != keys.terminal:
            raise ValueError("the keys are another terminal's")
        self._store = store
        self._keys = keys
        self._rng = rng
        self._intake = Intake(store, rescue, make_room)
        self._limits = limits or policy.Limits()
        self._policies = policy.Policies(self._limits)
        self._space = None if room is None else SpaceWatch(room)
        self._line = Line(rng)
        self._sealer = Sealer(keys)
        self._greeter = Greeter(store, keys, self._sealer, rng)
        self._visits = Visits()
        self._schedule = Schedule()
        self._sender = Sender(store, keys, self._schedule, self._visits)
        self._unsaid: list[Notice] = []
        self._greeted = False
        self._refreshed = False  # by an anchor of this start: how long old rows have waited
        self._settler = Settler(store, self._schedule, self._intake, rng)
        self._last_contact_at: str | None = None
        for row in store.waiting_rows():
            self._schedule.add(entry_of(row, self._policies, store, store.opened))

    @property
    def must_reopen(self) -> bool:
        """The database failed; what was taken since is in the rescue file alone."""
        return self._intake.must_reopen

    # --- the screen's side -------------------------------------------------------------

    def accept(
        self, op_id: str, request: Request, companion: Companion | None, now: Moment
    ) -> Taken | NotTaken:
        """Seal a request and flush it. The same one again gets the same answer."""
        self._visits.drop_old(now.mono_s)
        plain = admitted(op_id, request)
        if isinstance(plain, NotTaken):
            return plain
        try:
            return self._take(op_id, request, plain, companion, now)
        except StoreFailed as failure:
            full = failure.full
            return NotTaken(op_id, NotTakenReason.FULL if full else NotTakenReason.STORE_FAILED)

    def forget(self, op_id: str) -> None:
        """The visit is over: its companion goes, and the answer goes to nobody."""
        self._visits.forget(op_id)

    def status(self, now: Moment) -> QueueStatus:
        """What screens and health may know."""
        places = self._schedule.places()
        dead = sum(self._settler.dead.values())
        if dead:
            places["dead"] = dead
        oldest = self._schedule.oldest()
        space = None if self._space is None else self._space.at(now.mono_s)
        return QueueStatus(
            line_up=self._line.up,
            waiting={kind: count for kind, count in self._schedule.waiting.items() if count},
            oldest_age_s=None if oldest is None else max(0.0, now.mono_s - oldest.since_s),
            last_contact_at=self._last_contact_at,
            dead=dead,
            by_state=places,
            last_verdict=self._settler.last_outcome,
            epoch=self._store.journal.epoch,
            journal_n=self._store.journal.n,
            space_left_bytes=None if space is None else space.free,
            capacity_share=round(self._share(now), 3),
            clock_quality=now.quality.value,
            alerts=self.alerts(now),
        )

    def alerts(self, now: Moment) -> list[str]:
        """What somebody must be told; the remedy is each one's first word."""
        loss = self._schedule.oldest(policy.FIRST_IN_LINE)
        return alerts_of(
            Facts(
                loss_waits_s=None if loss is None else now.mono_s - loss.since_s,
                dead=sum(self._settler.dead.values()),
                conflicts=self._settler.dead.get("conflict", 0),
                share=self._share(now),
                gap=self._greeter.gap,
                keys_went_back=self._greeter.keys_went_back,
                rescue_failed=self._intake.rescue_failed,
            )
        )

    # --- the bank's side ---------------------------------------------------------------

    def hello(self, now: Moment) -> OutgoingHello:
        """The hello to be sent now."""
        return self._greeter.hello(now)

    def greeted(self, said: OutgoingHello, body: bytes, now: Moment) -> list[Notice]:
        """A hello was answered. What the bank did not sign is no answer."""
        epoch, anchor = self._store.journal.epoch, self._store.anchor
        greeting = self._greeter.greeted(said, body, now)
        if greeting is None:
            return self.hello_failed(now)
        self._greeted = True
        if self._store.journal.epoch != epoch:
            self._intake.epoch_began(self._store.journal.epoch)
        if self._store.anchor is not anchor and not self._refreshed:
            refresh(self._schedule, self._store, self._store.mark(now))
            self._refreshed = True
        changed = self._line.seen(now.mono_s, greeting.next_slot_ms / 1000)
        return self._contact(changed, now)

    def hello_failed(self, now: Moment, hold_s: float = 0.0) -> list[Notice]:
        """A hello was not answered; `hold_s`: the bank's `Retry-After`, if that was all it said."""
        if hold_s > 0:
            self._line.held(now.mono_s, hold_s, urgent=False)
            return []
        return [LineChanged(False)] if self._line.not_seen(now.mono_s) else []

    def next_batch(self, now: Moment) -> Outgoing | None:
        """The batch to send now, its rows in flight; None while there is none.

        One at a time: settle it, or say that it failed, before the next. None before the bank
        has been heard since the start.
        """
        self._unsaid += self._expire(now)
        self._visits.drop_old(now.mono_s)
        below = self._may_send(now.mono_s)
        if not self._greeted or below == 0:
            return None
        together = self._line.up and not self._settler.goes_alone
        return self._sender.next(now.mono_s, below, together=together)

    def settle(self, outgoing: Outgoing, reply_body: bytes, now: Moment) -> list[Notice]:
        """Take in the bank's reply. A missing, foreign or badly signed verdict says nothing."""
        reply, verdicts = believed(outgoing, reply_body, self._keys.verdict)
        if reply is None or not verdicts:
            return self.failed(outgoing, now)
        entries = self._sender.landed(outgoing)
        judged = [judge(entry, verdicts.get(entry.op_id)) for entry in entries]
        self._settler.write(judged, now)
        changed = self._line.worked(
            now.mono_s, reply.next_slot_ms / 1000, urgent=outgoing.is_urgent
        )
        notices = self._contact(changed, now)
        self._settler.move(judged, now)
        self._settler.batch_worked(now)
        for each in judged:
            notices += answer_to_visit(each, self._visits)
        return notices + self._said()

    def failed(self, outgoing: Outgoing, now: Moment, hold_s: float = 0.0) -> list[Notice]:
        """No answer, or none that counts: what became of the rows is unknown, all wait again.

        `hold_s`: the rest the bank asked for in a `Retry-After`; then it turned us away, and
        nothing is wrong with the line or the rows.
        """
        entries = self._sender.landed(outgoing)
        if hold_s > 0:
            self._line.held(now.mono_s, hold_s, urgent=outgoing.is_urgent)
            self._settler.turned_away(entries, now)
            return self._said()
        judged = [judge(entry, None) for entry in entries]
        self._settler.write(judged, now)
        changed = self._line.failed(now.mono_s)
        self._settler.move(judged, now, line_failed=True)
        return [*([LineChanged(False)] if changed else []), *self._said()]

    def expire(self, now: Moment) -> list[Notice]:
        """End what has waited too long, and hand over every notice not yet said."""
        self._visits.drop_old(now.mono_s)
        self._unsaid += self._expire(now)
        return self._said()

    def next_s(self, now: Moment) -> float | None:
        """Seconds until `next_batch` or `expire` has something to do; None: nothing waits."""
        times_s: list[float | None] = [self._schedule.next_end_s(), self._visits.next_drop_s()]
        if self._greeted and not self._sender.flies:
            due_s = self._schedule.next_try_s()
            urgent_s = self._schedule.next_try_s(policy.SECOND_IN_LINE)
            times_s.append(None if due_s is None else max(due_s, self._line.open_at_s))
            times_s.append(None if urgent_s is None else max(urgent_s, self._line.urgent_at_s))
        first_s = min((time_s for time_s in times_s if time_s is not None), default=None)
        return None if first_s is None else max(0.0, first_s - now.mono_s)

    def hello_s(self, now: Moment) -> float:
        """Seconds until the line should be looked at, if nothing is sent before."""
        return max(0.0, self._line.hello_at_s - now.mono_s)

    def prepare(self, now: Moment) -> None:
        """Do ahead, in a quiet moment, what an acceptance would otherwise have to do."""
        self._sealer.prepare(now)

    # --- a person's side ---------------------------------------------------------------

    def revive(self, op_id: str, now: Moment) -> bool:
        """Send a dead operation again, under its own id. False if it is not dead."""
        row = self._store.find(op_id)
        if row is None or row.state is not State.DEAD or row.sealed is None:
            return False
        with self._store.transaction():
            settled = [(row.seq, op_id, State.READY, "")]
            self._store.settled(settled, Event.REVIVED, self._store.mark(now))
        self._settler.count_dead()
        self._schedule.add(entry_of(row, self._policies, self._store, self._store.mark(now)))
        return True

    def bury(self, op_id: str, reason: str, now: Moment) -> bool:
        """End an operation that is dead, or waits and is not in flight. False for any other."""
        row, entry = self._store.find(op_id), self._schedule.get(op_id)
        if row is None or row.state not in (*WAITING, State.DEAD):
            return False
        if entry is not None and entry.place is Place.FLYING:
            return False
        with self._store.transaction():
            settled = [(row.seq, op_id, State.BURIED, reason)]
            self._store.settled(settled, Event.BURIED, self._store.mark(now))
        if entry is not None:
            self._schedule.remove(entry)
        self._settler.count_dead()
        self._intake.finished([op_id])
        return True

    # --- inside ------------------------------------------------------------------------

    def _take(
        self,
        op_id: str,
        request: Request,
        plain: bytes,
        companion: Companion | None,
        now: Moment,
    ) -> Taken | NotTaken:
        """A new row, or the one that is there. Raises `StoreFailed`.

        The disk is asked first only where that saves something; otherwise the insertion tells.
        """
        refusal = self._refusal(request.kind, now)
        row: Row | None = None
        if refusal or op_id in self._schedule or isinstance(request, LossReport):
            row = self._store.find(op_id)
        if row is None and refusal is not None:
            return NotTaken(op_id, refusal)
        if row is None:
            try:
                return self._taken(self._add(op_id, request, plain, now), companion, now)
            except sqlite3.IntegrityError:
                row = self._store.find(op_id)
                assert row is not None, "only the operation's id can be there already"
        if not hmac.compare_digest(row.request_mac, self._sealer.request_mac(op_id, plain)):
            return NotTaken(op_id, NotTakenReason.MALFORMED)
        if row.state in (State.EXPIRED, State.EXPIRING):
            return NotTaken(op_id, NotTakenReason.NO_LINE)
        return self._taken(row, companion, now)

    def _taken(self, row: Row, companion: Companion | None, now: Moment) -> Taken:
        header = row.header
        if row.state in WAITING:
            sealed = self._sealer.companion(companion, header)
            self._visits.attend(header.op_id, sealed, now.mono_s)
        code = receipt_code(bytes.fromhex(header.op_id))
        return Taken(header.op_id, code, header.accepted.wall)

    def _refusal(self, kind: str, now: Moment) -> NotTakenReason | None:
        kind_policy = self._policies.of(kind)
        if not kind_policy.waits and self._line.is_down:
            return NotTakenReason.NO_LINE
        if policy.is_full_for(kind_policy, self._share(now)):
            return NotTakenReason.FULL
        return None

    def _share(self, now: Moment) -> float:
        rows = len(self._schedule) / self._limits.capacity_rows
        if self._space is None:
            return rows
        space = self._space.at(now.mono_s)
        return max(rows, space.used / self._limits.capacity_bytes, space.share)

    def _add(self, op_id: str, request: Request, plain: bytes, now: Moment) -> Row:
        kind_policy = self._policies.of(request.kind)
        lasts_ms = None
        if kind_policy.until is not None:
            lasts_ms = int((kind_policy.until(now.wall) - now.wall).total_seconds() * 1000)
        at = self._store.mark(now)
        tip = self._store.journal.tip
        sealed = self._sealer.seal_row(op_id, request, plain, lasts_ms, tip, at, now.wall)
        is_loss = isinstance(request, LossReport)
        supersedes = []
        if isinstance(request, LossReport) and not request.card_ids:
            supersedes = self._schedule.of_lane(sealed.row.header.lane, "password_unlock")
        self._intake.take(sealed, supersedes, rescued=is_loss)
        if self._intake.must_reopen:
            return sealed.row
        for old in supersedes:
            self._schedule.remove(old)
            self.forget(old.op_id)
        self._schedule.add(entry_of(sealed.row, self._policies, self._store, at))
        return sealed.row

    def _may_send(self, now_s: float) -> int:
        """Rows below which priority may go now: all, loss reports alone, or none (0)."""
        if now_s >= self._line.open_at_s:
            return policy.ANY_PRIORITY
        return policy.SECOND_IN_LINE if now_s >= self._line.urgent_at_s else 0

    def _contact(self, changed: bool, now: Moment) -> list[Notice]:
        self._last_contact_at = now.wall.isoformat()
        self._settler.hello_worked(now)
        if not changed:
            return []
        # The rests were the line's fault: with it back, what is most urgent goes first again.
        self._schedule.end_rests(now.mono_s)
        return [LineChanged(True)]

    def _expire(self, now: Moment) -> list[Notice]:
        """End what has waited too long; of an unlock the bank is told first."""
        entries = self._schedule.overdue(now.mono_s, _EXPIRE_AT_ONCE)
        if not entries:
            return []
        at = self._store.mark(now)
        with self._store.transaction(lazy=True):
            for entry in entries:
                tells = self._policies.of(entry.kind).tells
                state = State.EXPIRING if tells else State.EXPIRED
                ended = [(entry.seq, entry.op_id, state, "")]
                self._store.settled(ended, Event.EXPIRED, at)
        live = [entry.op_id for entry in entries if entry.op_id in self._visits]
        for entry in entries:
            self.forget(entry.op_id)
            if self._policies.of(entry.kind).tells:
                entry.expiring = True
            else:
                self._schedule.remove(entry)
        return [NotTaken(op_id, NotTakenReason.NO_LINE) for op_id in live]

    def _said(self) -> list[Notice]:
        unsaid, self._unsaid = self._unsaid, []
        return unsaid
