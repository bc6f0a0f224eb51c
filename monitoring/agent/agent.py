"""What `kiosk-health` says and when, without thread, clock or network of its own."""

from __future__ import annotations

from msgspec import Struct

from kiosk.drivers.events import Device
from kiosk.telling import Told
from monitoring.agent.conclusion import Conclusion
from monitoring.wire.messages import (
    DEVICES_EVERY_S,
    HEALTH_EVERY_S,
    Devices,
    Event,
    Happening,
    Health,
    Mode,
    Presence,
)
from offline_queue.messages import QueueStatus

Said = Presence | Health | Devices | Event


class Machine(Struct, frozen=True):
    """The board. None: it cannot tell."""

    disk_free_mb: int | None = None
    memory_free_mb: int | None = None
    load_percent: int | None = None
    celsius: int | None = None


class Gathered(Struct, frozen=True):
    """What one look round the terminal found. None: the process does not answer."""

    told: Told | None = None
    queue: QueueStatus | None = None
    machine: Machine = Machine()


class Agent:
    """One terminal's health, driven from outside, in real or virtual time.

    `turn(now_s, gathered)` takes what was found at `now_s` (seconds since 1970) and answers the
    messages that are due, oldest first. Call it every few seconds; who calls it publishes them.
    A device's change is said once two looks in a row agree. `begins` gives the connection's
    session, before the first turn in it; `first_number` is the first event's: its numbers go on
    over restarts.
    """

    def __init__(self, booted_s: int, software: str, first_number: int = 1) -> None:
        self.session = ""
        self._greeted = False
        self._booted_s = booted_s
        self._software = software
        self._number = 0  # of health and devices, within the session
        self._event = first_number
        self._mode: Mode | None = None
        self._line_up: bool | None = None
        self._conclusions: dict[Device, Conclusion] = {}
        self._services: dict[str, tuple[str, ...]] = {}
        self._health_s: float | None = None
        self._devices_s: float | None = None

    def begins(self, session: str) -> None:
        """A connection with the broker is made under that id: everything is said anew in it."""
        self.session = session
        self._number = 0
        self.says_anew()

    def says_anew(self) -> None:
        """What was said last may not have been heard: the next turn says everything again."""
        self._greeted = False
        self._health_s = self._devices_s = None

    def presence(self, *, online: bool) -> Presence:
        """The word for the session; the one with `online` false is the will."""
        return Presence(online, self.session, self._booted_s, self._software)

    def turn(self, now_s: int, gathered: Gathered) -> tuple[Said, ...]:
        """The messages that are due."""
        said: list[Said] = []
        if not self._greeted:
            self._greeted = True
            said.append(self.presence(online=True))
        if self._mode is None:
            said.append(self._happened(now_s, Happening.BOOT, software=self._software))
        mode = Mode.DOWN if gathered.told is None else Mode(gathered.told.mode)
        mode_changed = mode is not self._mode
        if mode_changed:
            said.append(self._happened(now_s, Happening.MODE, mode=mode.value))
            self._mode = mode
        line_up = None if gathered.queue is None else gathered.queue.line_up
        if line_up is not None and line_up is not self._line_up:
            said.append(self._happened(now_s, Happening.LINE, up=line_up))
            self._line_up = line_up
        changes = self._look(now_s, gathered.told)
        said += changes
        services = {} if gathered.told is None else gathered.told.services
        if changes or services != self._services or _due(self._devices_s, now_s, DEVICES_EVERY_S):
            self._services = services
            self._devices_s = now_s
            said.append(self._devices(now_s))
        if mode_changed or _due(self._health_s, now_s, HEALTH_EVERY_S):
            self._health_s = now_s
            said.append(self._health(now_s, mode, gathered))
        return tuple(said)

    def _look(self, now_s: int, told: Told | None) -> list[Event]:
        by_device = {} if told is None else {each.device: each for each in told.devices}
        changes = []
        for device in Device:
            conclusion = self._conclusions.setdefault(device, Conclusion(device, now_s))
            if conclusion.look(by_device.get(device), now_s):
                is_now = conclusion.report()
                changes.append(
                    self._happened(
                        now_s,
                        Happening.DEVICE,
                        device=is_now.device,
                        health=is_now.health.value,
                        status=is_now.status,
                        remedy=is_now.remedy.value,
                    )
                )
        return changes

    def _devices(self, now_s: int) -> Devices:
        self._number += 1
        reports = tuple(each.report() for each in self._conclusions.values())
        return Devices(self.session, self._number, now_s, reports, self._services)

    def _health(self, now_s: int, mode: Mode, gathered: Gathered) -> Health:
        self._number += 1
        told, queue, machine = gathered.told, gathered.queue, gathered.machine
        return Health(
            session=self.session,
            number=self._number,
            at=now_s,
            mode=mode,
            clock="" if queue is None else queue.clock_quality,
            frame_age_s=None if told is None else _whole(told.frame_age_s),
            touch_age_s=None if told is None else _whole(told.touch_age_s),
            waiting=None if queue is None else sum(queue.waiting.values()),
            oldest_s=None if queue is None else _whole(queue.oldest_age_s),
            disk_free_mb=machine.disk_free_mb,
            memory_free_mb=machine.memory_free_mb,
            load_percent=machine.load_percent,
            celsius=machine.celsius,
        )

    def _happened(self, now_s: int, what: Happening, **detail: str | bool) -> Event:
        event = Event(self._event, now_s, what, dict(detail), self.session)
        self._event += 1
        return event


def _due(last_s: float | None, now_s: int, every_s: float) -> bool:
    return last_s is None or now_s - last_s >= every_s or now_s < last_s


def _whole(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds)
