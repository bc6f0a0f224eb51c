"""What a collector knows of one terminal, and whether a message adds to it. Pure.

Messages come twice, late and out of order: numbers within a session, and the sessions' own order,
decide. A session that another has followed is over, whatever still comes of it (a will, mostly).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum

from monitoring.server.causes import CLOCK_AHEAD_S, CLOCK_FLOOR
from monitoring.wire.messages import (
    STALE_AFTER_S,
    DeviceReport,
    Devices,
    Event,
    Health,
    Message,
    Presence,
)

_OVER_MAX = 8  # sessions that are remembered as over
_STATES_A_S, _STATES_BURST = 1.0, 30.0
_EVENTS_A_S, _EVENTS_BURST = 2.0, 5_000.0  # a spool comes at once after a day without a line


class Verdict(StrEnum):
    """What became of a message."""

    TAKEN = "taken"
    DUPLICATE = "duplicate"
    LATE = "late"  # something newer is known
    OVER = "over"  # of a session that another has followed
    FLOOD = "flood"
    CLOCK = "clock"  # taken, with the collector's time: the terminal's cannot be


@dataclass(slots=True)
class Bucket:
    """So many a second, and so many at once."""

    left: float
    at: float = 0.0

    def take(self, now: float, a_second: float, burst: float) -> bool:
        """Whether there is one more."""
        self.left = min(burst, self.left + max(0.0, now - self.at) * a_second)
        self.at = now
        if self.left < 1.0:
            return False
        self.left -= 1.0
        return True


@dataclass(slots=True)
class Known:
    """The newest of one terminal. `heard` is by the collector's clock, in seconds since 1970."""

    terminal: str
    session: str = ""
    is_up: bool = False  # what the last presence of the newest session said
    online: bool = False  # the truth, as it was last judged
    booted: int = 0
    software: str = ""
    heard: int = 0
    health: Health | None = None
    devices: tuple[DeviceReport, ...] = ()
    services: dict[str, tuple[str, ...]] = field(default_factory=dict)
    health_number: int = -1
    devices_number: int = -1
    event_number: int = -1
    changed: int = 0
    over: deque[str] = field(default_factory=lambda: deque(maxlen=_OVER_MAX))
    states: Bucket = field(default_factory=lambda: Bucket(_STATES_BURST))
    events: Bucket = field(default_factory=lambda: Bucket(_EVENTS_BURST))

    def take(self, message: Message, now: int, retained: bool) -> Verdict:
        """Take the message in, or say why not. `retained`: the broker kept it, nobody knows how long."""
        if isinstance(message, Event):
            return self._take_event(message, now)
        if not self.states.take(now, _STATES_A_S, _STATES_BURST):
            return Verdict.FLOOD
        if isinstance(message, Presence):
            return self._take_presence(message, now)
        if message.session in self.over:
            return Verdict.OVER
        if message.session != self.session:
            self._begin(message.session)
            self.is_up = True  # its presence is on the way, or was lost
        if isinstance(message, Health):
            return self._take_health(message, now, retained)
        return self._take_devices(message)

    def judge(self, now: int, listening_since: int) -> bool:
        """Judge anew whether the terminal is online; true if that has changed.

        Nobody was heard while the collector itself had no broker, so silence counts from when it
        began to listen.
        """
        silent_s = now - max(self.heard, listening_since if self.online else self.heard)
        online = self.is_up and silent_s <= STALE_AFTER_S
        if online == self.online:
            return False
        self.online = online
        self.changed = now
        return True

    def _take_presence(self, presence: Presence, now: int) -> Verdict:
        if presence.session in self.over:
            return Verdict.OVER
        same = presence.session == self.session
        if not presence.online and not same:
            if self.session:
                return Verdict.LATE  # the will of a session that was never seen here
            self._begin(presence.session)
            return Verdict.TAKEN
        told = (presence.online, presence.booted, presence.software)
        if same and told == (self.is_up, self.booted, self.software):
            return Verdict.DUPLICATE
        if not same:
            self._begin(presence.session)
        self.is_up = presence.online
        if presence.online:
            self.booted, self.software = presence.booted, presence.software
        self.changed = now
        return Verdict.TAKEN

    def _take_health(self, health: Health, now: int, retained: bool) -> Verdict:
        if health.number <= self.health_number:
            same = health.number == self.health_number
            return Verdict.DUPLICATE if same else Verdict.LATE
        self.health, self.health_number = health, health.number
        clock_is_good = CLOCK_FLOOR <= health.at <= now + CLOCK_AHEAD_S
        if not retained:
            self.heard = now
        elif clock_is_good:
            self.heard = max(self.heard, min(now, health.at))
        return Verdict.TAKEN if clock_is_good else Verdict.CLOCK

    def _take_devices(self, devices: Devices) -> Verdict:
        if devices.number <= self.devices_number:
            same = devices.number == self.devices_number
            return Verdict.DUPLICATE if same else Verdict.LATE
        self.devices, self.services = devices.devices, devices.services
        self.devices_number = devices.number
        return Verdict.TAKEN

    def _take_event(self, event: Event, now: int) -> Verdict:
        if event.number <= self.event_number:
            return Verdict.DUPLICATE
        if not self.events.take(now, _EVENTS_A_S, _EVENTS_BURST):
            return Verdict.FLOOD
        self.event_number = event.number
        clock_is_good = CLOCK_FLOOR <= event.at <= now + CLOCK_AHEAD_S
        return Verdict.TAKEN if clock_is_good else Verdict.CLOCK

    def _begin(self, session: str) -> None:
        if self.session:
            self.over.append(self.session)
        self.session = session
        self.is_up = False
        self.health_number = self.devices_number = -1
