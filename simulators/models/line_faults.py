"""What can go wrong on a simulated serial line, and the way out of a model that suffers it."""

from __future__ import annotations

from dataclasses import dataclass

_CHATTER = b"\x55\x1b\x7f\x00\x55\xaa\x30\x06"
_CHATTER_EVERY_S = 0.02
_GARBAGE_MASK = 0x6D


@dataclass(slots=True)
class LineFaults:
    """Faults of a device's line, all off; each may be set and taken back at any moment."""

    silent: bool = False  # says nothing at all, as with a broken cable
    chatter: bool = False  # bytes without end and without being asked
    garbage: bool = False  # answers of the right length and with nonsense in them
    half_frame: bool = False  # an answer stops in its middle
    wrong_checksum: bool = False  # the last byte of every answer is spoilt
    stray_bytes: bytes = b""  # noise in front of every answer
    slow_s: float = 0.0  # thinks this much longer


class Outbox:
    """What a model is going to say and when, in order, with the faults of its line."""

    def __init__(self, faults: LineFaults) -> None:
        self._faults = faults
        self._waiting: list[tuple[float, bytes]] = []
        self._chatter_s = 0.0

    def answer(self, due_s: float, frame: bytes) -> None:
        """Say `frame` at `due_s`, spoilt as the faults of this moment want it."""
        faults = self._faults
        if faults.wrong_checksum:
            frame = frame[:-1] + bytes([frame[-1] ^ 0x01])
        if faults.garbage:
            frame = bytes(byte ^ _GARBAGE_MASK for byte in frame)
        if faults.half_frame:
            frame = frame[: len(frame) // 2]
        self.say(due_s, faults.stray_bytes + frame)

    def say(self, due_s: float, data: bytes) -> None:
        """Say `data` at `due_s` as it is; only a silent line keeps it back."""
        if not self._faults.silent:
            self._waiting.append((due_s, data))
            self._waiting.sort(key=lambda item: item[0])

    def speak(self, now_s: float) -> bytes:
        """What is due at `now_s`, each byte once."""
        due = [data for due_s, data in self._waiting if due_s <= now_s]
        self._waiting = [item for item in self._waiting if item[0] > now_s]
        if self._faults.chatter and now_s >= self._chatter_s:
            self._chatter_s = now_s + _CHATTER_EVERY_S
            due.append(_CHATTER)
        return b"" if self._faults.silent else b"".join(due)

    def next_s(self) -> float | None:
        """When something is due next; a time in the past means at once."""
        times = [due_s for due_s, _ in self._waiting[:1]]
        if self._faults.chatter:
            times.append(self._chatter_s)
        return min(times, default=None) if not self._faults.silent else None

    def forget(self) -> None:
        """Drop what has not been said yet (power gone, or a reset)."""
        self._waiting.clear()
