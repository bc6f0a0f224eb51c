"""What a person does before the desk's camera, and what its picture then shows."""

from __future__ import annotations

import pytest

from simulators.desk.camera_hands import CameraHands
from simulators.desk.hands import CannotDo
from simulators.models.camera import Camera
from simulators.models.id_scanner import LaidDocument
from simulators.models.scenes import Light, Shown, Stand


class Desk:
    def __init__(self) -> None:
        self.camera = Camera()
        self.said: list[str] = []
        self.hands = CameraHands(self.camera, lambda: None, self.said.append)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_the_person_does_what_the_screen_asks(desk: Desk) -> None:
    desk.hands.comes(LaidDocument(number="990000199001010025"))
    for picture, shown in (
        ("look_here", Shown.NOTHING), ("copy_front", Shown.FRONT),
        ("copy_back", Shown.BACK), ("bank", Shown.BACK),
    ):  # fmt: skip
        desk.hands.reads_screen(picture)
        assert desk.camera.scene.shown is shown
    assert desk.camera.scene.document.number == "990000199001010025"


def test_who_steps_away_does_nothing_more_until_coming_back(desk: Desk) -> None:
    desk.hands.perform("step_away", {})
    desk.hands.reads_screen("copy_front")
    assert (desk.camera.scene.stand, desk.camera.scene.shown) == (Stand.AWAY, Shown.NOTHING)
    desk.hands.perform("come_back", {})
    desk.hands.reads_screen("copy_front")
    assert (desk.camera.scene.stand, desk.camera.scene.shown) == (Stand.HERE, Shown.FRONT)


def test_a_card_turned_over_by_hand_stays_as_it_is(desk: Desk) -> None:
    shown = []
    for _ in range(2):
        desk.hands.perform("turn_card", {})
        desk.hands.reads_screen("copy_front")
        shown.append(desk.camera.scene.shown)
    assert shown == [Shown.FRONT, Shown.BACK]


@pytest.mark.parametrize("name", ["shaky", "half_out", "shiny", "upside_down"])
def test_a_fault_is_switched_on_and_off_and_is_seen(desk: Desk, name: str) -> None:
    sharp = desk.camera.frame_jpeg()
    desk.hands.reads_screen("copy_front")
    good = desk.camera.frame_jpeg()
    desk.hands.perform("fault", {"name": name, "on": True})
    assert desk.hands.state()["faults"][name] is True
    assert desk.camera.frame_jpeg() not in (sharp, good)
    desk.hands.perform("fault", {"name": name, "on": False})
    assert desk.camera.frame_jpeg() == good


def test_the_light_is_changed_and_each_change_makes_a_new_picture(desk: Desk) -> None:
    before = desk.hands.state()["picture"]
    desk.hands.perform("light", {"state": "dark"})
    assert desk.camera.scene.light is Light.DARK
    assert desk.hands.state()["picture"] > before
    assert desk.said == ["the light is dark"]


@pytest.mark.parametrize(
    ("action", "details"),
    [("light", {"state": "blue"}), ("fault", {"name": "gone", "on": True}), ("wave", {})],
)
def test_what_makes_no_sense_is_refused(
    desk: Desk, action: str, details: dict[str, object]
) -> None:
    with pytest.raises(CannotDo):
        desk.hands.perform(action, details)
