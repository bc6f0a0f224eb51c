"""The camera's driver against a simulated camera, in virtual time."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from kiosk.drivers.camera.driver import Camera, CameraConfig
from kiosk.drivers.camera.status import lost_status
from kiosk.drivers.events import (
    CodeSeen,
    CodeUnreadable,
    Device,
    DeviceChanged,
    DeviceStatus,
    DocumentCopied,
    PictureWanting,
    Side,
    StillTaken,
    Wanting,
)
from kiosk.drivers.links.ops import CameraOn, Emit, LinkLost, Now, Open, Stop, Take
from kiosk.drivers.orders import CopyDocument, ScanCode, TakeStill
from simulators.models import camera as simulated
from simulators.models.scenes import Stand
from simulators.world.links import WorldCamera
from tests.drivers.talking import Bench

CODE = "ESSC-990000-TEST-0001"
ONLINE = DeviceChanged(Device.CAMERA, DeviceStatus.ONLINE)


class Stage:
    """The driver, its link and the camera on one bench."""

    def __init__(self, config: CameraConfig | None = None) -> None:
        self.camera = simulated.Camera()
        self.driver = Camera(config)
        self.bench = Bench(self.driver.serve(), partial(WorldCamera, self.camera))

    def die(self) -> None:
        """The child stops answering, and no other can be started."""
        self.bench.link.starts = False
        self.bench.link.refusal = "no heartbeat"
        self.bench.link.die("no heartbeat")

    def live(self) -> None:
        self.bench.link.starts = True

    def switched(self) -> list[bool]:
        """How the driver has turned the camera on and off."""
        return [op.on for op in self.bench.asked_for(CameraOn)]


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_the_status_is_told_once_and_the_camera_stays_off(stage: Stage) -> None:
    stage.bench.run_until(30.0)
    assert stage.bench.said() == [ONLINE]
    assert stage.switched() == []


def test_a_code_is_seen_and_the_camera_goes_off_when_told_to(stage: Stage) -> None:
    stage.bench.order(1.0, ScanCode())
    stage.bench.at(3.0, lambda: stage.camera.hold_up(CODE))
    stage.bench.order(6.0, Stop())
    stage.bench.run_until(10.0)
    assert stage.bench.said() == [ONLINE, CodeSeen(CODE)]
    assert stage.switched() == [True, False]


def test_a_code_held_still_is_told_once_and_the_next_one_too(stage: Stage) -> None:
    stage.bench.order(1.0, ScanCode())
    stage.bench.at(2.0, lambda: stage.camera.hold_up("HTTPS://EXAMPLE.ORG/"))
    stage.bench.at(8.0, lambda: stage.camera.hold_up(CODE))
    stage.bench.run_until(15.0)
    assert stage.bench.said() == [ONLINE, CodeSeen("HTTPS://EXAMPLE.ORG/"), CodeSeen(CODE)]
    assert stage.switched() == [True]


def test_another_persons_scan_tells_the_same_code_again(stage: Stage) -> None:
    stage.camera.hold_up(CODE)
    stage.bench.order(1.0, ScanCode())
    stage.bench.order(3.0, Stop())
    stage.bench.order(5.0, ScanCode())
    stage.bench.run_until(8.0)
    assert stage.bench.of(CodeSeen) == [CodeSeen(CODE)] * 2


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
    assert stage.switched() == [True, False]


def test_another_order_counts_as_stop_and_that_order(stage: Stage) -> None:
    stage.bench.order(1.0, ScanCode())
    stage.bench.order(4.0, ScanCode())
    stage.bench.at(6.0, lambda: stage.camera.hold_up(CODE))
    stage.bench.run_until(20.0)
    assert stage.bench.said() == [ONLINE, CodeSeen(CODE)]
    assert stage.switched() == [True, False, True]


def test_a_child_that_dies_ends_the_scan_and_a_new_one_is_started(stage: Stage) -> None:
    stage.bench.order(1.0, ScanCode())
    stage.bench.at(3.0, stage.die)
    stage.bench.at(4.0, stage.live)
    stage.bench.order(20.0, ScanCode())
    stage.bench.at(21.0, lambda: stage.camera.hold_up(CODE))
    stage.bench.run_until(30.0)
    offline = DeviceChanged(Device.CAMERA, DeviceStatus.OFFLINE, "no heartbeat")
    assert stage.bench.said() == [ONLINE, offline, ONLINE, CodeSeen(CODE)]
    assert stage.bench.link.children == 2


def test_a_child_that_dies_between_scans_is_noticed(stage: Stage) -> None:
    stage.bench.at(5.0, stage.die)
    stage.bench.run_until(20.0)
    assert stage.driver.status is DeviceStatus.OFFLINE


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


def test_an_order_without_a_camera_is_not_carried_out_later(stage: Stage) -> None:
    stage.bench.at(1.0, stage.die)
    stage.bench.order(50.0, ScanCode())
    stage.bench.at(51.0, stage.live)
    stage.bench.run_until(80.0)
    assert stage.driver.status is DeviceStatus.ONLINE
    assert stage.switched() == []


def test_a_camera_that_is_not_there_is_no_device() -> None:
    assert lost_status("no camera") is DeviceStatus.NO_DEVICE
    assert lost_status("no heartbeat") is DeviceStatus.OFFLINE


def test_a_scan_nobody_stops_ends_by_itself() -> None:
    stage = Stage(CameraConfig(scan_limit_s=60.0))
    stage.bench.order(1.0, ScanCode())
    stage.bench.run_until(100.0)
    assert stage.bench.said() == [ONLINE]
    assert stage.switched() == [True, False]


def test_the_codes_that_are_remembered_are_bounded_and_the_oldest_is_told_again() -> None:
    stage = Stage(CameraConfig(most_told=2))
    stage.bench.order(1.0, ScanCode())
    for number, shown in enumerate("bcbda"):  # b, seen again, is remembered; then d drives it out
        stage.bench.at(2.0 + 2 * number, partial(stage.camera.hold_up, f"{shown}-12345678"))
    stage.bench.at(12.0, partial(stage.camera.hold_up, "b-12345678"))
    stage.bench.run_until(20.0)
    assert [seen.text[0] for seen in stage.bench.of(CodeSeen)] == ["b", "c", "d", "a", "b"]


def test_the_text_stays_nowhere_in_the_driver(stage: Stage) -> None:
    stage.camera.hold_up(CODE)
    stage.bench.order(1.0, ScanCode())
    stage.bench.run_until(5.0)
    assert CODE not in repr(vars(stage.driver)) + repr(stage.driver) + repr(stage.bench.said())


# --- pictures ------------------------------------------------------------------------------


def test_a_still_is_taken_by_itself_and_the_camera_goes_off(stage: Stage) -> None:
    stage.bench.order(1.0, TakeStill())
    stage.bench.run_until(10.0)
    online, taken = stage.bench.said()
    assert online == ONLINE
    assert isinstance(taken, StillTaken)
    assert taken.jpeg.startswith(b"\xff\xd8\xff")
    assert stage.switched() == [True, False]


def test_what_is_wrong_is_told_once_until_it_changes(stage: Stage) -> None:
    scene = stage.camera.scene
    stage.camera.scene = replace(scene, stand=Stand.AWAY)
    stage.bench.order(1.0, TakeStill())
    stage.bench.at(8.0, lambda: setattr(stage.camera, "scene", replace(scene, stand=Stand.FAR)))
    stage.bench.at(14.0, lambda: setattr(stage.camera, "scene", scene))
    stage.bench.run_until(20.0)
    far, nobody = PictureWanting(Wanting.TOO_FAR), PictureWanting(Wanting.NO_FACE)
    assert stage.bench.said()[1:3] == [nobody, far]
    assert isinstance(stage.bench.said()[3], StillTaken)
    assert len(stage.bench.said()) == 4


@pytest.mark.parametrize("side", list(Side))
def test_a_side_is_copied_when_the_person_shows_it(stage: Stage, side: Side) -> None:
    stage.bench.order(1.0, CopyDocument(side))
    stage.bench.run_until(10.0)
    copied = stage.bench.said()[-1]
    assert isinstance(copied, DocumentCopied)
    assert copied.side is side
    assert copied.jpeg not in repr(copied).encode("latin-1", errors="replace")
    assert repr(copied) == "DocumentCopied(...)"


def test_stop_ends_the_looking_and_no_picture_follows(stage: Stage) -> None:
    stage.camera.scene = replace(stage.camera.scene, stand=Stand.AWAY)
    stage.bench.order(1.0, TakeStill())
    stage.bench.order(5.0, Stop())
    stage.bench.at(6.0, lambda: stage.camera.comes(stage.camera.scene.document))
    stage.bench.run_until(12.0)
    assert stage.bench.said() == [ONLINE, PictureWanting(Wanting.NO_FACE)]
    assert stage.switched() == [True, False]


def test_nobody_who_forgot_to_stop_keeps_the_camera_looking() -> None:
    stage = Stage(CameraConfig(scan_limit_s=20.0))
    stage.camera.scene = replace(stage.camera.scene, stand=Stand.AWAY)
    stage.bench.order(1.0, TakeStill())
    stage.bench.run_until(40.0)
    assert stage.switched() == [True, False]


def test_a_child_that_dies_while_it_looks_for_a_face_is_told_as_gone(stage: Stage) -> None:
    stage.bench.order(1.0, TakeStill())
    stage.bench.at(1.5, stage.die)
    stage.bench.run_until(4.0)
    assert stage.bench.said() == [
        ONLINE,
        DeviceChanged(Device.CAMERA, DeviceStatus.OFFLINE, "no heartbeat"),
    ]
