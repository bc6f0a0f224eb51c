"""What happens to a terminal in its life, from a seed: a pure function of time, without a line.

Day and night, paper that runs out and is filled again, devices that fail and are mended, and lines
that are cut for a site or a whole city. Times are seconds since 1970; a life can be asked faster
than the clock goes.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from kiosk.drivers.events import DeviceStatus, Paper
from kiosk.drivers.health import HealthWord, Remedy
from monitoring.wire.messages import DeviceReport, Devices, Event, Happening, Health, Mode

DEVICES = ("card_reader", "id_scanner", "pin_pad", "receipt_printer", "camera")
NEEDS: dict[str, tuple[str, ...]] = {
    "activation": ("card_reader", "id_scanner", "pin_pad", "camera"),
    "balance": ("card_reader", "pin_pad"),
    "loss": ("id_scanner",),
    "pin": ("card_reader", "pin_pad"),
    "replacement": ("id_scanner", "camera", "receipt_printer"),
}
"""The services and the devices that each cannot do without (assumed, for the simulation)."""

DAY_S = 86_400
_ROLL_RECEIPTS = 1_500.0  # of a roll of 80 m
_LOW_BELOW = 150.0
_FILLED_AFTER_S = 3_600.0
_VISITS_A_DAY = 120.0
_FAULTS_A_YEAR = 6.0  # of each device
_MENDED_AFTER_S = 7_200.0
_SITE_CUTS_A_DAY, _CITY_CUTS_A_DAY = 0.05, 0.005
_CUT_S = 600  # a line is judged in stretches of so long
_OPEN_H, _CLOSED_H = 8, 18
_UTC_OFFSET_S = 8 * 3_600


@dataclass(frozen=True, slots=True)
class Place:
    """Where a terminal stands."""

    terminal: str
    site: str
    city: str


@dataclass(slots=True)
class _Device:
    status: DeviceStatus = DeviceStatus.ONLINE
    since: int = 0


@dataclass(slots=True)
class Life:
    """One terminal. `turn` moves it on and tells its present state and what happened since."""

    place: Place
    seed: int
    born: int
    pace: float = 1.0  # how much more happens than in the world: for a desk that wants to see it
    number: int = 0
    _told: int = 0
    _at: int = field(init=False)
    _chance: random.Random = field(init=False)
    _devices: dict[str, _Device] = field(init=False)
    _receipts: float = field(init=False)
    _mode: Mode = Mode.IDLE

    def __post_init__(self) -> None:
        """Start somewhere in the life of a roll."""
        self._at = self.born
        self._chance = random.Random(f"{self.seed} {self.place.terminal}")  # noqa: S311 - a game
        self._devices = {name: _Device(since=self.born) for name in DEVICES}
        self._receipts = self._chance.uniform(0.0, _ROLL_RECEIPTS)

    def turn(self, now: int) -> list[Event]:
        """Live until `now`; what happened. Never goes back."""
        gone_s = max(0, now - self._at)
        self._at = max(self._at, now)
        happened: list[Event] = []
        for name, device in self._devices.items():
            if self._ages(device, gone_s):
                device.since = self._at
                happened.append(self._event(Happening.DEVICE, self._detail(name)))
        paper = self._paper()
        self._prints(gone_s)
        if self._paper() is not paper:
            self._devices["receipt_printer"].since = self._at
            happened.append(self._event(Happening.DEVICE, self._detail("receipt_printer")))
        mode = self._mode
        self._mode = Mode.VISIT if self._chance.random() < 0.3 * load(self._at) else Mode.IDLE
        if not any(not missing for missing in self._services().values()):
            self._mode = Mode.OUT_OF_SERVICE
        if self._mode is not mode and Mode.OUT_OF_SERVICE in (self._mode, mode):
            happened.append(self._event(Happening.MODE, {"mode": self._mode.value}))
        return happened

    def booted(self, software: str) -> Event:
        """What is told after a start."""
        return self._event(Happening.BOOT, {"software": software, "configuration": 1})

    def health(self, session: str) -> Health:
        """How it is now."""
        self.number += 1
        busy = load(self._at)
        return Health(
            session,
            self.number,
            self._at,
            self._mode,
            clock="good",
            frame_age_s=0,
            touch_age_s=self._chance.randrange(5, 300),
            waiting=0,
            bank_age_s=self._chance.randrange(1, 60),
            disk_free_mb=20_000,
            disk_wear_percent=3,
            memory_free_mb=900,
            load_percent=int(5 + 40 * busy * self._chance.random()),
            celsius=int(42 + 15 * busy + self._chance.uniform(-2, 2)),
            throttled=0,
            certificate_days=200,
            configuration=1,
        )

    def devices(self, session: str) -> Devices:
        """All devices now."""
        self.number += 1
        reports = tuple(self._report(name) for name in DEVICES)
        return Devices(session, self.number, self._at, reports, self._services())

    def is_cut(self, now: int) -> bool:
        """Whether the line of its site, or its whole city, is down."""
        return cut(self.seed, self.place, now, self.pace)

    def _ages(self, device: _Device, gone_s: int) -> bool:
        if device.status is DeviceStatus.ONLINE:
            risk = gone_s * self.pace * _FAULTS_A_YEAR / (365 * DAY_S)
            if self._chance.random() >= risk:
                return False
            device.status = self._chance.choice(
                (DeviceStatus.HARDWARE_ERROR, DeviceStatus.USER_ERROR, DeviceStatus.NO_DEVICE)
            )
            return True
        if self._chance.random() >= gone_s * self.pace / _MENDED_AFTER_S:
            return False
        device.status = DeviceStatus.ONLINE
        return True

    def _prints(self, gone_s: int) -> None:
        if self._receipts <= 0.0:
            if self._chance.random() < gone_s * self.pace / _FILLED_AFTER_S:
                self._receipts = _ROLL_RECEIPTS
            return
        used = gone_s * self.pace * load(self._at) * _VISITS_A_DAY / (DAY_S / 2)
        self._receipts = max(0.0, self._receipts - used)

    def _paper(self) -> Paper:
        if self._receipts <= 0.0:
            return Paper.OUT
        return Paper.LOW if self._receipts < _LOW_BELOW else Paper.FULL

    def _words(self, name: str) -> tuple[HealthWord, Remedy]:
        match self._devices[name].status:
            case DeviceStatus.HARDWARE_ERROR:
                return HealthWord.FAULT, Remedy.MAINTENANCE
            case DeviceStatus.USER_ERROR:
                return HealthWord.ATTENTION, Remedy.CLEAR
            case DeviceStatus.NO_DEVICE:
                return HealthWord.ABSENT, Remedy.RESET
        if name == "receipt_printer" and self._paper() is not Paper.FULL:
            out = self._paper() is Paper.OUT
            return (HealthWord.ATTENTION if out else HealthWord.LIMITED), Remedy.CLEAR
        return HealthWord.GOOD, Remedy.NONE

    def _report(self, name: str) -> DeviceReport:
        device, (word, remedy) = self._devices[name], self._words(name)
        paper = self._paper().value if name == "receipt_printer" else None
        return DeviceReport(
            name, device.status.value, word, remedy, device.since, paper=paper, seen=3
        )

    def _services(self) -> dict[str, tuple[str, ...]]:
        works = {HealthWord.GOOD, HealthWord.LIMITED}
        down = {name for name in DEVICES if self._words(name)[0] not in works}
        return {
            service: tuple(name for name in needs if name in down)
            for service, needs in NEEDS.items()
        }

    def _detail(self, name: str) -> dict[str, str | int | bool]:
        word, remedy = self._words(name)
        status = self._devices[name].status.value
        return {"device": name, "health": word.value, "status": status, "remedy": remedy.value}

    def _event(self, what: Happening, detail: dict[str, str | int | bool]) -> Event:
        self._told += 1
        return Event(self._told, self._at, what, detail)


def load(now: int) -> float:
    """How busy the hour is, 0 to 1: busiest in mid-morning, quiet at night (Chinese time)."""
    hour = (now + _UTC_OFFSET_S) % DAY_S / 3_600
    if not _OPEN_H <= hour < _CLOSED_H:
        return 0.05
    return 1.0 if 9 <= hour < 11 else 0.6


def cut(seed: int, place: Place, now: int, pace: float = 1.0) -> bool:
    """Whether site or city has no line in this stretch of ten minutes."""
    stretch = now // _CUT_S
    share = pace * _CUT_S / DAY_S
    for name, a_day in ((place.site, _SITE_CUTS_A_DAY), (f"city {place.city}", _CITY_CUTS_A_DAY)):
        chance = random.Random(f"{seed} {name} {stretch}")  # noqa: S311 - a game
        if chance.random() < a_day * share:
            return True
    return False


def places(count: int) -> list[Place]:
    """Where so many terminals stand: four to a site, eight sites to a city."""
    return [
        Place(f"T-{number:06d}", f"S-{number // 4:05d}", f"C-{number // 32:04d}")
        for number in range(count)
    ]
