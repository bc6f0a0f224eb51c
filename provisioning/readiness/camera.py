"""The camera's live figures for aim and focus, and its self-test."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
import time
from typing import Final

import msgspec
from msgspec import Struct

from kiosk.drivers.camera.gates import FRAME_LEVEL_MAX, FRAME_LEVEL_MIN
from kiosk.drivers.events import Device
from provisioning.devices.wiring import remedy
from provisioning.readiness.verdicts import Limits, failed, measured, passed
from provisioning.wire import Finding, Outcome

FIRST_LIMIT_S: Final = 12.0  # loading OpenCV on a small board is most of it
NEXT_LIMIT_S: Final = 4.0
LOOKS: Final = 5
SHARPNESS: Final = Limits(concern=25, failed=6, low_is_bad=True)
"""Variance of the Laplacian at 640 px width. A hall with a person in it has more; drawn scenes set
these, they are assumed for a real lens."""

_PROGRAM = "provisioning.readiness.camera_gauge_child"
_LONGEST_LINE = 512
_REAP_LIMIT_S = 5.0


class Look(Struct, frozen=True):
    """One picture's figures. Brightness is the mean grey level, 0 to 255; `burnt_out` a share."""

    width: int
    height: int
    brightness: float
    burnt_out: float
    sharpness: float


class CameraGauge:
    """Measures the picture of `source` (a device path, its number, or a URL), live."""

    def __init__(self, source: str, memory_mib: int = 384) -> None:
        command = [sys.executable, "-B", "-m", _PROGRAM]
        quiet = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        self._child = subprocess.Popen(
            [*command, "--source", source, "--memory-mib", str(memory_mib)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | quiet,
        )
        self._heard = b""

    def __repr__(self) -> str:
        return f"CameraGauge(runs: {self._child.poll() is None})"

    def next(self, limit_s: float = NEXT_LIMIT_S) -> Look | None:
        """The next picture's figures; None when none comes within `limit_s`, or none any more."""
        assert self._child.stdout is not None
        end_s = time.monotonic() + limit_s
        while b"\n" not in self._heard:
            left_s = end_s - time.monotonic()
            ready, _, _ = select.select([self._child.stdout], [], [], max(0.0, left_s))
            data = os.read(self._child.stdout.fileno(), _LONGEST_LINE) if ready else b""
            if not data or len(self._heard) > _LONGEST_LINE:
                return None
            self._heard += data
        line, self._heard = self._heard.split(b"\n", 1)
        try:
            return msgspec.json.decode(line, type=Look)
        except msgspec.MsgspecError:
            return None

    def close(self) -> None:
        """End the child. May be called twice."""
        self._child.kill()
        for pipe in (self._child.stdin, self._child.stdout):
            assert pipe is not None
            with contextlib.suppress(OSError):
                pipe.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(_REAP_LIMIT_S)


def camera(source: str) -> tuple[Finding, ...]:
    """Whether pictures come, bright and sharp enough; the sharpest of some looks counts."""
    check = f"{Device.CAMERA}.frame"
    with contextlib.closing(CameraGauge(source)) as gauge:
        first = gauge.next(FIRST_LIMIT_S)
        if first is None:
            return (failed(check, "No picture comes from the camera.", remedy(Device.CAMERA)),)
        looks = [first]
        while len(looks) < LOOKS:
            look = gauge.next()
            if look is None:
                text = "The camera went away, or stood still, during its test."
                return (failed(check, text, remedy(Device.CAMERA)),)
            looks.append(look)
    best = max(looks, key=lambda look: look.sharpness)
    size = passed(check, f"Pictures of {best.width} x {best.height} pixels come.")
    return (size, _brightness(looks[-1]), _sharpness(best))


def _brightness(look: Look) -> Finding:
    check, level = f"{Device.CAMERA}.brightness", look.brightness
    if FRAME_LEVEL_MIN <= level <= FRAME_LEVEL_MAX:
        return Finding(
            *(check, Outcome.PASSED, "The light before the camera is right.", "", level),
            "of 255",
        )
    is_dark = level < FRAME_LEVEL_MIN
    text = f"The picture is too {'dark' if is_dark else 'bright'}."
    done = (
        "Take the film and the cap off the lens; then more light in the hall."
        if is_dark
        else "Turn the terminal away from the window, or shade the lamp before it."
    )
    return Finding(check, Outcome.FAILED, text, done, level, "of 255")


def _sharpness(look: Look) -> Finding:
    return measured(
        *(f"{Device.CAMERA}.sharpness", look.sharpness, "", SHARPNESS),
        f"The picture's sharpness is {look.sharpness:.0f}.",
        "Clean the lens; then turn its ring, slowly, until the live figure is at its highest.",
    )
