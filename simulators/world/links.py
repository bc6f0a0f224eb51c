"""The links of the simulated world: a serial line, a card slot, a camera."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from kiosk.drivers.links.ops import (
    AwaitChange,
    CameraOn,
    CardGone,
    Connect,
    Discard,
    Disconnect,
    LinkLost,
    NextCode,
    Op,
    Open,
    Read,
    Slot,
    SlotState,
    Transmit,
    Write,
)
from simulators.models.camera import Camera
from simulators.models.line import LineDevice
from simulators.models.social_security_card import CardPulled, SocialSecurityCard
from simulators.world.agenda import Agenda
from simulators.world.runner import NOT_YET

BITS_A_BYTE = 10  # 8N1
APDU_S = 0.012  # a contact reader's own time for one APDU
T0_BYTE_S = 12 * 372 / 3_571_200  # T=0 at F=372, D=1 and 3.57 MHz (ISO 7816-3)
FRAME_S = 0.125  # the camera's child looks at eight frames a second


def _nobody() -> None:
    """Before a runner listens."""


class WorldLine:
    """A serial line to a device model; every byte takes its time both ways."""

    def __init__(self, peer: LineDevice, agenda: Agenda) -> None:
        self.wake: Callable[[], None] = _nobody
        self._peer = peer
        self._agenda = agenda
        self._plugged = True
        self._open = False
        self._received = bytearray()
        self._sent_s = 0.0  # when the last byte towards the device is through
        self._arrives_s = 0.0  # the same towards the terminal
        self._poke_s: float | None = None

    def unplug(self) -> None:
        """The cable is out: everything on the line is lost."""
        self._plugged = self._open = False
        self._received.clear()
        self.wake()

    def plug(self) -> None:
        """The cable is in again; the driver still has to open the port."""
        self._plugged = True

    def poke(self) -> None:
        """The person did something at the device: let it speak."""
        data = self._peer.speak(self._agenda.now_s())
        if data:
            self._carry(data)
        next_s = self._peer.next_s()
        if next_s is not None and (self._poke_s is None or next_s < self._poke_s):
            self._poke_s = next_s
            self._agenda.at(next_s, partial(self._poked, next_s))

    def begin(self, op: Op) -> float:
        """See `WorldLink`."""
        now_s = self._agenda.now_s()
        match op:
            case Read(_, timeout_s):
                return now_s + timeout_s
            case Write(data) if self._open:
                took_s = self._took_s(data)
                self._sent_s = max(self._sent_s, now_s) + took_s
                self._agenda.at(self._sent_s, lambda: self._hear(data))
        return now_s

    def result(self, op: Op, *, hurry: bool) -> Any:
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
                return None
            case Discard():
                return self._received.clear()
            case Read(size):
                if self._received:
                    data = bytes(self._received[:size])
                    del self._received[:size]
                    return data
                return b"" if hurry else NOT_YET
        raise AssertionError(f"a serial line cannot do {op!r}")

    def _poked(self, when_s: float) -> None:
        if when_s == self._poke_s:  # and not one that an earlier poke has overtaken
            self._poke_s = None
            self.poke()

    def _hear(self, data: bytes) -> None:
        if self._plugged:
            self._peer.hear(data, self._agenda.now_s())
            self.poke()

    def _carry(self, data: bytes) -> None:
        if not self._open:
            return
        self._arrives_s = max(self._arrives_s, self._agenda.now_s()) + self._took_s(data)
        self._agenda.at(self._arrives_s, lambda: self._arrived(data))

    def _arrived(self, data: bytes) -> None:
        if self._open:
            self._received += data
            self.wake()

    def _took_s(self, data: bytes) -> float:
        return len(data) * BITS_A_BYTE / self._peer.baud


class WorldSlot:
    """A dip reader on pcscd: a slot that the person puts a card into and pulls it out of."""

    def __init__(self, agenda: Agenda) -> None:
        self.wake: Callable[[], None] = _nobody
        self.apdus_s = 0.0  # time all APDUs took, for the benchmark
        self._agenda = agenda
        self._card: SocialSecurityCard | None = None
        self._upside_down = False
        self._counter = 0
        self._reader = True
        self._service = True
        self._opened = False
        self._connected = False
        self._answer: bytes | None = None

    @property
    def occupied(self) -> bool:
        """Whether a card is in the slot."""
        return self._card is not None

    def insert(self, card: SocialSecurityCard, *, upside_down: bool = False) -> None:
        """Put a card in; upside down its chip touches nothing."""
        assert self._card is None, "there is a card in the slot"
        self._card, self._upside_down = card, upside_down
        self._changed()

    def pull(self) -> None:
        """Take the card out, whatever it is doing."""
        if self._card is not None:
            self._card.power_off()
        self._card, self._connected = None, False
        self._changed()

    def lose_reader(self, *, service: bool = False) -> None:
        """The reader is unplugged, or (`service`) pcscd itself stops."""
        self._reader = False
        self._service = not service
        self._opened = self._opened and self._service
        self._connected = False
        self._changed()

    def find_reader(self) -> None:
        """Reader and pcscd are back."""
        self._reader = self._service = True
        self._changed()

    def begin(self, op: Op) -> float:
        """See `WorldLink`."""
        now_s = self._agenda.now_s()
        match op:
            case AwaitChange(_, timeout_s):
                return now_s + timeout_s
            case Connect():
                return now_s + APDU_S
            case Transmit(apdu):
                self._answer = self._ask(apdu)
                size = len(apdu) + len(self._answer or b"")
                took_s = APDU_S + size * T0_BYTE_S
                self.apdus_s += took_s
                slow_s = self._card.slow_s if self._card is not None else 0.0
                return now_s + took_s + slow_s
        return now_s

    def result(self, op: Op, *, hurry: bool) -> Any:
        """See `WorldLink`."""
        if isinstance(op, Open):
            if not self._service:
                raise LinkLost("no service")
            self._opened = True
            return None
        if isinstance(op, Disconnect):
            self._connected = False
            return False
        if not self._opened:
            self._answer = None
            raise LinkLost("no service")
        match op:
            case AwaitChange(known):
                state = self._state()
                return state if state != known or hurry else NOT_YET
            case Connect():
                return self._connect()
            case Transmit():
                # An order that waits does not cut an APDU short, only its time does.
                return self._transmitted(hurry=hurry)
        raise AssertionError(f"a card slot cannot do {op!r}")

    def _state(self) -> SlotState:
        if not self._reader:
            return SlotState(Slot.NO_READER, self._counter)
        if self._card is None:
            return SlotState(Slot.EMPTY, self._counter)
        if self._upside_down or not self._card.atr():
            return SlotState(Slot.MUTE, self._counter)
        return SlotState(Slot.PRESENT, self._counter, self._card.atr())

    def _connect(self) -> bytes:
        state = self._state()
        if state.slot is Slot.NO_READER:
            raise LinkLost("reader gone")
        if state.slot is not Slot.PRESENT or self._card is None:
            raise CardGone("no card")
        self._card.power_on()
        self._connected = True
        return state.atr

    def _ask(self, apdu: bytes) -> bytes | None:
        if self._card is None or not self._connected:
            return None
        try:
            return self._card.apdu(apdu)
        except CardPulled:
            self.pull()
            return None

    def _transmitted(self, *, hurry: bool) -> Any:
        if not self._reader:
            self._answer = None
            raise LinkLost("reader gone")
        if self._card is None or not self._connected or self._answer is None:
            self._answer = None
            raise CardGone("pulled")
        if not hurry:
            return NOT_YET
        answer, self._answer = self._answer, None
        return answer

    def _changed(self) -> None:
        self._counter += 1
        self.wake()


class WorldCamera:
    """The camera's child process: it tells of the code in view once a frame while it looks."""

    def __init__(self, model: Camera, agenda: Agenda) -> None:
        self.wake: Callable[[], None] = _nobody
        self.starts = True  # False: no child can be started, as with the camera unplugged
        self._model = model
        self._agenda = agenda
        self._alive = True
        self._on = False
        self._frame_s = 0.0

    @property
    def looking(self) -> bool:
        """Whether the camera is on."""
        return self._alive and self._on

    def die(self) -> None:
        """The child process is killed."""
        self._alive = False
        self.wake()

    def begin(self, op: Op) -> float:
        """See `WorldLink`."""
        now_s = self._agenda.now_s()
        if isinstance(op, NextCode):
            self._frame_s = now_s + FRAME_S
            self._agenda.at(self._frame_s, self.look)
            return now_s + op.timeout_s
        return now_s

    def result(self, op: Op, *, hurry: bool) -> Any:
        """See `WorldLink`."""
        if isinstance(op, Open):
            if not self.starts:
                raise LinkLost("no camera")
            self._alive, self._on = True, False
            return None
        if not self._alive:
            raise LinkLost("child died")
        match op:
            case CameraOn(on):
                self._on = on
                return None
            case NextCode():
                seen = self._model.in_view if self._on else None
                if seen is not None and self._agenda.now_s() >= self._frame_s:
                    return seen
                return None if hurry else NOT_YET
        raise AssertionError(f"a camera cannot do {op!r}")

    def look(self) -> None:
        """Something was held up or taken away."""
        self.wake()
