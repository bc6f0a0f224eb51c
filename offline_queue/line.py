"""What the queue knows of the line, from its own tries alone."""

from __future__ import annotations

from collections.abc import Callable

from offline_queue.policy import BACKOFF_MAX_S, PING_S, backoff_s


class Line:
    """The line's last known state, and when it may be used or looked at again (boot time).

    While it is down one operation at a time probes it, ever less often; an idle line is looked
    at every `PING_S` or so.
    """

    def __init__(self, rng: Callable[[], float]) -> None:
        self._rng = rng
        self._failures = 0
        self._known = False
        self.up = False
        self.open_at_s = 0.0  # no batch before
        self.ping_at_s = 0.0

    @property
    def is_down(self) -> bool:
        """Whether the last try failed. Before the first try nobody knows."""
        return self._known and not self.up

    def worked(self, now_s: float, hold_s: float = 0.0) -> bool:
        """The bank answered, and asks for `hold_s` of rest. True if the line changed."""
        changed, self.up, self._known = not self.up, True, True
        self._failures = 0
        self.open_at_s = now_s + min(max(hold_s, 0.0), BACKOFF_MAX_S)
        self._ping_later(now_s)
        return changed

    def seen(self, now_s: float) -> bool:
        """A ping was answered. The rest the bank asked for goes on. True if the line changed."""
        if self.up:
            self._ping_later(now_s)
            return False
        return self.worked(now_s)

    def failed(self, now_s: float, hold_s: float = 0.0) -> bool:
        """A batch got no answer, or none that counts. True if the line changed."""
        self._failures += 1
        rest_s = max(backoff_s(self._failures, self._rng), min(max(hold_s, 0.0), BACKOFF_MAX_S))
        self.open_at_s = now_s + rest_s
        return self.not_seen(now_s)

    def not_seen(self, now_s: float) -> bool:
        """A ping was not answered. True if the line changed."""
        changed, self.up, self._known = self.up, False, True
        self._ping_later(now_s)
        return changed

    def _ping_later(self, now_s: float) -> None:
        """Spread out, so that a hall full of terminals does not knock at once."""
        self.ping_at_s = now_s + PING_S * (0.5 + self._rng())
