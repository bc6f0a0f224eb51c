"""A shot that passed its gate, and what is measured and made of one. The camera's child alone."""

from __future__ import annotations

from typing import Any, Final

import cv2

from kiosk.drivers.masked import Masked

_QUALITIES: Final = (88, 80, 72, 64, 56, 48, 40, 32, 24, 16)


class Shot(Masked, frozen=True):
    """One good look: the picture, how sharp it is, and where in the frame (px) what it shows was."""

    jpeg: bytes
    sharpness: float
    centre: tuple[float, float]
    width: float


def sharpness(grey: Any, at_px: int | None = None) -> float:
    """The variance of the Laplacian, of the picture at a width of `at_px`."""
    if at_px is not None:
        scale = at_px / grey.shape[1]
        grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return float(cv2.Laplacian(grey, cv2.CV_64F).var())


def fitting_jpeg(picture: Any, bytes_max: int) -> bytes:
    """`picture` as a JPEG of at most so many bytes, as good as fits. No maker's notes are in it."""
    for quality in _QUALITIES:
        done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
        assert done
        if len(data) <= bytes_max:
            break
    else:
        raise AssertionError("a picture of this size fits at the lowest quality")
    return bytes(data)
