"""The camera's driver against a simulated camera, in virtual time."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest

from kiosk.drivers.camera.driver import Camera, CameraConfig
from kiosk.drivers.camera.status import lost_status
from kiosk.drivers.events import (
    CameraFailed,
    CodeSeen,
    CodeUnreadable,
    Device,
    DeviceChanged,
    DeviceStatus,
)
from kiosk.drivers.links.ops import (
    CameraOn,
    Emit,
    LinkLost,
    NextCode,
    Now,
    Op,
    Open,
    Stop,
    Take,
)
from kiosk.drivers.orders import ScanCode
from simulators.models import camera as simulated
from tests.drivers.talking import NOT_YET, Bench

CODE = "ESSC-990000-TEST-0001"
ONLINE = DeviceChanged(Device.CAMERA, DeviceStatus.ONLINE)


@dataclass
class Link:
    """Carries out the camera's operations on the model, but for `Open`, which the bench knows."""

    camera: simulated.Camera
    dead: str = ""
    on: bool = False
    switched: list[bool] = field(default_factory=list)

    def __call__(self, op: Op, over: bool, ordered: bool) -> Any:
        if self.dead:
            self.on = False
            raise LinkLost(self.dead)
        match op:
            case CameraOn(turned_on):
                self.on = turned_on
                self.switched.append(turned_on)
                return None
            case NextCode():
                if self.on and self.camera.in_view is not None and over:
                    return self.camera.in_view
                return None if over or ordered else NOT_YET
        raise AssertionError(f"no operation of a camera: {op!r}")


class Stage:
    """The driver, its link and the camera on one bench."""

    def __init__(self, config: CameraConfig | None = None) -> None:
        self.camera = simulated.Camera()
        self.link = Link(self.camera)
        self.driver = Camera(config)
        self.bench = Bench(self.driver.serve(), other=self.link)

    def die(self) -> None:
        self.link.dead = "no heartbeat"
        self.bench.cut()

    def live(self) -> None:
        self.link.dead = ""
        self.bench.restore()


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_the_status_is_told_once_and_the_camera_stays_off(stage: Stage) -> None:
    stage.bench.run_until(30.0)
    assert stage.bench.said() == [ONLINE]
    assert stage.link.switched == []


def test_a_code_is_seen_and_the_camera_goes_off(stage: Stage) -> None:
    stage.bench.order(1.0, ScanCode())
    stage.bench.at(3.0, lambda: stage.camera.hold_up(CODE))
    stage.bench.run_until(10.0)
    assert stage.bench.said() == [ONLINE, CodeSeen(CODE)]
    assert stage.link.switched == [True, False]


def test_blanks_and_line_ends_around_a_code_are_trimmed(stage: Stage) -> None:
    stage.camera.hold_up(f" {CODE}\r\n")
    stage.bench.order(1.0, ScanCode())
    stage.bench.run_until(5.0)
    assert stage.bench.of(CodeSeen) == [CodeSeen(CODE)]


@pytest.mark.parametrize(
    "content", ["short", "x" * 513, b"\xff\xfe\x00\x01abcdefgh", "社会保障卡社会保障卡"]
)
def test_a_code_of_another_kind_is_told_once_and_the_camera_keeps_looking(
    stage: Stage, content: str | bytes
) -> None:
    stage.camera.hold_up(content)
    stage.bench.order(1.0, ScanCode())
    stage.bench.at(8.0, lambda: stage.camera.hold_up(CODE))
    stage.bench.run_until(12.0)
    assert stage.bench.said() == [ONLINE, CodeUnreadable(), CodeSeen(CODE)]


@pytest.mark.parametrize("size", [8, 512])
def test_the_bounds_of_a_codes_length_are_taken(stage: Stage, size: int) -> None:
    stage.camera.hold_up("x" * size)
    stage.bench.order(1.0, ScanCode())
    stage.bench.run_until(5.0)
    assert stage.bench.of(CodeSeen) == [CodeSeen("x" * size)]


