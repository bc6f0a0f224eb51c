"""Whether a frame is a good still of one person. Loaded by the camera's child alone."""

from __future__ import annotations

from typing import Any

import cv2

from kiosk.drivers.camera import gates
from kiosk.drivers.camera.faces import FaceFinder, Found
from kiosk.drivers.camera.shots import Shot, fitting_jpeg, sharpness
from kiosk.drivers.events import Wanting

_SHARPNESS_AT_PX = 200  # the face is brought to this width before its sharpness is measured


def judge_still(frame: Any, faces: FaceFinder) -> Shot | Wanting:
    """The shot of a frame (BGR, 8 bits) that passes the gate, or the first thing it lacks."""
    grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
    found = faces.find(grey, gates.FACE_LOOK_SHARE_MIN * frame.shape[1])
    if not found:
        return _of_the_light(grey)
    nearest, others = found[0], found[1:]
    if any(other.width > gates.OTHER_FACE_SHARE * nearest.width for other in others):
        return Wanting.SEVERAL_FACES
    if nearest.width < gates.FACE_PX_MIN:
        return Wanting.TOO_FAR
    if not _whole(nearest, frame):
        return Wanting.TOO_CLOSE
    face = _cut(grey, nearest.x, nearest.y, nearest.width, nearest.width)
    level = float(face.mean())
    if level < gates.FACE_LEVEL_MIN:
        return Wanting.TOO_DARK
    if level > gates.FACE_LEVEL_MAX or float((face >= 250).mean()) > gates.FACE_CLIPPED_MAX:
        return Wanting.TOO_BRIGHT
    sharp = sharpness(face, _SHARPNESS_AT_PX)
    if sharp < gates.FACE_SHARPNESS_MIN:
        return Wanting.BLURRED
    x, y = nearest.centre
    jpeg = fitting_jpeg(_head_and_shoulders(frame, nearest), gates.STILL_BYTES_MAX)
    return Shot(jpeg, sharp, (x, y), nearest.width)


def _of_the_light(grey: Any) -> Wanting:
    level = float(grey.mean())
    if level < gates.FRAME_LEVEL_MIN:
        return Wanting.TOO_DARK
    return Wanting.TOO_BRIGHT if level > gates.FRAME_LEVEL_MAX else Wanting.NO_FACE


def _whole(face: Found, frame: Any) -> bool:
    high, wide = frame.shape[:2]
    side = gates.FACE_MARGIN_SIDE * face.width
    return (
        face.x >= side
        and face.x + face.width <= wide - side
        and face.y >= gates.FACE_MARGIN_ABOVE * face.width
        and face.y + face.width <= high - gates.FACE_MARGIN_BELOW * face.width
    )


def _head_and_shoulders(frame: Any, face: Found) -> Any:
    """The part about the face, as large as the frame allows, at the size that leaves."""
    high, wide = frame.shape[:2]
    ratio = gates.STILL_PX[0] / gates.STILL_PX[1]
    width = min(face.width / gates.STILL_FACE_SHARE, wide, high * ratio)
    height = width / ratio
    x, y = face.centre
    left = min(max(0.0, x - width / 2), wide - width)
    top = min(max(0.0, y - 0.45 * height), high - height)
    part = _cut(frame, left, top, width, height)
    return cv2.resize(part, gates.STILL_PX, interpolation=cv2.INTER_AREA)


def _cut(picture: Any, left: float, top: float, width: float, height: float) -> Any:
    return picture[round(top) : round(top + height), round(left) : round(left + width)]
