"""A serial line to a device model; every byte takes its time both ways."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from kiosk.drivers.links.ops import Discard, LinkLost, Op, Open, Read, Write
from simulators.models.line import BITS_A_BYTE, LineDevice
from simulators.world.agenda import Agenda
from simulators.world.alarm import Alarm
from simulators.world.runner import NOT_YET, nobody

KERNEL_BUFFER_BYTES = 4096  # what Linux takes of a port's output before a write blocks


class WorldLine:
    """The line, its port and its cable.

    `parcel_bytes`: how many bytes reach the terminal at once, at the moment the last of them is
    through; None: all that the device said in one go, as an adapter with a patient timer hands
    over a frame; 1: each by itself. `buffer_bytes`: how much a write hands over before it
    blocks; 0: it lasts until the device has heard everything.
    """

    def __init__(
        self,
        peer: LineDevice,
        agenda: Agenda,
        *,
        parcel_bytes: int | None = None,
        buffer_bytes: int = KERNEL_BUFFER_BYTES,
    ) -> None:
        self.wake: Callable[[], None] = nobody
        self._peer = peer
        self._agenda = agenda
        self._buffer_bytes = buffer_bytes
        self._plugged = True
        self._open = False
        self._received = bytearray()
        self._there = _Way(agenda, peer, None, self._heard)
        self._back = _Way(agenda, peer, parcel_bytes, self._arrived)
        self._speech = Alarm(agenda, self.poke)

    def unplug(self) -> None:
        """The cable is out: everything on the line is lost."""
        self._plugged = self._open = False
        self._received.clear()
        self._there.lose()
        self._back.lose()
        self.wake()

    def plug(self) -> None:
        """The cable is in again; the driver still has to open the port."""
        self._plugged = True

    def poke(self) -> None:
        """The person did something at the device: let it speak."""
        data = self._peer.speak(self._agenda.now_s())
        if data and self._open:
            self._back.carry(data)
        next_s = self._peer.next_s()
        if next_s is not None:
            self._speech.set(next_s)

    def begin(self, op: Op) -> float:
        """See `WorldLink`."""
        now_s = self._agenda.now_s()
        match op:
            case Read(_, timeout_s):
                return now_s + timeout_s
            case Write(data) if self._open:
                through_s = self._there.carry(data)
                return max(now_s, through_s - self._buffer_bytes * BITS_A_BYTE / self._peer.baud)
        return now_s

    def result(self, op: Op, *, over: bool, ordered: bool) -> Any:
        """See `WorldLink`."""
        if isinstance(op, Open):
            if not self._plugged:
                raise LinkLost("unplugged")
            self._open = True
            self._received.clear()
            return None
        if not self._open:
            raise LinkLost("unplugged")
        match op:
            case Write():
                return None if over else NOT_YET
            case Discard():
                return self._received.clear()
            case Read(size):
                if self._received:
                    data = bytes(self._received[:size])
                    del self._received[:size]
                    return data
                return b"" if over or ordered else NOT_YET
        raise AssertionError(f"a serial line cannot do {type(op).__name__}")

    def _heard(self, data: bytes) -> None:
        self._peer.hear(data, self._agenda.now_s())
        self.poke()

    def _arrived(self, data: bytes) -> None:
        if self._open:
            self._received += data
            self.wake()


class _Way:
    """One direction of the line: bytes arrive in order, `parcel_bytes` at a time."""

    def __init__(
        self,
        agenda: Agenda,
        peer: LineDevice,
        parcel_bytes: int | None,
        deliver: Callable[[bytes], None],
    ) -> None:
        self._agenda = agenda
        self._peer = peer
        self._parcel_bytes = parcel_bytes
        self._deliver = deliver
        self._through_s = 0.0  # when the last byte under way is through
        self._under_way: deque[tuple[float, bytes]] = deque()
        self._alarm = Alarm(agenda, self._arrive)

    def carry(self, data: bytes) -> float:
        """Send `data` behind what is under way. Answers when (s) its last byte is through."""
        begins_s = max(self._through_s, self._agenda.now_s())
        byte_s = BITS_A_BYTE / self._peer.baud  # a device may be told to change it
        size = self._parcel_bytes or len(data)
        for start in range(0, len(data), size):
            parcel = data[start : start + size]
            arrives_s = begins_s + (start + len(parcel)) * byte_s
            self._under_way.append((arrives_s, parcel))
            self._through_s = arrives_s
        self._wait()
        return self._through_s

    def lose(self) -> None:
        """Whatever is under way arrives nowhere."""
        self._under_way.clear()
        self._through_s = 0.0

    def _wait(self) -> None:
        if self._under_way:
            self._alarm.set(self._under_way[0][0])

    def _arrive(self) -> None:
        while self._under_way and self._under_way[0][0] <= self._agenda.now_s():
            self._deliver(self._under_way.popleft()[1])
        self._wait()
