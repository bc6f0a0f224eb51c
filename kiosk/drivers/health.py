"""One health word and one remedy for what a device says; the raw words stay beside them."""

from __future__ import annotations

from enum import StrEnum

from kiosk.drivers.events import DeviceChanged, DeviceStatus, Paper


class HealthWord(StrEnum):
    """How a device is."""

    GOOD = "good"
    LIMITED = "limited"  # it works, and something runs out
    ATTENTION = "attention"  # the lobby's staff can help
    FAULT = "fault"
    RECOVERING = "recovering"
    ABSENT = "absent"
    SUSPECT = "suspect"
    UNKNOWN = "unknown"  # it does not answer: nothing is known of it


class Remedy(StrEnum):
    """What helps (XFS4IoT Error.action)."""

    NONE = "none"
    RESET = "reset"
    CLEAR = "clear"
    CONFIGURATION = "configuration"
    MAINTENANCE = "maintenance"
    SOFTWARE = "software"
    SUSPEND = "suspend"


SOFTWARE = "software"  # the raw word of a driver that ended


def health(told: DeviceChanged | None) -> HealthWord:
    """The word for what a device said last; None: it has not said anything."""
    if told is None:
        return HealthWord.UNKNOWN
    match told.status:
        case DeviceStatus.ONLINE | DeviceStatus.DEVICE_BUSY:
            if told.cover_open or told.paper in (Paper.OUT, Paper.JAMMED):
                return HealthWord.ATTENTION
            return HealthWord.LIMITED if told.paper is Paper.LOW else HealthWord.GOOD
        case DeviceStatus.USER_ERROR:
            return HealthWord.ATTENTION
        case DeviceStatus.HARDWARE_ERROR:
            return HealthWord.FAULT
        case DeviceStatus.STARTING:
            return HealthWord.RECOVERING
        case DeviceStatus.OFFLINE | DeviceStatus.NO_DEVICE:
            return HealthWord.ABSENT
        case DeviceStatus.FRAUD_ATTEMPT:
            return HealthWord.SUSPECT
        case DeviceStatus.UNKNOWN:
            return HealthWord.UNKNOWN


_REMEDIES = {
    HealthWord.GOOD: Remedy.NONE,
    HealthWord.LIMITED: Remedy.CLEAR,
    HealthWord.ATTENTION: Remedy.CLEAR,
    HealthWord.FAULT: Remedy.MAINTENANCE,
    HealthWord.RECOVERING: Remedy.SUSPEND,
    HealthWord.ABSENT: Remedy.RESET,
    HealthWord.SUSPECT: Remedy.MAINTENANCE,
    HealthWord.UNKNOWN: Remedy.RESET,
}


def remedy(told: DeviceChanged | None) -> Remedy:
    """What helps a device in this state."""
    if told is not None and told.raw == SOFTWARE:
        return Remedy.SOFTWARE
    return _REMEDIES[health(told)]
