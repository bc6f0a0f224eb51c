"""The walk through all of it: devices on their wires, a queue on its socket, files of a machine."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kiosk.drivers.events import Device
from kiosk.settings import SerialSettings
from offline_queue.messages import QueueStatus
from offline_queue.wire import notice_line
from provisioning.devices.key_book import KeyEntry, Step
from provisioning.readiness.machine import Machine
from provisioning.readiness.questions import Answer, answered, questions
from provisioning.readiness.report import make_report, required_checks
from provisioning.readiness.screen import Colour, Picture
from provisioning.readiness.self_test import Circumstances, Places, steps, walk
from provisioning.wire import ExpectedDevice, Finding, Outcome, ReadinessReport
from simulators.models.camera import Camera
from simulators.models.id_scanner import IdScanner
from simulators.models.line import LineDevice
from simulators.models.pin_pad import PinPad
from simulators.models.receipt_printer import ReceiptPrinter
from simulators.wires.camera_feed import CameraFeed
from simulators.wires.pty_line import PtyLine
from tests.provisioning.readiness.test_lines import Queue

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
KINDS = ("id_scanner", "pin_pad", "receipt_printer", "camera")
EXPECTED = [ExpectedDevice(kind) for kind in KINDS]
FOUND = tuple(Finding(f"{each.kind}.found", Outcome.PASSED) for each in EXPECTED)
UP = QueueStatus(line_up=True, waiting={}, oldest_age_s=None, last_contact_at=None)


def filled(colour: Colour) -> Picture:
    return Picture(8, 8, bytes(colour) * 64)


@pytest.fixture
def places(tmp_path: Path) -> Iterator[Places]:
    with ExitStack() as stack:

        def plugged(name: str, model: LineDevice) -> SerialSettings:
            wire = PtyLine(model, tmp_path / name)
            stack.callback(wire.close)
            return SerialSettings(str(wire.path), model.baud)

        feed = stack.enter_context(contextlib.closing(CameraFeed(Camera())))
        yield Places(
            id_scanner=plugged("id_scanner", IdScanner()),
            pin_pad=plugged("pin_pad", PinPad()),
            receipt_printer=plugged("receipt_printer", ReceiptPrinter(lines_per_s=60)),
            camera=feed.url,
            has_card_reader=False,
        )


def reported(*findings: Finding) -> ReadinessReport:
    required = required_checks(EXPECTED)
    return make_report("T-0001", NOW, "wang.li", "1.0.0", 1, (), (*FOUND, *findings), required)


def test_a_sound_terminal_passes_once_the_person_has_answered(
    places: Places, tmp_path: Path
) -> None:
    root = tmp_path / "root"
    (root / "proc/asound").mkdir(parents=True)
    (root / "proc/meminfo").write_text("MemTotal: 1896000 kB\nMemAvailable: 900000 kB\n")
    (root / "proc/asound/cards").write_text(" 0 [Headphones     ]: bcm2835 - Headphones\n")
    people = {"key_person": "wang.li", "check_person": "chen.yu"}
    book = [
        KeyEntry(0, "", Step.LOADED, "T-0001", "2401-0001", index, "A1B2C3", "", **people)
        for index in (0x30, 0x31)
    ]
    barred = Picture(8, 8, b"".join(bytes(3 * [level]) * 8 for level in range(0, 256, 32)))
    told = Circumstances(
        terminal="T-0001",
        machine=Machine(root),
        data_folder=tmp_path,
        queue_socket=tmp_path / "queue.sock",
        reach_office=lambda: "",
        machine_now=NOW,
        trusted_now=NOW,
        certificate=(NOW - timedelta(days=1), NOW + timedelta(days=89)),
        look=filled,
        key_entries=book,
        key_places={"bank": 0x30, "social_security": 0x31},
        page=lambda: barred,
    )
    begun: list[str] = []
    with contextlib.closing(Queue(told.queue_socket, notice_line(UP))):
        found = walk(steps(places, told), begun.append)
    assert begun[-1] == "receipt printer"
    assert [each for each in found if each.outcome is Outcome.FAILED] == []

    assert not reported(*found).passed  # nobody has answered the questions

    asked = questions([Device(each.kind) for each in EXPECTED])
    whole = reported(*found, *answered(asked, {each.check: Answer.YES for each in asked}))
    unknown = {each.check for each in whole.findings if each.outcome is Outcome.NOT_DONE}
    assert unknown == {"board.temperature", "board.power", "disk.wear"}
    assert whole.passed


def test_a_device_without_a_place_is_not_tested_and_holds_the_terminal_back() -> None:
    required = required_checks([ExpectedDevice("pin_pad")])
    told = make_report("T-0001", NOW, "wang.li", "1.0.0", 1, (), (), required)
    assert ("pin_pad.status", Outcome.NOT_DONE) in [
        (each.check, each.outcome) for each in told.findings
    ]
    assert not told.passed
