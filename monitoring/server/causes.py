"""What is wrong at a terminal: rules as data, and the one function that applies them.

The causes are told, not their symptoms: a terminal that is silent has no bank line to complain of.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from msgspec import Struct

from kiosk.drivers.health import HealthWord, Remedy
from monitoring.server.facts import Severity
from monitoring.wire.messages import DeviceReport, Health, Mode

CLOCK_FLOOR = 1_704_067_200  # 2024: a clock that says less was never set
CLOCK_AHEAD_S = 86_400
FRAME_OLD_S = 60  # a service can be up behind a black screen
BANK_OLD_S = 900
OLDEST_S = 4 * 3600
OLDEST_LOSS_S = 900  # a loss report that waits is somebody's money
DISK_LOW_MB = 200
WEAR_PERCENT = 90
MEMORY_LOW_MB = 60
HOT_CELSIUS = 80
CERTIFICATE_DAYS = 14
_UNDER_VOLTAGE = 0x1  # bit 0 of `vcgencmd get_throttled`: now
_CLOCK_UNSET = "unset"
_RAW_MAX = 200


class Cause(StrEnum):
    """What is wrong."""

    SILENT = "silent"  # it was heard once, and is not now
    NEVER = "never"  # it was added, and never said anything
    LINE = "line"  # most of a site is silent
    SCREEN = "screen"
    DEVICE = "device"
    SUPPLY = "supply"
    BANK = "bank"
    QUEUE = "queue"
    LOSS_WAITS = "lossWaits"
    CLOCK = "clock"
    DISK = "disk"
    WEAR = "wear"
    MEMORY = "memory"
    HEAT = "heat"
    POWER = "power"
    CERTIFICATE = "certificate"
    OUT_OF_SERVICE = "outOfService"


@dataclass(frozen=True, slots=True)
class Rule:
    """What helps, what it costs, and how long it must stand (and be gone) to be told."""

    remedy: Remedy
    severity: Severity
    raise_after_s: int
    clear_after_s: int


RULES: dict[Cause, Rule] = {
    Cause.SILENT: Rule(Remedy.RESET, Severity.CRITICAL, 60, 60),
    Cause.NEVER: Rule(Remedy.CONFIGURATION, Severity.MAJOR, 3600, 0),
    Cause.LINE: Rule(Remedy.SUSPEND, Severity.CRITICAL, 60, 120),
    Cause.SCREEN: Rule(Remedy.SOFTWARE, Severity.CRITICAL, 20, 60),
    Cause.DEVICE: Rule(Remedy.MAINTENANCE, Severity.MINOR, 10, 30),
    Cause.SUPPLY: Rule(Remedy.CLEAR, Severity.MINOR, 300, 60),
    Cause.BANK: Rule(Remedy.SUSPEND, Severity.MAJOR, 60, 120),
    Cause.QUEUE: Rule(Remedy.SUSPEND, Severity.MINOR, 300, 300),
    Cause.LOSS_WAITS: Rule(Remedy.SUSPEND, Severity.CRITICAL, 60, 60),
    Cause.CLOCK: Rule(Remedy.CONFIGURATION, Severity.MINOR, 300, 300),
    Cause.DISK: Rule(Remedy.SOFTWARE, Severity.MAJOR, 300, 300),
    Cause.WEAR: Rule(Remedy.MAINTENANCE, Severity.MINOR, 3600, 3600),
    Cause.MEMORY: Rule(Remedy.SOFTWARE, Severity.MINOR, 600, 600),
    Cause.HEAT: Rule(Remedy.MAINTENANCE, Severity.MINOR, 600, 600),
    Cause.POWER: Rule(Remedy.MAINTENANCE, Severity.MINOR, 120, 3600),
    Cause.CERTIFICATE: Rule(Remedy.CONFIGURATION, Severity.MAJOR, 0, 60),
    Cause.OUT_OF_SERVICE: Rule(Remedy.NONE, Severity.INFO, 60, 30),
}


class Trouble(Struct, frozen=True, omit_defaults=True):
    """One thing that is wrong at one terminal."""

    cause: Cause
    remedy: Remedy
    severity: Severity
    part: str = ""
    lost: tuple[str, ...] = ()  # services
    raw: str = ""


def troubles(
    health: Health | None,
    devices: tuple[DeviceReport, ...],
    services: Mapping[str, tuple[str, ...]],
) -> tuple[Trouble, ...]:
    """What a terminal's own newest words say is wrong, worst first."""
    found = [] if health is None else [*_of_health(health, tuple(sorted(services)))]
    found += [each for device in devices if (each := _of_device(device, services)) is not None]
    return tuple(sorted(found, key=lambda each: list(Severity).index(each.severity)))


