"""Bad serial lines: noise, silence and pulled cables before, during and after the operation.

Whatever a device sends, nothing of it is taken for an answer, the person is told what is the
matter, and once the line is good again the next visit works.
"""

from __future__ import annotations

import pytest

from kiosk.drivers.events import Device, DeviceStatus, IdTrouble, PinStop, PrintTrouble
from kiosk.fsm.visit import SessionTrouble
from simulators.models.line_faults import LineFaults
from simulators.world.world import World
from tests.stories.acts import tile, trouble
from tests.stories.ledger import operations

SERIAL = (Device.ID_SCANNER, Device.PIN_PAD, Device.RECEIPT_PRINTER)
BREAKING = ("silent", "garbage", "half_frame", "wrong_checksum")
STRAY = b"\x02\xaa\x12\x00\xaa\xaa"  # with beginnings of frames of all three protocols
SETTLED_S = 30.0  # every driver has looked at its device again


def faults_of(world: World, device: Device) -> LineFaults:
    faults: dict[Device, LineFaults] = {
        Device.ID_SCANNER: world.scanner.faults,
        Device.PIN_PAD: world.pad.faults,
        Device.RECEIPT_PRINTER: world.printer.faults,
    }
    return faults[device]


def spoil(world: World, device: Device, noise: str) -> None:
    """From now on the line to the device is bad."""
    setattr(faults_of(world, device), noise, STRAY if noise == "stray_bytes" else True)
    world.lines[device].poke()


def mend(world: World, device: Device) -> None:
    """The line is good again, and the driver has had time to see it."""
    for noise in (*BREAKING, "chatter"):
        setattr(faults_of(world, device), noise, False)
    faults_of(world, device).stray_bytes = b""
    world.lines[device].plug()
    world.waits(SETTLED_S)


def status(world: World, device: Device) -> DeviceStatus:
    return world.terminal.session.situation.devices[device]


def asks_for_the_password(world: World) -> None:
    world.presses("balance")
    world.lays("chen")
    world.sees("balance.card")
    world.inserts("chen")
    world.sees("balance.password")
    world.waits(1.0)


def goes_home(world: World) -> None:
    """Takes card and ID card, and leaves."""
    if world.slot.occupied:
        world.sees("take_card")
        world.pulls()
    world.lifts()
    world.sees("idle")


def has_balances(world: World) -> None:
    """A whole visit in which all three lines are used."""
    asks_for_the_password(world)
    world.types("246810e")
    world.sees("balance.result")
    world.reads("¥ 32,081.50")
    before = len(world.receipts())
    world.presses("print")
    world.sees("balance.printing")
    world.sees("balance.result")
    world.reads("凭条已打印")
    assert len(world.receipts()) == before + 1
    world.presses("done")
    goes_home(world)


def passwords_at_the_bank(world: World) -> int:
    return operations(world, "balance_check")


# --- before a visit ----------------------------------------------------------------------


@pytest.mark.parametrize("noise", BREAKING)
def test_a_scanner_with_a_bad_line_closes_its_services_until_the_line_is_good(
    world: World, noise: str
) -> None:
    spoil(world, Device.ID_SCANNER, noise)
    world.waits(SETTLED_S)
    assert tile(world, "balance") == ("身份证阅读器暂不可用", False)
    assert tile(world, "loss") == ("身份证阅读器暂不可用", False)
    assert tile(world, "receipt_check")[1]
    mend(world, Device.ID_SCANNER)
    has_balances(world)


@pytest.mark.parametrize("noise", BREAKING)
def test_a_pad_with_a_bad_line_closes_the_service_that_asks_for_a_password(
    world: World, noise: str
) -> None:
    spoil(world, Device.PIN_PAD, noise)
    world.waits(SETTLED_S)
    assert tile(world, "balance") == ("密码键盘暂不可用", False)
    assert tile(world, "loss")[1], "a loss report needs no password"
    mend(world, Device.PIN_PAD)
    has_balances(world)


@pytest.mark.parametrize("noise", BREAKING)
def test_a_printer_with_a_bad_line_closes_nothing_but_printing(world: World, noise: str) -> None:
    spoil(world, Device.RECEIPT_PRINTER, noise)
    world.waits(SETTLED_S)
    assert status(world, Device.RECEIPT_PRINTER) is DeviceStatus.UNKNOWN
    asks_for_the_password(world)
    world.types("246810e")
    world.sees("balance.result")
    assert "print" not in [each.id for each in world.view.buttons()]
    world.reads("凭条打印机")
    world.presses("done")
    goes_home(world)
    mend(world, Device.RECEIPT_PRINTER)
    has_balances(world)


@pytest.mark.parametrize("device", SERIAL)
def test_stray_bytes_before_every_answer_disturb_nothing(world: World, device: Device) -> None:
    spoil(world, device, "stray_bytes")
    world.waits(SETTLED_S)
    assert status(world, device) is DeviceStatus.ONLINE
    asks_for_the_password(world)
    world.types("246810e")
    world.sees("balance.result")
    world.presses("done")
    goes_home(world)
    mend(world, device)
    has_balances(world)