def test_stop_ends_the_scan_quietly(stage: Stage) -> None:
    stage.bench.order(1.0, ScanCode())
    stage.bench.order(4.0, Stop())
    stage.bench.at(4.5, lambda: stage.camera.hold_up(CODE))
    stage.bench.run_until(20.0)
    assert stage.bench.said() == [ONLINE]
    assert stage.link.switched == [True, False]


def test_another_order_counts_as_stop_and_that_order(stage: Stage) -> None:
    stage.bench.order(1.0, ScanCode())
    stage.bench.order(4.0, ScanCode())
    stage.bench.at(6.0, lambda: stage.camera.hold_up(CODE))
    stage.bench.run_until(20.0)
    assert stage.bench.said() == [ONLINE, CodeSeen(CODE)]
    assert stage.link.switched == [True, False, True, False]


def test_a_child_that_dies_ends_the_scan_and_a_new_one_is_started(stage: Stage) -> None:
    stage.bench.order(1.0, ScanCode())
    stage.bench.at(3.0, stage.die)
    stage.bench.at(4.0, stage.live)
    stage.bench.order(20.0, ScanCode())
    stage.bench.at(21.0, lambda: stage.camera.hold_up(CODE))
    stage.bench.run_until(30.0)
    lost = CameraFailed("no heartbeat")
    offline = DeviceChanged(Device.CAMERA, DeviceStatus.OFFLINE, "no heartbeat")
    assert stage.bench.said() == [ONLINE, lost, offline, ONLINE, CodeSeen(CODE)]
    assert stage.bench.opened == 2


def test_a_child_that_dies_between_scans_is_noticed(stage: Stage) -> None:
    stage.bench.at(5.0, stage.die)
    stage.bench.run_until(20.0)
    assert stage.driver.status is DeviceStatus.OFFLINE
    assert stage.bench.of(CameraFailed) == []


def test_restarts_come_slower_and_slower_up_to_five_seconds() -> None:
    waits: list[float] = []
    talk = Camera().serve()
    op = next(talk)
    clock_s = 0.0
    while len(waits) < 6:
        match op:
            case Open():
                op = talk.throw(LinkLost("no camera"))
            case Now():
                op = talk.send(clock_s)
            case Take(timeout_s):
                waits.append(timeout_s)
                clock_s += timeout_s
                op = talk.send(None)
            case Emit():
                op = talk.send(None)
    assert waits == [0.5, 1.0, 2.0, 4.0, 5.0, 5.0]


def test_an_order_without_a_camera_fails_at_once(stage: Stage) -> None:
    stage.bench.at(1.0, stage.die)
    stage.bench.order(50.0, ScanCode())
    stage.bench.run_until(50.0)
    assert stage.bench.of(CameraFailed) == [CameraFailed("cut")]


def test_a_camera_that_is_not_there_is_no_device() -> None:
    assert lost_status("no camera") is DeviceStatus.NO_DEVICE
    assert lost_status("no heartbeat") is DeviceStatus.OFFLINE


def test_a_scan_nobody_stops_ends_by_itself() -> None:
    stage = Stage(CameraConfig(scan_limit_s=60.0))
    stage.bench.order(1.0, ScanCode())
    stage.bench.run_until(100.0)
    assert stage.bench.said() == [ONLINE, CameraFailed("time limit")]
    assert stage.link.switched == [True, False]


def test_complaints_of_codes_are_bounded() -> None:
    stage = Stage(CameraConfig(most_unreadable=2))
    stage.bench.order(1.0, ScanCode())
    for number in range(6):
        stage.bench.at(2.0 + 2 * number, partial(stage.camera.hold_up, f"bad{number}"))
    stage.bench.run_until(20.0)
    assert stage.bench.of(CodeUnreadable) == [CodeUnreadable()] * 2


def test_the_text_stays_nowhere_in_the_driver(stage: Stage) -> None:
    stage.camera.hold_up(CODE)
    stage.bench.order(1.0, ScanCode())
    stage.bench.run_until(5.0)
    assert CODE not in repr(vars(stage.driver)) + repr(stage.driver) + repr(stage.bench.said())
