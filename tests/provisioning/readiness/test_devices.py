"""The self-test of each device over its real wire, and every bad day of it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from threading import Timer

import pytest

from kiosk.drivers.links.ops import AwaitChange, LinkLost, Op, Open, Slot, SlotState
from kiosk.drivers.links.serial_line import SerialLine, SerialPort
from kiosk.settings import SerialSettings
from provisioning.devices.key_book import KeyEntry, Step
from provisioning.readiness import serial_devices
from provisioning.readiness.camera import CameraGauge, camera
from provisioning.readiness.card_reader import card_reader
from provisioning.readiness.printer import proof_page, receipt_printer
from provisioning.wire import Finding, Outcome
from simulators.models.camera import Camera, Light, Scene
from simulators.models.id_scanner import IdScanner
from simulators.models.line import LineDevice
from simulators.models.pin_pad import PinPad
from simulators.models.receipt_printer import NEAR_END_LINES, ReceiptPrinter
from simulators.wires.camera_feed import CameraFeed
from simulators.wires.pty_line import PtyLine
from tests.drivers.talking import Scripted

PAGE = proof_page("T-0001", datetime(2026, 11, 23, 10, 0, tzinfo=UTC))
PLACES = {"bank": 0x30, "social_security": 0x31}
SHORT_S = 0.2  # for an answer that does not come


def loaded(index: int, pad: str = "2401-0001", step: Step = Step.LOADED) -> KeyEntry:
    people = {"key_person": "wang.li", "check_person": "chen.yu"}
    at = "2026-11-23T10:00:00+00:00"
    return KeyEntry(1, at, step, "T-0001", pad, index, "A1B2C3", "00" * 32, **people)


BOOK = (loaded(0x30), loaded(0x31))


class Plugged:
    """Wires of one test, and the settings that lead to them."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder, self._stack = folder, stack

    def __call__(self, model: LineDevice) -> tuple[PtyLine, SerialSettings]:
        model.baud = 115_200  # nothing here is about speed
        wire = PtyLine(model, self._folder / "port")
        self._stack.callback(wire.close)
        return wire, SerialSettings(str(wire.path), model.baud)

    def later(self, after_s: float, wire: PtyLine) -> None:
        """Pull the plug in so many seconds."""
        timer = Timer(after_s, wire.unplug)
        self._stack.callback(timer.join)
        timer.start()


@pytest.fixture
def plugged(tmp_path: Path) -> Iterator[Plugged]:
    with ExitStack() as stack:
        yield Plugged(tmp_path, stack)


def by_check(found: tuple[Finding, ...]) -> dict[str, Outcome]:
    return {finding.check: finding.outcome for finding in found}


# --- ID-card scanner ---------------------------------------------------------------------


def test_a_sound_scanner_passes(plugged: Plugged) -> None:
    _, settings = plugged(IdScanner())
    assert serial_devices.id_scanner(settings).outcome is Outcome.PASSED


def test_a_scanner_whose_security_module_is_broken_is_changed(plugged: Plugged) -> None:
    scanner = IdScanner()
    scanner.faults.sam_broken = True
    found = serial_devices.id_scanner(plugged(scanner)[1])
    assert found.outcome is Outcome.FAILED
    assert "SW3 60" in found.said
    assert "change the scanner" in found.remedy


def test_a_silent_scanner_and_a_noisy_one_are_told_apart(
    plugged: Plugged, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serial_devices, "ANSWER_LIMIT_S", SHORT_S)
    scanner = IdScanner()
    scanner.faults.silent = True
    _, settings = plugged(scanner)
    assert "does not answer" in serial_devices.id_scanner(settings).said
    scanner.faults.silent, scanner.faults.garbage = False, True
    assert "not so that it can be understood" in serial_devices.id_scanner(settings).said


def test_a_scanner_unplugged_during_its_test_went_away(plugged: Plugged) -> None:
    wire, settings = plugged(Scripted())
    plugged.later(0.3, wire)
    found = serial_devices.id_scanner(settings)
    assert found.outcome is Outcome.FAILED
    assert "went away" in found.said


def test_a_port_that_is_not_there_and_one_that_is_held_are_told_apart(
    plugged: Plugged, tmp_path: Path
) -> None:
    nowhere = SerialSettings(str(tmp_path / "none"), 115_200)
    assert "not there" in serial_devices.id_scanner(nowhere).said
    wire, settings = plugged(IdScanner())
    with contextlib.closing(SerialLine(SerialPort(str(wire.path), 115_200))) as holder:
        holder.perform(Open())
        found = serial_devices.id_scanner(settings)
    assert "holds" in found.said
    assert "systemctl stop kiosk" in found.remedy


