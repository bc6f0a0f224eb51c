"""The camera as the terminal sees it: off, or looking for codes, a person or a document."""

from __future__ import annotations

import hashlib

from msgspec import Struct

from kiosk.drivers.camera.status import code_event, lost_status
from kiosk.drivers.events import (
    Device,
    DeviceChanged,
    DeviceStatus,
    DocumentCopied,
    PictureWanting,
    StillTaken,
    Wanting,
)
from kiosk.drivers.links.back_off import BackOff
from kiosk.drivers.links.inbox import Inbox
from kiosk.drivers.links.ops import (
    CameraOn,
    Emit,
    LinkLost,
    NextCode,
    NextPicture,
    Now,
    Open,
    Sought,
    Stop,
    Talk,
)
from kiosk.drivers.orders import CopyDocument, ScanCode, TakeStill


class CameraConfig(Struct, frozen=True):
    """The camera's times and bounds."""

    idle_every_s: float = 2.0  # between two looks at the child while nothing is scanned
    look_s: float = 1.0  # one wait for a code or a picture
    scan_limit_s: float = 300.0  # then the camera goes off, whoever forgot to stop it
    most_told: int = 32  # distinct codes remembered in one scan, the oldest forgotten first
    back_off_first_s: float = 0.5
    back_off_longest_s: float = 5.0


class Camera:
    """The driver. Codes and pictures pass through and are neither kept nor logged."""

    device = Device.CAMERA

    def __init__(self, config: CameraConfig | None = None) -> None:
        self._config = config or CameraConfig()
        self.status = DeviceStatus.UNKNOWN
        self._inbox = Inbox()
        self._scanning = False

    def __repr__(self) -> str:
        return f"Camera({self.status}, scanning: {self._scanning})"

    def serve(self) -> Talk[None]:
        """Run for ever: start the child, scan on order, start a new child when it is lost.

        Raises `TypeError` for another device's order.
        """
        back_off = BackOff(self._config.back_off_first_s, self._config.back_off_longest_s)
        while True:
            try:
                yield Open()
                yield from self._became(DeviceStatus.ONLINE, "")
                while True:
                    yield from self._round()
                    back_off.reset()
            except LinkLost as lost:
                yield from self._lost(str(lost))
                yield from self._rest(back_off.next_s())

    def _round(self) -> Talk[None]:
        """One order, or one look whether the child lives."""
        order = yield from self._inbox.take(self._config.idle_every_s)
        if isinstance(order, ScanCode):
            yield from self._scan()
        elif isinstance(order, TakeStill | CopyDocument):
            yield from self._take(order)
        elif order is None:
            yield NextCode(0)
        elif not isinstance(order, Stop):
            raise TypeError(f"a camera cannot {type(order).__name__}")

    def _became(self, status: DeviceStatus, raw: str) -> Talk[None]:
        if status is not self.status:
            self.status = status
            yield Emit(DeviceChanged(self.device, status, raw))

    def _lost(self, raw: str) -> Talk[None]:
        self._scanning = False
        yield from self._became(lost_status(raw), raw)

    def _rest(self, seconds: float) -> Talk[None]:
        """Let time pass without a child. Whoever orders now has been told the status already."""
        until_s = (yield Now()) + seconds
        while (left_s := until_s - (yield Now())) > 0:
            yield from self._inbox.take(left_s)

    def _scan(self) -> Talk[None]:
        self._scanning = True
        yield CameraOn(True)
        yield from self._look_for_code()
        self._scanning = False
        yield CameraOn(False)

    def _look_for_code(self) -> Talk[None]:
        """Until an order comes or the time is over; a code that is held still is told once."""
        until_s = (yield Now()) + self._config.scan_limit_s
        told: dict[bytes, None] = {}
        while (yield Now()) < until_s:
            content = yield NextCode(self._config.look_s)
            if (yield from self._inbox.look()):
                return
            if content is None:
                continue
            # The digest tells one code from the next without keeping what stands in it.
            digest = hashlib.sha256(content).digest()
            if digest in told:
                continue
            if len(told) == self._config.most_told:
                del told[next(iter(told))]
            told[digest] = None
            yield Emit(code_event(content))

    def _take(self, order: TakeStill | CopyDocument) -> Talk[None]:
        self._scanning = True
        yield CameraOn(True, _sought(order))
        yield from self._look_for_picture(order)
        self._scanning = False
        yield CameraOn(False)

    def _look_for_picture(self, order: TakeStill | CopyDocument) -> Talk[None]:
        """Until one is good enough, an order comes or the time is over. A reason is told once."""
        until_s = (yield Now()) + self._config.scan_limit_s
        told: Wanting | None = None
        while (yield Now()) < until_s:
            seen: bytes | Wanting | None = yield NextPicture(self._config.look_s)
            if (yield from self._inbox.look()):
                return
            if isinstance(seen, Wanting):
                if seen is not told:
                    told = seen
                    yield Emit(PictureWanting(seen))
            elif seen is not None:
                yield Emit(_taken(order, seen))
                return


def _sought(order: TakeStill | CopyDocument) -> Sought:
    return Sought.STILL if isinstance(order, TakeStill) else Sought(order.side)


def _taken(order: TakeStill | CopyDocument, jpeg: bytes) -> StillTaken | DocumentCopied:
    return StillTaken(jpeg) if isinstance(order, TakeStill) else DocumentCopied(order.side, jpeg)