@pytest.mark.parametrize("noise", ("chatter", "stray_bytes"))
def test_noise_that_looks_like_the_printers_answer_proves_no_receipt(
    world: World, noise: str
) -> None:
    world.printer.lines_per_s = 2.0  # the paper is far from cut when the noise comes
    asks_for_the_password(world)
    world.types("246810e")
    world.sees("balance.result")
    world.presses("print")
    spoil(world, Device.RECEIPT_PRINTER, noise)
    world.sees("balance.result")
    assert world.terminal.session.situation.person.printed is PrintTrouble.NO_ANSWER
    assert not world.receipts()
    mend(world, Device.RECEIPT_PRINTER)


def test_a_scanner_that_chatters_between_its_answers_is_still_understood(world: World) -> None:
    spoil(world, Device.ID_SCANNER, "chatter")
    world.waits(SETTLED_S)
    has_balances(world)
    mend(world, Device.ID_SCANNER)


@pytest.mark.parametrize("device", SERIAL)
def test_an_unplugged_device_comes_back_when_it_is_plugged_in(world: World, device: Device) -> None:
    world.lines[device].unplug()
    world.waits(SETTLED_S)
    assert status(world, device) is DeviceStatus.OFFLINE
    mend(world, device)
    assert status(world, device) is DeviceStatus.ONLINE
    has_balances(world)


# --- the scanner, during and after -------------------------------------------------------


@pytest.mark.parametrize("noise", BREAKING)
def test_a_scanner_whose_line_goes_bad_while_it_looks_says_so_and_reads_nobody(
    world: World, noise: str
) -> None:
    world.presses("balance")
    world.sees("balance.id_card")
    spoil(world, Device.ID_SCANNER, noise)
    world.lays("chen")
    world.sees("trouble")
    assert trouble(world) in (IdTrouble.READER_FAULT, SessionTrouble.DEVICE_GONE)
    assert world.terminal.session.situation.person.document is None
    mend(world, Device.ID_SCANNER)
    world.presses("leave")
    goes_home(world)
    has_balances(world)


def test_a_scanner_that_loses_its_cable_under_the_document_says_so(world: World) -> None:
    world.presses("loss")
    world.lays("chen")
    world.waits(0.5)  # found, and being read
    world.lines[Device.ID_SCANNER].unplug()
    world.sees("trouble")
    assert trouble(world) in (IdTrouble.READER_FAULT, SessionTrouble.DEVICE_GONE)
    mend(world, Device.ID_SCANNER)
    world.presses("leave")
    goes_home(world)
    has_balances(world)


@pytest.mark.parametrize("noise", (*BREAKING, "chatter", "stray_bytes"))
def test_a_scanner_whose_line_goes_bad_after_the_reading_disturbs_nobody(
    world: World, noise: str
) -> None:
    asks_for_the_password(world)
    spoil(world, Device.ID_SCANNER, noise)
    world.waits(8.0)
    world.types("246810e")
    world.sees("balance.result")
    world.reads("¥ 32,081.50")
    world.presses("done")
    world.pulls()
    mend(world, Device.ID_SCANNER)
    goes_home(world)
    has_balances(world)


# --- the pad, during and after -----------------------------------------------------------


@pytest.mark.parametrize("noise", BREAKING)
def test_a_pad_whose_line_goes_bad_in_the_middle_of_the_password_ends_the_entry(
    world: World, noise: str
) -> None:
    asks_for_the_password(world)
    world.types("246")
    spoil(world, Device.PIN_PAD, noise)
    world.types("810e")
    # A pad that says nothing more at all is like a person who stopped: time ends the entry.
    state = world.sees("trouble", "take_card")
    assert state == "take_card" or trouble(world) in (PinStop.PAD_FAULT, SessionTrouble.DEVICE_GONE)
    assert passwords_at_the_bank(world) == 0
    mend(world, Device.PIN_PAD)
    if world.state == "trouble":
        world.presses("leave")
    goes_home(world)
    has_balances(world)


def test_a_pad_that_chatters_is_never_taken_to_have_given_a_password(world: World) -> None:
    asks_for_the_password(world)
    world.types("246")
    spoil(world, Device.PIN_PAD, "chatter")
    world.sees("trouble", "take_card")
    assert passwords_at_the_bank(world) == 0
    mend(world, Device.PIN_PAD)
    if world.state == "trouble":
        world.presses("leave")
    goes_home(world)
    has_balances(world)


@pytest.mark.parametrize("typed", ["", "246"])
def test_a_pad_that_loses_its_cable_in_the_entry_gives_no_password(
    world: World, typed: str
) -> None:
    asks_for_the_password(world)
    world.types(typed)
    world.lines[Device.PIN_PAD].unplug()
    world.sees("trouble")
    assert trouble(world) in (PinStop.PAD_FAULT, SessionTrouble.DEVICE_GONE)
    assert passwords_at_the_bank(world) == 0
    mend(world, Device.PIN_PAD)
    world.presses("leave")
    goes_home(world)
    assert not world.pad.holds_digits
    has_balances(world)


