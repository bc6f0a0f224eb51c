"""What passes the camera's gates and what does not, over frames that are drawn and then looked at
with the real detector.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest

from kiosk.drivers.camera import gates
from kiosk.drivers.camera.document import judge_document
from kiosk.drivers.camera.faces import FaceFinder
from kiosk.drivers.camera.shots import Shot, fitting_jpeg
from kiosk.drivers.camera.still import judge_still
from kiosk.drivers.events import Side, Wanting
from simulators.models import documents
from simulators.models.id_scanner import LaidDocument
from simulators.models.scenes import Light, Scene, Shown, Stand
from tests.drivers.camera.pictures import ME, frame_of, picture_of

OTHERS = [LaidDocument(number=f"99000019900101{n:04d}", name="测试") for n in range(4)]
SHOWN = {Side.FRONT: Shown.FRONT, Side.BACK: Shown.BACK}


@pytest.fixture(scope="module")
def faces() -> FaceFinder:
    return FaceFinder()


@pytest.mark.parametrize("document", [ME.document, *OTHERS], ids=lambda d: d.number[-4:])
def test_one_person_in_good_light_passes(document: LaidDocument, faces: FaceFinder) -> None:
    shot = judge_still(frame_of(replace(ME, document=document)), faces)
    assert isinstance(shot, Shot)
    assert len(shot.jpeg) <= gates.STILL_BYTES_MAX
    assert picture_of(shot.jpeg).shape == (640, 480, 3)


def test_the_still_shows_the_whole_head_in_its_middle(faces: FaceFinder) -> None:
    shot = judge_still(frame_of(ME), faces)
    assert isinstance(shot, Shot)
    grey = cv2.cvtColor(picture_of(shot.jpeg), cv2.COLOR_BGR2GRAY)
    (face,) = faces.find(grey, 100)
    x, y = face.centre
    assert abs(x - 240) < 24
    assert 200 < y < 400
    assert face.y > gates.FACE_MARGIN_ABOVE * face.width


@pytest.mark.parametrize(
    ("scene", "lack"),
    [
        (replace(ME, stand=Stand.AWAY), Wanting.NO_FACE),
        (replace(ME, stand=Stand.IN_COMPANY), Wanting.SEVERAL_FACES),
        (replace(ME, stand=Stand.FAR), Wanting.TOO_FAR),
        (replace(ME, light=Light.DARK), Wanting.TOO_DARK),
        (replace(ME, light=Light.BRIGHT), Wanting.TOO_BRIGHT),
        (replace(ME, shaky=True), Wanting.BLURRED),
        (replace(ME, stand=Stand.AWAY, light=Light.DARK), Wanting.TOO_DARK),
    ],
)
def test_what_a_still_lacks_is_named(scene: Scene, lack: Wanting, faces: FaceFinder) -> None:
    assert judge_still(frame_of(scene), faces) is lack


def test_a_head_that_is_cut_off_is_too_close(faces: FaceFinder) -> None:
    frame = frame_of(ME)
    assert judge_still(frame[230:, :], faces) is Wanting.TOO_CLOSE
    assert judge_still(frame[:, 450:], faces) is Wanting.TOO_CLOSE


def test_a_card_in_the_hand_is_no_second_person(faces: FaceFinder) -> None:
    frame = frame_of(ME)
    card = np.asarray(documents.front(ME.document).convert("RGB"))[:, :, ::-1]
    small = cv2.resize(card, (430, 271), interpolation=cv2.INTER_AREA)
    frame[660:931, 60:490] = small
    assert len(faces.find(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY), 60)) == 2
    assert isinstance(judge_still(frame, faces), Shot)


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("document", [ME.document, OTHERS[0]], ids=lambda d: d.number[-4:])
def test_a_card_on_the_desk_is_copied(
    side: Side, document: LaidDocument, faces: FaceFinder
) -> None:
    scene = replace(ME, document=document, shown=SHOWN[side])
    shot = judge_document(frame_of(scene), side, faces)
    assert isinstance(shot, Shot)
    assert len(shot.jpeg) <= gates.COPY_BYTES_MAX
    copy = picture_of(shot.jpeg)
    assert copy.shape == (540, 856, 3)
    assert likeness(copy, flat(document, side)) > 0.9


@pytest.mark.parametrize("side", list(Side))
def test_a_card_held_upside_down_is_turned(side: Side, faces: FaceFinder) -> None:
    scene = replace(ME, shown=SHOWN[side], upside_down=True)
    shot = judge_document(frame_of(scene), side, faces)
    assert isinstance(shot, Shot)
    assert likeness(picture_of(shot.jpeg), flat(ME.document, side)) > 0.9


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize(
    ("changes", "lack"),
    [
        ({"half_out": True}, Wanting.CARD_NOT_WHOLE),
        ({"shiny": True}, Wanting.GLARE),
        ({"light": Light.DARK}, Wanting.TOO_DARK),
        ({"light": Light.BRIGHT}, Wanting.TOO_BRIGHT),
        ({"shaky": True}, Wanting.BLURRED),
        ({"shown": Shown.NOTHING}, Wanting.NO_CARD),
    ],
)
def test_what_a_copy_lacks_is_named(
    side: Side, changes: dict[str, Any], lack: Wanting, faces: FaceFinder
) -> None:
    scene = replace(ME, shown=SHOWN[side])
    assert judge_document(frame_of(replace(scene, **changes)), side, faces) is lack


def test_the_other_side_is_noticed(faces: FaceFinder) -> None:
    front, back = (frame_of(replace(ME, shown=SHOWN[side])) for side in Side)
    assert judge_document(back, Side.FRONT, faces) is Wanting.WRONG_SIDE
    assert judge_document(front, Side.BACK, faces) is Wanting.WRONG_SIDE


def test_a_card_too_small_to_be_read_is_too_far(faces: FaceFinder) -> None:
    frame = frame_of(replace(ME, shown=Shown.FRONT))
    far = np.full_like(frame, frame[10, 10])
    small = cv2.resize(frame, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)
    far[100 : 100 + small.shape[0], 200 : 200 + small.shape[1]] = small
    assert judge_document(far, Side.FRONT, faces) is Wanting.CARD_TOO_FAR


def test_a_thumb_over_a_corner_is_noticed(faces: FaceFinder) -> None:
    frame = frame_of(replace(ME, shown=Shown.FRONT))
    cv2.ellipse(frame, (960, 215), (120, 150), 30, 0, 360, (150, 176, 214), -1)
    seen = judge_document(frame, Side.FRONT, faces)
    assert seen in (Wanting.CARD_NOT_WHOLE, Wanting.NO_CARD)


def test_something_of_another_shape_is_no_card(faces: FaceFinder) -> None:
    frame = frame_of(replace(ME, stand=Stand.AWAY))
    cv2.rectangle(frame, (300, 250), (1000, 470), (230, 230, 230), -1)
    assert judge_document(frame, Side.FRONT, faces) is Wanting.NO_CARD


def test_a_picture_carries_nothing_but_itself(faces: FaceFinder) -> None:
    shot = judge_still(frame_of(ME), faces)
    assert isinstance(shot, Shot)
    assert b"Exif" not in shot.jpeg
    assert repr(shot) == "Shot(...)"


def test_a_noisy_picture_is_pressed_until_it_fits() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (640, 480, 3), np.uint8)
    assert len(fitting_jpeg(noise, 60_000)) <= 60_000


def flat(document: LaidDocument, side: Side) -> Any:
    """The side as it was drawn, at the copy's size."""
    drawn = documents.front(document) if side is Side.FRONT else documents.back(document)
    picture = np.asarray(drawn.convert("RGB"))[:, :, ::-1]
    return cv2.resize(picture, gates.CARD_PX, interpolation=cv2.INTER_AREA)


def likeness(one: Any, other: Any) -> float:
    """The correlation of two pictures' grey levels, -1 to 1."""
    a, b = (cv2.GaussianBlur(cv2.cvtColor(x, cv2.COLOR_BGR2GRAY), (5, 5), 0) for x in (one, other))
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])