# --- PIN pad -----------------------------------------------------------------------------


def test_a_pad_with_both_keys_in_the_book_passes(plugged: Plugged) -> None:
    found = serial_devices.pin_pad(plugged(PinPad())[1], BOOK, PLACES)
    assert by_check(found) == {
        "pin_pad.status": Outcome.PASSED,
        "pin_pad.keys": Outcome.PASSED,
        "pin_pad.key_bank": Outcome.PASSED,
        "pin_pad.key_social_security": Outcome.PASSED,
    }


def test_a_pad_without_any_key_fails(plugged: Plugged) -> None:
    bare = PinPad(pin_key=None, social_security_key=None)
    found = by_check(serial_devices.pin_pad(plugged(bare)[1], BOOK, PLACES))
    assert found["pin_pad.keys"] is Outcome.FAILED


def test_a_pad_that_was_swapped_has_no_keys_of_ours(plugged: Plugged) -> None:
    book = tuple(loaded(index, pad="2311-0815") for index in PLACES.values())
    *_, last = serial_devices.pin_pad(plugged(PinPad())[1], book, PLACES)
    assert last.outcome is Outcome.FAILED
    assert "another one" in last.said


def test_a_key_whose_loading_was_cut_off_is_loaded_again(plugged: Plugged) -> None:
    book = (*BOOK, loaded(0x30, step=Step.BEGUN))
    found = {
        each.check: each for each in serial_devices.pin_pad(plugged(PinPad())[1], book, PLACES)
    }
    assert found["pin_pad.key_bank"].outcome is Outcome.FAILED
    assert "again" in found["pin_pad.key_bank"].remedy
    assert found["pin_pad.key_social_security"].outcome is Outcome.PASSED


def test_a_pad_that_was_opened_goes_back_to_the_bank(plugged: Plugged) -> None:
    pad = PinPad()
    pad.faults.tampered = True
    (found,) = serial_devices.pin_pad(plugged(pad)[1], BOOK, PLACES)
    assert found.outcome is Outcome.FAILED
    assert "back to the bank" in found.remedy


def test_a_silent_pad_and_one_that_went_away_are_told_apart(
    plugged: Plugged, monkeypatch: pytest.MonkeyPatch
) -> None:
    pad = PinPad()
    pad.faults.silent = True
    wire, settings = plugged(pad)
    with monkeypatch.context() as soon:
        soon.setattr(serial_devices, "ANSWER_LIMIT_S", SHORT_S)
        (silent,) = serial_devices.pin_pad(settings, BOOK, PLACES)
    assert "does not answer" in silent.said
    plugged.later(0.3, wire)
    (gone,) = serial_devices.pin_pad(settings, BOOK, PLACES)
    assert "went away" in gone.said


# --- receipt printer ---------------------------------------------------------------------


def test_the_printer_proves_its_test_page(plugged: Plugged) -> None:
    printer = ReceiptPrinter(lines_per_s=600)
    wire, settings = plugged(printer)
    found = by_check(receipt_printer(settings, PAGE))
    assert found == {
        "receipt_printer.status": Outcome.PASSED,
        "receipt_printer.test_page": Outcome.PASSED,
        "receipt_printer.paper": Outcome.PASSED,
    }
    with wire.device_lock:
        page = printer.receipts[-1]
        assert printer.complaints == []
    assert page.cut
    assert "社会保障卡自助终端" in page.text
    assert page.codes[0].text == "KIOSK-TEST-T-0001"


def test_a_roll_that_is_nearly_out_is_a_concern(plugged: Plugged) -> None:
    _, settings = plugged(ReceiptPrinter(lines_per_s=600, paper_lines=NEAR_END_LINES / 2))
    found = by_check(receipt_printer(settings, PAGE))
    assert found["receipt_printer.test_page"] is Outcome.PASSED
    assert found["receipt_printer.paper"] is Outcome.CONCERN


