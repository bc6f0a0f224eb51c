"""What is sent next, and when: all that waits, in memory. Pure: no SQL, no clock.

Order is kept within a lane: a row is held while an earlier one of its lane waits, but that a
loss report passes all others, and a look-up all that change something. Rows that are free are taken by priority, then by age. A row that rests holds its
lane and no other. Every step costs the same, however many rows wait.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter, deque
from dataclasses import dataclass, field
from enum import Enum

import msgspec

from offline_queue.formats.timeline import TimeMark
from offline_queue.policy import ANY_PRIORITY, SECOND_IN_LINE

TOGETHER_MAX = 3  # unknown outcomes in company, after which a row travels alone
_BLAME_SUSPECT = 3  # below it an outage explains them
_BLAME_ALONE = 5  # others went through meanwhile


class Place(Enum):
    """Where an entry is."""

    HELD = "held"  # behind an earlier one of its lane
    READY = "ready"
    RESTING = "resting"  # until `next_try_s`
    FLYING = "flying"
    GONE = "gone"


class Entry(msgspec.Struct, eq=False):
    """One waiting row. Times are seconds since boot."""

    seq: int
    op_id: str
    kind: str
    lane: str
    priority: int  # lower goes first
    accepted: TimeMark
    since_s: float  # when it was accepted, at the latest; below zero for an earlier boot
    lasts_s: float | None  # how long it may wait; None: without limit
    ends_s: float | None  # when its time is over
    expiring: bool = False  # its time is over, and the bank has still to be told
    attempts: int = 0
    together_failures: int = 0  # unknown outcomes in company, in a row
    blame: int = 0  # for failures alone, see `settler`
    failed_at_s: float = math.inf  # never yet: then nothing has worked since
    next_try_s: float = 0.0
    place: Place = Place.HELD

    def __lt__(self, other: Entry) -> bool:
        """For heaps: a row that was revived may lie beside its former self."""
        return self.seq < other.seq

    @property
    def is_alone(self) -> bool:
        """Whether it spoilt its company too often."""
        return self.together_failures >= TOGETHER_MAX or self.blame >= _BLAME_ALONE

    @property
    def is_suspect(self) -> bool:
        """Whether its failures look like its own."""
        return self.is_alone or self.blame >= _BLAME_SUSPECT


@dataclass(slots=True)
class _Lane:
    """The waiting rows of one lane, oldest first, by priority."""

    queues: dict[int, deque[Entry]] = field(default_factory=dict)

    def free(self) -> list[Entry]:
        """Those that nothing earlier holds: at most one a priority."""
        heads = [self.queues[priority][0] for priority in sorted(self.queues)]
        oldest = min(head.seq for head in heads)
        found: list[Entry] = []
        first = heads[0].seq + 1
        for head in heads:
            # A loss report passes everything, a look-up what is less urgent; the rest keeps order.
            if head.seq == oldest or (head.priority <= SECOND_IN_LINE and head.seq < first):
                found.append(head)
            first = min(first, head.seq)
        return found


class Schedule:
    """The waiting rows. An entry is taken by one batch at a time."""

    def __init__(self) -> None:
        self.waiting: Counter[str] = Counter()  # by kind
        self._entries: dict[str, Entry] = {}
        self._lanes: dict[str, _Lane] = {}
        self._ready: list[tuple[float, int, Entry]] = []
        self._alone: list[tuple[float, int, Entry]] = []
        self._resting: list[tuple[float, int, Entry]] = []
        self._ending: list[tuple[float, int, Entry]] = []
        self._oldest: dict[int, deque[Entry]] = {}  # by priority

    def __contains__(self, op_id: str) -> bool:
        return op_id in self._entries

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, op_id: str) -> Entry | None:
        """The entry of a waiting operation."""
        return self._entries.get(op_id)

    def add(self, entry: Entry) -> None:
        """A new row, accepted after all others (or a revived one: it goes behind its lane)."""
        assert entry.op_id not in self._entries
        self._entries[entry.op_id] = entry
        self.waiting[entry.kind] += 1
        oldest = self._oldest.get(entry.priority)
        if oldest is None:
            oldest = self._oldest[entry.priority] = deque()
        if oldest and entry.seq < oldest[0].seq:
            oldest.appendleft(entry)
        else:
            oldest.append(entry)
        self._watch_end(entry)
        lane = self._lanes.get(entry.lane)
        if lane is None:  # nearly always: nothing holds it
            self._lanes[entry.lane] = _Lane({entry.priority: deque((entry,))})
            self._make_ready(entry)
            return
        queue = lane.queues.setdefault(entry.priority, deque())
        if queue and queue[-1].seq > entry.seq:  # revived: back to its place, behind what flies
            behind = [e for e in queue if e.seq < entry.seq or e.place is not Place.HELD]
            queue.insert(len(behind), entry)
        else:
            queue.append(entry)
        self._release(lane)

    def remove(self, entry: Entry) -> None:
        """A row that is final, wherever it is; its lane moves on."""
        assert entry.place is not Place.GONE
        entry.place = Place.GONE
        del self._entries[entry.op_id]
        self.waiting[entry.kind] -= 1
        self._leave_lane(entry)
        for oldest in self._oldest.values():
            while oldest and oldest[0].place is Place.GONE:
                oldest.popleft()

    def take(
        self, now_s: float, limit: int, *, alone: bool = False, below: int = ANY_PRIORITY
    ) -> list[Entry]:
        """Up to `limit` rows to be sent now; from here on they fly.

        `alone`: those that travel alone, instead of all others. `below`: of more urgent priority
        than this one only.
        """
        self._wake(now_s)
        heap = self._alone if alone else self._ready
        taken: list[Entry] = []
        while heap and len(taken) < limit:
            entry = heap[0][2]
            if entry.place is Place.READY and entry.priority >= below:
                break
            heapq.heappop(heap)
            if entry.place is Place.READY:
                entry.place = Place.FLYING
                entry.attempts += 1
                taken.append(entry)
        return taken

    def untake(self, entries: list[Entry]) -> None:
        """Rows that did not fit the batch after all are ready again."""
        for entry in entries:
            assert entry.place is Place.FLYING
            entry.attempts -= 1
            self._make_ready(entry)

    def rest(self, entry: Entry, until_s: float) -> None:
        """A row in flight waits again, not to be sent before `until_s`."""
        assert entry.place is Place.FLYING
        entry.place = Place.RESTING
        entry.next_try_s = until_s
        heapq.heappush(self._resting, (until_s, entry.seq, entry))

    def step_aside(self, entry: Entry) -> None:
        """A row that may never get through holds nobody any more; it goes on waiting by itself."""
        assert entry.place is Place.FLYING
        self._leave_lane(entry)
        entry.lane = entry.op_id  # nobody else's
        self._lanes[entry.lane] = _Lane({entry.priority: deque([entry])})

    def end_rests(self, now_s: float) -> None:
        """Every resting row may be sent from `now_s` on, but those that failed by themselves."""
        kept: list[tuple[float, int, Entry]] = []
        for item in self._resting:
            entry = item[2]
            if entry.place is Place.RESTING and entry.blame >= _BLAME_SUSPECT:
                kept.append(item)
            elif entry.place is Place.RESTING:
                entry.next_try_s = min(entry.next_try_s, now_s)
                self._make_ready(entry)
        heapq.heapify(kept)
        self._resting = kept

    def next_try_s(self, below: int = ANY_PRIORITY) -> float | None:
        """When the next row may be sent; in the past if one is ready."""
        for heap in (self._ready, self._alone):
            while heap and heap[0][2].place is not Place.READY:
                heapq.heappop(heap)
            if heap and heap[0][2].priority < below:
                return 0.0
        if below < ANY_PRIORITY:  # few: only while the bank paces
            urgent = (e.next_try_s for _, _, e in self._resting if e.priority < below)
            return min(urgent, default=None)
        while self._resting and self._resting[0][2].place is not Place.RESTING:
            heapq.heappop(self._resting)
        return self._resting[0][0] if self._resting else None

    # --- time that is over ---------------------------------------------------------------

    def waited_since(self, entry: Entry, since_s: float) -> None:
        """It has waited for longer than was thought."""
        entry.since_s = min(entry.since_s, since_s)
        if entry.ends_s is not None and entry.lasts_s is not None:
            entry.ends_s = entry.since_s + entry.lasts_s
            self._watch_end(entry)

    def overdue(self, now_s: float, limit: int) -> list[Entry]:
        """Rows whose time is over and that do not fly; each is given once."""
        found: list[Entry] = []
        flying: list[tuple[float, int, Entry]] = []
        while self._ending and self._ending[0][0] <= now_s and len(found) < limit:
            item = heapq.heappop(self._ending)
            entry = item[2]
            if entry.place is Place.GONE or entry.ends_s != item[0]:
                continue
            if entry.place is Place.FLYING:
                flying.append(item)
            else:
                entry.ends_s = None
                found.append(entry)
        for item in flying:
            heapq.heappush(self._ending, item)
        return found

    def next_end_s(self) -> float | None:
        """When the time of the next row is over that does not fly."""
        while self._ending:
            ends_s, _, entry = self._ending[0]
            if entry.place is not Place.GONE and entry.ends_s == ends_s:
                break
            heapq.heappop(self._ending)
        flies = bool(self._ending) and self._ending[0][2].place is Place.FLYING
        if not flies:
            return self._ending[0][0] if self._ending else None
        resting = (s for s, _, e in self._ending if e.place in _STILL and e.ends_s == s)
        return min(resting, default=None)

    # --- who waits -------------------------------------------------------------------------

    def oldest(self, priority: int | None = None) -> Entry | None:
        """The row that has waited longest, of all or of one priority."""
        if priority is not None:
            of_it = self._oldest.get(priority)
            return of_it[0] if of_it else None
        heads = [queue[0] for queue in self._oldest.values() if queue]
        return min(heads, key=lambda entry: entry.seq, default=None)

    def of_lane(self, lane: str, kind: str) -> list[Entry]:
        """The rows of one kind in a lane that do not fly."""
        found = self._lanes.get(lane)
        queues = found.queues.values() if found is not None else ()
        return [e for q in queues for e in q if e.kind == kind and e.place in _STILL]

    def entries(self) -> list[Entry]:
        """All that wait."""
        return list(self._entries.values())

    def places(self) -> dict[str, int]:
        """How many rows are in each place."""
        return dict(Counter(entry.place.value for entry in self._entries.values()))

    # --- inside ------------------------------------------------------------------------

    def _wake(self, now_s: float) -> None:
        while self._resting and self._resting[0][0] <= now_s:
            entry = heapq.heappop(self._resting)[2]
            if entry.place is Place.RESTING:
                self._make_ready(entry)

    def _make_ready(self, entry: Entry) -> None:
        entry.place = Place.READY
        if entry.is_alone:  # by turns, or the most urgent of them would starve the others
            heapq.heappush(self._alone, (entry.failed_at_s, entry.seq, entry))
        else:
            heapq.heappush(self._ready, (float(entry.priority), entry.seq, entry))

    def _leave_lane(self, entry: Entry) -> None:
        lane = self._lanes[entry.lane]
        lane.queues[entry.priority].remove(entry)
        if not lane.queues[entry.priority]:
            del lane.queues[entry.priority]
        if lane.queues:
            self._release(lane)
        else:
            del self._lanes[entry.lane]

    def _release(self, lane: _Lane) -> None:
        for entry in lane.free():
            if entry.place is Place.HELD:
                self._make_ready(entry)

    def _watch_end(self, entry: Entry) -> None:
        if entry.ends_s is not None:
            heapq.heappush(self._ending, (entry.ends_s, entry.seq, entry))


_STILL = (Place.HELD, Place.READY, Place.RESTING)
