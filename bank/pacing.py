"""Who is served now and who comes back when: the bank names each terminal its next slot.

After an outage thousands of terminals come at once. Without a plan they retry over each other;
with one, each comes once more, at its time, and the bank works at its capacity all along.

Three thresholds on one measure, the work already taken on beyond now: a stranger is served when
there is little of it, a terminal that comes to its slot when there is more, and a loss report
when there is more still, at the cost of the others. Slots are handed out one behind the other,
and served is whoever comes while there is room: a slot that its terminal lets pass, or that it
was given by another process of the bank, is not lost to all.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

# Work taken on beyond now, in seconds of the capacity.
_STRANGER_S = 1.0
_SLOT_S = 1.5
_LOSS_S = 2.5
_ROUNDING_S = 1e-6
_SLOT_KEPT_S = 30.0  # how long after its slot a terminal still counts as coming to it
_TERMINALS_MAX = 100_000


@dataclass(frozen=True, slots=True)
class Decision:
    """Serve this batch or turn it away; in how many milliseconds the terminal should come again.

    0: whenever it has something.
    """

    serve: bool
    next_slot_ms: int


class _Lane:
    """Slots one behind the other, and who holds which; at most 100,000 are remembered."""

    def __init__(self, each_s: float) -> None:
        self._each_s = each_s
        self.next_s = 0.0  # the next slot to be given
        self._slots: dict[str, float] = {}  # terminal to its slot, the earliest first

    def slot_s(self, terminal: str, now_s: float) -> float | None:
        """The slot that a terminal holds, to come or only just missed."""
        slot_s = self._slots.get(terminal)
        return None if slot_s is None or slot_s + _SLOT_KEPT_S <= now_s else slot_s

    def give(self, terminal: str, first_s: float, now_s: float) -> float:
        """The next free slot, not before `first_s`."""
        while self._slots:
            oldest, slot_s = next(iter(self._slots.items()))
            if slot_s + _SLOT_KEPT_S > now_s and len(self._slots) < _TERMINALS_MAX:
                break
            del self._slots[oldest]
        slot_s = max(self.next_s, first_s)
        self.next_s = slot_s + self._each_s
        self._slots.pop(terminal, None)
        self._slots[terminal] = slot_s
        return slot_s

    def drop(self, terminal: str) -> None:
        """A terminal holds no slot any more."""
        self._slots.pop(terminal, None)


class Pacer:
    """Spreads batches over time. Single-threaded, no clock: every call brings `now_s`.

    `capacity_per_s`: batches a second that the whole bank serves; `share`: the part of it that
    this process is to use, when there are several.
    """

    def __init__(self, capacity_per_s: float, share: float = 1.0) -> None:
        if not (0.0 < capacity_per_s < math.inf and 0.0 < share <= 1.0):
            raise ValueError("capacity above 0, share in (0, 1]")
        self._each_s = 1.0 / (capacity_per_s * share)
        self._done_at_s = 0.0  # when the work taken on so far is done
        self._lane = _Lane(self._each_s)
        self._loss_lane = _Lane(self._each_s)

    def ask(
        self, terminal: str, has_loss_report: bool, now_s: float, is_full: bool = False
    ) -> Decision:
        """Decide on one batch. `now_s`: monotonic seconds.

        `is_full`: the batch is as large as batches get, so that more waits behind it and the
        terminal is given its next slot with the answer.
        """
        slot_s = self._lane.slot_s(terminal, now_s)
        if has_loss_report:
            allowed_s = _LOSS_S
        elif slot_s is not None and slot_s <= now_s:
            allowed_s = _SLOT_S
        else:
            allowed_s = _STRANGER_S
        allowed_s = max(allowed_s, self._each_s)
        ahead_s = max(0.0, self._done_at_s - now_s) + self._each_s  # with this one
        if ahead_s <= allowed_s + _ROUNDING_S:
            self._done_at_s = now_s + ahead_s
            return self._served(terminal, has_loss_report, now_s, is_full)
        lane, first_s = self._lane, now_s + self._each_s
        if has_loss_report:
            # From where the work taken on leaves room again; only loss reports add to it then.
            lane, first_s = self._loss_lane, max(first_s, now_s + ahead_s - allowed_s)
            slot_s = lane.slot_s(terminal, now_s)
        if slot_s is None or slot_s <= now_s:
            slot_s = lane.give(terminal, first_s, now_s)
        return Decision(False, _ms(slot_s - now_s))

    def slot_ms(self, terminal: str, now_s: float) -> int:
        """Milliseconds to the slot that a terminal holds; 0: it holds none that is to come."""
        slot_s = self._lane.slot_s(terminal, now_s)
        return 0 if slot_s is None or slot_s <= now_s else _ms(slot_s - now_s)

    # --- inside ------------------------------------------------------------------------

    def _served(
        self, terminal: str, has_loss_report: bool, now_s: float, is_full: bool
    ) -> Decision:
        slot_s = self._lane.slot_s(terminal, now_s)
        if slot_s is not None and slot_s > now_s and (is_full or has_loss_report):
            # It came before its time, by a loss report perhaps, and has more behind: it keeps it.
            return Decision(True, _ms(slot_s - now_s))
        self._lane.drop(terminal)
        if not is_full or self._lane.next_s <= now_s:
            return Decision(True, 0)  # nothing waits behind it, or nobody else waits
        return Decision(True, _ms(self._lane.give(terminal, now_s, now_s) - now_s))


def _ms(seconds: float) -> int:
    return max(1, round(seconds * 1000))
