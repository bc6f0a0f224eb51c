"""Where faces are. Loaded by the camera's child alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import cv2
from msgspec import Struct

from kiosk.drivers.camera.gates import LOOK_PX

_CASCADE: Final = "haarcascade_frontalface_alt2.xml"
_SCALE: Final = 1.1
_NEIGHBOURS: Final = 6  # hits about the same place: fewer and the folds of a coat are faces


class Found(Struct, frozen=True):
    """A square about a face, in pixels of the picture it was looked for in."""

    x: float
    y: float
    width: float

    @property
    def centre(self) -> tuple[float, float]:
        """Its middle."""
        return self.x + self.width / 2, self.y + self.width / 2


class FaceFinder:
    """OpenCV's boosted cascade of frontal faces, which ships with it and needs no model file."""

    def __init__(self) -> None:
        folder = Path(cv2.__file__).parent / "data"
        self._cascade = cv2.CascadeClassifier(str(folder / _CASCADE))
        assert not self._cascade.empty(), "OpenCV came without its cascades"

    def find(self, grey: Any, least_px: float) -> list[Found]:
        """Upright faces that are at least so wide, the widest first. `grey`: a picture, 8 bits."""
        scale = min(1.0, LOOK_PX / grey.shape[1])
        small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        least = max(20, int(least_px * scale))
        boxes = self._cascade.detectMultiScale(
            small, scaleFactor=_SCALE, minNeighbors=_NEIGHBOURS, minSize=(least, least)
        )
        found = [
            Found(float(x) / scale, float(y) / scale, float(w) / scale) for x, y, w, _ in boxes
        ]
        return sorted(found, key=lambda each: -each.width)
