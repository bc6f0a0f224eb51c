"""A device's name that goes into a sentence of either language."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.drivers.events import Device
from kiosk.messages.catalogue import Messages


@dataclass(frozen=True, slots=True)
class DeviceName:
    """A device's name that can be said in either language."""

    words: Messages
    device: Device

    def __format__(self, spec: str) -> str:
        return self.words(f"device.{self.device}")
