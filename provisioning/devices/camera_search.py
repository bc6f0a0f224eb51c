"""The search for the camera: one that gives a frame, in the same child process that will use it."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from msgspec import Struct

from kiosk.drivers.events import Device
from kiosk.drivers.links.camera_child import CameraChild
from kiosk.drivers.links.ops import LinkLost, Open
from provisioning.devices.system_ports import PortFacts
from provisioning.wire import FoundDevice

START_LIMIT_S: Final = 12.0  # loading OpenCV on a small board is most of it
CAMERAS_MAX: Final = 4


class CameraAnswer(Struct, frozen=True):
    """One camera. `device` None: no frame came, and `raw` has the child's words."""

    source: str
    device: FoundDevice | None
    raw: str = ""


def search(candidates: Sequence[PortFacts], memory_mib: int = 384) -> tuple[CameraAnswer, ...]:
    """Which of these give a frame, within `START_LIMIT_S`, all at the same time."""
    if not candidates:
        return ()
    with ThreadPoolExecutor(CAMERAS_MAX, "camera-search") as pool:
        answers = pool.map(lambda facts: _ask(facts, memory_mib), candidates[:CAMERAS_MAX])
        return tuple(answers)


def _ask(facts: PortFacts, memory_mib: int) -> CameraAnswer:
    child = CameraChild(facts.node, memory_mib, start_limit_s=START_LIMIT_S)
    with contextlib.closing(child):
        try:
            child.perform(Open())  # the child shows life once it has had a frame
        except LinkLost as error:
            return CameraAnswer(facts.node, None, str(error))
    device = FoundDevice(Device.CAMERA, facts.title, facts.serial_number, "")
    return CameraAnswer(facts.node, device)
