"""What a simulated device at the end of a serial line looks like to its wire.

A model is state, physics and faults; it knows no port and no clock. The wire (a
pseudo-terminal in real time, the world in virtual time) hands it the bytes that arrived and
asks what it says. Time a byte takes on the line is the wire's business, time the device takes
to think is the model's.
"""

from __future__ import annotations

from typing import Final, Protocol

BITS_A_BYTE: Final = 10  # 8 data bits, start and stop


class LineDevice(Protocol):
    """A device on a serial line. All times are seconds on the wire's one clock."""

    baud: int

    def hear(self, data: bytes, now_s: float) -> None:
        """Bytes from the terminal have arrived whole at `now_s`."""

    def speak(self, now_s: float) -> bytes:
        """The bytes the device begins to send at or before `now_s`; each is given once."""

    def next_s(self) -> float | None:
        """When the device will next have something to say by itself; None: not before it hears."""
