"""What was found against what the office expects, in words for the technician."""

from __future__ import annotations

import pytest

from kiosk.drivers.events import Device
from provisioning.devices.card_readers import readers
from provisioning.devices.discovery import Discovery, Located
from provisioning.devices.judging import judged
from provisioning.devices.serial_search import PortAnswer, PortOutcome
from provisioning.devices.wiring import STEPS
from provisioning.wire import ExpectedDevice, Finding, FoundDevice, Outcome

PAD = Located(FoundDevice("pin_pad", "ZT598", "2401-0001", "100/200"), "/dev/ttyUSB0", 9600)
OTHER_PAD = Located(FoundDevice("pin_pad", "ZT588", "2401-0002", ""), "/dev/ttyUSB1", 9600)
PRINTER = Located(FoundDevice("receipt_printer", "", "", ""), "/dev/ttyUSB2", 115_200)
READER = Located(FoundDevice("card_reader", "ACS ACR39U", "", ""), "ACS ACR39U 00 00")


def one(expected: ExpectedDevice, *located: Located, service: bool = True) -> Finding:
    (finding,) = judged(Discovery(located, (), (), service), [expected])
    return finding


def test_the_expected_device_passes_and_its_place_is_told() -> None:
    finding = one(ExpectedDevice("pin_pad", "zt598", "2401-0001"), PAD)
    assert (finding.check, finding.outcome) == ("pin_pad.found", Outcome.PASSED)
    assert "/dev/ttyUSB0" in finding.said


@pytest.mark.parametrize("kind", list(Device))
def test_what_is_not_found_comes_with_its_wiring_steps(kind: Device) -> None:
    finding = one(ExpectedDevice(kind))
    assert finding.outcome is Outcome.FAILED
    assert all(step in finding.remedy for step in STEPS[kind])


def test_what_is_not_required_is_only_a_concern() -> None:
    assert one(ExpectedDevice("pin_pad", required=False)).outcome is Outcome.CONCERN


def test_two_of_the_same_kind_fail_and_both_places_are_told() -> None:
    finding = one(ExpectedDevice("pin_pad"), PAD, OTHER_PAD)
    assert finding.outcome is Outcome.FAILED
    assert "/dev/ttyUSB0" in finding.said
    assert "/dev/ttyUSB1" in finding.said
    assert "unplug" in finding.remedy


def test_the_wrong_model_and_the_wrong_number_fail() -> None:
    model = one(ExpectedDevice("pin_pad", "ZT598"), OTHER_PAD)
    number = one(ExpectedDevice("pin_pad", "", "2401-0001"), OTHER_PAD)
    assert (model.outcome, number.outcome) == (Outcome.FAILED, Outcome.FAILED)
    assert "ZT588" in model.said
    assert "2401-0002" in number.said
    assert "office" in model.remedy


def test_a_device_that_does_not_tell_its_model_is_looked_at_by_a_person() -> None:
    finding = one(ExpectedDevice("receipt_printer", "KPM180H"), PRINTER)
    assert finding.outcome is Outcome.CONCERN
    assert "plate" in finding.remedy


def test_a_silent_card_service_is_not_a_missing_reader() -> None:
    finding = one(ExpectedDevice("card_reader"), service=False)
    assert finding.outcome is Outcome.FAILED
    assert "pcscd" in finding.remedy


def test_devices_nobody_expects_are_one_concern_a_kind() -> None:
    found = judged(
        Discovery((PAD, OTHER_PAD, READER), (), (), True), [ExpectedDevice("card_reader")]
    )
    assert [(each.check, each.outcome) for each in found] == [
        ("card_reader.found", Outcome.PASSED),
        ("pin_pad.unexpected", Outcome.CONCERN),
    ]


def test_a_kind_this_program_does_not_know_is_said_to_be_unknown() -> None:
    finding = one(ExpectedDevice("fingerprint_reader"))
    assert finding.outcome is Outcome.FAILED
    assert finding.check == "fingerprint_reader.found"


@pytest.mark.parametrize(
    ("outcome", "grave", "word"),
    [
        (PortOutcome.TWO_KINDS, Outcome.FAILED, "port of its own"),
        (PortOutcome.GONE, Outcome.FAILED, "cable"),
        (PortOutcome.ABSENT, Outcome.FAILED, "adapter"),
        (PortOutcome.BUSY, Outcome.FAILED, "systemctl stop kiosk"),
        (PortOutcome.DENIED, Outcome.FAILED, "dialout"),
        (PortOutcome.FOREIGN, Outcome.CONCERN, "console"),
        (PortOutcome.NOT_ASKED, Outcome.NOT_DONE, "Unplug"),
    ],
)
def test_each_odd_port_has_its_remedy(outcome: PortOutcome, grave: Outcome, word: str) -> None:
    ports = (PortAnswer("/dev/ttyUSB0", outcome), PortAnswer("/dev/ttyUSB1", outcome))
    (finding,) = judged(Discovery((), ports, (), True), [])
    assert (finding.check, finding.outcome) == (f"port.{outcome}", grave)
    assert "/dev/ttyUSB1" in finding.said
    assert word in finding.remedy


def test_quiet_ports_say_nothing() -> None:
    ports = (PortAnswer("/dev/ttyS0", PortOutcome.SILENT),)
    assert judged(Discovery((), ports, (), True), []) == ()


def test_no_two_findings_are_of_one_check() -> None:
    ports = tuple(PortAnswer(f"/dev/tty{outcome}", outcome) for outcome in PortOutcome)
    expected = [ExpectedDevice("pin_pad"), ExpectedDevice("pin_pad", "ZT588")]
    found = judged(Discovery((PAD, OTHER_PAD, PRINTER, PRINTER), ports, (), True), expected)
    assert len({each.check for each in found}) == len(found)


@pytest.mark.parametrize(
    ("name", "model", "number"),
    [
        ("ACS ACR39U ICC Reader 00 00", "ACS ACR39U ICC Reader", ""),
        ("Cherry KC 1000 SC [KC 1000 SC] (0001A) 01 00", "Cherry KC 1000 SC", "0001A"),
        ("Feitian R502 [Contact] 00 0F", "Feitian R502", ""),
        ("A reader of another service", "A reader of another service", ""),
    ],
)
def test_a_readers_name_holds_model_and_number(name: str, model: str, number: str) -> None:
    (found,) = readers([name])
    assert found.device == FoundDevice("card_reader", model, number, "")
    assert found.name == name


def test_the_slots_of_one_reader_are_one_reader_and_two_readers_are_two() -> None:
    assert len(readers(["Virtual PCD 00 00", "Virtual PCD 00 01"])) == 1
    assert len(readers(["ACS ACR39U 00 00", "ACS ACR39U 01 00"])) == 2
