"""Messages in, batches out: the collector's memory between the broker and the database.

States replace one another, so an hour without the database costs one row a terminal. Events are kept
one by one, and none is acknowledged to the broker before it is written: the broker's window (65,535
by the protocol, far less by its settings) bounds how many there can be.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import msgspec

from monitoring.server.known import Known, Verdict
from monitoring.server.storing import Batch, row_of
from monitoring.wire.messages import (
    BadMessage,
    Devices,
    Event,
    Health,
    Message,
    Presence,
    read,
)
from monitoring.wire.topics import Kind, from_topic

_KINDS: dict[Kind, type[Message]] = {
    Kind.PRESENCE: Presence,
    Kind.HEALTH: Health,
    Kind.DEVICES: Devices,
    Kind.EVENT: Event,
}
_VISIBLE = ("online", "mode", "serves", "lacks", "worst_health", "remedy", "troubles_json")
TERMINALS_MAX = 250_000  # that one collector holds


@dataclass(slots=True)
class Ingest:
    """What one collector knows, and what of it is not written yet."""

    known: dict[str, Known] = field(default_factory=dict)
    verdicts: Counter[str] = field(default_factory=Counter)
    series: list[tuple[str, Health, int]] = field(default_factory=list)
    listening_since: int = 0
    _dirty: dict[str, None] = field(default_factory=dict)
    _events: list[dict[str, Any]] = field(default_factory=list)
    _seen: dict[str, tuple[Any, ...]] = field(default_factory=dict)

    def take(self, topic: str, content: bytes, now: int, retained: bool = False) -> str:
        """Take a message in. The word for what became of it, which is also counted."""
        word = self._take(topic, content, now, retained)
        self.verdicts[word] += 1
        return word

    def judge(self, now: int) -> None:
        """Judge anew who is online."""
        for known in self.known.values():
            if known.judge(now, self.listening_since):
                self._dirty[known.terminal] = None

    def batch(self, now: int) -> Batch:
        """All that is to be written; it is no longer held here: `give_back` it if that fails."""
        batch = Batch(events=self._events)
        for name in self._dirty:
            known = self.known[name]
            known.judge(now, self.listening_since)
            row = row_of(known, now)
            seen = tuple(row[each] for each in _VISIBLE)
            if self._seen.get(name) != seen:
                self._seen[name] = seen
                known.changed = row["changed"] = now
                batch.is_visible = True
            batch.rows.append(row)
        batch.is_visible |= bool(batch.events)
        self._dirty, self._events = {}, []
        return batch

    def give_back(self, batch: Batch) -> None:
        """The batch was not written: its terminals are due again, its events stay first."""
        for row in batch.rows:
            self._dirty[row["terminal"]] = None
            self._seen.pop(row["terminal"], None)
        self._events = batch.events + self._events

    def _take(self, topic: str, content: bytes, now: int, retained: bool) -> str:
        place = from_topic(topic)
        if place is None:
            return "topic"
        name, kind = place
        try:
            message: Message = read(_KINDS[kind], content)  # type: ignore[type-var]
        except BadMessage as error:
            return "version" if str(error).startswith("version") else "nonsense"
        known = self.known.get(name)
        if known is None:
            if len(self.known) >= TERMINALS_MAX:
                return "full"
            known = self.known[name] = Known(name)
        verdict = known.take(message, now, retained)
        if verdict not in (Verdict.TAKEN, Verdict.CLOCK):
            return verdict
        self._dirty[name] = None
        if isinstance(message, Event):
            self._events.append(
                {
                    "terminal": name,
                    "at": now if verdict is Verdict.CLOCK else message.at,
                    "what": message.what,
                    "detail_json": msgspec.json.encode(message.detail).decode(),
                    "number": message.number,
                }
            )
        elif isinstance(message, Health) and not retained:
            self.series.append((name, message, now))
        return verdict
