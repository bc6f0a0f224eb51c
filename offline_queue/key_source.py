"""Where the one-use keys of new rows come from: made ahead in quiet moments, in memory alone."""

from __future__ import annotations

from offline_queue.formats.keys import SealingKey
from offline_queue.formats.one_use import OneUseKey, Ratchet

RENEW_S = 3_600.0  # a seed is not kept longer, used or not


class KeySource:
    """A ratchet in use and one in reserve, both sealed to one key of the bank."""

    def __init__(self) -> None:
        self._sealing: SealingKey | None = None
        self._used: Ratchet | None = None
        self._reserve: Ratchet | None = None
        self._made_s = 0.0  # the older one, in boot time

    def take(self, sealing: SealingKey) -> OneUseKey:
        """A key for one text, sealed to this key of the bank; what was made for another is dropped."""
        if not _is_same(self._sealing, sealing):
            self.drop()
            self._sealing = sealing
        if self._used is None or self._used.is_used_up:
            self._used = self._reserve or Ratchet(sealing.key_id, sealing.key)
            self._reserve = None
        return self._used.next()

    def prepare(self, sealing: SealingKey, now_s: float) -> None:
        """Make what is missing, and anew what is old."""
        if not _is_same(self._sealing, sealing) or not 0 <= now_s - self._made_s < RENEW_S:
            self.drop()
            self._sealing, self._made_s = sealing, now_s
        if self._used is None or self._used.is_used_up:
            self._used, self._reserve = self._reserve, None
        self._used = self._used or Ratchet(sealing.key_id, sealing.key)
        self._reserve = self._reserve or Ratchet(sealing.key_id, sealing.key)

    def drop(self) -> None:
        """Forget what was made."""
        self._sealing = self._used = self._reserve = None


def _is_same(one: SealingKey | None, other: SealingKey) -> bool:
    return one is other or (
        one is not None and one.key_id == other.key_id and one.public == other.public
    )
