"""From one look to a picture: good looks in a row, of which the sharpest is taken.

Loaded by the camera's child alone.
"""

from __future__ import annotations

from math import dist
from typing import Any

from kiosk.drivers.camera import gates
from kiosk.drivers.camera.document import judge_document
from kiosk.drivers.camera.faces import FaceFinder
from kiosk.drivers.camera.shots import Shot
from kiosk.drivers.camera.still import judge_still
from kiosk.drivers.events import Side, Wanting
from kiosk.drivers.links.ops import Sought


def judge(frame: Any, sought: Sought, faces: FaceFinder) -> Shot | Wanting:
    """The shot of one frame (BGR, 8 bits), or the first thing it lacks."""
    if sought is Sought.STILL:
        return judge_still(frame, faces)
    return judge_document(frame, Side(sought.value), faces)


class PictureTaker:
    """Takes one picture. It keeps a few shots until then, and nothing afterwards."""

    def __init__(self, sought: Sought) -> None:
        self._sought = sought
        self._faces = FaceFinder()
        self._shots: list[Shot] = []
        self._lack: Wanting | None = None
        self._lacking = 0  # looks in a row with this reason
        self._done = False

    def see(self, frame: Any) -> bytes | Wanting | None:
        """Look at the next frame. The picture, once; else a reason that has lasted some looks."""
        if self._done:
            return None
        seen = judge(frame, self._sought, self._faces)
        if isinstance(seen, Wanting):
            self._shots.clear()
            return self._lasting(seen)
        self._lack = None
        if self._shots and self._moved(seen, self._shots[-1], frame.shape[1]):
            self._shots.clear()
        self._shots.append(seen)
        if len(self._shots) < gates.STEADY_LOOKS:
            return None
        best = max(self._shots, key=lambda shot: shot.sharpness)
        self._shots.clear()
        self._done = True
        return best.jpeg

    def _lasting(self, lack: Wanting) -> Wanting | None:
        """A reason that comes and goes between two looks would only flicker on the screen."""
        self._lacking = self._lacking + 1 if lack is self._lack else 1
        self._lack = lack
        return lack if self._lacking == gates.STEADY_LOOKS else None

    def _moved(self, one: Shot, other: Shot, frame_px: int) -> bool:
        reach = gates.STEADY_SHIFT * frame_px
        return dist(one.centre, other.centre) > reach or abs(one.width - other.width) > reach
