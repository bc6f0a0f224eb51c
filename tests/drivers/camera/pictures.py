"""Frames of drawn scenes, as the camera's child gets them."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from simulators.models.scenes import Scene, jpeg_of

ME = Scene()


def frame_of(scene: Scene) -> Any:
    """The scene as a camera sees it: BGR, 8 bits."""
    return picture_of(jpeg_of(scene))


def picture_of(jpeg: bytes) -> Any:
    """A JPEG, decoded: BGR, 8 bits."""
    return cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
