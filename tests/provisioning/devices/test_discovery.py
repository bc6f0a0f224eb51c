"""A whole search: three serial devices and a camera that answer, a reader's name, and one day without."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from kiosk.drivers.events import Device
from provisioning.devices.discovery import discover
from provisioning.devices.judging import judged
from provisioning.devices.system_ports import PortFacts
from provisioning.wire import ExpectedDevice, Outcome
from simulators.models.camera import Camera
from simulators.models.id_scanner import IdScanner
from simulators.models.pin_pad import PinPad
from simulators.models.receipt_printer import ReceiptPrinter
from simulators.wires.camera_feed import CameraFeed
from simulators.wires.pty_line import PtyLine

EXPECTED = [ExpectedDevice(kind) for kind in Device]
READER = "Virtual PCD 00 00"


@pytest.fixture
def ports(tmp_path: Path) -> Iterator[list[str]]:
    with ExitStack() as stack:
        paths: list[str] = []
        for model in (IdScanner(), ReceiptPrinter(), PinPad()):
            wire = PtyLine(model, tmp_path / f"tty{len(paths)}")
            stack.callback(wire.close)
            paths.append(str(wire.path))
        yield paths


def test_everything_that_is_there_is_found_at_once(ports: list[str]) -> None:
    with contextlib.closing(CameraFeed(Camera())) as feed:
        eye = PortFacts(feed.url, title="HD Webcam")
        found = discover(ports, [eye], lambda: (READER,))
    places = {each.kind: each.place for each in found.located}
    assert places == {
        Device.ID_SCANNER: ports[0],
        Device.RECEIPT_PRINTER: ports[1],
        Device.PIN_PAD: ports[2],
        Device.CARD_READER: READER,
        Device.CAMERA: feed.url,
    }
    assert {finding.outcome for finding in judged(found, EXPECTED)} == {Outcome.PASSED}


def test_a_second_search_finds_the_same(ports: list[str]) -> None:
    first = discover(ports, [], lambda: ())
    assert discover(ports, [], lambda: ()).located == first.located


def test_a_camera_that_gives_no_frame_is_not_found_and_its_words_are_kept(tmp_path: Path) -> None:
    found = discover([], [PortFacts(str(tmp_path / "video0"))], lambda: None)
    assert found.located == ()
    assert found.cameras[0].raw == "no camera"
    assert not found.card_service
