"""How many requests one client may hand in: a burst at once, then a few a second."""

from __future__ import annotations

BURST = 40.0
PER_S = 10.0


class TokenBucket:
    """`BURST` tokens, refilled by `PER_S` a second (boot time)."""

    def __init__(self) -> None:
        self._tokens = BURST
        self._at_s: float | None = None

    def take(self, now_s: float) -> bool:
        """Take a token; False if there is none."""
        since_s = 0.0 if self._at_s is None else max(0.0, now_s - self._at_s)
        self._at_s = now_s
        self._tokens = min(BURST, self._tokens + since_s * PER_S)
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True


class ClientRates:
    """The buckets of one client: loss reports have their own."""

    def __init__(self) -> None:
        self._loss, self._others = TokenBucket(), TokenBucket()

    def take(self, now_s: float, *, is_loss: bool) -> bool:
        """Whether another request may be taken now."""
        return (self._loss if is_loss else self._others).take(now_s)
