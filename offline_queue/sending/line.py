"""What the queue knows of the line, from its own tries alone."""

from __future__ import annotations

from collections.abc import Callable

from offline_queue.policy import BACKOFF_MAX_S, HELLO_S, backoff_s

_HOLD_SPREAD_S = 1.0


class Line:
    """The line's last known state, and when it may be used or looked at again (boot time).

    While it is down one operation at a time probes it, ever less often; an idle line is looked
    at every `HELLO_S` or so. A rest that the bank asks for is its pacing, not a failure: it is
    kept to the second, and holds loss reports only if a batch with one was answered so.
    """

    def __init__(self, rng: Callable[[], float]) -> None:
        self._rng = rng
        self._failures = 0
        self._known = False
        self._own_rest_s = 0.0  # after failures: until then nothing is sent
        self._bank_rest_s = 0.0  # asked for by the bank
        self._urgent_rest_s = 0.0  # asked for by the bank, of loss reports
        self.up = False
        self.hello_at_s = 0.0

    @property
    def open_at_s(self) -> float:
        """No batch before."""
        return max(self._own_rest_s, self._bank_rest_s)

    @property
    def urgent_at_s(self) -> float:
        """No batch of loss reports alone before."""
        return max(self._own_rest_s, min(self._urgent_rest_s, self._bank_rest_s))

    @property
    def is_down(self) -> bool:
        """Whether the last try failed. Before the first try nobody knows."""
        return self._known and not self.up

    def worked(self, now_s: float, hold_s: float = 0.0, *, urgent: bool = False) -> bool:
        """The bank answered, and asks for `hold_s` of rest. True if the line changed.

        `urgent`: a loss report was in the batch.
        """
        self._hold(now_s + _bounded(hold_s), urgent)
        return self._reached(now_s)

    def seen(self, now_s: float, hold_s: float = 0.0) -> bool:
        """A hello was answered; a rest asked for earlier goes on. True if the line changed."""
        self._bank_rest_s = max(self._bank_rest_s, now_s + _bounded(hold_s))
        return self._reached(now_s)

    def held(self, now_s: float, hold_s: float, *, urgent: bool) -> None:
        """The bank has no time, and says for how long. The line is what it was."""
        self._hold(now_s + _bounded(hold_s) + self._rng() * _HOLD_SPREAD_S, urgent)
        self._hello_later(now_s)

    def failed(self, now_s: float) -> bool:
        """A batch got no answer, or none that counts. True if the line changed."""
        self._failures += 1
        self._own_rest_s = now_s + backoff_s(self._failures, self._rng)
        return self.not_seen(now_s)

    def not_seen(self, now_s: float) -> bool:
        """A hello was not answered. True if the line changed."""
        changed, self.up, self._known = self.up, False, True
        self.hello_at_s = now_s + self._spread_s()
        return changed

    def _reached(self, now_s: float) -> bool:
        changed, self.up, self._known = not self.up, True, True
        self._failures = 0
        self._own_rest_s = 0.0
        self._hello_later(now_s)
        return changed

    def _hold(self, until_s: float, urgent: bool) -> None:
        self._bank_rest_s = until_s
        if urgent:
            self._urgent_rest_s = until_s

    def _hello_later(self, now_s: float) -> None:
        """Not while the bank asked for rest: the batch that comes then is as good as a hello."""
        self.hello_at_s = max(now_s, self._bank_rest_s) + self._spread_s()

    def _spread_s(self) -> float:
        """Spread out, so that a hall full of terminals does not knock at once."""
        return HELLO_S * (0.5 + self._rng())


def _bounded(hold_s: float) -> float:
    return min(max(hold_s, 0.0), BACKOFF_MAX_S)
