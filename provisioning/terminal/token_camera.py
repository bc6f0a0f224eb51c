"""The enrolment token, held up to the terminal's own camera as a QR code."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing

from kiosk.drivers.links.camera_child import CameraChild
from kiosk.drivers.links.ops import CameraOn, LinkLost, NextCode, Open
from provisioning.token_text import PREFIX

PATIENCE_S = 120.0
_LOOK_S = 1.0


class NoCamera(Exception):
    """The camera does not work: type the token. Says why."""


def token_from_camera(
    source: str, patience_s: float = PATIENCE_S, other_code: Callable[[], None] = lambda: None
) -> str | None:
    """The text of the first token that is held up; None if none is in that time.

    `source` is the camera's device or URL. Codes of another kind are told by `other_code` and
    looked past; nothing of them is kept. Raises `NoCamera`.
    """
    until_s = time.monotonic() + patience_s
    with closing(CameraChild(source)) as camera:
        try:
            camera.perform(Open())
            camera.perform(CameraOn(True))
            while time.monotonic() < until_s:
                found = camera.perform(NextCode(_LOOK_S))
                if found is None:
                    continue
                text: str = found.decode("ascii", "replace").strip()
                if text.upper().startswith(PREFIX):
                    return text
                other_code()
        except LinkLost as error:
            raise NoCamera(str(error)) from error
    return None
