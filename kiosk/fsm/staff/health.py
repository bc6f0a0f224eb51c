"""One health word and one remedy for what a device says; the raw words stay beside them."""

from __future__ import annotations

from enum import StrEnum

from kiosk.drivers.events import DeviceChanged, DeviceStatus, Paper


class Health(StrEnum):
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
    MAINTENANCE = "maintenance"
    SOFTWARE = "software"
    SUSPEND = "suspend"


SOFTWARE = "software"  # the raw word of a driver that ended


def health(told: DeviceChanged | None) -> Health:
    """The word for what a device said last; None: it has not said anything."""
    if told is None:
        return Health.UNKNOWN
    match told.status:
        case DeviceStatus.ONLINE | DeviceStatus.DEVICE_BUSY:
            if told.cover_open or told.paper in (Paper.OUT, Paper.JAMMED):
                return Health.ATTENTION
            return Health.LIMITED if told.paper is Paper.LOW else Health.GOOD
        case DeviceStatus.USER_ERROR:
            return Health.ATTENTION
        case DeviceStatus.HARDWARE_ERROR:
            return Health.FAULT
        case DeviceStatus.STARTING:
            return Health.RECOVERING
        case DeviceStatus.OFFLINE | DeviceStatus.NO_DEVICE:
            return Health.ABSENT
        case DeviceStatus.FRAUD_ATTEMPT:
            return Health.SUSPECT
        case DeviceStatus.UNKNOWN:
            return Health.UNKNOWN


_REMEDIES = {
    Health.GOOD: Remedy.NONE,
    Health.LIMITED: Remedy.CLEAR,
    Health.ATTENTION: Remedy.CLEAR,
    Health.FAULT: Remedy.MAINTENANCE,
    Health.RECOVERING: Remedy.SUSPEND,
    Health.ABSENT: Remedy.RESET,
    Health.SUSPECT: Remedy.MAINTENANCE,
    Health.UNKNOWN: Remedy.RESET,
}


def remedy(told: DeviceChanged | None) -> Remedy:
    """What helps a device in this state."""
    if told is not None and told.raw == SOFTWARE:
        return Remedy.SOFTWARE
    return _REMEDIES[health(told)]
