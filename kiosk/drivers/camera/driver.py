"""The camera as the terminal sees it: off, or looking for one code."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from kiosk.drivers.camera.status import code_event, lost_status
from kiosk.drivers.events import CameraFailed, CodeSeen, Device, DeviceChanged, DeviceStatus
from kiosk.drivers.links.inbox import Inbox
from kiosk.drivers.links.ops import CameraOn, Emit, LinkLost, NextCode, Now, Open, Talk
from kiosk.drivers.orders import ScanCode


@dataclass(frozen=True, slots=True)
class CameraConfig:
    """The camera's times and bounds."""

    idle_every_s: float = 2.0  # between two looks at the child while nothing is scanned
    look_s: float = 1.0  # one wait for a code
    scan_limit_s: float = 300.0  # then the camera goes off, whoever forgot to stop it
    most_unreadable: int = 32  # distinct codes complained of in one scan
    back_off_first_s: float = 0.5
    back_off_last_s: float = 5.0


class Camera:
    """The driver. The content of a code passes through and is neither kept nor logged."""

    device = Device.CAMERA

    def __init__(self, config: CameraConfig | None = None) -> None:
        self.config = config or CameraConfig()
        self.status = DeviceStatus.UNKNOWN
        self._told: DeviceStatus | None = None
        self._inbox = Inbox()
        self._scanning = False

    def __repr__(self) -> str:
        return f"Camera({self.status}, scanning: {self._scanning})"

    def serve(self) -> Talk[None]:
        """Run for ever: start the child, scan on order, start a new child when it is lost."""
        back_off_s = self.config.back_off_first_s
        while True:
            try:
                yield Open()
                yield from self._tell(DeviceStatus.ONLINE, "")
                while True:
                    yield from self._turn()
                    back_off_s = self.config.back_off_first_s
            except LinkLost as lost:
                yield from self._lost(str(lost))
                yield from self._rest(back_off_s, str(lost))
                back_off_s = min(back_off_s * 2, self.config.back_off_last_s)

    def _turn(self) -> Talk[None]:
        """One order, or one look whether the child lives."""
        order = yield from self._inbox.take(self.config.idle_every_s)
        if isinstance(order, ScanCode):
            yield from self._scan()
        elif order is None:
            yield NextCode(0)

    def _tell(self, status: DeviceStatus, raw: str) -> Talk[None]:
        self.status = status
        if status is not self._told:
            self._told = status
            yield Emit(DeviceChanged(self.device, status, raw))

    def _lost(self, raw: str) -> Talk[None]:
        if self._scanning:
            self._scanning = False
            if not self._interrupted():
                yield Emit(CameraFailed(raw))
        yield from self._tell(lost_status(raw), raw)

    def _rest(self, seconds: float, raw: str) -> Talk[None]:
        """Let time pass without a child; an order is answered at once."""
        until_s = (yield Now()) + seconds
        while (left_s := until_s - (yield Now())) > 0:
            if isinstance((yield from self._inbox.take(left_s)), ScanCode):
                yield Emit(CameraFailed(raw))

    def _interrupted(self) -> bool:
        """Whether an order has come that ends the running one."""
        return self._inbox.waiting is not None

    def _scan(self) -> Talk[None]:
        self._scanning = True
        yield CameraOn(True)
        yield from self._look_for_code()
        self._scanning = False
        yield CameraOn(False)

    def _look_for_code(self) -> Talk[None]:
        """Until a readable code is seen, an order comes or the time is over."""
        until_s = (yield Now()) + self.config.scan_limit_s
        unreadable: set[bytes] = set()
        while (yield Now()) < until_s:
            content = yield NextCode(self.config.look_s)
            if (yield from self._inbox.look()):
                return
            if content is None:
                continue
            event = code_event(content)
            if isinstance(event, CodeSeen):
                yield Emit(event)
                return
            # The digest tells one code from the next without keeping what stands in it.
            digest = hashlib.sha256(content).digest()
            if digest not in unreadable and len(unreadable) < self.config.most_unreadable:
                unreadable.add(digest)
                yield Emit(event)
        yield Emit(CameraFailed("time limit"))
