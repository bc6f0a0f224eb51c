"""What a chip card looks like to the reader it is put into, real or simulated."""

from __future__ import annotations

from typing import Protocol


class Card(Protocol):
    """A card model, as far as its contacts go."""

    @property
    def slow_s(self) -> float:
        """Seconds each answer takes longer."""

    def atr(self) -> bytes:
        """Answer to reset, empty when mute."""

    def power_on(self) -> None:
        """Power or reset."""

    def power_off(self) -> None:
        """No power."""

    def apdu(self, command: bytes) -> bytes:
        """Answer a command. Raises `CardPulled`."""
