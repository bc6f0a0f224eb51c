"""The camera's child process dies, and comes back; its picture is nobody's."""

from __future__ import annotations

import pytest

from kiosk.drivers.events import Device, DeviceStatus
from kiosk.drivers.links.ops import CameraOn, Op
from kiosk.fsm.visit import SessionTrouble
from simulators.world.world import World
from tests.stories.acts import opens, reports_a_loss, tile, trouble

BACK_S = 12.0


def report(world: World) -> str:
    """Reports a loss and leaves; answers what the receipt's QR code holds."""
    code = reports_a_loss(world)
    world.presses("done")
    world.lifts()
    world.sees("idle")
    return f"SSC-LOSS:{code}"


def test_a_child_that_dies_while_it_looks_is_said_and_another_try_works(world: World) -> None:
    code = report(world)
    opens(world, "receipt_check")
    world.sees("receipt_check.code")
    world.camera.die()
    world.sees("trouble")
    assert trouble(world) == SessionTrouble.DEVICE_GONE
    world.reads("摄像头没有应答")
    world.waits(BACK_S)
    world.presses("again")
    world.sees("receipt_check.code")
    world.holds_up(code)
    world.sees("receipt_check.result")
    world.reads("挂失有效")


def test_a_try_before_the_child_is_back_says_so_again_and_may_be_repeated(world: World) -> None:
    opens(world, "receipt_check")
    world.camera.starts = False
    world.camera.die()
    world.sees("trouble")
    world.waits(2.0)
    world.presses("again")
    world.sees("trouble", within_s=5.0)
    assert trouble(world) == SessionTrouble.DEVICE_GONE
    world.camera.starts = True
    world.waits(BACK_S)
    world.presses("again")
    world.sees("receipt_check.code")


def test_a_child_that_dies_at_idle_is_replaced_before_anybody_needs_it(world: World) -> None:
    code = report(world)
    world.camera.die()
    world.waits(BACK_S)
    assert tile(world, "receipt_check")[1]
    opens(world, "receipt_check")
    world.holds_up(code)
    world.sees("receipt_check.result")


def test_without_a_camera_the_tile_says_why(world: World) -> None:
    world.camera.starts = False
    world.camera.die()
    world.waits(BACK_S)
    assert tile(world, "receipt_check") == ("摄像头暂不可用", False)
    world.presses("language")
    assert tile(world, "receipt_check") == ("Camera not available", False)
    world.camera.starts = True
    world.waits(BACK_S)
    assert tile(world, "receipt_check")[1]


def test_a_child_that_dies_in_anothers_service_disturbs_nobody(world: World) -> None:
    world.presses("loss")
    world.sees("loss.id_card")
    world.camera.die()
    world.waits(3.0)
    world.lays("chen")
    world.sees("loss.choose_kind")


def test_a_child_that_dies_again_and_again_is_started_again_and_again(world: World) -> None:
    for _ in range(20):
        world.camera.die()
        world.waits(3.0)
    world.waits(BACK_S)
    status = world.terminal.session.situation.devices[Device.CAMERA]
    assert status is DeviceStatus.ONLINE


def test_a_code_held_up_after_the_person_left_is_not_looked_at(world: World) -> None:
    code = report(world)
    opens(world, "receipt_check")
    world.sees("receipt_check.code")
    world.presses("leave")
    world.holds_up(code)
    world.sees("idle")
    world.waits(30.0)
    world.sees("idle")
    assert not world.camera.looking
    world.takes_code_away()


def test_a_foreign_code_held_still_is_said_and_the_camera_neither_goes_off_nor_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = report(world)
    opens(world, "receipt_check")
    world.sees("receipt_check.code")
    world.waits(1.0)
    switched: list[bool] = []
    begin = world.camera.begin

    def noting(op: Op) -> float:
        if isinstance(op, CameraOn):
            switched.append(op.on)
        return begin(op)

    monkeypatch.setattr(world.camera, "begin", noting)
    world.holds_up("HTTPS://EXAMPLE.ORG/")
    world.reads("这不是本系统的挂失凭条")
    world.waits(20.0)
    assert switched == []
    world.holds_up(code)
    world.sees("receipt_check.result")
    world.waits(2.0)
    assert switched == [False]