@pytest.mark.parametrize("trouble", ["paper", "cover", "cutter", "jammed"])
def test_each_trouble_of_the_printer_has_its_own_words(plugged: Plugged, trouble: str) -> None:
    printer = ReceiptPrinter(lines_per_s=600, paper_lines=0.0 if trouble == "paper" else 2000.0)
    printer.cover_open = trouble == "cover"
    printer.faults.cutter = trouble == "cutter"
    printer.faults.jammed = trouble == "jammed"
    status, page, *_ = receipt_printer(plugged(printer)[1], PAGE)
    words = {"paper": "out of paper", "cover": "open", "cutter": "cutter", "jammed": "stuck"}
    assert words[trouble] in status.said
    assert page.outcome is Outcome.FAILED


def test_a_silent_printer_is_not_one_without_paper(plugged: Plugged) -> None:
    printer = ReceiptPrinter()
    printer.faults.silent = True
    (found,) = receipt_printer(plugged(printer)[1], PAGE)
    assert (found.check, found.outcome) == ("receipt_printer.status", Outcome.FAILED)
    assert "does not answer" in found.said


def test_a_printer_unplugged_while_it_prints_has_not_printed(plugged: Plugged) -> None:
    wire, settings = plugged(ReceiptPrinter(lines_per_s=2))
    plugged.later(1.5, wire)
    found = receipt_printer(settings, PAGE)
    assert by_check(found)["receipt_printer.test_page"] is Outcome.FAILED


# --- card reader -------------------------------------------------------------------------


class Reader:
    """A link whose slot a test decides."""

    def __init__(self, slot: Slot | None) -> None:
        self._slot = slot

    def perform(self, op: Op) -> SlotState | None:
        if self._slot is None:
            raise LinkLost("Service not available. (8010001D)")
        return SlotState(self._slot) if isinstance(op, AwaitChange) else None

    def wake(self) -> None:
        """Nothing here waits."""

    def close(self) -> None:
        """Nothing here is held."""


@pytest.mark.parametrize(
    ("slot", "outcome", "word"),
    [
        (Slot.EMPTY, Outcome.PASSED, "empty"),
        (Slot.PRESENT, Outcome.CONCERN, "a card is in"),
        (Slot.MUTE, Outcome.CONCERN, "does not answer"),
        (Slot.NO_READER, Outcome.FAILED, "no card reader"),
        (None, Outcome.FAILED, "service"),
    ],
)
def test_the_slot_says_how_the_reader_is(slot: Slot | None, outcome: Outcome, word: str) -> None:
    found = card_reader(link=Reader(slot))
    assert found.outcome is outcome
    assert word in found.said


# --- camera ------------------------------------------------------------------------------


def seen(scene: Scene) -> dict[str, Outcome]:
    eye = Camera()
    eye.scene = scene
    with contextlib.closing(CameraFeed(eye)) as feed:
        return by_check(camera(feed.url))


def test_a_camera_with_a_bright_sharp_picture_passes() -> None:
    assert seen(Scene()) == {
        "camera.frame": Outcome.PASSED,
        "camera.brightness": Outcome.PASSED,
        "camera.sharpness": Outcome.PASSED,
    }


def test_a_dark_hall_a_lamp_and_a_blurred_lens_are_told_apart() -> None:
    assert seen(Scene(light=Light.DARK))["camera.brightness"] is Outcome.FAILED
    assert seen(Scene(light=Light.BRIGHT))["camera.brightness"] is Outcome.FAILED
    blurred = seen(Scene(shaky=True))
    assert blurred["camera.sharpness"] is not Outcome.PASSED
    assert blurred["camera.brightness"] is Outcome.PASSED


def test_a_camera_that_is_not_there_gives_no_picture(tmp_path: Path) -> None:
    (found,) = camera(str(tmp_path / "video0"))
    assert (found.check, found.outcome) == ("camera.frame", Outcome.FAILED)


def test_a_picture_that_stands_still_fails() -> None:
    eye = Camera()
    with (
        contextlib.closing(CameraFeed(eye)) as feed,
        contextlib.closing(CameraGauge(feed.url)) as gauge,
    ):
        assert gauge.next(limit_s=20) is not None
        eye.frozen = True
        # What was on its way still comes.
        assert any(gauge.next(limit_s=1.5) is None for _ in range(12))


def test_the_live_figure_follows_the_focus() -> None:
    eye = Camera()
    with (
        contextlib.closing(CameraFeed(eye)) as feed,
        contextlib.closing(CameraGauge(feed.url)) as gauge,
    ):
        sharp = gauge.next(limit_s=20)
        eye.scene = Scene(shaky=True)
        assert sharp is not None
        looks = (gauge.next() for _ in range(10))
        assert any(look is not None and look.sharpness < sharp.sharpness / 2 for look in looks)
