"""What was judged of the rows of a batch, written down and followed by the schedule."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from offline_queue import policy
from offline_queue.intake import Intake
from offline_queue.moment import Moment
from offline_queue.sending.schedule import Entry, Schedule
from offline_queue.sending.settling import Judgement
from offline_queue.storage.rows import State
from offline_queue.storage.store import Store

_BLAME_OTHERS_WORKED = 5  # of `policy.POISON_MAX`: other rows went through meanwhile
_TURNED_AWAY_MAX = 3
_BLAME_LINE_WORKED = 1  # only a hello did: it may be the line that takes nothing larger


class Settler:
    """Ends rows, or lets them rest, by what the bank said of them or did not say."""

    def __init__(
        self, store: Store, schedule: Schedule, intake: Intake, rng: Callable[[], float]
    ) -> None:
        self._store = store
        self._schedule = schedule
        self._intake = intake
        self._rng = rng
        self._hello_s = self._batch_s = -1.0  # when the bank was heard last
        self._turned_away = 0  # in a row
        self.last_outcome: str | None = None
        self.count_dead()

    def count_dead(self) -> None:
        """Count again what a person must look at, by the bank's last word."""
        self.dead = self._store.dead()

    def hello_worked(self, now: Moment) -> None:
        """The bank was heard."""
        self._hello_s = now.mono_s

    def batch_worked(self, now: Moment) -> None:
        """The bank settled a batch."""
        self._batch_s = now.mono_s
        self._turned_away = 0

    def write(self, judged: Sequence[Judgement], now: Moment) -> None:
        """Commit without a flush: if it is lost, the bank is asked again. Raises `StoreFailed`."""
        at = self._store.mark(now)
        with self._store.transaction(lazy=True):
            for each in judged:
                entry = each.entry
                if each.state is None:
                    self._store.noted(each.event, [entry.op_id], at)
                else:
                    row = (entry.seq, entry.op_id, each.state, each.outcome)
                    self._store.settled([row], each.event, at)

    def move(self, judged: Sequence[Judgement], now: Moment, *, line_failed: bool = False) -> None:
        """The schedule follows what was written. `line_failed`: there was no answer at all."""
        for each in judged:
            if each.verdict is not None:
                self.last_outcome = each.verdict.outcome.value
            if each.state is None:
                self._rest(each, len(judged), now.mono_s, line_failed)
            else:
                self._schedule.remove(each.entry)
        if any(each.state is State.DEAD for each in judged):
            self.count_dead()
        final = [e.entry.op_id for e in judged if e.state not in (None, State.DEAD)]
        if final:
            self._intake.finished(final)

    def turned_away(self, entries: Sequence[Entry], now: Moment) -> None:
        """The bank named a rest instead of an answer. Once or twice that is its pacing.

        Every time, and it may be one row that something on the way dislikes: then rows go alone
        and by turns, so that the others get through.
        """
        self._turned_away += 1
        for entry in entries:
            if not self.goes_alone:
                self._schedule.rest(entry, now.mono_s)
                continue
            if len(entries) == 1 and self._batch_s > entry.failed_at_s:
                entry.blame += _BLAME_OTHERS_WORKED
            entry.failed_at_s = now.mono_s
            wait_s = policy.backoff_s(entry.attempts, self._rng)
            self._schedule.rest(entry, now.mono_s + wait_s)

    @property
    def goes_alone(self) -> bool:
        """Whether the bank turned batches away so often that the rows go one by one."""
        return self._turned_away >= _TURNED_AWAY_MAX

    def _rest(self, judged: Judgement, company: int, now_s: float, line_failed: bool) -> None:
        entry, verdict = judged.entry, judged.verdict
        wait_s = policy.backoff_s(entry.attempts, self._rng)
        if verdict is None:
            if company > 1:
                entry.together_failures += 1
            else:
                entry.blame += self._blame(entry)
        else:
            entry.together_failures = entry.blame = 0
            if verdict.retry_after_s is not None:
                wait_s = max(wait_s, min(verdict.retry_after_s, policy.BACKOFF_MAX_S))
        if line_failed and not entry.is_suspect:
            wait_s = 0.0  # the line rests; the oldest row probes it again
        entry.failed_at_s = now_s
        if entry.blame >= policy.POISON_MAX and entry.priority == policy.FIRST_IN_LINE:
            self._schedule.step_aside(entry)  # it is never given up, but holds nobody any more
        self._schedule.rest(entry, now_s + wait_s)

    def _blame(self, entry: Entry) -> int:
        """How much of a failure alone is the row's own: what worked since it failed last?"""
        if self._batch_s > entry.failed_at_s:
            return _BLAME_OTHERS_WORKED
        return _BLAME_LINE_WORKED if self._hello_s > entry.failed_at_s else 0