def test_a_pad_that_was_unplugged_for_a_moment_does_not_go_on_with_the_old_entry(
    world: World,
) -> None:
    asks_for_the_password(world)
    world.types("2468")
    world.lines[Device.PIN_PAD].unplug()
    world.lines[Device.PIN_PAD].plug()
    world.types("10e")
    world.sees("trouble")
    assert passwords_at_the_bank(world) == 0
    world.presses("leave")
    goes_home(world)
    world.waits(SETTLED_S)
    assert not world.pad.holds_digits
    has_balances(world)


@pytest.mark.parametrize("noise", (*BREAKING, "chatter", "stray_bytes"))
def test_a_pad_whose_line_goes_bad_after_the_password_disturbs_nobody(
    world: World, noise: str
) -> None:
    asks_for_the_password(world)
    world.types("246810e")
    world.sees("balance.result")
    spoil(world, Device.PIN_PAD, noise)
    world.waits(20.0)
    world.reads("¥ 32,081.50")
    world.presses("done")
    goes_home(world)
    mend(world, Device.PIN_PAD)
    has_balances(world)


def test_a_pad_that_gives_digits_in_clear_is_closed_and_its_password_never_used(
    world: World,
) -> None:
    asks_for_the_password(world)
    world.pad.faults.clear_digits = True
    world.types("246810e")
    world.sees("trouble")
    assert trouble(world) == PinStop.PAD_FAULT
    assert not world.pad.holds_digits
    assert passwords_at_the_bank(world) == 0
    world.pad.faults.clear_digits = False
    world.presses("leave")
    goes_home(world)
    has_balances(world)


def test_a_pad_that_gives_one_digit_in_clear_in_the_middle_is_closed(world: World) -> None:
    asks_for_the_password(world)
    world.types("24681")
    world.pad.faults.clear_digits = True
    world.types("0")
    world.pad.faults.clear_digits = False
    world.types("e")
    world.sees("trouble")
    assert trouble(world) == PinStop.PAD_FAULT
    assert passwords_at_the_bank(world) == 0


def test_a_pad_that_was_opened_is_switched_off_and_says_why(world: World) -> None:
    asks_for_the_password(world)
    world.types("24")
    world.pad.faults.tampered = True
    world.types("6810e")  # the pad has gone dead, and says so when it is asked
    world.sees("take_card", within_s=90)
    assert passwords_at_the_bank(world) == 0
    goes_home(world)
    world.waits(SETTLED_S)
    assert status(world, Device.PIN_PAD) is DeviceStatus.FRAUD_ATTEMPT
    assert tile(world, "balance") == ("密码键盘暂不可用", False)
    assert tile(world, "loss")[1]


def test_a_pad_that_was_opened_before_the_password_is_asked_says_why(world: World) -> None:
    world.presses("balance")
    world.lays("chen")
    world.sees("balance.card")
    world.pad.faults.tampered = True
    world.inserts("chen")
    world.sees("trouble")
    assert trouble(world) == PinStop.TAMPERED
    world.reads("密码键盘已停用", "请不要在本机输入密码")
    world.presses("language")
    world.reads("It reports that somebody opened it.")


# --- the printer, during -----------------------------------------------------------------


@pytest.mark.parametrize("noise", (*BREAKING, "chatter"))
def test_a_printer_whose_line_goes_bad_is_never_said_to_have_printed(
    world: World, noise: str
) -> None:
    asks_for_the_password(world)
    world.types("246810e")
    world.sees("balance.result")
    world.presses("print")
    spoil(world, Device.RECEIPT_PRINTER, noise)
    world.sees("balance.result")
    assert world.terminal.session.situation.person.printed is PrintTrouble.NO_ANSWER
    world.reads("不能确定凭条是否打印完整", "¥ 32,081.50")
    mend(world, Device.RECEIPT_PRINTER)
    world.presses("print")
    world.sees("balance.printing")
    world.sees("balance.result")
    world.reads("凭条已打印")
    world.presses("done")
    goes_home(world)
    has_balances(world)


def test_a_printer_that_loses_its_cable_in_the_job_is_not_said_to_have_printed(
    world: World,
) -> None:
    asks_for_the_password(world)
    world.types("246810e")
    world.sees("balance.result")
    world.presses("print")
    world.waits(0.1)
    world.lines[Device.RECEIPT_PRINTER].unplug()
    world.sees("balance.result")
    assert world.terminal.session.situation.person.printed is PrintTrouble.NO_ANSWER
    world.reads("不能确定凭条是否打印完整")
    mend(world, Device.RECEIPT_PRINTER)
    world.presses("print")
    world.sees("balance.printing")
    world.sees("balance.result")
    world.reads("凭条已打印")
