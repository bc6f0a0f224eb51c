"""The camera's child process: a real process, a real stream, real pictures."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.drivers.camera.gates import COPY_BYTES_MAX, STILL_BYTES_MAX
from kiosk.drivers.events import Wanting
from kiosk.drivers.links.camera_child import CameraChild
from kiosk.drivers.links.ops import CameraOn, LinkLost, NextCode, NextPicture, Open, Sought
from simulators.models.camera import Camera, Light, Scene, Shown, Stand
from simulators.wires.camera_feed import CameraFeed

CODE = "ESSC-990000-TEST-0001"
PATIENCE_S = 20.0


@pytest.fixture
def camera() -> Camera:
    return Camera()


@pytest.fixture
def feed(camera: Camera) -> Iterator[CameraFeed]:
    with contextlib.closing(CameraFeed(camera)) as feed:
        yield feed


@pytest.fixture
def child(feed: CameraFeed) -> Iterator[CameraChild]:
    with contextlib.closing(CameraChild(feed.url)) as child:
        yield child


def test_a_code_held_up_to_the_camera_is_seen(camera: Camera, child: CameraChild) -> None:
    child.perform(Open())
    child.perform(CameraOn(True))
    camera.hold_up(CODE)
    assert child.perform(NextCode(PATIENCE_S)) == CODE.encode()


def test_nothing_is_seen_while_the_camera_is_off(camera: Camera, child: CameraChild) -> None:
    camera.hold_up(CODE)
    child.perform(Open())
    assert child.perform(NextCode(1.5)) is None


def test_a_code_of_an_earlier_turn_is_not_given_to_the_next(
    camera: Camera, child: CameraChild
) -> None:
    child.perform(Open())
    child.perform(CameraOn(True))
    camera.hold_up(CODE)
    assert child.perform(NextCode(PATIENCE_S)) is not None
    child.perform(CameraOn(False))
    camera.hold_up("ESSC-990000-TEST-0002")
    child.perform(CameraOn(True))
    assert child.perform(NextCode(PATIENCE_S)) == b"ESSC-990000-TEST-0002"


def test_a_child_that_was_killed_is_a_lost_link_and_open_starts_another(
    camera: Camera, child: CameraChild
) -> None:
    child.perform(Open())
    first = child.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    with pytest.raises(LinkLost):
        child.perform(NextCode(PATIENCE_S))
    child.perform(Open())
    assert child.pid not in (None, first)
    child.perform(CameraOn(True))
    camera.hold_up(CODE)
    assert child.perform(NextCode(PATIENCE_S)) == CODE.encode()


def test_a_child_that_stands_still_is_killed_for_its_missing_heartbeat(feed: CameraFeed) -> None:
    with contextlib.closing(CameraChild(feed.url, heartbeat_limit_s=1.2)) as child:
        child.perform(Open())
        assert child.pid is not None
        os.kill(child.pid, signal.SIGSTOP)
        with pytest.raises(LinkLost, match="no heartbeat"):
            child.perform(NextCode(PATIENCE_S))
        assert child.pid is None


def test_a_picture_that_stands_still_is_a_lost_link(camera: Camera, feed: CameraFeed) -> None:
    with contextlib.closing(CameraChild(feed.url, frame_limit_s=1.0)) as child:
        child.perform(Open())
        child.perform(CameraOn(True))
        assert child.perform(NextCode(0.5)) is None
        camera.frozen = True
        with pytest.raises(LinkLost, match=r"stands still|no frame"):
            child.perform(NextCode(PATIENCE_S))


def test_a_child_over_its_memory_ceiling_ends_and_does_not_take_the_terminal_along(
    feed: CameraFeed,
) -> None:
    with contextlib.closing(CameraChild(feed.url, memory_mib=24)) as child:
        with pytest.raises(LinkLost):
            child.perform(Open())
        assert child.pid is None


def test_a_missing_camera_is_told_in_the_words_of_the_child(tmp_path: Path) -> None:
    with (
        contextlib.closing(CameraChild(str(tmp_path / "video0"))) as child,
        pytest.raises(LinkLost, match="no camera"),
    ):
        child.perform(Open())


def test_a_wake_ends_the_wait_for_a_code_and_is_not_lost(child: CameraChild) -> None:
    child.perform(Open())
    child.wake()
    assert child.perform(NextCode(600.0)) is None
    waker = threading.Timer(0.2, child.wake)
    waker.start()
    assert child.perform(NextCode(600.0)) is None
    waker.join()


def test_close_ends_the_child_and_may_be_called_twice(feed: CameraFeed) -> None:
    child = CameraChild(feed.url)
    child.perform(Open())
    pid = child.pid
    assert pid is not None
    child.close()
    child.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_the_child_ends_by_itself_when_the_terminal_is_gone(feed: CameraFeed) -> None:
    command = [sys.executable, "-B", "-m", "kiosk.drivers.camera.child"]
    process = subprocess.Popen(
        [*command, "--source", feed.url, "--memory-mib", "384"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.read(1) == b"\x01"  # the first heartbeat
        process.stdin.close()
        assert process.wait(PATIENCE_S) == 0


def test_an_operation_without_a_child_is_a_lost_link(child: CameraChild) -> None:
    with pytest.raises(LinkLost):
        child.perform(NextCode(0))
    with pytest.raises(LinkLost):
        child.perform(CameraOn(True))


def test_the_terminal_imports_no_vision_library() -> None:
    program = (
        "import sys, kiosk.drivers.camera.driver, kiosk.drivers.links.camera_child\n"
        "sys.exit(any(name in sys.modules for name in ('cv2', 'numpy', 'pyzbar')))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


# --- pictures, over real frames ---------------------------------------------------------------


def test_a_still_is_taken_of_the_person_and_both_sides_of_the_card_are_copied(
    camera: Camera, child: CameraChild
) -> None:
    child.perform(Open())
    wanted = (
        (Sought.STILL, Shown.NOTHING, STILL_BYTES_MAX),
        (Sought.FRONT, Shown.FRONT, COPY_BYTES_MAX),
        (Sought.BACK, Shown.BACK, COPY_BYTES_MAX),
    )
    for sought, shown, bytes_max in wanted:
        camera.asked_for(shown)
        child.perform(CameraOn(True, sought))
        jpeg = picture(child)
        assert jpeg.startswith(b"\xff\xd8\xff")
        assert len(jpeg) <= bytes_max
        child.perform(CameraOn(False))


@pytest.mark.parametrize(
    ("scene", "sought", "lack"),
    [
        (Scene(stand=Stand.AWAY), Sought.STILL, Wanting.NO_FACE),
        (Scene(light=Light.DARK), Sought.STILL, Wanting.TOO_DARK),
        (Scene(shown=Shown.BACK), Sought.FRONT, Wanting.WRONG_SIDE),
        (Scene(shown=Shown.FRONT, shiny=True), Sought.FRONT, Wanting.GLARE),
    ],
)
def test_no_picture_leaves_the_child_that_is_not_good_enough(
    scene: Scene, sought: Sought, lack: Wanting, camera: Camera, child: CameraChild
) -> None:
    camera.scene = scene
    child.perform(Open())
    child.perform(CameraOn(True, sought))
    assert child.perform(NextPicture(PATIENCE_S)) is lack
    assert child.perform(NextPicture(1.0)) is None


def test_a_picture_of_an_earlier_turn_is_not_given_to_the_next(
    camera: Camera, child: CameraChild
) -> None:
    child.perform(Open())
    child.perform(CameraOn(True, Sought.STILL))
    assert child.perform(NextCode(3.0)) is None  # the picture is in by now, and nobody fetched it
    camera.scene = Scene(stand=Stand.AWAY)
    child.perform(CameraOn(True, Sought.STILL))
    assert child.perform(NextPicture(PATIENCE_S)) is Wanting.NO_FACE


def test_codes_are_still_read_after_a_picture(camera: Camera, child: CameraChild) -> None:
    child.perform(Open())
    child.perform(CameraOn(True, Sought.STILL))
    assert picture(child)
    child.perform(CameraOn(True))
    camera.hold_up(CODE)
    assert child.perform(NextCode(PATIENCE_S)) == CODE.encode()


def picture(child: CameraChild) -> bytes:
    """The next picture; what it lacks meanwhile is no matter."""
    for _ in range(4):
        seen = child.perform(NextPicture(PATIENCE_S))
        if isinstance(seen, bytes):
            return seen
    raise AssertionError(f"no picture, at last {seen}")
