"""What the terminal makes of what a device says: debounced, and the most specific fault wins."""

from __future__ import annotations

from kiosk.drivers.events import Device, DeviceChanged, DeviceStatus
from kiosk.drivers.health import HealthWord, health, remedy
from monitoring.wire.messages import DeviceReport

BELIEVED_AFTER = 2  # looks in a row that say the same
SPECIFIC_HOLDS_S = 60  # a fault that was named is not overwritten by "does not answer" this soon
RAW_MAX = 80  # characters
_VAGUE = frozenset({DeviceStatus.OFFLINE, DeviceStatus.UNKNOWN, DeviceStatus.STARTING})
_SPECIFIC = frozenset(
    {DeviceStatus.HARDWARE_ERROR, DeviceStatus.USER_ERROR, DeviceStatus.FRAUD_ATTEMPT}
)


class Conclusion:
    """One device, look by look. Times are seconds since 1970."""

    def __init__(self, device: Device, now_s: int) -> None:
        self._device = device
        self._believed: DeviceChanged | None = None
        self._named_s: int | None = None  # when a specific fault was told last
        self._next: DeviceChanged | None = None
        self._seen = 0
        self._since_s = now_s
        self._good_s: int | None = None

    def look(self, told: DeviceChanged | None, now_s: int) -> bool:
        """What the device says now. Answers whether something else is believed than before."""
        if told is not None and told.status in _SPECIFIC:
            self._named_s = now_s
        self._seen = self._seen + 1 if told == self._next else 1
        self._next = told
        if health(self._believed) is HealthWord.GOOD:
            self._good_s = now_s
        if told == self._believed or self._seen < BELIEVED_AFTER or self._is_held(told, now_s):
            return False
        if health(told) is not health(self._believed):
            self._since_s = now_s
        self._believed = told
        return True

    def report(self) -> DeviceReport:
        """The three truths of the device: its own words, the conclusion, and what helps."""
        told = self._believed or DeviceChanged(self._device, DeviceStatus.UNKNOWN)
        return DeviceReport(
            device=self._device,
            status=told.status,
            health=health(self._believed),
            remedy=remedy(self._believed),
            since=self._since_s,
            raw=told.raw[:RAW_MAX],
            paper=told.paper,
            cover_open=told.cover_open,
            retains=told.retains,
            in_bin=told.in_bin,
            seen=self._seen,
            last_good=self._good_s,
        )

    def _is_held(self, told: DeviceChanged | None, now_s: int) -> bool:
        vague = told is None or told.status in _VAGUE
        named = self._believed is not None and self._believed.status in _SPECIFIC
        lately = self._named_s is not None and now_s - self._named_s < SPECIFIC_HOLDS_S
        return vague and named and lately
