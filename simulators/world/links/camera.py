"""The camera's child process: it tells of the code in view once a frame while it looks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kiosk.drivers.links.ops import CameraOn, LinkLost, NextCode, Op, Open
from simulators.models.camera import Camera
from simulators.world.agenda import Agenda
from simulators.world.runner import NOT_YET, nobody

FRAME_S = 0.125  # the camera's child looks at eight frames a second


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
        self._frame_s = 0.0

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
        if isinstance(op, NextCode):
            self._frame_s = now_s + FRAME_S
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
            case CameraOn(on):
                self._on = on
                return None
            case NextCode():
                seen = self._model.in_view if self._on else None
                if seen is not None and self._agenda.now_s() >= self._frame_s:
                    return seen
                return None if over or ordered else NOT_YET
        raise AssertionError(f"a camera cannot do {type(op).__name__}")

    def look(self) -> None:
        """Something was held up or taken away."""
        self.wake()
