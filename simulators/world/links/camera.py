"""The camera's child process: it tells of the code in view once a frame while it looks.

For a picture the real gate looks at the real frame, once for each scene: the same scene gives the
same picture.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

from kiosk.drivers.camera.protocol import Lack, Picture, Unpacker, packed
from kiosk.drivers.events import Wanting
from kiosk.drivers.links.ops import CameraOn, LinkLost, NextCode, NextPicture, Op, Open, Sought
from simulators.models.camera import Camera, Scene, Shown
from simulators.models.scenes import jpeg_of
from simulators.world.agenda import Agenda
from simulators.world.runner import NOT_YET, nobody

FRAME_S = 0.125  # the camera's child looks at eight frames a second
STEADY_S = 0.5  # until a good picture has been good for long enough, or a reason has lasted
HANDLING_S = 2.0  # a person does what the screen asks: turns to the lens, or the card over

_ASKS_FOR = {Sought.STILL: Shown.NOTHING, Sought.FRONT: Shown.FRONT, Sought.BACK: Shown.BACK}


class WorldCamera:
    """The child, which can be killed and may fail to start."""

    def __init__(self, model: Camera, agenda: Agenda) -> None:
        self.wake: Callable[[], None] = nobody
        self.starts = True  # False: no child can be started
        self.refusal = "no camera"  # and the driver is told this, as with the camera unplugged
        self.children = 0  # how many have been started
        self._model = model
        self._agenda = agenda
        self._died_of = "no child"  # empty while it lives
        self._on = False
        self._sought = Sought.CODES
        self._frame_s = 0.0
        self._ready_s = 0.0  # not before this does the person stand as the screen asks

    @property
    def looking(self) -> bool:
        """Whether the camera is on."""
        return not self._died_of and self._on

    def die(self, reason: str = "child died") -> None:
        """The child process is killed; the driver is told `reason`."""
        self._died_of = reason
        self.wake()

    def begin(self, op: Op) -> float:
        """See `WorldLink`."""
        now_s = self._agenda.now_s()
        if isinstance(op, NextCode | NextPicture):
            wait_s = STEADY_S if isinstance(op, NextPicture) else FRAME_S
            self._frame_s = max(now_s + wait_s, self._ready_s)
            self._agenda.at(self._frame_s, self.look)
            return now_s + op.timeout_s
        return now_s

    def result(self, op: Op, *, over: bool, ordered: bool) -> Any:
        """See `WorldLink`."""
        if isinstance(op, Open):
            if not self.starts:
                raise LinkLost(self.refusal)
            self._died_of, self._on = "", False
            self.children += 1
            return None
        if self._died_of:
            raise LinkLost(self._died_of)
        match op:
            case CameraOn(on, sought):
                self._on, self._sought = on, sought
                if on and sought in _ASKS_FOR:
                    self._model.asked_for(_ASKS_FOR[sought])
                    self._ready_s = self._agenda.now_s() + HANDLING_S
                return None
            case NextPicture():
                if self._on and self._agenda.now_s() >= self._frame_s and not self._model.frozen:
                    return self._seen()
                return None if over or ordered else NOT_YET
            case NextCode():
                seen = self._model.in_view if self._on else None
                if seen is not None and self._agenda.now_s() >= self._frame_s:
                    return seen
                return None if over or ordered else NOT_YET
        raise AssertionError(f"a camera cannot do {type(op).__name__}")

    def look(self) -> None:
        """Something was held up or taken away."""
        self.wake()

    def _seen(self) -> bytes | Wanting:
        if self._model.in_view is not None:  # a phone is before the face, or over the card
            return Wanting.NO_FACE if self._sought is Sought.STILL else Wanting.CARD_NOT_WHOLE
        return _judged(self._model.scene, self._sought)


@lru_cache(maxsize=256)
def _judged(scene: Scene, sought: Sought) -> bytes | Wanting:
    """What the child says of this scene, over its pipe."""
    import cv2
    import numpy as np

    from kiosk.drivers.camera.taking import judge

    frame = cv2.imdecode(np.frombuffer(jpeg_of(scene), np.uint8), cv2.IMREAD_COLOR)
    shot = judge(frame, sought, _faces())
    said = Lack(0, shot) if isinstance(shot, Wanting) else Picture(0, shot.jpeg)
    (heard,) = Unpacker().feed(packed(said))
    if isinstance(heard, Lack):
        return heard.reason
    assert isinstance(heard, Picture)
    return heard.jpeg


@cache
def _faces() -> Any:
    import cv2

    from kiosk.drivers.camera.faces import FaceFinder

    cv2.setNumThreads(1)
    return FaceFinder()