def of_silence(cause: Cause, services: tuple[str, ...], raw: str = "") -> Trouble:
    """A terminal that is not heard: everything it could do is lost."""
    return Trouble(cause, RULES[cause].remedy, RULES[cause].severity, "", services, raw)


def _of_health(health: Health, services: tuple[str, ...]) -> list[Trouble]:
    def is_over(value: int | None, bound: int) -> bool:
        return value is not None and value > bound

    def is_under(value: int | None, bound: int) -> bool:
        return value is not None and value < bound

    frozen = is_over(health.frame_age_s, FRAME_OLD_S) and health.mode is not Mode.STARTING
    unset = health.at < CLOCK_FLOOR or health.clock == _CLOCK_UNSET
    stands: list[tuple[Cause, bool, str]] = [
        (Cause.SCREEN, health.mode is Mode.DOWN or frozen, f"frame {health.frame_age_s} s"),
        (Cause.OUT_OF_SERVICE, health.mode is Mode.OUT_OF_SERVICE, ""),
        (Cause.LOSS_WAITS, is_over(health.oldest_loss_s, OLDEST_LOSS_S), f"{health.losses}"),
        (Cause.BANK, is_over(health.bank_age_s, BANK_OLD_S), f"{health.bank_age_s} s"),
        (Cause.QUEUE, is_over(health.oldest_s, OLDEST_S), f"{health.waiting}"),
        (Cause.CLOCK, unset, health.clock),
        (Cause.DISK, is_under(health.disk_free_mb, DISK_LOW_MB), f"{health.disk_free_mb} MB"),
        (Cause.WEAR, is_over(health.disk_wear_percent, WEAR_PERCENT), ""),
        (Cause.MEMORY, is_under(health.memory_free_mb, MEMORY_LOW_MB), f"{health.memory_free_mb}"),
        (Cause.HEAT, is_over(health.celsius, HOT_CELSIUS), f"{health.celsius} °C"),
        (Cause.POWER, bool((health.throttled or 0) & _UNDER_VOLTAGE), "under-voltage"),
        (
            Cause.CERTIFICATE,
            is_under(health.certificate_days, CERTIFICATE_DAYS),
            f"{health.certificate_days} d",
        ),
    ]
    everything = {Cause.SCREEN, Cause.OUT_OF_SERVICE}
    return [
        Trouble(
            cause,
            RULES[cause].remedy,
            RULES[cause].severity,
            "",
            services if cause in everything else (),
            raw,
        )
        for cause, is_so, raw in stands
        if is_so
    ]


def _of_device(device: DeviceReport, services: Mapping[str, tuple[str, ...]]) -> Trouble | None:
    if device.health in (HealthWord.GOOD, HealthWord.RECOVERING):
        return None
    lost = tuple(sorted(name for name, missing in services.items() if device.device in missing))
    cause = Cause.SUPPLY if device.health is HealthWord.LIMITED and not lost else Cause.DEVICE
    severity = RULES[cause].severity
    if lost:
        severity = Severity.CRITICAL if len(lost) == len(services) else Severity.MAJOR
    raw = " ".join(each for each in (device.status, device.paper, device.raw) if each)
    return Trouble(cause, device.remedy, severity, device.device, lost, raw[:_RAW_MAX])
