"""The program that measures a camera's picture, in a process of its own that may be killed.

`python -m provisioning.readiness.camera_gauge_child --source /dev/video0 --memory-mib 384`

A line of JSON for each picture looked at, some five a second, until its standard input closes. No
picture leaves it, and it can write no file.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import threading
import time
from typing import Any, NoReturn

_LOOK_EVERY_S = 0.2
_OPEN_LIMIT_MS, _READ_LIMIT_MS = 4000, 4000
_MEASURED_PX = 640  # the width at which sharpness is measured, so that cameras can be compared
_BURNT_OUT = 250


def _measure(cv2: Any, frame: Any) -> dict[str, float]:
    from kiosk.drivers.camera.shots import sharpness

    grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
    high, wide = grey.shape[:2]
    return {
        "width": wide,
        "height": high,
        "brightness": round(float(grey.mean()), 1),
        "burnt_out": round(float((grey >= _BURNT_OUT).mean()), 4),
        "sharpness": round(sharpness(grey, _MEASURED_PX), 1),
    }


def _opened(cv2: Any, source: str) -> Any:
    from kiosk.drivers.camera.gates import FRAME_PX

    if source.isdigit() or source.startswith("/"):
        eye = cv2.VideoCapture(int(source) if source.isdigit() else source, cv2.CAP_V4L2)
    else:
        limits = [
            *(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, _OPEN_LIMIT_MS),
            *(cv2.CAP_PROP_READ_TIMEOUT_MSEC, _READ_LIMIT_MS),
        ]
        eye = cv2.VideoCapture(source, cv2.CAP_FFMPEG, limits)
    eye.set(cv2.CAP_PROP_FRAME_WIDTH, FRAME_PX[0])
    eye.set(cv2.CAP_PROP_FRAME_HEIGHT, FRAME_PX[1])
    return eye


def _end_with_input() -> NoReturn:
    while os.read(0, 64):
        pass
    os._exit(0)


def _look(source: str, out: int) -> None:
    import cv2

    cv2.setNumThreads(1)
    eye = _opened(cv2, source)
    looked_s = 0.0
    while eye.isOpened() and eye.grab():
        now_s = time.monotonic()
        if now_s - looked_s < _LOOK_EVERY_S:
            continue
        looked_s = now_s
        taken, frame = eye.retrieve()
        if not taken:
            return
        os.write(out, json.dumps(_measure(cv2, frame)).encode("ascii") + b"\n")


def main() -> NoReturn:
    """Parse the command line and measure until the other end has gone."""
    parser = argparse.ArgumentParser(description="measures a camera's picture")
    parser.add_argument("--source", required=True)
    parser.add_argument("--memory-mib", type=int, required=True)
    options = parser.parse_args()
    memory = options.memory_mib * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    out = os.dup(1)
    os.dup2(2, 1)  # the libraries may print what they like; the pipe is for figures alone
    threading.Thread(target=_end_with_input, daemon=True).start()
    _look(options.source, out)
    os._exit(1)


if __name__ == "__main__":
    main()
