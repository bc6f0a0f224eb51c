"""Driver, runner, link, child process, stream and picture: the whole camera at work."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from kiosk.drivers.camera.driver import Camera
from kiosk.drivers.events import CodeSeen, Device, DeviceChanged, DeviceStatus
from kiosk.drivers.links.camera_child import CameraChild
from kiosk.drivers.links.runner import DeviceRunner
from kiosk.drivers.orders import ScanCode
from simulators.models import camera as simulated
from simulators.wires.camera_feed import CameraFeed

PATIENCE_S = 30.0
CODE = "ESSC-990000-TEST-0001"


class Whole:
    """The parts, and the events as they come."""

    def __init__(self, feed: CameraFeed) -> None:
        self.events: queue.Queue[Any] = queue.Queue()
        self.link = CameraChild(feed.url)
        self.runner = DeviceRunner(
            Device.CAMERA, Camera().serve(), self.link, lambda _, event: self.events.put(event)
        )
        self.runner.start()

    def next(self) -> Any:
        return self.events.get(timeout=PATIENCE_S)

    def close(self) -> None:
        self.runner.close()


@pytest.fixture
def camera() -> simulated.Camera:
    return simulated.Camera()


@pytest.fixture
def whole(camera: simulated.Camera) -> Iterator[Whole]:
    with (
        contextlib.closing(CameraFeed(camera)) as feed,
        contextlib.closing(Whole(feed)) as whole,
    ):
        yield whole


def test_a_code_is_scanned_and_a_killed_child_is_replaced(
    camera: simulated.Camera, whole: Whole
) -> None:
    online = DeviceChanged(Device.CAMERA, DeviceStatus.ONLINE)
    assert whole.next() == online
    whole.runner.order(1, ScanCode())
    camera.hold_up(CODE)
    assert whole.next() == CodeSeen(CODE)
    camera.take_away()

    whole.runner.order(2, ScanCode())
    pid = whole.link.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    told = [whole.next(), whole.next()]
    assert told[-1] == online
    whole.runner.order(3, ScanCode())
    camera.hold_up(CODE)
    assert whole.next() == CodeSeen(CODE)
