"""The token on its way through the camera: a real child process, real pictures."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioning.terminal.token_camera import NoCamera, token_from_camera
from simulators.models.camera import Camera
from simulators.wires.camera_feed import CameraFeed
from tests.provisioning.configurations import TERMINAL
from tests.provisioning.terminal.boards import BareBoard, Times, open_bank


@pytest.fixture
def camera() -> Camera:
    return Camera()


@pytest.fixture
def feed(camera: Camera) -> Iterator[CameraFeed]:
    with contextlib.closing(CameraFeed(camera)) as feed:
        yield feed


def test_a_token_held_up_to_the_camera_enrols_the_terminal(
    tmp_path: Path, camera: Camera, feed: CameraFeed
) -> None:
    times = Times()
    with open_bank(tmp_path, times) as bank:
        board = BareBoard(tmp_path / "board", bank, times)
        camera.hold_up(bank.token())
        seen = token_from_camera(feed.url, 20.0)
        assert seen is not None
        assert board.starts().run(lambda: seen).terminal == TERMINAL


def test_another_code_is_looked_past_and_told(camera: Camera, feed: CameraFeed) -> None:
    camera.hold_up("SSC-FORM:000000000")
    told: list[bool] = []

    def turns_the_right_one_up() -> None:
        told.append(True)
        camera.hold_up("ssk1-0000")

    assert token_from_camera(feed.url, 20.0, turns_the_right_one_up) == "ssk1-0000"
    assert told == [True]


def test_nobody_holds_one_up(feed: CameraFeed) -> None:
    assert token_from_camera(feed.url, 1.5) is None


def test_without_a_camera_the_technician_is_told_to_type(tmp_path: Path) -> None:
    with pytest.raises(NoCamera):
        token_from_camera(str(tmp_path / "no-camera"), 20.0)
